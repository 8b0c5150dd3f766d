"""Kernels on chains: their matrices with derivatives, and their action on |0⟩ for each sample."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nisqdl.engines.kernels.compiled import inlined, kernel
from nisqdl.engines.kernels.lanes import WIDTH

_FACTORS = "i8[::1], i8[::1], i8[::1], f8[:,::1]"


@inlined
def _fixed_after(m: Any, before: Any, now: Any) -> None:
    for i in range(1, 4):
        x, y, z = m[4 * i + 1], m[4 * i + 2], m[4 * i + 3]
        for j in range(4):
            now[i, j] = x * before[1, j] + y * before[2, j] + z * before[3, j]
        now[i, 0] += m[4 * i]


@inlined
def _fixed_before(right: Any, m: Any) -> None:
    for i in range(1, 4):
        x, y, z = right[i, 1], right[i, 2], right[i, 3]
        for j in range(1, 4):
            right[i, j] = x * m[4 + j] + y * m[8 + j] + z * m[12 + j]


@inlined
def _multiply(vectors: Any, first: Any, stop: Any, product: Any) -> None:
    product[0] = 1.0
    size = 1
    for qubit in range(first, stop):
        for digit in range(3, -1, -1):  # the rows of digit 0 are the ones that are read
            for row in range(size):
                for b in range(vectors.shape[2]):
                    product[digit * size + row, b] = product[row, b] * vectors[qubit, digit, b]
        size *= 4


@kernel(f"void({_FACTORS}, f8[:], f8[:,::1], f8[:,::1])")
def assemble(
    starts: Any, kinds: Any, indices: Any, fixed: Any, angles: Any, matrices: Any, slopes: Any
) -> None:
    """Multiply each chain, and differentiate it by each of its angles.

    First rows are (1, 0, 0, 0) throughout, so only the other three are carried.

    Args:
        starts, kinds, indices, fixed: The chains; see ``Factors`` in program.py.
        angles: (K,).
        matrices: Written, (chains, 16).
        slopes: Written, (rotations in chains, 12): ∂ matrix rows 1 to 3 / ∂ angle, in order.
    """
    longest = 0
    for d in range(len(starts) - 1):
        longest = max(longest, starts[d + 1] - starts[d])
    # after[f]: the first f factors, multiplied; right: those after the one that is looked at.
    after, right = np.empty((longest + 1, 4, 4)), np.empty((4, 4))
    trig = np.empty((longest, 2))
    after[0] = np.eye(4)
    turn = 0
    for d in range(len(starts) - 1):
        first, length = starts[d], starts[d + 1] - starts[d]
        for f in range(length):
            kind, index = kinds[first + f], indices[first + f]
            before, now = after[f], after[f + 1]
            if kind:
                c, s = math.cos(angles[index]), math.sin(angles[index])
                trig[f, 0], trig[f, 1] = c, s
                p, q = kind % 3 + 1, (kind + 1) % 3 + 1
                for j in range(4):
                    now[kind, j] = before[kind, j]
                    now[p, j] = c * before[p, j] - s * before[q, j]
                    now[q, j] = s * before[p, j] + c * before[q, j]
                turn += 1
            else:
                _fixed_after(fixed[index], before, now)
        for i in range(4):
            for j in range(4):
                matrices[d, 4 * i + j] = after[length, i, j] if i else 1.0 * (j == 0)
        right[:] = after[0]
        place = turn
        for f in range(length - 1, -1, -1):
            kind, now = kinds[first + f], after[f + 1]
            if kind == 0:
                if f:
                    _fixed_before(right, fixed[indices[first + f]])
                continue
            # p' = c p − s q and q' = s p + c q have the derivatives −q' and p'.
            place -= 1
            c, s = trig[f, 0], trig[f, 1]
            p, q = kind % 3 + 1, (kind + 1) % 3 + 1
            for i in range(1, 4):
                x, y = right[i, p], right[i, q]
                for j in range(4):
                    slopes[place, 4 * i - 4 + j] = y * now[p, j] - x * now[q, j]
                right[i, p], right[i, q] = c * x + s * y, c * y - s * x


@kernel("void(i8[::1], i8[::1], f8[:,::1], i8[::1], i8, f8[:,::1], f8[:,:,::1])")
def collect(
    owners: Any, angles: Any, slopes: Any, turns: Any, dense: Any, totals: Any, result: Any
) -> None:
    """Add the derivatives by the angles to ``result`` (K, items, WIDTH).

    Args:
        owners, angles, slopes: Chain, angle and :func:`assemble`'s slopes of each rotation in one.
        turns: The angle of each operation that is a rotation of its own.
        dense: How many chains there are.
        totals: (items, accumulators · WIDTH).
    """
    for item in range(len(totals)):
        row = totals[item]
        for t in range(len(owners)):
            target = result[angles[t], item]
            for k in range(12):
                start, slope = (12 * owners[t] + k) * WIDTH, slopes[t, k]
                for lane in range(WIDTH):
                    target[lane] += slope * row[start + lane]
        for r in range(len(turns)):
            target = result[turns[r], item]
            for lane in range(WIDTH):
                target[lane] += row[(12 * dense + r) * WIDTH + lane]


@kernel(f"void({_FACTORS}, f8[:,:,::1], i8, f8[:,:,::1], f8[:,:,::1], f8[:,::1], f8[:,::1])")
def prepare(
    starts: Any, kinds: Any, indices: Any, fixed: Any, trig: Any, keep: Any, kept: Any,
    vectors: Any, low: Any, high: Any,
) -> None:  # fmt: skip
    """Each qubit's chain applied to |0⟩, for each sample, and the products of the vectors.

    Args:
        trig: (K, 2, samples).
        keep: Whether to write ``kept``.
        kept: (factors, 4, samples): the vectors before each factor.
        vectors: Written, (qubits, 4, samples).
        low, high: Written, (4^k, samples): products over the lower and the upper half of the
            qubits; the first qubit's digit runs fastest.
    """
    samples = vectors.shape[2]
    v = np.empty(4)
    for d in range(len(starts) - 1):
        for b in range(samples):
            v[0], v[1], v[2], v[3] = 1.0, 0.0, 0.0, 1.0
            for f in range(starts[d], starts[d + 1]):
                if keep:
                    for i in range(4):
                        kept[f, i, b] = v[i]
                if kinds[f]:
                    p, q = kinds[f] % 3 + 1, (kinds[f] + 1) % 3 + 1
                    c, s = trig[indices[f], 0, b], trig[indices[f], 1, b]
                    v[p], v[q] = c * v[p] - s * v[q], s * v[p] + c * v[q]
                else:
                    m = fixed[indices[f]]
                    x, y, z = v[1], v[2], v[3]
                    for i in range(1, 4):
                        v[i] = m[4 * i] + m[4 * i + 1] * x + m[4 * i + 2] * y + m[4 * i + 3] * z
            for i in range(4):
                vectors[d, i, b] = v[i]
    half = len(vectors) // 2
    _multiply(vectors, 0, half, low)
    _multiply(vectors, half, len(vectors), high)


@kernel(f"void({_FACTORS}, f8[:,:,::1], f8[:,:,::1], f8[:,:,::1], f8[:,::1])")
def prepare_slopes(
    starts: Any, kinds: Any, indices: Any, fixed: Any, trig: Any, kept: Any, adjoints: Any,
    angles: Any,
) -> None:  # fmt: skip
    """Add the derivatives by the angles to ``angles`` (K, samples).

    Args:
        kept: From :func:`prepare`.
        adjoints: ∂/∂vectors, (qubits, 4, samples).
    """
    u = np.empty(4)
    for d in range(len(starts) - 1):
        for b in range(adjoints.shape[2]):
            for i in range(4):
                u[i] = adjoints[d, i, b]
            for f in range(starts[d + 1] - 1, starts[d] - 1, -1):
                if kinds[f]:
                    p, q = kinds[f] % 3 + 1, (kinds[f] + 1) % 3 + 1
                    c, s = trig[indices[f], 0, b], trig[indices[f], 1, b]
                    u[p], u[q] = c * u[p] + s * u[q], c * u[q] - s * u[p]
                    angles[indices[f], b] += u[q] * kept[f, p, b] - u[p] * kept[f, q, b]
                else:
                    m = fixed[indices[f]]
                    x, y, z = u[1], u[2], u[3]
                    for i in range(4):
                        u[i] = (
                            (u[0] if i == 0 else 0.0) + m[4 + i] * x + m[8 + i] * y + m[12 + i] * z
                        )
