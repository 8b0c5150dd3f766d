"""The program that the kernels interpret, and how a circuit is lowered to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nisqdl.engines.statevector.gates import Unrolling, observable_strings
from nisqdl.engines.statevector.reduction import felt_rotations
from nisqdl.engines.statevector.schedule import Space, Sweep, swept
from nisqdl.engines.statevector.turning import Slot, Turn, turns_of
from nisqdl.errors import CapacityError

if TYPE_CHECKING:
    from qiskit.circuit import QuantumCircuit
    from qiskit.quantum_info import SparsePauliOp

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]

ROW_BYTES = 128
"""A row of a state: eight samples' complex amplitude."""


@dataclass(frozen=True, eq=False)
class Program:
    """A circuit and its observables for :mod:`nisqdl.engines.statevector.kernels`.

    Attributes:
        dimensions: log2 of a state's rows, D; at most the circuit's qubits.
        sweeps, spans, reps, ops: Tables of the kernels.
        slots: The angles of the operations, length K.
        is_phase: Which slots are phases, not rotations, (K,).
        flips, owners: Of each part of the observables, what it adds to a row's number, and whose
            part it is, (parts,).
        tables: Of each part, the real and imaginary factor of each row, (parts, 2, 2^D).
        num_observables: O.
        row_basis: What each bit of a row's number stands for, in the frame's bits.
    """

    dimensions: int
    sweeps: Integers
    spans: Integers
    reps: Integers
    ops: Integers
    slots: tuple[Slot, ...]
    is_phase: npt.NDArray[np.bool_]
    flips: Integers
    owners: Integers
    tables: Floats
    num_observables: int
    row_basis: tuple[int, ...]

    def row_mask(self, z: int) -> int:
        """The mask on rows' numbers whose parity is that of a string Z^z."""
        return _dual(z, self.row_basis)

    @property
    def arrays(self) -> tuple[Integers, Integers, Integers, Integers]:
        """What every kernel that runs the program takes first."""
        return self.sweeps, self.spans, self.reps, self.ops

    @property
    def parts(self) -> tuple[Integers, Integers, Floats]:
        """The observables, as the kernels take them."""
        return self.flips, self.owners, self.tables


def lower(
    circuit: QuantumCircuit, observables: Sequence[SparsePauliOp], memory_gib: float
) -> Program:
    """Lower a circuit of gates and its observables; nothing that they do not feel is kept.

    Raises:
        CapacityError: Two states of eight samples and the observables' tables exceed the memory.
        InputError: The circuit is not made of gates only, or an observable is not Hermitian.
    """
    drafts = [_draft(circuit, observables, only_relabels) for only_relabels in (True, False)]
    return min(drafts, key=lambda draft: draft.cost).program(memory_gib)


def unroll(circuit: QuantumCircuit, only_relabels: bool) -> Unrolling:
    """The circuit as Pauli rotations and a frame.

    Raises:
        InputError: It has a measurement, reset or control flow, or an unknown operation.
    """
    unrolled = Unrolling(circuit.num_qubits, only_relabels)
    unrolled.add_circuit(circuit, range(circuit.num_qubits))
    return unrolled


Strings: TypeAlias = Sequence[Sequence[tuple[int, int, float]]]
"""Of each observable, the terms that ``observable_strings`` gives."""


@dataclass(frozen=True)
class Draft:
    """A circuit in turns, and the observables in their frame.

    Which Clifford gates a frame takes up decides how many turns are left: taken up, a Hadamard
    gate costs nothing, but the rotations after it may gather less well.
    """

    turns: Sequence[Turn]
    strings: Strings

    @property
    def cost(self) -> int:
        """In proportion to the time of a pass, roughly."""
        dimensions = Space()
        for turn in self.turns:
            dimensions.add(turn.v)
        return sum(turn.cost for turn in self.turns) << len(dimensions)

    def program(self, memory_gib: float) -> Program:
        """Scheduled, as the kernels' arrays.

        Raises:
            CapacityError: Two states of eight samples and the tables exceed the memory.
        """
        sweeps, rows = swept(self.turns)
        parts = _parts(self.strings, rows)
        _check_memory(len(rows), len(parts), memory_gib)
        slots: list[Slot] = []
        is_phase: list[bool] = []
        tables = _SweepTables(slots, is_phase, rows)
        for sweep in sweeps:
            tables.add(sweep)
        factors = np.zeros((len(parts), 2, 1 << len(rows)))
        for part, (flip, _, terms) in enumerate(parts):
            _fill(factors[part], flip, terms)
        return Program(
            dimensions=len(rows),
            sweeps=_table(tables.sweeps, 7),
            spans=np.array(tables.spans, dtype=np.int64),
            reps=np.array(tables.reps, dtype=np.int64),
            ops=_table(tables.ops, 11),
            slots=tuple(slots),
            is_phase=np.array(is_phase, dtype=bool),
            flips=np.array([flip for flip, _, _ in parts], dtype=np.int64),
            owners=np.array([owner for _, owner, _ in parts], dtype=np.int64),
            tables=factors,
            num_observables=len(self.strings),
            row_basis=tuple(rows.basis),
        )


