"""The guide: where walks should go, as a product over qubits, and the walk's operations under it.

The value of a string Q before a step is the mean of what a walk from Q brings home. A guide
h(Q) = Π_q a_q(letter of Q on q) approximates it and is followed up from the start, where it is
exact: ⟨P⟩² of the product start. Walks choose the next string o with probability ∝ K(l, o) h(o) and
carry the weight Σ_o K(l, o) h(o) / h(l), which makes their mean exact whatever the guide (an
h-transform). One-qubit steps (rotations, noise) keep a product a product, so their weight is 1;
the value behind a two-qubit step is replaced by the product of its conditional means over the
letters that the other qubit is expected to have there, the marginals π of the unguided walk.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from nisqdl.engines.exact.ptm import Floats
from nisqdl.engines.pauli_paths.fusion import is_monomial
from nisqdl.engines.pauli_paths.guide_kernels import ascend, descend, reach
from nisqdl.engines.pauli_paths.observable import Product
from nisqdl.engines.pauli_paths.steps import Lowered, Step

Ints = npt.NDArray[np.int64]

PERMUTE, TURN, BRANCH, PERMUTE_PAIR, BRANCH_PAIR = range(5)
"""Kinds of operations. TURN is a one-qubit rotation, BRANCH any other one-qubit map."""


@dataclass(frozen=True, eq=False)
class Operations:
    """M operations in the order of the walk, from the observable to the start.

    Attributes:
        kinds: (M,).
        qubits: (M, 2).
        maps: Row in ``singles`` or ``pairs``, (M,).
        slots: Row of the operation's gradient, −1 for none, (M,).
        singles: K of one-qubit maps, (., 4, 4).
        pairs: K of two-qubit maps, (., 16, 16).
        slopes: (rate of staying, rate of moving) for one-qubit rotations: K'/K, by ``singles``.
        pair_slopes: K'/K by ``pairs``, (., 16, 16).
        axes: Of TURN, 1 to 3; (., ) by ``singles``.
        linear: Of PERMUTE and PERMUTE_PAIR, the map of the bits (x₀, z₀, x₁, z₁), by M.
        derivatives: (slot, parameter's row, factor).
        num_slots: How many operations have gradients.
    """

    kinds: Ints
    qubits: Ints
    maps: Ints
    slots: Ints
    singles: Floats
    pairs: Floats
    slopes: Floats
    pair_slopes: Floats
    axes: Ints
    linear: npt.NDArray[np.uint64]
    derivatives: tuple[tuple[int, int, float], ...]

    num_slots: int

    def felt_by(self, qubits: Iterable[int], num_qubits: int) -> tuple[Operations, Ints]:
        """What strings on these qubits can reach, and the slots that are left, counted anew."""
        active = np.zeros(num_qubits, dtype=np.uint8)
        active[list(qubits)] = 1
        keep = np.zeros(len(self.kinds), dtype=np.uint8)
        reach(self.qubits, active, keep)
        rows = np.flatnonzero(keep)
        slots = self.slots[rows]
        kept = np.unique(slots[slots >= 0])
        return replace(
            self,
            kinds=self.kinds[rows],
            qubits=self.qubits[rows],
            maps=self.maps[rows],
            slots=np.where(slots >= 0, np.searchsorted(kept, slots), -1),
            linear=self.linear[rows],
            num_slots=len(kept),
        ), kept


@dataclass(frozen=True, eq=False)
class Guide:
    """Probabilities and weights of the guided walk.

    Attributes:
        top: a_q at the observable, (n, 4).
        chances: Thresholds for the choices of one-qubit operations, (M, 12): TURN has the chances
            to move of its two letters; BRANCH, of X, Y, Z, the chance of each outcome among those
            not yet refused.
        weights: Of two-qubit operations by the letters before the choice, (P, 16).
        outcomes: Cumulative probabilities of BRANCH_PAIR, (., 16, 16).
        places: Row in ``weights`` of each operation, (M,).
        outcome_places: Row in ``outcomes``, (M,).
        possible: Whether a slot's gradient can be other than zero, (slots,).
    """

    top: Floats
    chances: Floats
    weights: Floats
    outcomes: Floats
    places: Ints
    outcome_places: Ints
    possible: npt.NDArray[np.bool_]


def operations(lowered: Lowered) -> Operations:
    """The walk's operations."""
    build = _Build()
    for step in reversed(lowered.steps):
        build.add(step)
    return build.operations()


def guide(lowered: Lowered, ops: Operations, density: float) -> Guide:
    """Follow the marginals down from the observable, then the guide up from the start.

    Args:
        density: 1 takes the other qubits' letters as the unguided walk has them; below 1 they are
            taken to be I more often, as they are where only strings on few qubits come home.
    """
    places = np.cumsum(ops.kinds >= PERMUTE_PAIR) - 1
    outcome_places = np.cumsum(ops.kinds == BRANCH_PAIR) - 1
    marginals = np.empty((len(ops.kinds), 2, 4))
    arrays = (ops.kinds, ops.qubits, ops.maps, ops.singles, ops.pairs)
    descend(*arrays, _letters(lowered.products, lowered.num_qubits), marginals)
    marginals *= density
    marginals[:, :, 0] += 1.0 - density
    values = lowered.start**2
    chances = np.zeros((len(ops.kinds), 12))
    weights = np.ones((int(places.max(initial=-1)) + 1, 16))
    outcomes = np.ones((int(outcome_places.max(initial=-1)) + 1, 16, 16))
    possible = np.zeros(ops.num_slots, dtype=np.uint8)
    ascend(
        *arrays, ops.axes, ops.slots, ops.pair_slopes, marginals, places, outcome_places, values,
        chances, weights, outcomes, possible,
    )  # fmt: skip
    return Guide(
        values, chances, weights, outcomes, places, outcome_places, possible.astype(np.bool_)
    )


def _letters(products: tuple[Product, ...], num_qubits: int) -> Floats:
    """How often each letter is expected on each qubit of the observable, (n, 4)."""
    found = np.zeros((num_qubits, 4))
    total = 0.0
    for term in products:
        if not term.factors:
            continue
        share = term.coefficient**2
        for factor in term.factors.values():
            share *= sum(value * value for value in factor)
        total += share
        found[:, 0] += share
        for qubit, factor in term.factors.items():
            squares = np.array(factor) ** 2
            found[qubit] += share * squares / squares.sum()
            found[qubit, 0] -= share
    found = np.where(found < 1e-12 * total, 0.0, found)
    return np.asarray(found / found.sum(axis=1, keepdims=True))


@dataclass
class _Build:
    """Collects operations; equal maps are kept once."""

    rows: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    linear: list[Ints] = field(default_factory=list)
    singles: dict[int, int] = field(default_factory=dict)
    pairs: dict[int, int] = field(default_factory=dict)
    steps_of_singles: list[Step] = field(default_factory=list)
    steps_of_pairs: list[Step] = field(default_factory=list)
    shapes: dict[int, tuple[int, Ints]] = field(default_factory=dict)
    derivatives: list[tuple[int, int, float]] = field(default_factory=list)
    num_slots: int = 0

    def add(self, step: Step) -> None:
        key = id(step.random) if step.random is not None else id(step.matrix)
        if key not in self.shapes:
            self.shapes[key] = _shape(step)
        kind, linear = self.shapes[key]
        wide = len(step.qubits) == 2
        known, steps = (
            (self.pairs, self.steps_of_pairs) if wide else (self.singles, self.steps_of_singles)
        )
        if key not in known:
            known[key] = len(steps)
            steps.append(step)
        slot = -1
        if step.derivatives:
            slot, self.num_slots = self.num_slots, self.num_slots + 1
            self.derivatives += [(slot, row, factor) for row, factor in step.derivatives]
        self.rows.append((kind, step.qubits[0], step.qubits[-1], known[key], slot))
        self.linear.append(linear)

    def operations(self) -> Operations:
        table = np.array(self.rows, dtype=np.int64).reshape(-1, 5)
        singles = [step.map.squares for step in self.steps_of_singles]
        pairs = [step.map.squares for step in self.steps_of_pairs]
        return Operations(
            kinds=np.ascontiguousarray(table[:, 0]),
            qubits=np.ascontiguousarray(table[:, 1:3]),
            maps=np.ascontiguousarray(table[:, 3]),
            slots=np.ascontiguousarray(table[:, 4]),
            singles=np.array(singles).reshape(-1, 4, 4),
            pairs=np.array(pairs).reshape(-1, 16, 16),
            slopes=np.array([_turn_slopes(s) for s in self.steps_of_singles]).reshape(-1, 2),
            pair_slopes=np.array([_ratios(s) for s in self.steps_of_pairs]).reshape(-1, 16, 16),
            axes=np.array([_axis(step) for step in self.steps_of_singles], dtype=np.int64),
            linear=np.array(self.linear, dtype=np.uint64).reshape(-1, 4),
            derivatives=tuple(self.derivatives),
            num_slots=self.num_slots,
        )


def _shape(step: Step) -> tuple[int, Ints]:
    """The kind of operation that a step is, and its map of bits as four rows of four bits."""
    identity = np.array([1, 2, 4, 8])
    wide = len(step.qubits) == 2
    if step.matrix is None:
        return (BRANCH_PAIR if wide else TURN), identity
    permutation = letter_permutation(step.matrix)
    linear = None if permutation is None else linear_bits(permutation)
    if linear is None:
        return (BRANCH_PAIR if wide else BRANCH), identity
    return (PERMUTE_PAIR if wide else PERMUTE), linear


def letter_permutation(matrix: Floats) -> Ints | None:
    """The letter that each letter becomes, where each becomes one and no two the same."""
    if np.count_nonzero(matrix - np.diag(np.diag(matrix))) == 0:
        return np.arange(len(matrix))
    if not is_monomial(matrix) or not matrix.any(axis=1).all():
        return None
    permutation = np.argmax(matrix != 0, axis=1)
    return permutation if len(set(permutation.tolist())) == len(matrix) else None


def linear_bits(permutation: Ints) -> Ints | None:
    """The permutation of letters as a linear map of the bits (x₀, z₀, x₁, z₁).

    Returns:
        For each bit of the result the mask of bits that it is the XOR of; or ``None``.
    """
    if any(
        permutation[a ^ b] != permutation[a] ^ permutation[b]
        for a in range(len(permutation))
        for b in range(a)
    ):
        return None
    masks = np.array([1, 2, 4, 8])
    for bit in range(4):
        if 1 << bit < len(permutation):
            masks[bit] = 0
    for source in range(4):
        if 1 << source >= len(permutation):
            continue
        image = _BITS_OF_LETTER[permutation[_LETTER_OF_BITS[1 << source]]]
        for bit in range(4):
            if image >> bit & 1:
                masks[bit] |= 1 << source
    return masks


# Letters I, X, Y, Z as bits x + 2 z, for two qubits together.
_ONE = [0, 1, 3, 2]
_BITS_OF_LETTER = [_ONE[letter & 3] | _ONE[letter >> 2] << 2 for letter in range(16)]
_LETTER_OF_BITS = [_ONE[bits & 3] | _ONE[bits >> 2] << 2 for bits in range(16)]


def _ratios(step: Step) -> Floats:
    """K'/K: what a walk's weight is multiplied by where the derivative is asked for."""
    if step.random is None:
        return np.zeros((4 ** len(step.qubits),) * 2)
    chain, slopes = step.random.squares, step.random.squared_slopes
    return np.divide(slopes, chain, out=np.zeros_like(chain), where=chain != 0)


def _turn_slopes(step: Step) -> tuple[float, float]:
    axis = _axis(step)
    if not axis:
        return 0.0, 0.0
    ratios, p = _ratios(step), axis % 3 + 1
    return float(ratios[p, p]), float(ratios[p, (axis + 1) % 3 + 1])


def _axis(step: Step) -> int:
    """Of a one-qubit rotation, 1 to 3; 0 for other maps."""
    if step.random is None or len(step.qubits) == 2:
        return 0
    slopes = step.random.squared_slopes
    return next(axis for axis in (1, 2, 3) if not slopes[axis].any())
