"""From a logical model to an ISA model: placed on calibration, routed, compacted, scheduled."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from nisqdl.circuits.control_flow import waits
from nisqdl.circuits.model import Model
from nisqdl.errors import InputError
from nisqdl.targets.cost import circuit_cost, measured_in, measured_qubits
from nisqdl.targets.device import Device
from nisqdl.targets.fractional import with_rotations
from nisqdl.targets.isa import IsaModel
from nisqdl.targets.layout import varied_regions
from nisqdl.targets.placement import connected, meetings, shaped_places
from nisqdl.targets.relocation import relocations
from nisqdl.targets.schedule import scheduled_circuit
from nisqdl.targets.target import restricted_target

if TYPE_CHECKING:
    from qiskit.circuit import QuantumCircuit
    from qiskit.quantum_info import SparsePauliOp
    from qiskit.transpiler import Target

OPTIMIZATION_LEVEL = 3
_RELOCATIONS = 2
_TURNS = 6
"""With so many seeds circuits of a shape of their own are placed by Qiskit, too."""


def transpile_model(
    model: Model,
    device: Device,
    *,
    schedule: bool,
    seed: int,
    candidates: int = 3,
    region: tuple[int, ...] | None = None,
    shaped: bool = False,
    fractional: bool = False,
) -> IsaModel:
    """Transpile a model for a device, on the region where it is expected to come out best.

    The best regions of as many qubits as the model has, of different shapes, are each tried with
    Qiskit's preset passes, then the places where these circuits would fare best; the
    highest expected fidelity of gates and readout wins. Even with a
    seed, transpilation may differ from run to run (Qiskit issues 15035, 14729): keep the result.

    Args:
        model: The logical model.
        device: Where it shall run; faulty gates and qubits are not used.
        schedule: Whether idle times become delays (as late as possible), for idle noise.
        seed: Seed of the transpiler's random choices.
        candidates: How many regions are tried at first.
        region: Fixes the place instead: the model's qubit ``i`` starts on ``region[i]``.
        shaped: Whether places of the circuit's own shape are tried, too: for circuits whose
            qubits meet along a tree.
        fractional: Whether fractional gates (``rx``, ``rzz``) are used where the device has them.

    Returns:
        The ISA model on the qubits that circuit or observables use. Its global phase is dropped:
        no expectation value depends on it.

    Raises:
        CapacityError: The device has not enough connected qubits without faults.
        InputError: The region does not fit the model or is faulty, or the circuit has
            measurements that nothing waits for, or the region's couplings do not connect what the
            circuit needs.
    """
    if model.circuit.num_clbits and not waits(model.circuit):
        raise InputError(
            "A model's circuit must have no measurements but those that its gates wait for: its "
            "observables say what is measured."
        )
    if fractional:
        model = replace(model, circuit=with_rotations(model.circuit))
    if region is not None:
        if len(region) != model.num_qubits:
            raise InputError(
                f"The region must have {model.num_qubits} qubits as the model, "
                f"but has {len(region)}."
            )
        best = _placed(model, device, region, seed, True, fractional)
    else:
        best = _best_placed(model, device, seed, candidates, shaped, fractional)
    return scheduled(best, device) if schedule else best


def scheduled(isa: IsaModel, device: Device) -> IsaModel:
    """The same ISA model with its idle times as delays (ns)."""
    return IsaModel(
        circuit=scheduled_circuit(isa.circuit, device, isa.physical_qubits),
        features=isa.features,
        weights=isa.weights,
        observables=isa.observables,
        physical_qubits=isa.physical_qubits,
        device=isa.device,
    )


def _best_placed(
    model: Model, device: Device, seed: int, candidates: int, shaped: bool, fractional: bool
) -> IsaModel:
    """Try different shapes, then the places where these circuits' own gates fare best."""
    tried = {
        place: _placed(model, device, place, seed, False, fractional)
        for place in varied_regions(device, model.num_qubits, candidates)
    }
    better: list[tuple[float, tuple[int, ...]]] = []
    for place, isa in tried.items():
        usage, measured = _use_of_region(isa, place)
        better.extend(relocations(device, place, usage, measured, _RELOCATIONS))
    for _, place in sorted(better, reverse=True)[:_RELOCATIONS]:
        if place not in tried:
            tried[place] = _placed(model, device, place, seed, False, fractional)
    found = list(tried.values())
    if shaped:
        read = frozenset(measured_in(model.circuit, model.observables))
        pairs = meetings(model.circuit)
        for place in shaped_places(device, model.num_qubits, pairs, read, seed):
            found += [
                _placed(model, device, place, seed, fixed, fractional) for fixed in (True, False)
            ]
        # Qiskit's own choices on all that can be used, so that none is worse than them.
        whole = connected(device, model.num_qubits)
        found += [
            _placed(model, device, whole, seed + turn, False, fractional) for turn in range(_TURNS)
        ]
    return max(found, key=lambda isa: _expected_log_fidelity(isa, device))


