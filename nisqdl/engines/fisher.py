"""Fisher information: what a circuit's states, and their measured outcomes, say of its parameters.

For models, see :func:`nisqdl.engines.statevector.geometry.quantum_fisher`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nisqdl.circuits.model import Model
from nisqdl.engines.contract import Array
from nisqdl.engines.primitives.measurements import Measurements
from nisqdl.engines.primitives.noise import NoiseLike, noise_source
from nisqdl.engines.primitives.programs import CircuitContent, Program, Programs
from nisqdl.engines.primitives.requests import parameter_rows
from nisqdl.engines.statevector.ensemble import StateEnsemble
from nisqdl.engines.statevector.geometry import quantum_fisher
from nisqdl.errors import CapacityError, InputError, unknown_name

if TYPE_CHECKING:
    from qiskit.circuit import Parameter, QuantumCircuit
    from qiskit.quantum_info import SparseObservable

MOST_OUTCOMES = 1 << 12
"""Every outcome's probability is differentiated."""

_IMPOSSIBLE = 1e-12
_ENTRIES_AT_ONCE = 1 << 22


def quantum_fisher_information(
    circuit: QuantumCircuit,
    values: Any,
    *,
    parameters: Sequence[Parameter | str] | None = None,
    memory_gib: float = 1.0,
) -> Array:
    """The quantum Fisher information of a circuit's pure states, shape (…, P, P).

    Four times the Fubini-Study metric (arXiv:1909.02108), the most that any measurement can tell
    of the parameters. Gates are ideal; measurements at the end are left out.

    Args:
        circuit: Of gates, delays and barriers.
        values: Of all parameters, (…, N) in the order of ``circuit.parameters``, or a mapping, as
            Qiskit's primitives take them.
        parameters: Whose information is wanted, in this order; all, in the circuit's, if left out.
        memory_gib: What states may take.

    Raises:
        InputError: The circuit has more than gates, or no such parameter.
        CapacityError: A state for each angle does not fit the memory.
    """
    rows, shape = _rows(circuit, values)
    wanted = _chosen(circuit, parameters)
    others = [i for i in range(circuit.num_parameters) if i not in wanted]
    own = list(circuit.parameters)
    model = Model(
        Measurements.of(circuit).circuit,
        tuple(own[i] for i in others), tuple(own[i] for i in wanted), (),
    )  # fmt: skip
    ensemble = StateEnsemble.of(model, memory_gib=memory_gib)
    found = np.empty((len(rows), len(wanted), len(wanted)))
    for number, row in enumerate(rows):
        found[number] = quantum_fisher(ensemble, row[np.newaxis, others], row[wanted])[0]
    return found.reshape(*shape, *found.shape[1:])


