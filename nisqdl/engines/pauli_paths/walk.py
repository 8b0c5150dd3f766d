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

from nisqdl.engines.exact.compiled import inlined, kernel

_FULL = np.uint64(0xFFFFFFFFFFFFFFFF)
_NONE = np.uint64(0)
_ONE = np.uint64(1)


@inlined
def _next(state: Any) -> Any:
    """64 random bits (xoshiro256++, Blackman and Vigna 2019)."""
    total = state[0] + state[3]
    result = ((total << np.uint64(23)) | (total >> np.uint64(41))) + state[0]
    shifted = state[1] << np.uint64(17)
    state[2] ^= state[0]
    state[3] ^= state[1]
    state[1] ^= state[2]
    state[0] ^= state[3]
    state[2] ^= shifted
    state[3] = (state[3] << np.uint64(45)) | (state[3] >> np.uint64(19))
    return result


@inlined
def _uniform(state: Any) -> Any:
    return float(_next(state) >> np.uint64(11)) * 2.0**-53


@inlined
def _chosen(chance: Any, state: Any) -> Any:
    """A word whose bits are 1 with this chance: random fractions compared digit by digit."""
    if chance >= 1.0:
        return _FULL
    if chance <= 0.0:
        return _NONE
    digits = np.uint64(np.int64(chance * 2.0**53)) << np.uint64(11)
    result, open_lanes = _NONE, _FULL
    while digits != _NONE and open_lanes != _NONE:
        drawn = _next(state)
        if digits >> np.uint64(63):
            result |= open_lanes & ~drawn
            open_lanes &= drawn
        else:
            open_lanes &= ~drawn
        digits <<= _ONE
    return result


@inlined
def _turn(
    axis: Any, chance_p: Any, chance_q: Any, x: Any, z: Any, state: Any, noted: Any, moved: Any
) -> None:
    """A one-qubit rotation: letters p and q turn into each other."""
    coupled = abs(chance_p + chance_q - 1.0) < 1e-15
    for w in range(len(x)):
        if axis == 1:
            p, q = x[w] & z[w], z[w] & ~x[w]
        elif axis == 2:
            p, q = z[w] & ~x[w], x[w] & ~z[w]
        else:
            p, q = x[w] & ~z[w], x[w] & z[w]
        flip = _NONE
        if p | q:
            drawn = _chosen(chance_p, state)
            other = ~drawn if coupled else (_chosen(chance_q, state) if q else _NONE)
            flip = (drawn & p) | (other & q)
        if axis != 3:
            x[w] ^= flip
        if axis != 1:
            z[w] ^= flip
        # An axis X turns Y and Z into each other, which is a flip of x.
        noted[w] = p | q
        moved[w] = flip


@inlined
def _branch(chances: Any, x: Any, z: Any, state: Any) -> None:
    """A one-qubit map that takes each letter to several."""
    for w in range(len(x)):
        if not x[w] | z[w]:
            continue
        new_x, new_z = _NONE, _NONE
        for letter in range(1, 4):
            if letter == 1:
                left = x[w] & ~z[w]
            elif letter == 2:
                left = x[w] & z[w]
            else:
                left = z[w] & ~x[w]
            for outcome in range(4):
                if left:
                    taken = left & _chosen(chances[4 * (letter - 1) + outcome], state)
                    left &= ~taken
                    if outcome == 1 or outcome == 2:
                        new_x |= taken
                    if outcome >= 2:
                        new_z |= taken
        x[w] = new_x
        z[w] = new_z


