"""The states of one circuit at many weight vectors: how they overlap, and their qubits' states."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nisqdl.engines.contract import Array
from nisqdl.engines.kernels.threads import usable_threads
from nisqdl.engines.statevector.execution import Execution, SlotNumbers
from nisqdl.engines.statevector.program import lower
from nisqdl.engines.statevector.slot_angles import SlotsOfInputs
from nisqdl.errors import InputError

if TYPE_CHECKING:
    from nisqdl.circuits.model import Model


@dataclass(frozen=True, eq=False)
class StateEnsemble:
    """A model's circuit as a map from weights to pure states; its observables play no part.

    Build it with :meth:`StateEnsemble.of`.
    """

    model: Model
    execution: Execution
    slots: SlotsOfInputs

    @classmethod
    def of(cls, model: Model, threads: int | None = None, memory_gib: float = 1.0) -> StateEnsemble:
        """Lower a circuit with everything that any observable could feel.

        Args:
            threads, memory_gib: As in :class:`nisqdl.engines.statevector.StatevectorEngine`.

        Raises:
            CapacityError: The state vectors do not fit the memory.
            InputError: The circuit has more than gates.
        """
        from qiskit.quantum_info import SparsePauliOp

        size = model.num_qubits
        letters = [
            SparsePauliOp.from_sparse_list([(letter, [qubit], 1.0)], size)
            for qubit in range(size)
            for letter in "XYZ"
        ]
        program = lower(model.circuit, letters, memory_gib)
        return cls(
            model=model,
            execution=Execution(program, usable_threads(threads), memory_gib),
            slots=SlotsOfInputs.of(program, (*model.features, *model.weights)),
        )

    def fidelities(self, features: Array, first: Array, second: Array) -> Array:
        """|⟨ψ(first)|ψ(second)⟩|² of each pair of weight vectors, (R,).

        Args:
            features: The features of all states, (F,).
            first, second: Weights, (R, W) each.
        """
        # The engine's states are the circuit's up to one Clifford operator for all of them.
        pairs = zip(self._states(features, first), self._states(features, second), strict=True)
        found = [np.abs(np.einsum("ri,ri->r", a.conj(), b)) ** 2 for a, b in pairs]
        fidelities: Array = np.minimum(np.concatenate(found), 1.0)
        return fidelities

    def states(self, features: Array, weights: Array) -> npt.NDArray[np.complex128]:
        """State vectors (R, 2^n) at R weight vectors (R, W), all under one Clifford operator.

        Overlaps are those of the circuit's own states; single amplitudes are not.
        """
        return np.concatenate(list(self._states(features, weights)))

    def bloch_vectors(self, features: Array, weights: Array) -> Array:
        """⟨X⟩, ⟨Y⟩ and ⟨Z⟩ of each qubit, (R, n, 3), of one sample (F,) at R weight vectors."""
        parts = [self.execution.values(n) for n in self._numbers(features, weights)]
        vectors: Array = np.concatenate(parts).reshape(len(weights), -1, 3)
        return vectors

    def _states(self, features: Array, weights: Array) -> Iterator[npt.NDArray[np.complex128]]:
        for numbers in self._numbers(features, weights):
            yield np.stack(list(self.execution.states(numbers)))

    def _numbers(self, features: Array, weights: Array) -> Iterator[SlotNumbers]:
        expected = (len(self.model.features), len(self.model.weights))
        given = (len(features), weights.shape[1])
        if given != expected:
            raise InputError(
                f"The model takes {expected[0]} features and {expected[1]} weights, but was given "
                f"{given[0]} and {given[1]}."
            )
        most = max(1, _ROWS >> self.execution.program.dimensions)
        for start in range(0, len(weights), most):
            part = weights[start : start + most]
            yield self.slots.numbers(
                np.concatenate([np.tile(features, (len(part), 1)), part], axis=1)
            )


_ROWS = 1 << 16
"""Amplitudes at once: 1 MiB."""
