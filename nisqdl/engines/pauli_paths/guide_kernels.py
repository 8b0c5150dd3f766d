"""Kernels of the guide: marginals down from the observable, values up from the start."""

from __future__ import annotations

from typing import Any

import numpy as np

from nisqdl.engines.kernels.compiled import inlined, kernel

LEAST = 0.03
"""No letter is expected to be worth less than this part of I behind a two-qubit step, unless it is
worth nothing: walks that the guide thinks little of are still tried, so that none comes home with
a weight that outdoes all others."""

_OPS = "i8[::1], i8[:,::1], i8[::1], f8[:,:,::1], f8[:,:,::1]"


@inlined
def _normalised(letters: Any) -> None:
    total = letters[0] + letters[1] + letters[2] + letters[3]
    if total > 0.0:
        for letter in range(4):
            letters[letter] /= total


@inlined
def _scaled(letters: Any) -> None:
    """The guide of I is 1 where it can be."""
    by = letters[0] if letters[0] > 0.0 else letters.max()
    if by > 0.0:
        for letter in range(4):
            letters[letter] /= by


@inlined
def _branches(chain: Any, values: Any, here: Any, chances: Any) -> None:
    """The chance of each outcome I, X, Y, Z among those not yet refused, of X, Y, Z."""
    for l in range(1, 4):  # noqa: E741
        left = here[l]
        for o in range(4):
            share = chain[l, o] * values[o]
            chances[4 * (l - 1) + o] = min(1.0, share / left) if left > 0.0 else 0.0
            left -= share


@kernel(f"void({_OPS}, f8[:,::1], f8[:,:,::1])")
def descend(
    kinds: Any, qubits: Any, maps: Any, singles: Any, pairs: Any, letters: Any, marginals: Any
) -> None:
    """Each qubit's distribution of letters, as if qubits were independent.

    Args:
        letters: At the observable, (n, 4); changed.
        marginals: Written: before each operation, of its qubits, (M, 2, 4).
    """
    joint, one = np.empty(16), np.empty(4)
    for m in range(len(kinds)):
        a, b = qubits[m]
        marginals[m, 0] = letters[a]
        marginals[m, 1] = letters[b]
        if kinds[m] < 3:
            for o in range(4):
                one[o] = 0.0
                for l in range(4):  # noqa: E741
                    one[o] += letters[a, l] * singles[maps[m], l, o]
            letters[a] = one
            _normalised(letters[a])
            continue
        joint[:] = 0.0
        for l in range(16):  # noqa: E741
            share = letters[a, l % 4] * letters[b, l // 4]
            if share > 0.0:
                for o in range(16):
                    joint[o] += share * pairs[maps[m], l, o]
        letters[a] = 0.0
        letters[b] = 0.0
        for o in range(16):
            letters[a, o % 4] += joint[o]
            letters[b, o // 4] += joint[o]
        _normalised(letters[a])
        _normalised(letters[b])


@kernel(
    f"void({_OPS}, i8[::1], i8[::1], f8[:,:,::1], f8[:,:,::1], i8[::1], i8[::1], f8[:,::1],"
    " f8[:,::1], f8[:,::1], f8[:,:,::1], u1[::1])"
)
def ascend(
    kinds: Any, qubits: Any, maps: Any, singles: Any, pairs: Any, axes: Any, slots: Any,
    pair_slopes: Any, marginals: Any, places: Any, outcome_places: Any, values: Any, chances: Any,
    weights: Any, outcomes: Any, possible: Any,
) -> None:  # fmt: skip
    """Take the guide from the start (``values``, (n, 4), changed) to the observable.

    Writes what :class:`~nisqdl.engines.pauli_paths.guide.Guide` holds.
    """
    here = np.empty(16)
    for m in range(len(kinds) - 1, -1, -1):
        a, b = qubits[m]
        slot = slots[m]
        if kinds[m] < 3:
            chain = singles[maps[m]]
            for l in range(4):  # noqa: E741
                here[l] = 0.0
                for o in range(4):
                    here[l] += chain[l, o] * values[a, o]
            if kinds[m] == 1:
                axis = axes[maps[m]]
                p, q = axis % 3 + 1, (axis + 1) % 3 + 1
                if here[p] > 0.0:
                    chances[m, 0] = chain[p, q] * values[a, q] / here[p]
                if here[q] > 0.0:
                    chances[m, 1] = chain[q, p] * values[a, p] / here[q]
                if slot >= 0:
                    for l in (p, q):  # noqa: E741
                        if here[l] > 0.0 and marginals[m, 0, l] > 0.0:
                            possible[slot] = 1
            if kinds[m] == 2:
                _branches(chain, values[a], here, chances[m])
            values[a] = here[:4]
            continue
        chain = pairs[maps[m]]
        for l in range(16):  # noqa: E741
            here[l] = 0.0
            for o in range(16):
                if chain[l, o] > 0.0:
                    here[l] += chain[l, o] * values[a, o % 4] * values[b, o // 4]
            if slot >= 0 and here[l] > 0.0:
                share = marginals[m, 0, l % 4] * marginals[m, 1, l // 4]
                for o in range(16):
                    if share > 0.0 and pair_slopes[maps[m], l, o] > 0.0:
                        possible[slot] = 1
        if kinds[m] == 4:
            for l in range(16):  # noqa: E741
                total = 0.0
                for o in range(16):
                    total += chain[l, o] * values[a, o % 4] * values[b, o // 4]
                    outcomes[outcome_places[m], l, o] = total / here[l] if here[l] > 0.0 else 1.0
        values[a] = 0.0
        values[b] = 0.0
        for l in range(16):  # noqa: E741
            values[a, l % 4] += here[l] * marginals[m, 1, l // 4]
            values[b, l // 4] += here[l] * marginals[m, 0, l % 4]
        _scaled(values[a])
        _scaled(values[b])
        for l in range(1, 4):  # noqa: E741
            if values[a, l] > 0.0:
                values[a, l] = max(values[a, l], LEAST)
            if values[b, l] > 0.0:
                values[b, l] = max(values[b, l], LEAST)
        for l in range(16):  # noqa: E741
            product = values[a, l % 4] * values[b, l // 4]
            weights[places[m], l] = here[l] / product if product > 0.0 else 0.0


@kernel("void(i8[:,::1], u1[::1], u1[::1])")
def reach(qubits: Any, active: Any, keep: Any) -> None:
    """Mark the operations that strings on the active qubits can reach (``keep``, (M,))."""
    for m in range(len(qubits)):
        a, b = qubits[m]
        if active[a] or active[b]:
            keep[m] = active[a] = active[b] = 1
