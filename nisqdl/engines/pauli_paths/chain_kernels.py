"""Kernels of the exact chain: a sparse local map on vectors over all Pauli strings."""

from __future__ import annotations

from typing import Any

from nisqdl.engines.kernels.compiled import kernel

_ENTRIES = "i8[::1], i8[::1], i8[::1], i8[::1], f8[::1]"


@kernel(f"void(f8[::1], f8[::1], {_ENTRIES})")
def apply_entries(
    source: Any, target: Any, bases: Any, offsets: Any, rows: Any, cols: Any, values: Any
) -> None:
    """Add the map's result to ``target``.

    Args:
        bases: Strings that are I on the map's qubits.
        offsets: What each local letter adds to them.
        rows, cols, values: The map's entries: letter ``cols`` of the source to ``rows``.
    """
    for base in bases:
        for k in range(len(rows)):
            target[base + offsets[rows[k]]] += values[k] * source[base + offsets[cols[k]]]


@kernel(f"f8(f8[::1], f8[::1], {_ENTRIES})")
def meet_entries(
    left: Any, right: Any, bases: Any, offsets: Any, rows: Any, cols: Any, values: Any
) -> float:
    """leftᵀ · map · right."""
    total = 0.0
    for base in bases:
        for k in range(len(rows)):
            total += left[base + offsets[rows[k]]] * values[k] * right[base + offsets[cols[k]]]
    return total
