"""Operations on a tile of a state: turns of pairs of rows, forward and back, with their slopes.

A state is a flat array of rows, one for each amplitude: eight real parts (one a lane), then eight
imaginary parts. An operation acts on the pairs of rows (i, i ⊕ V). Row i plays role 0 or 1, the
parity of i ∧ R, and the pair has a sign, the parity of i ∧ S. In this basis the operation is

    [[1, 0], [0, e^{iβ}]] · rotation by φ · [[1, 0], [0, e^{iα}]]

with α first, any of the three absent, and the rotation about Y, or about X (``SWAPPED``).
A rotation is three shears, x −= t y, y += s x, x −= t y with t = tan(φ/2), s = sin φ, which takes
three multiply-adds instead of four and never scales.
"""

from __future__ import annotations

from typing import Any

from nisqdl.engines.kernels.bits import parity
from nisqdl.engines.kernels.compiled import inlined
from nisqdl.engines.kernels.lanes import WIDTH, fused, load, reduced, splat, store, times

V, R, S, GLOBAL_R, GLOBAL_S, TOP, LIVE, SWAPPED, TURN, BEFORE, AFTER = range(11)
"""Columns of an operation: masks in the tile; R and S on all rows; V's highest bit; log2 of the
rows that are not zero; rotation about X; slots of the rotation and of the phases (−1: absent)."""

ROW = 2 * WIDTH
SLOT = 4 * WIDTH
"""Entries of a slot: (t, s, −t, −s) of a rotation or (cos, sin, cos, −sin) of a phase."""


@inlined
def turn(op: Any, rep: Any, slot: Any, rows: Any) -> None:
    v, r, s, top, swapped = op[V], op[R], op[S], op[TOP], op[SWAPPED]
    flip_r, flip_s = parity(rep & op[GLOBAL_R]), parity(rep & op[GLOBAL_S])
    at_b, at_a = swapped * WIDTH, (1 - swapped) * WIDTH
    turn, before, after = op[TURN] * SLOT, op[BEFORE], op[AFTER]
    # About X the second row's parts change places, which turns its phases the other way.
    sines = WIDTH + 2 * WIDTH * swapped
    c0, s0 = load(slot, max(before, 0) * SLOT), load(slot, max(before, 0) * SLOT + sines)
    c1, s1 = load(slot, max(after, 0) * SLOT), load(slot, max(after, 0) * SLOT + sines)
    for high in range(0, 1 << op[LIVE], 2 * top):
        for i in range(high, high + top):
            role = parity(i & r) ^ flip_r
            sign = parity(i & s) ^ flip_s
            x, y = (i ^ (v & -role)) * ROW, (i ^ (v & (role - 1))) * ROW
            of_b, of_a = turn + 2 * WIDTH * (sign ^ swapped), turn + 2 * WIDTH * sign
            tb, sb = load(slot, of_b), load(slot, of_b + WIDTH)
            ta, sa = load(slot, of_a), load(slot, of_a + WIDTH)
            xr, xi = load(rows, x), load(rows, x + WIDTH)
            yb, ya = load(rows, y + at_b), load(rows, y + at_a)
            if before >= 0:
                yb, ya = reduced(s0, ya, times(c0, yb)), fused(s0, yb, times(c0, ya))
            xr, xi = reduced(tb, yb, xr), reduced(ta, ya, xi)
            yb, ya = fused(sb, xr, yb), fused(sa, xi, ya)
            xr, xi = reduced(tb, yb, xr), reduced(ta, ya, xi)
            if after >= 0:
                yb, ya = reduced(s1, ya, times(c1, yb)), fused(s1, yb, times(c1, ya))
            store(rows, x, xr)
            store(rows, x + WIDTH, xi)
            store(rows, y + at_b, yb)
            store(rows, y + at_a, ya)


@inlined
def phase(op: Any, rep: Any, slot: Any, backwards: Any, rows: Any, base: Any) -> None:
    """Multiply the rows of role 1 by e^{iθ}, or e^{−iθ}; TOP is R's highest bit here."""
    r, top = op[R], op[TOP]
    flip = parity(rep & op[GLOBAL_R])
    after = op[AFTER] * SLOT
    c, s = load(slot, after), load(slot, after + WIDTH + 2 * WIDTH * backwards)
    size = 1 << op[LIVE]
    if r == 0:
        if flip == 0:
            return
        for i in range(size):
            _multiply(c, s, rows, base + i * ROW)
        return
    for high in range(0, size, 2 * top):
        for i in range(high, high + top):
            _multiply(c, s, rows, base + (i ^ (top & ((parity(i & r) ^ flip) - 1))) * ROW)


@inlined
def _multiply(c: Any, s: Any, rows: Any, y: Any) -> None:
    yr, yi = load(rows, y), load(rows, y + WIDTH)
    store(rows, y, reduced(s, yi, times(c, yr)))
    store(rows, y + WIDTH, fused(s, yr, times(c, yi)))


