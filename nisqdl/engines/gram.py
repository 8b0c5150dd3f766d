"""Fidelity kernels: how much two rows' states overlap, without noise and as a device finds it.

A device measures the compute-uncompute circuit U(x), then U(y)†, and counts the outcome 0…0. Under
noise that is not Tr ρ(x)ρ(y): the second half has noise of its own, and so has the readout. Run
naively it takes a circuit for each pair. In the Pauli basis the probability is the inner product of
the state after U(x) with the outcome's projector carried back through U(y)†, so a kernel matrix of
N by M rows takes N states, M projectors and one matrix product.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nisqdl.circuits.model import Model
from nisqdl.engines.contract import Array
from nisqdl.errors import CapacityError

if TYPE_CHECKING:
    from nisqdl.engines.exact.lowering import Lowered
    from nisqdl.engines.exact.program import Program
    from nisqdl.noise.channels import NoiseChannels, Readout
    from nisqdl.targets.isa import IsaModel

MEMORY_GIB = 2.0
"""For the states and projectors of one kernel matrix."""


def ideal_gram(encoding: Model, rows: Array, others: Array) -> Array:
    """|⟨ψ(x)|ψ(y)⟩|² of each x among rows (N, E) and each y among others (M, E), shape (N, M).

    Args:
        encoding: A model without weights.
        rows, others: Encoded features.

    Raises:
        CapacityError: The states do not fit the memory.
    """
    from nisqdl.engines.statevector.ensemble import StateEnsemble

    _check_memory(16 * (len(rows) + len(others)) * 2.0**encoding.num_qubits, encoding.num_qubits)
    # The ensemble varies weights: here the features take their part.
    turned = Model(encoding.circuit, (), encoding.features, encoding.observables)
    ensemble = StateEnsemble.of(turned)
    first = ensemble.states(np.zeros(0), rows)
    second = first if others is rows else ensemble.states(np.zeros(0), others)
    overlaps: Array = np.minimum(np.abs(first @ second.conj().T) ** 2, 1.0)
    return overlaps


def compute_uncompute(encoding: Model) -> Model:
    """U(x), a barrier, U(y)†: x are its features, y its weights, Z of each qubit is observed."""
    from qiskit.circuit import ParameterVector
    from qiskit.quantum_info import SparsePauliOp

    count, size = len(encoding.features), encoding.num_qubits
    x, y = tuple(ParameterVector("x", count)), tuple(ParameterVector("y", count))
    circuit, undone = (
        encoding.circuit.assign_parameters(dict(zip(encoding.features, given, strict=True)))
        for given in (x, y)
    )
    circuit.barrier()
    circuit.compose(undone.inverse(), inplace=True)
    observables = [SparsePauliOp.from_sparse_list([("Z", [q], 1.0)], size) for q in range(size)]
    return Model(circuit, x, y, tuple(observables))


@dataclass(frozen=True)
class NoisyOverlap:
    """A compute-uncompute circuit under its noise, cut where x ends and y begins.

    Build it with :meth:`NoisyOverlap.of`.
    """

    lowered: Lowered
    forward: Program
    back: Program
    projector: Array

    @classmethod
    def of(cls, isa: IsaModel, noise: NoiseChannels) -> NoisyOverlap:
        """Lower the circuit and cut it.

        Args:
            isa: Of :func:`compute_uncompute`, transpiled.
            noise: Of its qubits.

        Raises:
            InputError: The noise would be inert.
            CapacityError: Two states do not fit the memory.
        """
        from nisqdl.engines.exact.lowering import lower
        from nisqdl.engines.exact.observables import support
        from nisqdl.engines.exact.program import build_program

        lowered = lower(isa, noise)
        size = lowered.num_qubits
        _check_memory(8 * 2 * 4.0**size, size)
        # What depends on x and what comes before is the prefix: the barrier keeps y out of it.
        sampled = set(range(lowered.angles.num_angles))
        forward, back = (
            build_program(events, size, sampled, samples_as_lanes=True)
            for events in (lowered.prefix, lowered.suffix)
        )
        measured = [lowered.qubits.index(qubit) for qubit in sorted(support(isa.observables))]
        readout = {
            lowered.qubits.index(qubit): confusion
            for qubit, confusion in lowered.readout.items()
            if qubit in lowered.qubits
        }
        return cls(lowered, forward, back, _projector(size, measured, readout))

    def gram(self, rows: Array, others: Array) -> Array:
        """P(0…0) of U(y)†U(x), as it is read, for x among rows and y among others: (N, M).

        Args:
            rows, others: Encoded features, (N, E) and (M, E).

        Raises:
            CapacityError: The states do not fit the memory.
        """
        size = self.lowered.num_qubits
        _check_memory(8 * (len(rows) + len(others)) * 4.0**size, size)
        probabilities = self._states(rows) @ self._projectors(others).T
        return np.clip(probabilities, 0.0, 1.0)

    def _states(self, rows: Array) -> Array:
        """Pauli components of the states after U(x), (N, 4^n)."""
        from nisqdl.engines.exact.swept import swept_prefix

        angles = self.lowered.angles.evaluate(rows, np.zeros(self.lowered.angles.num_weights))
        prefix = swept_prefix(self.forward, np.zeros(0, dtype=np.int64), _bytes(), threads=1)
        return np.concatenate(list(prefix.states(angles)))

    def _projectors(self, others: Array) -> Array:
        """The projector seen from before U(y)†, (M, 4^n)."""
        from nisqdl.engines.exact.carry import bind, bytes_carried
        from nisqdl.engines.exact.swept import part, swept_prefix

        angles = np.concatenate(
            [
                self.lowered.angles.evaluate(np.zeros((1, len(row))), row)
                for row in np.asarray(others, dtype=np.float64)
            ],
            axis=1,
        )
        program = self.back
        bound, lanes = bind(program, angles), program.lanes
        found = []
        groups = swept_prefix(program, np.zeros(0, dtype=np.int64), _bytes(), threads=1)
        for first, stop in groups.groups(len(others), bytes_carried(program)):
            end = np.tile(np.repeat(self.projector, lanes), (stop - first, 1))
            carried = part(bound, first, stop).backward(end)
            by_row = carried.reshape(stop - first, -1, lanes).transpose(0, 2, 1)
            found.append(by_row.reshape(-1, program.size))
        return np.concatenate(found)[: len(others)]


def _projector(size: int, measured: list[int], readout: Mapping[int, Readout]) -> Array:
    """Components (4^n,) of "0 is read on each measured qubit"; qubit 0 is the lowest digit."""
    vector = np.ones(1)
    for qubit in range(size):
        factor = np.array([1.0, 0.0, 0.0, 0.0])
        if qubit in measured:
            a = readout[qubit].p1_given_0 if qubit in readout else 0.0
            b = readout[qubit].p0_given_1 if qubit in readout else 0.0
            factor = np.array([1 - a + b, 0.0, 0.0, 1 - a - b]) / 2
        vector = np.outer(factor, vector).reshape(-1)
    return vector


def _bytes() -> int:
    return int(MEMORY_GIB * 2**30)


def _check_memory(needed: float, qubits: int) -> None:
    if needed > _bytes():
        raise CapacityError(
            f"The states of a kernel matrix on {qubits} qubits need about {needed / 2**30:.3g} "
            f"GiB, but may take {MEMORY_GIB:g} GiB: take fewer rows or features, or a projected "
            "kernel, which keeps three numbers a qubit."
        )
