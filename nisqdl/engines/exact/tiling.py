"""Kernels that cut a state into tiles and put it together again."""

from __future__ import annotations

from typing import Any

import numpy as np

from nisqdl.engines.kernels.compiled import inlined
from nisqdl.engines.kernels.lanes import WIDTH, load, load_four, store, store_four

FIRST, LAST, ROWS, ROW_START, PLACES, PLACE_START = range(6)
"""A cluster: its operations [FIRST, LAST), ROWS = 4^m row offsets and PLACES = 4^(n−m) offsets."""


@inlined
def aligned(size: Any) -> Any:
    """Zeros that start at a cache line, so that no vector of lanes lies across two."""
    line = WIDTH * 8
    room = np.zeros(size + WIDTH)
    skip = (line - room.ctypes.data % line) % line // 8
    return room[skip : skip + size]


@inlined
def largest(clusters: Any) -> Any:
    largest = 1
    for c in range(len(clusters)):
        largest = max(largest, clusters[c, ROWS])
    return largest


@inlined
def places(lanes: Any) -> Any:
    """Places of the other qubits that one tile holds."""
    return 1 if lanes == WIDTH else WIDTH


@inlined
def pick(trig: Any, item: Any, lanes: Any, turns: Any) -> None:
    """The item's cosines and sines, one a lane; padded samples repeat the last."""
    for r in range(len(trig)):
        for lane in range(WIDTH):
            sample = item * WIDTH + lane if lanes == WIDTH else item
            sample = min(sample, trig.shape[2] - 1)
            turns[r, lane] = trig[r, 0, sample]
            turns[r, WIDTH + lane] = trig[r, 1, sample]


@inlined
def gather(
    cluster: Any, offsets: Any, place: Any, lanes: Any, state: Any, tile: Any, t: Any
) -> None:
    rows, r0, p0 = cluster[ROWS], cluster[ROW_START], cluster[PLACE_START] + place
    if lanes == WIDTH:
        base = offsets[p0]
        for r in range(rows):
            store(tile, t + r * WIDTH, load(state, (offsets[r0 + r] + base) * WIDTH))
        return
    filled = min(WIDTH, cluster[PLACES] - place)
    base = offsets[p0]
    if filled == WIDTH and offsets[p0 + WIDTH - 1] - base == WIDTH - 1:
        for r in range(rows):
            store(tile, t + r * WIDTH, load(state, offsets[r0 + r] + base))
        return
    if filled == 4:
        step = offsets[p0 + 1] - base
        for r in range(rows):
            store(tile, t + r * WIDTH, load_four(state, offsets[r0 + r] + base, step))
        return
    for r in range(rows):
        row = offsets[r0 + r]
        for lane in range(filled):
            tile[t + r * WIDTH + lane] = state[row + offsets[p0 + lane]]
        for lane in range(filled, WIDTH):
            tile[t + r * WIDTH + lane] = 0.0


@inlined
def scatter(
    cluster: Any, offsets: Any, place: Any, lanes: Any, tile: Any, t: Any, state: Any
) -> None:
    rows, r0, p0 = cluster[ROWS], cluster[ROW_START], cluster[PLACE_START] + place
    base = offsets[p0]
    if lanes == WIDTH:
        for r in range(rows):
            store(state, (offsets[r0 + r] + base) * WIDTH, load(tile, t + r * WIDTH))
        return
    filled = min(WIDTH, cluster[PLACES] - place)
    if filled == WIDTH and offsets[p0 + WIDTH - 1] - base == WIDTH - 1:
        for r in range(rows):
            store(state, offsets[r0 + r] + base, load(tile, t + r * WIDTH))
        return
    if filled == 4:
        step = offsets[p0 + 1] - base
        for r in range(rows):
            store_four(state, offsets[r0 + r] + base, step, load(tile, t + r * WIDTH))
        return
    for r in range(rows):
        row = offsets[r0 + r]
        for lane in range(filled):
            state[row + offsets[p0 + lane]] = tile[t + r * WIDTH + lane]
