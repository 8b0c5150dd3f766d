"""Weights with which blocks of layers are the identity (Grant et al. 2019, arXiv:1903.05076).

A block's parts are paired from its two ends inwards: fixed gates with their inverse, trained gates
with a later part that has the same gates in the reverse order, which gets the negative angles.
Trained gates that find no partner get the angle 0. Of all ways to do so, the one with the most
paired weights is taken.

A ladder of CX does not undo itself, but a power of it does: 2^k ladders on up to 2^k qubits are the
identity. There a block has as many layers as that takes, and only the rotations at its two ends are
random: the ladder between them leaves them no other partner.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from math import lcm
from typing import TypeAlias

import numpy as np

from nisqdl.circuits.layers import LaidPart
from nisqdl.circuits.structure import Structure
from nisqdl.engines.contract import Array
from nisqdl.errors import InputError

Partners: TypeAlias = tuple[tuple[LaidPart, LaidPart], ...]
"""Trained parts, and those that undo them."""


def mirrored(structure: Structure, block: int, drawn: Array) -> Array:
    """Weights (W,) with which every block is the identity, from angles drawn for all (W,).

    A block also takes the first trained part of the next one, if any, whose angles are then sums:
    else the rotations that a block begins with would have nothing to undo them.

    Args:
        structure: The model's.
        block: Layers of a block, even; longer where the fixed gates take longer to undo each
            other.
        drawn: The angles of those that are undone; others are not used.

    Raises:
        InputError: The depth is odd, features enter between the layers, or fixed gates of a block
            do not undo each other.
    """
    _require_even(structure)
    weights = np.zeros_like(drawn)
    period = _period(structure)
    if block % period and structure.depth % period == 0 and not _pairs_up(structure, block):
        block = period
    for first, parts in _blocks(structure, block):
        partners = _partners(tuple(part for part in parts if part.places))
        if partners is None:
            last = min(first + block, structure.depth)
            raise InputError(
                "training.initialisation 'identity_blocks' needs two-qubit gates that undo each "
                f"other, but those of layers {first + 1} to {last} do not in the order in which "
                f"they come: {_advice(structure, period)}set `model.ansatz.gate` to cz, choose an "
                "entangler that is the same in each layer, or another ansatz or initialisation."
            )
        for part, undoing in partners:
            for number, place in enumerate(part.places):
                angle = drawn[_first(part) + number]
                weights[_first(part) + number] += angle
                weights[_first(undoing) + undoing.places.index(place)] -= angle
    return weights


def _require_even(structure: Structure) -> None:
    if structure.is_tree:
        raise InputError(
            "training.initialisation 'identity_blocks' needs layers that undo each other, but each "
            "stage of this model's tree acts on the qubits that the one before left: choose "
            "another initialisation."
        )
    if structure.depth % 2:
        raise InputError(
            "model.ansatz.depth must be even for training.initialisation 'identity_blocks', whose "
            f"second layers undo the first, but is {structure.depth}."
        )
    if structure.reuploads:
        raise InputError(
            "training.initialisation 'identity_blocks' needs layers with no features between "
            "them: set `model.feature_map.reupload` to false, or choose another initialisation."
        )


def _pairs_up(structure: Structure, block: int) -> bool:
    """Whether every block of so many layers can be the identity."""
    return all(
        _partners(tuple(part for part in parts if part.places)) is not None
        for _, parts in _blocks(structure, block)
    )


def _period(structure: Structure) -> int:
    """After how many layers the CX gates alone are the identity; more than the depth: never."""
    places: tuple[tuple[int, ...], ...] = ()
    for count, layer in enumerate(structure.layers, start=1):
        fixed = [part for part in layer if part.first_weight is None and part.angle is None]
        if any(part.gate != "cx" for part in fixed):
            break
        places += tuple(place for part in fixed for place in part.places)
        if not _bit_sums(places):
            return count
    return structure.depth + 1


def _advice(structure: Structure, period: int) -> str:
    """For CX gates whose power is the identity, how many layers it takes."""
    if period > structure.depth:
        return "add layers until they do (a linear CX ladder on n ≤ 2^k qubits takes 2^k), "
    return f"make `model.ansatz.depth` a multiple of {lcm(2, period)}, "


def _blocks(structure: Structure, block: int) -> Iterator[tuple[int, list[LaidPart]]]:
    """The first layer and the parts of each block."""
    for first in range(0, structure.depth, block):
        parts = [part for layer in structure.layers[first : first + block] for part in layer]
        after = structure.layers[first + block : first + block + 1]
        while not first and parts and parts[0].angle is not None:
            parts = parts[1:]  # fixed rotations prepare the state in which the blocks begin
        if after and after[0] and after[0][0].first_weight is not None:
            parts.append(after[0][0])
        yield first, parts


def _partners(parts: tuple[LaidPart, ...]) -> Partners | None:
    """Which trained parts undo which, so that all parts together are the identity, if possible."""

    @cache
    def best(start: int, stop: int) -> tuple[int, Partners] | None:
        """For the parts from ``start`` to before ``stop``, with the number of paired weights."""
        if start >= stop:
            return 0, ()
        left, right = parts[start], parts[stop - 1]
        found: list[tuple[int, Partners] | None] = []
        if _is_still(parts[start:stop]):
            found.append((0, ()))
        if stop - start > 1 and _undoes(left, right):
            inside = best(start + 1, stop - 1)
            if inside is not None:
                pair = ((left, right),) if left.num_weights else ()
                found.append((inside[0] + left.num_weights, pair + inside[1]))
        if left.first_weight is not None:
            found.append(best(start + 1, stop))
        if right.first_weight is not None:
            found.append(best(start, stop - 1))
        return max((one for one in found if one is not None), key=lambda one: one[0], default=None)

    result = best(0, len(parts))
    return None if result is None else result[1]


def _is_still(parts: Sequence[LaidPart]) -> bool:
    """Whether they are the identity where all trained gates have the angle 0: CX gates alone."""
    fixed = [part for part in parts if part.first_weight is None]
    if not fixed or any(part.gate != "cx" for part in fixed):
        return False
    return not _bit_sums([place for part in fixed for place in part.places])


def _undoes(left: LaidPart, right: LaidPart) -> bool:
    """Whether the right part, with negative angles if it has any, is the inverse of the left."""
    if left.gate != right.gate or (left.angle or 0.0) != -(right.angle or 0.0):
        return False
    if left.gate == "cx":
        return _bit_sums((*left.places, *right.places)) == _bit_sums(())
    if left.gate == "cz":
        return _couplings(left.places) == _couplings(right.places)
    if left.places == right.places[::-1]:
        return True
    return _commute(left) and sorted(left.places) == sorted(right.places)


def _commute(part: LaidPart) -> bool:
    """Whether a part's gates commute: diagonal ones, or on different qubits."""
    qubits = [qubit for place in part.places for qubit in place]
    return part.gate in ("rz", "crz") or len(qubits) == len(set(qubits))


def _couplings(places: Sequence[tuple[int, ...]]) -> frozenset[frozenset[int]]:
    """The pairs that an odd number of CZ gates couples."""
    odd: set[frozenset[int]] = set()
    for place in places:
        odd ^= {frozenset(place)}
    return frozenset(odd)


def _bit_sums(places: Sequence[tuple[int, ...]]) -> dict[int, int]:
    """What CX gates make of each qubit's bit: a mask of the bits that it is the sum of.

    Only qubits whose bit changes are listed.
    """
    sums: dict[int, int] = {}
    for control, target in places:
        sums[target] = sums.get(target, 1 << target) ^ sums.get(control, 1 << control)
    return {qubit: mask for qubit, mask in sums.items() if mask != 1 << qubit}


def _first(part: LaidPart) -> int:
    if part.first_weight is None:
        raise ValueError(f"A part of {part.gate} gates has no weights.")
    return part.first_weight