@inlined
def phase_slope(op: Any, rep: Any, rows: Any, others: Any, half: Any, grads: Any) -> None:
    """Im⟨λ|ψ⟩ is zero over all rows, so the rows of role 1 are enough for Im⟨λ|Z|ψ⟩."""
    r, top = op[R], op[TOP]
    flip = parity(rep & op[GLOBAL_R])
    total = splat(0.0)
    size = 1 << op[LIVE]
    if r == 0:
        if flip == 0:
            return
        for i in range(size):
            total = _imaginary(rows, others, half, i * ROW, total)
    else:
        for high in range(0, size, 2 * top):
            for i in range(high, high + top):
                y = (i ^ (top & ((parity(i & r) ^ flip) - 1))) * ROW
                total = _imaginary(rows, others, half, y, total)
    at = op[AFTER] * WIDTH
    store(grads, at, fused(splat(-2.0), total, load(grads, at)))


@inlined
def _imaginary(rows: Any, others: Any, half: Any, y: Any, total: Any) -> Any:
    yr, yi = load(rows, y), load(rows, y + WIDTH)
    wr, wi = load(others, half + y), load(others, half + y + WIDTH)
    return fused(wr, yi, reduced(wi, yr, total))


@inlined
def turn_back(
    op: Any, rep: Any, slot: Any, wanted: Any, rows: Any, others: Any, half: Any, grads: Any
) -> None:
    v, r, s, top, swapped = op[V], op[R], op[S], op[TOP], op[SWAPPED]
    flip_r, flip_s = parity(rep & op[GLOBAL_R]), parity(rep & op[GLOBAL_S])
    at_b, at_a = swapped * WIDTH, (1 - swapped) * WIDTH
    turn, before, after = op[TURN] * SLOT, op[BEFORE], op[AFTER]
    want_turn = wanted[op[TURN]] > 0
    want_before = before >= 0 and wanted[max(before, 0)] > 0
    want_after = after >= 0 and wanted[max(after, 0)] > 0
    sines = 3 * WIDTH - 2 * WIDTH * swapped
    c0, s0 = load(slot, max(before, 0) * SLOT), load(slot, max(before, 0) * SLOT + sines)
    c1, s1 = load(slot, max(after, 0) * SLOT), load(slot, max(after, 0) * SLOT + sines)
    of_before, of_after = splat(0.0), splat(0.0)
    of_b, of_a = splat(0.0), splat(0.0)
    unit = splat(1.0)
    for high in range(0, 1 << op[LIVE], 2 * top):
        for i in range(high, high + top):
            role = parity(i & r) ^ flip_r
            sign = parity(i & s) ^ flip_s
            x, y = (i ^ (v & -role)) * ROW, (i ^ (v & (role - 1))) * ROW
            xr, xi = load(rows, x), load(rows, x + WIDTH)
            yb, ya = load(rows, y + at_b), load(rows, y + at_a)
            ur, ui = load(others, half + x), load(others, half + x + WIDTH)
            wb, wa = load(others, half + y + at_b), load(others, half + y + at_a)
            if after >= 0:
                if want_after:
                    of_after = fused(wb, ya, reduced(wa, yb, of_after))
                yb, ya = reduced(s1, ya, times(c1, yb)), fused(s1, yb, times(c1, ya))
                wb, wa = reduced(s1, wa, times(c1, wb)), fused(s1, wb, times(c1, wa))
            if want_turn:
                signed = splat(1.0 - 2.0 * sign)
                of_b = fused(signed, reduced(ur, yb, times(wb, xr)), of_b)
                of_a = fused(signed, reduced(ui, ya, times(wa, xi)), of_a)
            # The opposite sign turns back.
            to_b, to_a = turn + 2 * WIDTH * (1 - (sign ^ swapped)), turn + 2 * WIDTH * (1 - sign)
            tb, sb = load(slot, to_b), load(slot, to_b + WIDTH)
            ta, sa = load(slot, to_a), load(slot, to_a + WIDTH)
            xr, xi = reduced(tb, yb, xr), reduced(ta, ya, xi)
            ur, ui = reduced(tb, wb, ur), reduced(ta, wa, ui)
            yb, ya = fused(sb, xr, yb), fused(sa, xi, ya)
            wb, wa = fused(sb, ur, wb), fused(sa, ui, wa)
            xr, xi = reduced(tb, yb, xr), reduced(ta, ya, xi)
            ur, ui = reduced(tb, wb, ur), reduced(ta, wa, ui)
            if before >= 0:
                if want_before:
                    of_before = fused(wb, ya, reduced(wa, yb, of_before))
                yb, ya = reduced(s0, ya, times(c0, yb)), fused(s0, yb, times(c0, ya))
                wb, wa = reduced(s0, wa, times(c0, wb)), fused(s0, wb, times(c0, wa))
            store(rows, x, xr)
            store(rows, x + WIDTH, xi)
            store(rows, y + at_b, yb)
            store(rows, y + at_a, ya)
            store(others, half + x, ur)
            store(others, half + x + WIDTH, ui)
            store(others, half + y + at_b, wb)
            store(others, half + y + at_a, wa)
    about = splat(1.0 - 2.0 * swapped)
    if want_turn:
        at = op[TURN] * WIDTH
        store(grads, at, fused(unit, load(grads, at), fused(about, of_b, of_a)))
    if want_before:
        at = before * WIDTH
        store(grads, at, fused(times(about, splat(-2.0)), of_before, load(grads, at)))
    if want_after:
        at = after * WIDTH
        store(grads, at, fused(times(about, splat(-2.0)), of_after, load(grads, at)))