def fisher_information(
    circuit: QuantumCircuit,
    values: Any,
    noise_model: NoiseLike = None,
    *,
    parameters: Sequence[Parameter | str] | None = None,
    memory_gib: float = 1.0,
    require_isa: bool = True,
) -> Array:
    """The Fisher information of one shot's outcome under noise, Σ ∂ᵢp ∂ⱼp / p, shape (…, P, P).

    The exact distribution of the outcomes, readout error included, and its derivatives. Outcomes
    of a probability below 1e-12 are left out: where p touches 0, the sum has no limit, and
    rounding of p (1e-15) is felt as 1/p.

    Args:
        circuit: Its measurements at the end say which qubits are read; where it has none, all that
            have gates are.
        values: Of all parameters, (…, N); see :func:`quantum_fisher_information`.
        noise_model: As in :class:`nisqdl.ExactEstimator`.
        parameters: Whose information is wanted, in this order; all, in the circuit's, if left out.
        memory_gib: What states may take.
        require_isa: As in :class:`nisqdl.ExactEstimator`.

    Raises:
        InputError: The circuit has what the engine does not take, its noise would be inert, or
            there is no such parameter.
        CapacityError: There are more than 4096 outcomes, or states do not fit the memory.
    """
    rows, shape = _rows(circuit, values)
    wanted = _chosen(circuit, parameters)
    source = noise_source(noise_model, require_isa)
    measurements = Measurements.of(circuit, idle_is_zero=not source.acts_before_measurements)
    qubits = measurements.qubits if measurements.targets else _touched(circuit)
    if 1 << len(qubits) > MOST_OUTCOMES:
        raise CapacityError(
            f"The Fisher information takes at most {MOST_OUTCOMES} outcomes, but the {len(qubits)} "
            f"measured qubits have 2^{len(qubits)}; measure fewer qubits."
        )
    programs = Programs(source, readout=True, memory_gib=memory_gib)
    program = programs.find(
        CircuitContent.of(measurements.circuit), _parities(qubits, circuit.num_qubits), rows,
        tuple(sorted(set(measurements.targets))),
    )  # fmt: skip
    found = np.empty((len(rows), len(wanted), len(wanted)))
    at_once = max(1, _ENTRIES_AT_ONCE // max(1, circuit.num_parameters << len(qubits)))
    for first in range(0, len(rows), at_once):
        part = slice(first, first + at_once)
        found[part] = _information(program, rows[part], wanted)
    return found.reshape(*shape, *found.shape[1:])


def _information(program: Program, rows: Array, wanted: list[int]) -> Array:
    """(R, P, P) at rows (R, N) of the circuit's parameters."""
    means, by_parameters = program.jacobian(rows)
    outcomes = means.shape[1]
    probabilities = _walsh_hadamard(means) / outcomes
    slopes = _walsh_hadamard(by_parameters[:, :, wanted]) / outcomes
    possible = probabilities > _IMPOSSIBLE
    scaled = np.where(possible, probabilities, 1.0)
    slopes *= np.where(possible, 1.0 / np.sqrt(scaled), 0.0)[:, :, np.newaxis]
    information: Array = slopes.transpose(0, 2, 1) @ slopes
    return information


def _parities(qubits: Sequence[int], num_qubits: int) -> list[SparseObservable]:
    """Z on each subset of the qubits; bit i of the number stands for ``qubits[i]``."""
    from qiskit.quantum_info import SparseObservable

    subsets = [
        [qubit for i, qubit in enumerate(qubits) if number >> i & 1]
        for number in range(1 << len(qubits))
    ]
    return [
        SparseObservable.from_sparse_list([("Z" * len(on), on, 1.0)], num_qubits=num_qubits)
        for on in subsets
    ]


def _touched(circuit: QuantumCircuit) -> tuple[int, ...]:
    """Qubits with an operation other than a barrier or a delay, ascending."""
    index = {qubit: i for i, qubit in enumerate(circuit.qubits)}
    touched = {
        index[qubit]
        for instruction in circuit.data
        if instruction.operation.name not in ("barrier", "delay")
        for qubit in instruction.qubits
    }
    return tuple(sorted(touched))


def _walsh_hadamard(table: Array) -> Array:
    """Σ_s (−1)^(s·x) table[:, s] along the second axis."""
    step, size = 1, table.shape[1]
    shape = table.shape
    while step < size:
        pairs = table.reshape(shape[0], -1, 2, step, *shape[2:])
        table = np.stack([pairs[:, :, 0] + pairs[:, :, 1], pairs[:, :, 0] - pairs[:, :, 1]], axis=2)
        step *= 2
    return table.reshape(shape)


def _rows(circuit: QuantumCircuit, values: Any) -> tuple[Array, tuple[int, ...]]:
    """Values as rows (R, N), and the shape that they were given in."""
    from qiskit.primitives.containers.sampler_pub import SamplerPub

    pub = SamplerPub.coerce((circuit, values), 1)
    return parameter_rows(pub), pub.shape


def _chosen(circuit: QuantumCircuit, parameters: Sequence[Parameter | str] | None) -> list[int]:
    """Places in ``circuit.parameters``."""
    names = {parameter.name: i for i, parameter in enumerate(circuit.parameters)}
    if parameters is None:
        return list(names.values())
    found = []
    for given in parameters:
        name = given if isinstance(given, str) else given.name
        if name not in names:
            raise unknown_name("parameter", name, list(names), "parameters")
        found.append(names[name])
    if len(set(found)) < len(found):
        raise InputError("`parameters` must name each parameter once, but one is named twice.")
    return found
