"""Outcomes drawn from state vectors, as a device would give them, with its readout confusion."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nisqdl.engines.outcomes import groups, terms
from nisqdl.engines.statevector.program import Draft, Floats, Integers, Program, unroll
from nisqdl.engines.statevector.reduction import felt_rotations
from nisqdl.engines.statevector.turning import turns_of
from nisqdl.noise.channels import Readout

if TYPE_CHECKING:
    from qiskit.circuit import QuantumCircuit
    from qiskit.quantum_info import PauliList, SparsePauliOp

    from nisqdl.engines.statevector.gates import Unrolling


@dataclass(frozen=True, eq=False)
class Group:
    """Terms that commute qubit by qubit, measured together on k qubits.

    Attributes:
        program: The circuit, turned to their basis.
        masks, inverted: Of each measured qubit, the mask on rows' numbers whose parity is its
            outcome, and whether that is inverted, (k,).
        confusion: P(1|0) and P(0|1) of each measured qubit, (k, 2).
        supports: Which measured qubits each term has, (T, k).
        contributions: Each term's coefficient in each observable, (O, T).
    """

    program: Program
    masks: Integers
    inverted: npt.NDArray[np.bool_]
    confusion: Floats
    supports: npt.NDArray[np.bool_]
    contributions: Floats

    def outcomes(
        self, state: npt.NDArray[np.complex128], shots: int, rng: np.random.Generator
    ) -> npt.NDArray[np.bool_]:
        """Outcomes as read, (shots, k)."""
        cumulative = np.cumsum(np.abs(state) ** 2)
        draws = rng.random(shots) * cumulative[-1]
        rows = np.searchsorted(cumulative, draws, side="right").astype(np.int64)
        parities = np.bitwise_count(rows[:, np.newaxis] & self.masks) & 1
        bits: npt.NDArray[np.bool_] = parities.astype(bool) ^ self.inverted
        flips = np.where(bits, self.confusion[:, 1], self.confusion[:, 0])
        bits ^= rng.random(bits.shape) < flips
        return bits

    def estimate(
        self, state: npt.NDArray[np.complex128], shots: int, rng: np.random.Generator
    ) -> tuple[Floats, Floats]:
        """What the group adds to the observables' estimates and to their variances, both (O,).

        The variance of a mean comes from the sample variance of its outcomes; that of one shot is
        NaN (0 where nothing was measured).
        """
        bits = self.outcomes(state, shots, rng)
        parities = (bits.astype(np.int64) @ self.supports.T.astype(np.int64)) & 1
        numbers = self.contributions @ (1.0 - 2.0 * parities).T
        means = numbers.mean(axis=1)
        variances = np.zeros(len(means))
        felt = self.contributions.any(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = ((numbers[felt] - means[felt, np.newaxis]) ** 2).mean(axis=1)
            variances[felt] = spread / np.float64(shots - 1)
        return means, variances


@dataclass(frozen=True, eq=False)
class Sampling:
    """All groups, and what needs no measurement.

    Attributes:
        constants: The observables' coefficients of the identity, (O,).
    """

    groups: tuple[Group, ...]
    constants: Floats

    @classmethod
    def of(
        cls,
        circuit: QuantumCircuit,
        observables: Sequence[SparsePauliOp],
        readout: Mapping[int, Readout],
        memory_gib: float,
    ) -> Sampling:
        """Group the terms of all observables, and lower the circuit for each group.

        Raises:
            CapacityError: A group's state does not fit the memory.
        """
        paulis, coefficients = terms(observables)
        supports = paulis.x | paulis.z
        trivial = ~supports.any(axis=1)
        unrolled = unroll(circuit, only_relabels=True)
        found = [
            _group(
                copy.deepcopy(unrolled), paulis[members], coefficients[:, members], readout,
                memory_gib,
            )
            for members in ([i for i in group if not trivial[i]] for group in groups(paulis))
            if members
        ]  # fmt: skip
        return cls(tuple(found), coefficients[:, trivial].sum(axis=1))


def _group(
    unrolled: Unrolling,
    paulis: PauliList,
    contributions: Floats,
    readout: Mapping[int, Readout],
    memory_gib: float,
) -> Group:
    supports = paulis.x | paulis.z
    qubits = np.flatnonzero(supports.any(axis=0)).tolist()
    for qubit in qubits:
        if paulis.x[:, qubit].any():
            if paulis.z[:, qubit].any():
                unrolled.rotate("Z", [qubit], -np.pi / 2)
            unrolled.rotate("Z", [qubit], np.pi)
            unrolled.rotate("Y", [qubit], np.pi / 2)
    images = [unrolled.frame.image([(qubit, "Z")]) for qubit in qubits]
    felt = felt_rotations(unrolled.rotations, [(image.x, image.z) for image in images])
    program = Draft(turns_of(felt), strings=()).program(memory_gib)
    perfect = Readout(0.0, 0.0)
    read = [readout.get(qubit, perfect) for qubit in qubits]
    return Group(
        program=program,
        masks=np.array([program.row_mask(p.z) for p in images], dtype=np.int64),
        inverted=np.array([p.sign < 0 for p in images], dtype=bool),
        confusion=np.array([[one.p1_given_0, one.p0_given_1] for one in read]),
        supports=supports[:, qubits],
        contributions=contributions,
    )
