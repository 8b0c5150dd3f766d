"""What a feature map states: its width, its angles, and the gates that take them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from qiskit.circuit import Parameter, QuantumCircuit

Array: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True)
class FeatureMap:
    """How a row of a data set becomes a quantum state.

    All that is not linear in the features happens in NumPy, in ``encode``, before the circuit:
    each angle in the circuit is one encoded feature or a number, so engines meet no other
    expressions.

    Attributes:
        name: Name in experiment files.
        summary: One line for people, with the source.
        num_qubits: Qubits needed for F features.
        num_encoded: Encoded features E made from F features: the parameters of the circuit.
        encode: Raw rows (B, F) to encoded rows (B, E), in radians. Raises InputError for rows
            that have no encoding.
        lay: Appends one repetition to a circuit on ``num_qubits(F)`` qubits, given its E
            parameters in order. Gates used: h, rx, ry, rz, cx.
        min_features: The fewest features that it takes.
        repetitions: How often it is laid in a row when the user names no number.
    """

    name: str
    summary: str
    num_qubits: Callable[[int], int]
    num_encoded: Callable[[int], int]
    encode: Callable[[Array], Array]
    lay: Callable[[QuantumCircuit, Sequence[Parameter]], None]
    min_features: int = 1
    repetitions: int = 1


def same_number(features: int) -> int:
    """One for each feature."""
    return features


def unchanged(rows: Array) -> Array:
    """The features themselves are the angles."""
    return rows
