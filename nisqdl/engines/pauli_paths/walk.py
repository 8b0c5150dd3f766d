"""Kernels of the walk: 64 strings in one machine word per qubit, with a weight for each.

A population of N = 64 W walks goes from the observable to the start. Where few walks carry most of
the weight, they are drawn anew in proportion to it (sequential Monte Carlo with systematic
resampling), which keeps the mean of the weights unbiased. On the way each operation with a gradient
notes which walks it concerns; on the way back the final weights are handed to the ancestors and
summed over those.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nisqdl.engines.kernels.compiled import inlined, kernel
from nisqdl.engines.pauli_paths.words import (
    NONE,
    ONE,
    branch,
    branch_pair,
    by_bits,
    permute,
    permute_pair,
    turn,
    uniform,
    weigh,
)  # fmt: skip

HEAVY = 10.0
"""A walk with so many times the mean weight is split, so that what it meets later is averaged."""


@inlined
def _gathered(plane: Any, ancestors: Any, spare: Any) -> None:
    for w in range(len(plane)):
        word = NONE
        for lane in range(64):
            source = ancestors[w * 64 + lane]
            bit = (plane[source >> 6] >> np.uint64(source & 63)) & ONE
            word |= bit << np.uint64(lane)
        spare[w] = word
    plane[:] = spare


@inlined
def _drawn(weights: Any, total: Any, state: Any, ancestors: Any) -> None:
    """Systematic resampling: which walk each new one continues."""
    size = len(weights)
    step = total / size
    position, cumulative, source = uniform(state) * step, weights[0], 0
    for k in range(size):
        while cumulative <= position and source < size - 1:
            source += 1
            cumulative += weights[source]
        ancestors[k] = source
        position += step


@kernel(
    "f8(i8[::1], i8[:,::1], i8[::1], i8[::1], i8[::1], u8[:,::1], f8[:,::1], f8[:,::1],"
    " f8[:,:,::1], i8[::1], i8[::1], i8, u8[:,::1], u8[:,::1], f8[::1], u8[::1], u8[:,::1],"
    " u8[:,::1], u1[:,::1], i4[:,::1], i8[::1])"
)
def walk(
    kinds: Any, qubits: Any, maps: Any, slots: Any, axes: Any, linear: Any, chances: Any,
    tables: Any, outcomes: Any, places: Any, outcome_places: Any, interval: Any, x: Any, z: Any,
    weights: Any, state: Any, noted: Any, moved: Any, noted_pairs: Any, ancestors: Any,
    redrawn: Any,
) -> float:  # fmt: skip
    """Take a population from the observable to the start.

    Args:
        interval: Weights are looked at after so many two-qubit operations that weigh.
        x, z: Bits of the strings, (n, W), changed.
        weights: (64 W,), changed; times exp(the result) they are the walks' contributions.
        state: Of the random numbers, (4,), changed.
        noted, moved: Of one-qubit rotations, which walks turn and which move, (slots + 1, W).
        noted_pairs: Of two-qubit rotations, the letters, (operations of that kind, 64 W).
        ancestors: Written at each drawing, (drawings, 64 W).
        redrawn: Of each operation, the row of the drawing after it, or −1, (M,); written.

    Returns:
        The logarithm of the scale of the weights.
    """
    table, spare = np.empty(16), np.empty(x.shape[1], dtype=np.uint64)
    size, scale, weighed, drawings = len(weights), 0.0, 0, 0
    last = len(noted) - 1
    for m in range(len(kinds)):
        a, b = qubits[m]
        redrawn[m] = -1
        if kinds[m] == 0:
            permute(linear[m], x[a], z[a])
        elif kinds[m] == 1:
            slot = slots[m] if slots[m] >= 0 else last
            turn(
                axes[maps[m]], chances[m, 0], chances[m, 1], x[a], z[a], state, noted[slot],
                moved[slot if len(moved) > 1 else 0],
            )  # fmt: skip
        elif kinds[m] == 2:
            branch(chances[m], x[a], z[a], state)
        else:
            if not by_bits(tables[places[m]], table):
                weigh(table, x[a], z[a], x[b], z[b], weights)
                weighed += 1
            if kinds[m] == 3:
                permute_pair(linear[m], x[a], z[a], x[b], z[b])
            else:
                row = outcome_places[m]
                branch_pair(outcomes[row], x[a], z[a], x[b], z[b], state, noted_pairs[row])
        if weighed < interval:
            continue
        weighed = 0
        total, squares, largest = 0.0, 0.0, 0.0
        for k in range(size):
            total += weights[k]
            squares += weights[k] * weights[k]
            largest = max(largest, weights[k])
        if total == 0.0:
            return scale
        uneven = total * total < 0.5 * size * squares or largest * size > HEAVY * total
        if uneven and drawings < len(ancestors):
            _drawn(weights, total, state, ancestors[drawings])
            for q in range(len(x)):
                _gathered(x[q], ancestors[drawings], spare)
                _gathered(z[q], ancestors[drawings], spare)
            redrawn[m] = drawings
            drawings += 1
            scale += np.log(total / size)
            weights[:] = 1.0
    return scale


@inlined
def _sum_of(word: Any, weights: Any, first: Any) -> float:
    total = 0.0
    if word:
        for lane in range(64):
            total += weights[first + lane] * float((word >> np.uint64(lane)) & ONE)
    return total


@inlined
def _effective(weights: Any) -> float:
    total, squares = 0.0, 0.0
    for k in range(len(weights)):
        total += weights[k]
        squares += weights[k] * weights[k]
    return total * total / squares if squares > 0.0 else 0.0


@kernel(
    "void(i8[::1], i8[::1], i8[::1], i8[::1], f8[:,::1], f8[:,:,::1], f8[::1], u8[:,::1],"
    " u8[:,::1], u1[:,::1], i4[:,::1], i8[::1], f8[::1], f8[::1], f8[::1])"
)
def collect(
    kinds: Any, maps: Any, slots: Any, outcome_places: Any, slopes: Any, pair_slopes: Any,
    weights: Any, noted: Any, moved: Any, noted_pairs: Any, ancestors: Any, redrawn: Any,
    handed: Any, gradient: Any, effective: Any,
) -> None:  # fmt: skip
    """Sum the final weights over the walks that each gradient concerns.

    Args:
        weights: Final, (64 W,), changed to those of the first ancestors.
        handed: Room for as many.
        gradient: Written, (slots,).
        effective: Written: how many walks the weights amount to there, (Σw)² / Σw², (slots,).
    """
    count = _effective(weights)
    for m in range(len(kinds) - 1, -1, -1):
        if redrawn[m] >= 0:
            row = ancestors[redrawn[m]]
            handed[:] = 0.0
            for k in range(len(weights)):
                handed[row[k]] += weights[k]
            weights[:] = handed
            count = _effective(weights)
        slot = slots[m]
        if slot < 0:
            continue
        total = 0.0
        if kinds[m] == 1:
            stay, move = slopes[maps[m], 0], slopes[maps[m], 1]
            if stay == move:
                for w in range(noted.shape[1]):
                    total += stay * _sum_of(noted[slot, w], weights, 64 * w)
            else:
                for w in range(noted.shape[1]):
                    kept = noted[slot, w] & ~moved[slot, w]
                    total += stay * _sum_of(kept, weights, 64 * w)
                    total += move * _sum_of(moved[slot, w], weights, 64 * w)
        else:
            row, table = outcome_places[m], pair_slopes[maps[m]]
            for k in range(len(weights)):
                code = noted_pairs[row, k]
                total += table[code % 16, code // 16] * weights[k]
        gradient[slot] = total
        effective[slot] = count