def _draft(
    circuit: QuantumCircuit, observables: Sequence[SparsePauliOp], only_relabels: bool
) -> Draft:
    unrolled = unroll(circuit, only_relabels)
    strings = [observable_strings(unrolled.frame, observable) for observable in observables]
    masks = [(x, z) for terms in strings for x, z, _ in terms]
    return Draft(turns_of(felt_rotations(unrolled.rotations, masks)), strings)


class _SweepTables:
    """Sweeps and turns as rows of integers, in the order of the kernels' columns."""

    def __init__(self, slots: list[Slot], is_phase: list[bool], rows: Space) -> None:
        self.sweeps: list[list[int]] = []
        self.spans: list[int] = []
        self.reps: list[int] = []
        self.ops: list[list[int]] = []
        self._slots = slots
        self._is_phase = is_phase
        self._rows = rows

    def add(self, sweep: Sweep) -> None:
        local = Space()
        for vector in sweep.span:
            local.add(vector)
        first = len(self.ops)
        live = sweep.old
        for turn in sweep.turns:
            v = local.coordinates(self._rows.coordinates(turn.v) or 0) or 0
            live = max(live, v.bit_length())
            self.ops.append(self._op(turn, v, live, sweep))
        starts = [len(self.spans), len(self.reps)]
        if sweep.reps is not None:
            self.spans.extend(_sums(sweep.span))
            self.reps.extend(_sums(sweep.reps))
        count = len(self.reps) - starts[1]
        self.sweeps.append([first, len(self.ops), len(sweep.span), sweep.old, *starts, count])

    def _op(self, turn: Turn, v: int, live: int, sweep: Sweep) -> list[int]:
        below = (1 << live) - 1
        global_r, global_s = (_dual(mask, self._rows.basis) for mask in (turn.r, turn.s))
        r, s = (_dual(mask, sweep.span) & below for mask in (global_r, global_s))
        top = v if turn.turn is not None else r
        angles = [
            self._slot(turn.turn, False), self._slot(turn.before, True),
            self._slot(turn.after, True),
        ]  # fmt: skip
        return [
            v, r, s, global_r, global_s, 1 << max(top.bit_length() - 1, 0), live,
            int(turn.swapped), *angles,
        ]  # fmt: skip

    def _slot(self, slot: Slot | None, is_phase: bool) -> int:
        if slot is None:
            return -1
        self._slots.append(slot)
        self._is_phase.append(is_phase)
        return len(self._slots) - 1


def _dual(mask: int, basis: Sequence[int]) -> int:
    """The mask that has with coordinates the parity that this one has with vectors."""
    return sum(((mask & vector).bit_count() & 1) << i for i, vector in enumerate(basis))


def _sums(vectors: Sequence[int]) -> list[int]:
    """All sums of some of them; entry i of those whose bits i has."""
    found = [0]
    for vector in vectors:
        found += [one ^ vector for one in found]
    return found


def _table(rows: Iterable[Sequence[int]], columns: int) -> Integers:
    return np.array(list(rows), dtype=np.int64).reshape(-1, columns)


_Part: TypeAlias = tuple[int, int, list[tuple[int, float, Any]]]


def _parts(strings: Strings, rows: Space) -> list[_Part]:
    """(flip, observable, [(z, coefficient, is_odd)]) in rows' numbers.

    A string that leads to rows that no turn reaches has the value 0.
    """
    found: dict[tuple[int, int], list[tuple[int, float, Any]]] = {}
    for owner, terms in enumerate(strings):
        for x, z, coefficient in terms:
            flip = rows.coordinates(x)
            if flip is not None:
                odd = bool((x & z).bit_count() & 1)
                term = (_dual(z, rows.basis), coefficient, odd)
                found.setdefault((flip, owner), []).append(term)
    return [(flip, owner, terms) for (flip, owner), terms in found.items()]


def _fill(factors: Floats, flip: int, terms: Sequence[tuple[int, float, bool]]) -> None:
    """(Pψ)ⱼ = coefficient · i^odd (−1)^(z·(j ⊕ flip)) ψ_{j ⊕ flip}, summed over the terms."""
    size = factors.shape[1]
    numbers = np.arange(size, dtype=np.int64) ^ flip
    if len(terms) <= 16:
        for z, coefficient, odd in terms:
            signs = 1.0 - 2.0 * (np.bitwise_count(numbers & z) & 1)
            factors[int(odd)] += coefficient * signs
        return
    for z, coefficient, odd in terms:
        factors[int(odd), z] += coefficient
    for row in factors:
        row[:] = _walsh_hadamard(row)[numbers]


def _walsh_hadamard(row: Floats) -> Floats:
    step = 1
    while step < len(row):
        pairs = row.reshape(-1, 2, step)
        row = np.stack([pairs[:, 0] + pairs[:, 1], pairs[:, 0] - pairs[:, 1]], axis=1).reshape(-1)
        step *= 2
    return row


def _check_memory(dimensions: int, parts: int, memory_gib: float) -> None:
    needed_gib = 2.0 ** (dimensions - 30) * (2 * ROW_BYTES + 16 * parts)
    if needed_gib > memory_gib:
        raise CapacityError(
            f"The observables feel {dimensions} qubits, whose state vectors take "
            f"{needed_gib:,.1f} GiB for eight samples and a gradient, but {memory_gib:,.1f} GiB "
            "may be used; give the engine statevector more memory (`memory_gib`), or use fewer "
            "qubits, fewer layers or more local observables."
        )
