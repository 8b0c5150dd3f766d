"""Operations on strings whose bits are in machine words: 64 walks at a time.

``x`` and ``z`` hold the bits of one qubit's letters, (W,): X = (1, 0), Y = (1, 1), Z = (0, 1).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nisqdl.engines.kernels.compiled import inlined

FULL = np.uint64(0xFFFFFFFFFFFFFFFF)
NONE = np.uint64(0)
ONE = np.uint64(1)


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
def uniform(state: Any) -> Any:
    return float(_next(state) >> np.uint64(11)) * 2.0**-53


@inlined
def _chosen(chance: Any, state: Any) -> Any:
    """A word whose bits are 1 with this chance: random fractions compared digit by digit."""
    if chance >= 1.0:
        return FULL
    if chance <= 0.0:
        return NONE
    digits = np.uint64(np.int64(chance * 2.0**53)) << np.uint64(11)
    result, open_lanes = NONE, FULL
    while digits != NONE and open_lanes != NONE:
        drawn = _next(state)
        if digits >> np.uint64(63):
            result |= open_lanes & ~drawn
            open_lanes &= drawn
        else:
            open_lanes &= ~drawn
        digits <<= ONE
    return result


@inlined
def turn(
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
        flip = NONE
        if p | q:
            drawn = _chosen(chance_p, state)
            other = ~drawn if coupled else (_chosen(chance_q, state) if q else NONE)
            flip = (drawn & p) | (other & q)
        if axis != 3:
            x[w] ^= flip
        if axis != 1:
            z[w] ^= flip
        # An axis X turns Y and Z into each other, which is a flip of x.
        noted[w] = p | q
        moved[w] = flip


@inlined
def branch(chances: Any, x: Any, z: Any, state: Any) -> None:
    """A one-qubit map that takes each letter to several."""
    for w in range(len(x)):
        if not x[w] | z[w]:
            continue
        new_x, new_z = NONE, NONE
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
    result = NONE
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
def permute(linear: Any, x: Any, z: Any) -> None:
    for w in range(len(x)):
        a, b = x[w], z[w]
        x[w] = _selected(linear[0], a, b, NONE, NONE)
        z[w] = _selected(linear[1], a, b, NONE, NONE)


@inlined
def permute_pair(linear: Any, xa: Any, za: Any, xb: Any, zb: Any) -> None:
    for w in range(len(xa)):
        a, b, c, d = xa[w], za[w], xb[w], zb[w]
        xa[w] = _selected(linear[0], a, b, c, d)
        za[w] = _selected(linear[1], a, b, c, d)
        xb[w] = _selected(linear[2], a, b, c, d)
        zb[w] = _selected(linear[3], a, b, c, d)


@inlined
def by_bits(table: Any, out: Any) -> bool:
    """A table by letters as one by bits x₀ + 2 z₀ + 4 x₁ + 8 z₁; whether it is 1 everywhere."""
    flat = True
    for letters in range(16):
        low, high = letters % 4, letters // 4
        bits = (low ^ (low >> 1)) + 4 * (high ^ (high >> 1))
        out[bits] = table[letters]
        flat = flat and abs(table[letters] - 1.0) < 1e-14
    return flat


@inlined
def weigh(table: Any, xa: Any, za: Any, xb: Any, zb: Any, weights: Any) -> None:
    """Multiply every walk's weight by the table's entry of its letters."""
    for w in range(len(xa)):
        a, b, c, d = xa[w], za[w], xb[w], zb[w]
        if not (a | b | c | d) and table[0] == 1.0:
            continue
        for lane in range(64):
            shift = np.uint64(lane)
            bits = (
                ((a >> shift) & ONE)
                | (((b >> shift) & ONE) << ONE)
                | (((c >> shift) & ONE) << np.uint64(2))
                | (((d >> shift) & ONE) << np.uint64(3))
            )
            weights[w * 64 + lane] *= table[np.int64(bits)]


@inlined
def branch_pair(outcomes: Any, xa: Any, za: Any, xb: Any, zb: Any, state: Any, noted: Any) -> None:
    """Any map of two letters; notes letters before and after, 16 · after + before."""
    for w in range(len(xa)):
        a, b, c, d = xa[w], za[w], xb[w], zb[w]
        na, nb, nc, nd = NONE, NONE, NONE, NONE
        for lane in range(64):
            shift = np.uint64(lane)
            low = np.int64(((a >> shift) & ONE) | (((b >> shift) & ONE) << ONE))
            high = np.int64(((c >> shift) & ONE) | (((d >> shift) & ONE) << ONE))
            # Bits x + 2 z to letters I, X, Y, Z and back are the same function.
            before = (low ^ (low >> 1)) + 4 * (high ^ (high >> 1))
            if before == 0:
                noted[w * 64 + lane] = 0
                continue
            drawn, after = uniform(state), np.int64(0)
            while after < 15 and outcomes[before, after] <= drawn:
                after += 1
            noted[w * 64 + lane] = 16 * after + before
            first, second = after % 4, after // 4
            one, two = np.uint64(first ^ (first >> 1)), np.uint64(second ^ (second >> 1))
            na |= (one & ONE) << shift
            nb |= (one >> ONE) << shift
            nc |= (two & ONE) << shift
            nd |= (two >> ONE) << shift
        xa[w], za[w], xb[w], zb[w] = na, nb, nc, nd
