"""The dynamical Lie algebra of a circuit, for few qubits, and the variance that it predicts.

A circuit of exp(−iθₖHₖ) with many layers reaches the group that the iHₖ and their commutators
generate. Where the angles spread over this group, they give every observable's value a known
variance. For an observable within the algebra it is Σ_j P_j(O) P_j(ρ) / dim g_j over the simple
ideals g_j, with P_j(A) = Σ_B Tr(BA)² over an orthonormal basis of g_j (Ragone et al. 2024,
arXiv:2309.09342, theorem 1; Fontana et al. 2024). For another one it follows from the operators
that the group makes of it: see :mod:`nisqdl.engines.lie_algebra.moments`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from nisqdl.engines.contract import Array
from nisqdl.engines.lie_algebra.closure import Matrices, closure, unit
from nisqdl.engines.lie_algebra.ideals import simple_ideals
from nisqdl.engines.lie_algebra.moments import group_moments
from nisqdl.engines.statevector.frame import Frame
from nisqdl.engines.statevector.gates import Rotation, observable_strings
from nisqdl.engines.statevector.program import unroll
from nisqdl.errors import CapacityError, InputError

if TYPE_CHECKING:
    from qiskit.quantum_info import SparsePauliOp

    from nisqdl.circuits.model import Model

String: TypeAlias = tuple[int, int, float]
"""(x, z, coefficient) of i^(x·z mod 2) X^x Z^z."""

MOST_QUBITS = 5
"""The algebra may have 4^n − 1 dimensions, each a matrix of 4^n entries."""


@dataclass(frozen=True, eq=False)
class LieAlgebra:
    """A Lie algebra of Hermitian matrices under i[A, B].

    Attributes:
        basis: Orthonormal under Tr(AB), (d, N, N).
        ideals: Of each simple ideal, an orthonormal basis as rows of coefficients, (d_j, d).
        generators: What generates it, (generators, N, N).
        frame: The fixed gates of the circuit, carried to its end: observables are carried back.
    """

    basis: Matrices
    ideals: tuple[Array, ...]
    generators: Matrices
    frame: Frame

    @property
    def dimension(self) -> int:
        return len(self.basis)

    @property
    def ideal_dimensions(self) -> tuple[int, ...]:
        """Dimensions of the simple ideals, descending; the rest of ``dimension`` is the centre."""
        return tuple(sorted((len(ideal) for ideal in self.ideals), reverse=True))

    def variance(self, observable: SparsePauliOp) -> float:
        """The variance of ⟨O⟩ from |0…0⟩ where the angles spread over the whole group."""
        strings = [s for s in observable_strings(self.frame, observable) if s[0] or s[1]]
        if not strings:
            return 0.0
        matrix = _sum_of(strings, self.basis.shape[1])
        parts = np.einsum("aij,ji->a", self.basis, matrix).real
        norm = float(np.einsum("ij,ji->", matrix, matrix).real)
        if norm - parts @ parts > 1e-8 * norm:
            square, mean = group_moments(self.basis, self.generators, matrix)
            return square - mean**2
        start = self.basis[:, 0, 0].real
        return float(
            sum(
                ((ideal @ parts) ** 2).sum() * ((ideal @ start) ** 2).sum() / len(ideal)
                for ideal in self.ideals
            )
        )


def circuit_algebra(model: Model, features: Array | None = None) -> LieAlgebra:
    """The algebra that a circuit's trained gates generate, its fixed gates carried through.

    With fixed gates between them, deeper circuits may have more generators: take a depth from
    which on the dimension stays.

    Args:
        model: Its weights are the angles of its gates; its fixed gates are Clifford.
        features: What its features are, (F,); zeros if left out.

    Raises:
        CapacityError: More than five qubits.
        InputError: A fixed gate is not Clifford, or an angle is no weight itself.
    """
    given = np.zeros(len(model.features)) if features is None else features
    circuit = model.circuit.assign_parameters(dict(zip(model.features, given, strict=True)))
    unrolled = unroll(circuit, only_relabels=False)
    return lie_algebra(_generators(unrolled.rotations), model.num_qubits, frame=unrolled.frame)


def lie_algebra(
    generators: Sequence[Sequence[String]], num_qubits: int, frame: Frame | None = None
) -> LieAlgebra:
    """The closure of sums of Pauli strings under commutators, and its simple ideals.

    Args:
        generators: Each a sum of strings.
        num_qubits: n, at most five.
        frame: As in :class:`LieAlgebra`; nothing is carried if left out.

    Raises:
        CapacityError: More than five qubits.
    """
    if num_qubits > MOST_QUBITS:
        raise CapacityError(
            f"A dynamical Lie algebra is computed for at most {MOST_QUBITS} qubits, where it has "
            f"up to {4**MOST_QUBITS - 1} dimensions, but the model has {num_qubits} qubits; use "
            "fewer."
        )
    size = 1 << num_qubits
    matrices = np.array([_sum_of(strings, size) for strings in generators])
    matrices = unit(matrices.reshape(-1, size, size))
    basis = closure(matrices, matrices)
    return LieAlgebra(
        basis=basis,
        ideals=tuple(simple_ideals(basis)),
        generators=matrices,
        frame=frame or Frame(num_qubits, only_relabels=False),
    )


def _generators(rotations: Sequence[Rotation]) -> list[list[String]]:
    """The generator of each weight; a controlled rotation's has two strings."""
    found: dict[Any, list[String]] = {}
    for rotation in rotations:
        if not hasattr(rotation.angle, "uuid"):
            raise InputError(
                "The dynamical Lie algebra takes gates with a weight as their angle and fixed "
                f"Clifford gates, but the circuit has a rotation by {rotation.angle}."
            )
        terms = found.setdefault(rotation.angle, [])
        terms.append((rotation.x, rotation.z, rotation.factor))
    for angle, terms in found.items():
        for index, (x, z, _) in enumerate(terms):
            for other_x, other_z, _ in terms[:index]:
                if ((x & other_z).bit_count() + (z & other_x).bit_count()) % 2:
                    raise InputError(
                        f"The dynamical Lie algebra takes weights with one generator, but {angle} "
                        "turns gates that do not commute."
                    )
    return list(found.values())


def _sum_of(strings: Sequence[String], size: int) -> Matrices:
    matrix = np.zeros((size, size), dtype=np.complex128)
    columns = np.arange(size)
    for x, z, coefficient in strings:
        phase = 1j if (x & z).bit_count() % 2 else 1.0
        signs = 1.0 - 2.0 * (np.bitwise_count(columns & z) & 1)
        matrix[columns ^ x, columns] += coefficient * phase * signs
    return matrix
