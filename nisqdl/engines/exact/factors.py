"""Kernels on chains: their matrices with derivatives, and their action on |0⟩ for each sample."""

from __future__ import annotations

from typing import Any

import numpy as np

from nisqdl.engines.exact.compiled import inlined, kernel

_FACTORS = "i8[::1], i8[::1], i8[::1], f8[:,::1]"


@inlined
def _factor(kind: Any, fixed: Any, cosine: Any, sine: Any, out: Any) -> None:
    """One factor's matrix; with (−s, c) for (c, s) and no ones, it is the derivative's."""
    if kind == 0:
        out[:] = fixed
        return
    out[:] = 0.0
    p, q = kind % 3 + 1, (kind + 1) % 3 + 1
    out[0] = 1.0
    out[kind * 5] = 1.0
    out[p * 5] = out[q * 5] = cosine
    out[q * 4 + p] = sine
    out[p * 4 + q] = -sine


@inlined
def _product(a: Any, b: Any, out: Any) -> None:
    for i in range(4):
        for j in range(4):
            total = 0.0
            for k in range(4):
                total += a[i * 4 + k] * b[k * 4 + j]
            out[i * 4 + j] = total


@kernel(f"void({_FACTORS}, f8[:,::1], f8[:,::1], f8[:,::1])")
def assemble(
    starts: Any, kinds: Any, indices: Any, fixed: Any, trig: Any, matrices: Any, slopes: Any
) -> None:
    """Multiply each chain, and differentiate it by each of its angles.

    Args:
        starts, kinds, indices, fixed: The chains; see ``Factors`` in program.py.
        trig: Cosine and sine of each angle, (K, 2).
        matrices: Written, (chains, 16).
        slopes: Written, (rotations in chains, 12): ∂ matrix rows 1 to 3 / ∂ angle, in order.
    """
    here, left, middle, right = np.empty(16), np.empty(16), np.empty(16), np.empty(16)
    turn = 0
    for d in range(len(starts) - 1):
        first, last = starts[d], starts[d + 1]
        # The factors before each, multiplied.
        before = np.empty((last - first + 1, 16))
        _factor(1, fixed[0], 1.0, 0.0, before[0])
        for f in range(first, last):
            fixed_row = fixed[indices[f] if kinds[f] == 0 else 0]
            row = trig[indices[f] if kinds[f] else 0]
            _factor(kinds[f], fixed_row, row[0], row[1], here)
            _product(here, before[f - first], before[f - first + 1])
        matrices[d] = before[last - first]
        # The factors after each, multiplied; from the last to the first.
        place = turn
        for f in range(first, last):
            if kinds[f]:
                turn += 1
        place = turn - 1
        _factor(1, fixed[0], 1.0, 0.0, right)
        for f in range(last - 1, first - 1, -1):
            fixed_row = fixed[indices[f] if kinds[f] == 0 else 0]
            row = trig[indices[f] if kinds[f] else 0]
            if kinds[f]:
                kind = kinds[f]
                _factor(kind, fixed_row, -row[1], row[0], here)
                here[0] = 0.0
                here[kind * 5] = 0.0
                _product(here, before[f - first], middle)
                _product(right, middle, left)
                slopes[place] = left[4:]
                place -= 1
            if f > first:
                _factor(kinds[f], fixed_row, row[0], row[1], here)
                _product(right, here, left)
                right[:] = left


@kernel(f"void({_FACTORS}, f8[:,:,::1], i8, f8[:,:,::1], f8[:,:,::1])")
def prepare(
    starts: Any, kinds: Any, indices: Any, fixed: Any, trig: Any, keep: Any, kept: Any, vectors: Any
) -> None:
    """Each qubit's chain applied to |0⟩, for each sample.

    Args:
        trig: (K, 2, samples).
        keep: Whether to write ``kept``.
        kept: (factors, 4, samples): the vectors before each factor.
        vectors: Written, (qubits, 4, samples).
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
