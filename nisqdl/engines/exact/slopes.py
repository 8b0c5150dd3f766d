"""Kernels on a tile: derivatives of one operation, from the state before it and the adjoint after.

Accumulators are rows of WIDTH lanes: 12 for a dense one-qubit channel (∂/∂ its matrix without the
first row, row by row), one for a rotation (∂/∂ its angle).
"""

from __future__ import annotations

from typing import Any

from nisqdl.engines.exact.tiles import DATA, DENSE1, GRAD, KIND, ROT, ROT1, A, B, spread
from nisqdl.engines.kernels.compiled import inlined
from nisqdl.engines.kernels.lanes import WIDTH, fused, load, splat, store, times


@inlined
def accumulate(
    op: Any, rows: Any, state: Any, s: Any, adjoint: Any, t: Any, pairs2: Any, trig: Any,
    totals: Any,
) -> None:  # fmt: skip
    """Add the operation's derivatives on this tile to ``totals`` (from row ``op[GRAD]``)."""
    first = op[GRAD] * WIDTH
    if op[KIND] == DENSE1:
        _dense1(rows, op[A], state, s, adjoint, t, totals, first)
    elif op[KIND] == ROT1:
        _rot1(op[DATA], trig[op[ROT]], rows, op[A], state, s, adjoint, t, totals, first)
    else:
        _rot2(pairs2[op[DATA]], trig[op[ROT]], rows, op[A], op[B], state, s, adjoint, t,
              totals, first)  # fmt: skip


@inlined
def _add_row(totals: Any, first: Any, t0: Any, t1: Any, t2: Any, t3: Any) -> None:
    one = splat(1.0)
    store(totals, first, fused(one, t0, load(totals, first)))
    store(totals, first + WIDTH, fused(one, t1, load(totals, first + WIDTH)))
    store(totals, first + 2 * WIDTH, fused(one, t2, load(totals, first + 2 * WIDTH)))
    store(totals, first + 3 * WIDTH, fused(one, t3, load(totals, first + 3 * WIDTH)))


@inlined
def _dense1(
    rows: Any, a: Any, state: Any, s: Any, adjoint: Any, t: Any, totals: Any, first: Any
) -> None:
    """∂/∂m[i, j] = Σ adjoint_i state_j, i from 1 to 3, in one pass with twelve sums."""
    t10, t11, t12, t13 = splat(0.0), splat(0.0), splat(0.0), splat(0.0)
    t20, t21, t22, t23 = splat(0.0), splat(0.0), splat(0.0), splat(0.0)
    t30, t31, t32, t33 = splat(0.0), splat(0.0), splat(0.0), splat(0.0)
    step = a * WIDTH
    for k in range(rows >> 2):
        low = spread(k, a) * WIDTH
        i, x = load(state, s + low), load(state, s + low + step)
        y, z = load(state, s + low + 2 * step), load(state, s + low + 3 * step)
        v = load(adjoint, t + low + step)
        t10, t11 = fused(v, i, t10), fused(v, x, t11)
        t12, t13 = fused(v, y, t12), fused(v, z, t13)
        v = load(adjoint, t + low + 2 * step)
        t20, t21 = fused(v, i, t20), fused(v, x, t21)
        t22, t23 = fused(v, y, t22), fused(v, z, t23)
        v = load(adjoint, t + low + 3 * step)
        t30, t31 = fused(v, i, t30), fused(v, x, t31)
        t32, t33 = fused(v, y, t32), fused(v, z, t33)
    _add_row(totals, first, t10, t11, t12, t13)
    _add_row(totals, first + 4 * WIDTH, t20, t21, t22, t23)
    _add_row(totals, first + 8 * WIDTH, t30, t31, t32, t33)


@inlined
def _rot1(
    axis: Any, cs: Any, rows: Any, a: Any, state: Any, s: Any, adjoint: Any, t: Any,
    totals: Any, first: Any,
) -> None:  # fmt: skip
    """∂p' = −s p − c q and ∂q' = c p − s q, where p' = c p − s q and q' = s p + c q."""
    step = a * WIDTH
    p, q = (axis % 3 + 1) * step, ((axis + 1) % 3 + 1) * step
    along, across = splat(0.0), splat(0.0)
    for k in range(rows >> 2):
        low = spread(k, a) * WIDTH
        vp, vq = load(state, s + low + p), load(state, s + low + q)
        up, uq = load(adjoint, t + low + p), load(adjoint, t + low + q)
        along = fused(up, vp, fused(uq, vq, along))
        across = fused(uq, vp, fused(times(splat(-1.0), up), vq, across))
    _add_turn(cs, along, across, totals, first)


@inlined
def _rot2(
    pairs: Any, cs: Any, rows: Any, a: Any, b: Any, state: Any, s: Any, adjoint: Any, t: Any,
    totals: Any, first: Any,
) -> None:  # fmt: skip
    small, large = min(a, b), max(a, b)
    along, across = splat(0.0), splat(0.0)
    for pair in range(4):
        p = ((pairs[pair, 0] & 3) * a + (pairs[pair, 0] >> 2) * b) * WIDTH
        q = ((pairs[pair, 1] & 3) * a + (pairs[pair, 1] >> 2) * b) * WIDTH
        for k in range(rows >> 4):
            low = spread(spread(k, small), large) * WIDTH
            vp, vq = load(state, s + low + p), load(state, s + low + q)
            up, uq = load(adjoint, t + low + p), load(adjoint, t + low + q)
            along = fused(up, vp, fused(uq, vq, along))
            across = fused(uq, vp, fused(times(splat(-1.0), up), vq, across))
    _add_turn(cs, along, across, totals, first)


@inlined
def _add_turn(cs: Any, along: Any, across: Any, totals: Any, first: Any) -> None:
    """Add c · across − s · along."""
    minus_sine = times(splat(-1.0), load(cs, WIDTH))
    turn = fused(minus_sine, along, times(load(cs, 0), across))
    store(totals, first, fused(splat(1.0), turn, load(totals, first)))