def _use_of_region(
    isa: IsaModel, region: tuple[int, ...]
) -> tuple[Counter[tuple[int, int]], set[int]]:
    """Gates on each coupling and the measured qubits, as indices in the region."""
    index = [region.index(physical) for physical in isa.physical_qubits]
    usage: Counter[tuple[int, int]] = Counter()
    for instruction in isa.circuit.data:
        if len(instruction.qubits) == 2:
            first, second = (
                index[isa.circuit.find_bit(qubit).index] for qubit in instruction.qubits
            )
            usage[min(first, second), max(first, second)] += 1
    return usage, {index[qubit] for qubit in measured_qubits(isa)}


def _placed(
    model: Model,
    device: Device,
    place: tuple[int, ...],
    seed: int,
    fixed: bool,
    fractional: bool,
) -> IsaModel:
    target = restricted_target(device, place, fractional, waiting=waits(model.circuit))
    circuit = _transpiled(model.circuit, target, seed, fixed)
    observables = [op.apply_layout(circuit.layout, target.num_qubits) for op in model.observables]
    used = _used_qubits(circuit, observables)
    return IsaModel(
        circuit=_compacted(circuit, used),
        features=model.features,
        weights=model.weights,
        observables=tuple(_restricted(op, used) for op in observables),
        physical_qubits=tuple(place[qubit] for qubit in used),
        device=f"{device.name}@{device.date[:10]}",
    )


def _transpiled(circuit: QuantumCircuit, target: Target, seed: int, fixed: bool) -> QuantumCircuit:
    from qiskit.transpiler import generate_preset_pass_manager
    from qiskit.transpiler.exceptions import TranspilerError

    passes = generate_preset_pass_manager(
        optimization_level=OPTIMIZATION_LEVEL,
        target=target,
        seed_transpiler=seed % 2**31,
        initial_layout=list(range(circuit.num_qubits)) if fixed else None,
    )
    try:
        return passes.run(circuit)
    except TranspilerError as error:
        raise InputError(
            f"The circuit cannot be transpiled for this region ({error.message}). "
            "Choose a connected region without faults."
        ) from error


def _used_qubits(circuit: QuantumCircuit, observables: list[SparsePauliOp]) -> list[int]:
    used = {
        circuit.find_bit(qubit).index
        for instruction in circuit.data
        if instruction.operation.name != "barrier"
        for qubit in instruction.qubits
    }
    for op in observables:
        used.update((op.paulis.x | op.paulis.z).any(axis=0).nonzero()[0].tolist())
    # A model that does nothing and measures the identity still needs a place.
    return sorted(used) or [0]


def _compacted(circuit: QuantumCircuit, used: list[int]) -> QuantumCircuit:
    from qiskit.circuit import QuantumCircuit

    index = {circuit.qubits[qubit]: compact for compact, qubit in enumerate(used)}
    compact = QuantumCircuit(len(used), name=circuit.name)
    compact.add_register(*circuit.cregs)
    for instruction in circuit.data:
        if instruction.operation.name != "barrier":  # barriers have done their work
            qubits = [index[qubit] for qubit in instruction.qubits]
            compact.append(instruction.operation, qubits, instruction.clbits, copy=False)
    return compact


def _restricted(op: SparsePauliOp, used: list[int]) -> SparsePauliOp:
    from qiskit.quantum_info import PauliList, SparsePauliOp

    paulis = PauliList.from_symplectic(op.paulis.z[:, used], op.paulis.x[:, used], op.paulis.phase)
    return SparsePauliOp(paulis, op.coeffs)


def _expected_log_fidelity(isa: IsaModel, device: Device) -> float:
    cost = circuit_cost(isa, device)
    return math.log(max(cost.expected_fidelity * cost.readout_fidelity, 1e-300))