@inlined
def _selected(mask: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    result = _NONE
    if mask & np.uint64(1):
        result ^= a
    if mask & np.uint64(2):
        result ^= b
    if mask & np.uint64(4):
        result ^= c
    if mask & np.uint64(8):
        result ^= d
    return result


@inlined
def _permute(linear: Any, x: Any, z: Any) -> None:
    for w in range(len(x)):
        a, b = x[w], z[w]
        x[w] = _selected(linear[0], a, b, _NONE, _NONE)
        z[w] = _selected(linear[1], a, b, _NONE, _NONE)


@inlined
def _permute_pair(linear: Any, xa: Any, za: Any, xb: Any, zb: Any) -> None:
    for w in range(len(xa)):
        a, b, c, d = xa[w], za[w], xb[w], zb[w]
        xa[w] = _selected(linear[0], a, b, c, d)
        za[w] = _selected(linear[1], a, b, c, d)
        xb[w] = _selected(linear[2], a, b, c, d)
        zb[w] = _selected(linear[3], a, b, c, d)


@inlined
def _by_bits(table: Any, out: Any) -> bool:
    """A table by letters as one by bits x₀ + 2 z₀ + 4 x₁ + 8 z₁; whether it is 1 everywhere."""
    flat = True
    for letters in range(16):
        low, high = letters % 4, letters // 4
        bits = (low ^ (low >> 1)) + 4 * (high ^ (high >> 1))
        out[bits] = table[letters]
        flat = flat and abs(table[letters] - 1.0) < 1e-14
    return flat


@inlined
def _weigh(table: Any, xa: Any, za: Any, xb: Any, zb: Any, weights: Any) -> None:
    """Multiply every walk's weight by the table's entry of its letters."""
    for w in range(len(xa)):
        a, b, c, d = xa[w], za[w], xb[w], zb[w]
        if not (a | b | c | d) and table[0] == 1.0:
            continue
        for lane in range(64):
            shift = np.uint64(lane)
            bits = (
                ((a >> shift) & _ONE)
                | (((b >> shift) & _ONE) << _ONE)
                | (((c >> shift) & _ONE) << np.uint64(2))
                | (((d >> shift) & _ONE) << np.uint64(3))
            )
            weights[w * 64 + lane] *= table[np.int64(bits)]


@inlined
def _branch_pair(
    outcomes: Any, xa: Any, za: Any, xb: Any, zb: Any, state: Any, noted: Any
) -> None:
    """Any map of two letters; notes letters before and after, 16 · after + before."""
    for w in range(len(xa)):
        a, b, c, d = xa[w], za[w], xb[w], zb[w]
        na, nb, nc, nd = _NONE, _NONE, _NONE, _NONE
        for lane in range(64):
            shift = np.uint64(lane)
            low = np.int64(((a >> shift) & _ONE) | (((b >> shift) & _ONE) << _ONE))
            high = np.int64(((c >> shift) & _ONE) | (((d >> shift) & _ONE) << _ONE))
            # Bits x + 2 z to letters I, X, Y, Z and back are the same function.
            before = (low ^ (low >> 1)) + 4 * (high ^ (high >> 1))
            if before == 0:
                noted[w * 64 + lane] = 0
                continue
            drawn, after = _uniform(state), 0
            while after < 15 and outcomes[before, after] <= drawn:
                after += 1
            noted[w * 64 + lane] = 16 * after + before
            low, high = after % 4, after // 4
            low, high = np.uint64(low ^ (low >> 1)), np.uint64(high ^ (high >> 1))
            na |= (low & _ONE) << shift
            nb |= (low >> _ONE) << shift
            nc |= (high & _ONE) << shift
            nd |= (high >> _ONE) << shift
        xa[w], za[w], xb[w], zb[w] = na, nb, nc, nd


@inlined
def _gathered(plane: Any, ancestors: Any, spare: Any) -> None:
    for w in range(len(plane)):
        word = _NONE
        for lane in range(64):
            source = ancestors[w * 64 + lane]
            bit = (plane[source >> 6] >> np.uint64(source & 63)) & _ONE
            word |= bit << np.uint64(lane)
        spare[w] = word
    plane[:] = spare


@inlined
def _drawn(weights: Any, total: Any, state: Any, ancestors: Any) -> None:
    """Systematic resampling: which walk each new one continues."""
    size = len(weights)
    step = total / size
    position, cumulative, source = _uniform(state) * step, weights[0], 0
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
            _permute(linear[m], x[a], z[a])
        elif kinds[m] == 1:
            slot = slots[m] if slots[m] >= 0 else last
            _turn(
                axes[maps[m]], chances[m, 0], chances[m, 1], x[a], z[a], state, noted[slot],
                moved[slot if len(moved) > 1 else 0],
            )  # fmt: skip
        elif kinds[m] == 2:
            _branch(chances[m], x[a], z[a], state)
        else:
            if not _by_bits(tables[places[m]], table):
                _weigh(table, x[a], z[a], x[b], z[b], weights)
                weighed += 1
            if kinds[m] == 3:
                _permute_pair(linear[m], x[a], z[a], x[b], z[b])
            else:
                row = outcome_places[m]
                _branch_pair(outcomes[row], x[a], z[a], x[b], z[b], state, noted_pairs[row])
        if weighed < interval:
            continue
        weighed = 0
        total, squares = 0.0, 0.0
        for k in range(size):
            total += weights[k]
            squares += weights[k] * weights[k]
        if total == 0.0:
            return scale
        if total * total < 0.5 * size * squares and drawings < len(ancestors):
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
            total += weights[first + lane] * float((word >> np.uint64(lane)) & _ONE)
    return total


@kernel(
    "void(i8[::1], i8[::1], i8[::1], i8[::1], f8[:,::1], f8[:,:,::1], f8[::1], u8[:,::1],"
    " u8[:,::1], u1[:,::1], i4[:,::1], i8[::1], f8[::1], f8[::1])"
)
def collect(
    kinds: Any, maps: Any, slots: Any, outcome_places: Any, slopes: Any, pair_slopes: Any,
    weights: Any, noted: Any, moved: Any, noted_pairs: Any, ancestors: Any, redrawn: Any,
    handed: Any, gradient: Any,
) -> None:  # fmt: skip
    """Sum the final weights over the walks that each gradient concerns.

    Args:
        weights: Final, (64 W,), changed to those of the first ancestors.
        handed: Room for as many.
        gradient: Written, (slots,).
    """
    for m in range(len(kinds) - 1, -1, -1):
        if redrawn[m] >= 0:
            row = ancestors[redrawn[m]]
            handed[:] = 0.0
            for k in range(len(weights)):
                handed[row[k]] += weights[k]
            weights[:] = handed
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
