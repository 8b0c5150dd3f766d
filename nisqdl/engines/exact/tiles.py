"""Kernels on a tile: one operation of a program, applied in cache to 4^m rows of eight lanes.

A tile holds the Pauli components of m qubits (row = Σ digit_q 4^q, digits 0 to 3 for I, X, Y, Z);
its lanes are samples, or places of the other qubits. Every operation reads one tile and writes
another, so a sweep may keep the tiles between its operations.

An operation is a row ``(kind, a, b, data, rot, grad)`` of integers: a and b are the strides 4^q of
its qubits in rows, ``data`` indexes the table of its kind, ``rot`` its angle's cosine and sine
(WIDTH lanes each) and ``grad`` the first row of its accumulators (−1: no derivative wanted).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nisqdl.engines.kernels.compiled import inlined
from nisqdl.engines.kernels.lanes import WIDTH, fused, load, splat, store, times

DENSE1, DAMP1, ROT1, SPARSE2, ROT2, DENSE2 = range(6)
"""Kinds of operation: a dense one-qubit channel; diagonal with a shift of Z by I; a one-qubit
rotation by an angle of its own; a two-qubit channel of at most two terms a row (Clifford with
depolarizing, and damping of one qubit); a two-qubit Pauli rotation; any two-qubit channel."""

KIND, A, B, DATA, ROT, GRAD = range(6)

_ZERO_TO_FIFTEEN = np.arange(16)


@inlined
def apply(
    op: Any, rows: Any, source: Any, s: Any, target: Any, t: Any, tables: Any, trig: Any
) -> None:
    """Apply an operation to the tile at ``source[s:]`` and write it to ``target[t:]``."""
    dense1, damp1, columns2, factors2, pairs2, dense2 = tables
    kind, a, b, data, rot = op[KIND], op[A], op[B], op[DATA], op[ROT]
    if kind == DENSE1:
        _dense1(dense1[data], rows, a, source, s, target, t)
    elif kind == DAMP1:
        _damp1(damp1[data], rows, a, source, s, target, t)
    elif kind == ROT1:
        _rot1(data, trig[rot], 1.0, rows, a, source, s, target, t)
    elif kind == SPARSE2:
        _sparse2(columns2[data], factors2[data], 0, rows, a, b, source, s, target, t)
    elif kind == ROT2:
        _rot2(pairs2[data], trig[rot], 1.0, rows, a, b, source, s, target, t)
    else:
        _dense2(dense2[data], rows, a, b, source, s, target, t)


@inlined
def apply_transposed(
    op: Any, rows: Any, source: Any, s: Any, target: Any, t: Any, tables: Any, trig: Any
) -> None:
    """Apply the transposed operation: observables and adjoints go backward with it."""
    dense1, damp1, columns2, factors2, pairs2, dense2 = tables
    kind, a, b, data, rot = op[KIND], op[A], op[B], op[DATA], op[ROT]
    if kind == DENSE1:
        _dense1_transposed(dense1[data], rows, a, source, s, target, t)
    elif kind == DAMP1:
        _damp1_transposed(damp1[data], rows, a, source, s, target, t)
    elif kind == ROT1:
        _rot1(data, trig[rot], -1.0, rows, a, source, s, target, t)
    elif kind == SPARSE2:
        _sparse2(columns2[data], factors2[data], 32, rows, a, b, source, s, target, t)
    elif kind == ROT2:
        _rot2(pairs2[data], trig[rot], -1.0, rows, a, b, source, s, target, t)
    else:
        _dense2_transposed(dense2[data], rows, a, b, source, s, target, t)


@inlined
def spread(number: Any, stride: Any) -> Any:
    """Row ``number`` of those whose digit of this stride is 0."""
    return ((number & -stride) << 2) + (number & (stride - 1))


@inlined
def _dense1(m: Any, rows: Any, a: Any, source: Any, s: Any, target: Any, t: Any) -> None:
    m10, m11, m12, m13 = splat(m[4]), splat(m[5]), splat(m[6]), splat(m[7])
    m20, m21, m22, m23 = splat(m[8]), splat(m[9]), splat(m[10]), splat(m[11])
    m30, m31, m32, m33 = splat(m[12]), splat(m[13]), splat(m[14]), splat(m[15])
    step = a * WIDTH
    for k in range(rows >> 2):
        low = spread(k, a) * WIDTH
        i, x = load(source, s + low), load(source, s + low + step)
        y, z = load(source, s + low + 2 * step), load(source, s + low + 3 * step)
        store(target, t + low, i)
        row = fused(m13, z, fused(m12, y, fused(m11, x, times(m10, i))))
        store(target, t + low + step, row)
        row = fused(m23, z, fused(m22, y, fused(m21, x, times(m20, i))))
        store(target, t + low + 2 * step, row)
        row = fused(m33, z, fused(m32, y, fused(m31, x, times(m30, i))))
        store(target, t + low + 3 * step, row)


@inlined
def _dense1_transposed(m: Any, rows: Any, a: Any, source: Any, s: Any, target: Any, t: Any) -> None:
    m10, m11, m12, m13 = splat(m[4]), splat(m[5]), splat(m[6]), splat(m[7])
    m20, m21, m22, m23 = splat(m[8]), splat(m[9]), splat(m[10]), splat(m[11])
    m30, m31, m32, m33 = splat(m[12]), splat(m[13]), splat(m[14]), splat(m[15])
    step = a * WIDTH
    for k in range(rows >> 2):
        low = spread(k, a) * WIDTH
        i, x = load(source, s + low), load(source, s + low + step)
        y, z = load(source, s + low + 2 * step), load(source, s + low + 3 * step)
        store(target, t + low, fused(m30, z, fused(m20, y, fused(m10, x, i))))
        row = fused(m31, z, fused(m21, y, times(m11, x)))
        store(target, t + low + step, row)
        row = fused(m32, z, fused(m22, y, times(m12, x)))
        store(target, t + low + 2 * step, row)
        row = fused(m33, z, fused(m23, y, times(m13, x)))
        store(target, t + low + 3 * step, row)


@inlined
def _damp1(d: Any, rows: Any, a: Any, source: Any, s: Any, target: Any, t: Any) -> None:
    fx, fy, fz, shift = splat(d[0]), splat(d[1]), splat(d[2]), splat(d[3])
    step = a * WIDTH
    for k in range(rows >> 2):
        low = spread(k, a) * WIDTH
        i = load(source, s + low)
        store(target, t + low, i)
        store(target, t + low + step, times(fx, load(source, s + low + step)))
        store(target, t + low + 2 * step, times(fy, load(source, s + low + 2 * step)))
        z = load(source, s + low + 3 * step)
        store(target, t + low + 3 * step, fused(fz, z, times(shift, i)))


@inlined
def _damp1_transposed(d: Any, rows: Any, a: Any, source: Any, s: Any, target: Any, t: Any) -> None:
    fx, fy, fz, shift = splat(d[0]), splat(d[1]), splat(d[2]), splat(d[3])
    step = a * WIDTH
    for k in range(rows >> 2):
        low = spread(k, a) * WIDTH
        z = load(source, s + low + 3 * step)
        store(target, t + low, fused(shift, z, load(source, s + low)))
        store(target, t + low + step, times(fx, load(source, s + low + step)))
        store(target, t + low + 2 * step, times(fy, load(source, s + low + 2 * step)))
        store(target, t + low + 3 * step, times(fz, z))


@inlined
def _rot1(
    axis: Any, cs: Any, sign: Any, rows: Any, a: Any, source: Any, s: Any, target: Any, t: Any
) -> None:
    """The next two Paulis (p, q) after the axis turn: p' = c p − s q, q' = s p + c q."""
    cosine, sine = load(cs, 0), times(splat(sign), load(cs, WIDTH))
    minus = times(splat(-1.0), sine)
    step = a * WIDTH
    keep, p, q = axis * step, (axis % 3 + 1) * step, ((axis + 1) % 3 + 1) * step
    for k in range(rows >> 2):
        low = spread(k, a) * WIDTH
        store(target, t + low, load(source, s + low))
        store(target, t + low + keep, load(source, s + low + keep))
        vp, vq = load(source, s + low + p), load(source, s + low + q)
        store(target, t + low + p, fused(minus, vq, times(cosine, vp)))
        store(target, t + low + q, fused(cosine, vq, times(sine, vp)))


@inlined
def _sparse2(
    columns: Any, factors: Any, first: Any, rows: Any, a: Any, b: Any, source: Any, s: Any,
    target: Any, t: Any,
) -> None:  # fmt: skip
    """Row r of each pair of qubits (r = digit_a + 4 digit_b) becomes a sum of one or two rows.

    Tables are read from ``first``: 16 columns or factors of the first terms, then of the second.
    """
    small, large = min(a, b), max(a, b)
    for r in range(16):
        to = t + ((r & 3) * a + (r >> 2) * b) * WIDTH
        one, two = columns[first + r], columns[first + 16 + r]
        start = s + ((one & 3) * a + (one >> 2) * b) * WIDTH
        other = s + ((two & 3) * a + (two >> 2) * b) * WIDTH
        f, g = splat(factors[first + r]), splat(factors[first + 16 + r])
        single = factors[first + 16 + r] == 0.0
        for k in range(rows >> 4):
            low = spread(spread(k, small), large) * WIDTH
            term = times(f, load(source, start + low))
            if not single:
                term = fused(g, load(source, other + low), term)
            store(target, to + low, term)


@inlined
def _rot2(
    pairs: Any, cs: Any, sign: Any, rows: Any, a: Any, b: Any, source: Any, s: Any,
    target: Any, t: Any,
) -> None:  # fmt: skip
    """The first four ``pairs`` turn as in :func:`_rot1`, the last four are kept."""
    cosine, sine = load(cs, 0), times(splat(sign), load(cs, WIDTH))
    minus = times(splat(-1.0), sine)
    small, large = min(a, b), max(a, b)
    for pair in range(8):
        p = ((pairs[pair, 0] & 3) * a + (pairs[pair, 0] >> 2) * b) * WIDTH
        q = ((pairs[pair, 1] & 3) * a + (pairs[pair, 1] >> 2) * b) * WIDTH
        for k in range(rows >> 4):
            low = spread(spread(k, small), large) * WIDTH
            vp, vq = load(source, s + low + p), load(source, s + low + q)
            if pair < 4:
                store(target, t + low + p, fused(minus, vq, times(cosine, vp)))
                store(target, t + low + q, fused(cosine, vq, times(sine, vp)))
            else:
                store(target, t + low + p, vp)
                store(target, t + low + q, vq)


@inlined
def _dense2(m: Any, rows: Any, a: Any, b: Any, source: Any, s: Any, target: Any, t: Any) -> None:
    small, large = min(a, b), max(a, b)
    for k in range(rows >> 4):
        low = spread(spread(k, small), large) * WIDTH
        for r in range(16):
            total = splat(0.0)
            for c in range(16):
                start = s + low + ((c & 3) * a + (c >> 2) * b) * WIDTH
                total = fused(splat(m[r * 16 + c]), load(source, start), total)
            store(target, t + low + ((r & 3) * a + (r >> 2) * b) * WIDTH, total)


@inlined
def _dense2_transposed(
    m: Any, rows: Any, a: Any, b: Any, source: Any, s: Any, target: Any, t: Any
) -> None:
    small, large = min(a, b), max(a, b)
    for k in range(rows >> 4):
        low = spread(spread(k, small), large) * WIDTH
        for r in range(16):
            total = splat(0.0)
            for c in range(16):
                start = s + low + ((c & 3) * a + (c >> 2) * b) * WIDTH
                total = fused(splat(m[c * 16 + r]), load(source, start), total)
            store(target, t + low + ((r & 3) * a + (r >> 2) * b) * WIDTH, total)
