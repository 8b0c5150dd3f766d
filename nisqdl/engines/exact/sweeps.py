"""Kernels that carry many states through a program, cluster by cluster.

A cluster is a run of operations on at most m qubits. A sweep cuts the state into tiles (4^m rows of
those qubits; lanes are samples, or places of the other qubits), applies the whole cluster to each
tile in cache, and writes the tile back: main memory is passed once a cluster, not once a gate.

States are (items, slots, size · lanes). Lanes as *samples*: an item is WIDTH samples side by side
(``lanes == WIDTH``). Lanes as *places*: an item is one state (``lanes == 1``).
"""

from __future__ import annotations

from typing import Any

from nisqdl.engines.exact.slopes import accumulate
from nisqdl.engines.exact.tiles import GRAD, apply, apply_transposed
from nisqdl.engines.exact.tiling import (
    FIRST,
    LAST,
    PLACES,
    ROWS,
    aligned,
    gather,
    largest,
    pick,
    places,
    scatter,
)
from nisqdl.engines.kernels.compiled import kernel
from nisqdl.engines.kernels.lanes import WIDTH

_TABLES = "Tuple((f8[:,::1], f8[:,::1], i8[:,::1], f8[:,::1], i8[:,:,::1], f8[:,::1]))"
_PROGRAM = f"i8[:,::1], i8[:,::1], i8[::1], {_TABLES}"
_COMMON = f"{_PROGRAM}, f8[:,:,::1], i8, b1"


@kernel(f"void({_COMMON}, f8[:,:,::1], i8[::1], i8, i8, i8, i8)")
def sweep(
    ops: Any, clusters: Any, offsets: Any, tables: Any, trig: Any, lanes: Any, backward: Any,
    states: Any, slots: Any, start: Any, stop: Any, first_item: Any, last_item: Any,
) -> None:  # fmt: skip
    """Carry items through clusters [start, stop), forward or transposed and backward.

    Args:
        ops, clusters, offsets, tables: The program; see :mod:`.tiles` and this module.
        trig: Cosines and sines, (R, 2, samples), one column a sample.
        lanes: WIDTH where lanes are samples, 1 where they are places.
        states: (items, slots, size · lanes); the state before cluster c is in slot ``slots[c]``,
            that after it in ``slots[c + 1]``.
        first_item, last_item: Items [first_item, last_item) are carried.
    """
    tile = aligned(2 * largest(clusters) * WIDTH).reshape(2, -1)
    turns = aligned(len(trig) * 2 * WIDTH).reshape(len(trig), 2 * WIDTH)
    for item in range(first_item, last_item):
        pick(trig, item, lanes, turns)
        for step in range(stop - start):
            c = stop - 1 - step if backward else start + step
            source = states[item, slots[c + 1] if backward else slots[c]]
            target = states[item, slots[c] if backward else slots[c + 1]]
            rows = clusters[c, ROWS]
            first, last = clusters[c, FIRST], clusters[c, LAST]
            for place in range(0, clusters[c, PLACES], places(lanes)):
                gather(clusters[c], offsets, place, lanes, source, tile[0], 0)
                now = 0
                for k in range(last - first):
                    if backward:
                        op = ops[last - 1 - k]
                        apply_transposed(op, rows, tile[now], 0, tile[1 - now], 0, tables, turns)
                    else:
                        op = ops[first + k]
                        apply(op, rows, tile[now], 0, tile[1 - now], 0, tables, turns)
                    now = 1 - now
                scatter(clusters[c], offsets, place, lanes, tile[now], 0, target)


@kernel(f"void({_COMMON}, f8[:,:,::1], i8[::1], i8, i8, f8[:,::1], f8[:,::1], i8, i8)")
def sweep_slopes(
    ops: Any, clusters: Any, offsets: Any, tables: Any, trig: Any, lanes: Any, backward: Any,
    kept: Any, slots: Any, start: Any, stop: Any, moving: Any, totals: Any, first_item: Any,
    last_item: Any,
) -> None:  # fmt: skip
    """Carry the counterparts through clusters [start, stop) and add up all derivatives.

    Backward: ``kept`` holds the states before each cluster, ``moving`` the adjoints, which go from
    after the last cluster to before the first. Forward: ``kept`` holds the observables after each
    cluster and ``moving`` the states.

    Args:
        moving: (items, size · lanes); changed in place.
        totals: (items, accumulators · WIDTH); added to.
        first_item, last_item: Items [first_item, last_item) are carried.
    """
    most, widest = 0, largest(clusters) * WIDTH
    for c in range(start, stop):
        most = max(most, clusters[c, LAST] - clusters[c, FIRST])
    history = aligned((most + 1) * widest)
    tile = aligned(2 * widest).reshape(2, -1)
    turns = aligned(len(trig) * 2 * WIDTH).reshape(len(trig), 2 * WIDTH)
    pairs2 = tables[4]
    for item in range(first_item, last_item):
        pick(trig, item, lanes, turns)
        for step in range(stop - start):
            c = stop - 1 - step if backward else start + step
            rows = clusters[c, ROWS]
            size = rows * WIDTH
            first, last = clusters[c, FIRST], clusters[c, LAST]
            for place in range(0, clusters[c, PLACES], places(lanes)):
                # The tiles of ``kept`` between the operations: history[k] is before operation k.
                if backward:
                    gather(clusters[c], offsets, place, lanes, kept[item, slots[c]], history, 0)
                    for k in range(last - first - 1):
                        apply(ops[first + k], rows, history, k * size, history, (k + 1) * size,
                              tables, turns)  # fmt: skip
                else:
                    end = (last - first) * size
                    gather(clusters[c], offsets, place, lanes, kept[item, slots[c + 1]], history,
                            end)  # fmt: skip
                    for k in range(last - first - 1, 0, -1):
                        apply_transposed(ops[first + k], rows, history, (k + 1) * size, history,
                                         k * size, tables, turns)  # fmt: skip
                gather(clusters[c], offsets, place, lanes, moving[item], tile[0], 0)
                now = 0
                for j in range(last - first):
                    k = last - first - 1 - j if backward else j
                    op = ops[first + k]
                    if backward:
                        if op[GRAD] >= 0:
                            accumulate(op, rows, history, k * size, tile[now], 0, pairs2, turns,
                                       totals[item])  # fmt: skip
                        apply_transposed(op, rows, tile[now], 0, tile[1 - now], 0, tables, turns)
                    else:
                        if op[GRAD] >= 0:
                            accumulate(op, rows, tile[now], 0, history, (k + 1) * size, pairs2,
                                       turns, totals[item])  # fmt: skip
                        apply(op, rows, tile[now], 0, tile[1 - now], 0, tables, turns)
                    now = 1 - now
                scatter(clusters[c], offsets, place, lanes, tile[now], 0, moving[item])
