"""What a published architecture states: its width, its circuit, its encoding and its start."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from nisqdl.circuits.model import Model
from nisqdl.circuits.structure import Structure
from nisqdl.errors import InputError

if TYPE_CHECKING:
    from qiskit.quantum_info import SparsePauliOp

Array: TypeAlias = npt.NDArray[np.float64]

Measured: TypeAlias = Literal["value", "z", "xyz"]
"""What is measured: the architecture's own single value, ⟨Z⟩ of every qubit in their order, or
⟨X⟩, ⟨Y⟩ and ⟨Z⟩ of every qubit, all X first."""


class Architecture(ABC):
    """A circuit as a paper gives it, for any number of features. Members are frozen dataclasses.

    Attributes:
        takes_angles: Whether rows shall be scaled to [−π/2, π/2] before they are encoded; if not,
            they become amplitudes, whose scale does not matter.
        is_tree: Whether its qubits meet along a tree, which is laid out on a device's couplings.
    """

    takes_angles: bool = True
    is_tree: bool = False

    @abstractmethod
    def num_qubits(self, num_features: int) -> int:
        """Qubits n for F features."""

    @abstractmethod
    def build(self, num_features: int, measured: Measured) -> Model:
        """The model for F features; gates as in :func:`nisqdl.circuits.build.build_model`.

        Raises:
            InputError: The features do not suit it.
        """

    @abstractmethod
    def structure(self, model: Model) -> Structure:
        """The layers of a model that :meth:`build` gave, for initialisations and schedules."""

    def encode(self, rows: Array) -> Array:
        """Rows (B, F) as values (B, E) of the model's feature parameters, in radians.

        Raises:
            InputError: A row has no encoding.
        """
        return rows

    def first_weights(self, count: int, rng: np.random.Generator) -> Array:
        """Where training starts, (count,), in radians."""
        return rng.uniform(0.0, 2.0 * np.pi, count)


def require_count(name: str, value: object) -> None:
    """A number of layers, copies or the like.

    Raises:
        InputError: It is not an integer of at least 1.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise InputError(f"`{name}` must be an integer of at least 1, but is {value!r}.")


def observables_of(
    measured: Measured, num_qubits: int, own: Sequence[int], product: bool = False
) -> tuple[SparsePauliOp, ...]:
    """The observables of an architecture on n qubits.

    Args:
        measured: What is asked for.
        num_qubits: n.
        own: Qubits of the architecture's own value: the mean of their Z.
        product: Whether the own value is the product of their Z instead.
    """
    from qiskit.quantum_info import SparsePauliOp

    if measured == "value":
        if product:
            terms = [("Z" * len(own), list(own), 1.0)]
        else:
            terms = [("Z", [qubit], 1.0 / len(own)) for qubit in own]
        return (SparsePauliOp.from_sparse_list(terms, num_qubits),)
    letters = "Z" if measured == "z" else "XYZ"
    return tuple(
        SparsePauliOp.from_sparse_list([(letter, [qubit], 1.0)], num_qubits)
        for letter in letters
        for qubit in range(num_qubits)
    )
