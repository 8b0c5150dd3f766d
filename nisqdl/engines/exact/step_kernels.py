"""Kernels of a training step on few qubits: all that comes before the loss, and all after it.

There a step is some ten kernels of a few microseconds, and calling each from Python takes as long.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nisqdl.engines.exact.factors import assemble, collect, prepare
from nisqdl.engines.exact.sweeps import sweep, sweep_slopes
from nisqdl.engines.exact.tiling import aligned
from nisqdl.engines.kernels.compiled import inlined, kernel
from nisqdl.engines.kernels.lanes import WIDTH

_CHAINS = "Tuple((i8[::1], i8[::1], i8[::1], f8[:,::1]))"
_TABLES = "Tuple((f8[:,::1], i8[:,::1], f8[:,::1], i8[:,:,::1], f8[:,::1]))"
_PROGRAM = (
    f"Tuple((i8[:,::1], i8[:,::1], i8[::1], {_TABLES}, {_CHAINS}, i8[::1], i8[::1], i8[::1]))"
)


@inlined
def _rooms(room: Any, program: Any, shape: Any) -> Any:
    """What the second call needs of the first, side by side from a cache line on."""
    _, clusters, _, _, chains, owners, _, turns = program
    observables, size, rows, samples = shape
    line = WIDTH * 8
    a = (line - room.ctypes.data % line) % line // 8
    b = a + observables * (len(clusters) + 1) * size
    c = b + (len(chains[0]) - 1) * 16
    d = c + len(owners) * 12
    e = d + len(turns) * 2
    f = e + rows * samples
    g = f + size // rows * samples
    return (
        room[a:b].reshape(observables, len(clusters) + 1, size),
        room[b:c].reshape(len(chains[0]) - 1, 16),
        room[c:d].reshape(len(owners), 12),
        room[d:e].reshape(len(turns), 2, 1),
        room[e:f].reshape(rows, samples),
        room[f:g].reshape(size // rows, samples),
    )


@kernel(f"void({_PROGRAM}, {_CHAINS}, i8[::1], f8[:,::1], f8[:,::1], i8, f8[::1], f8[:,::1])")
def before_loss(
    program: Any, prefix: Any, prefix_angles: Any, angles: Any, observables: Any, low_rows: Any,
    room: Any, values: Any,
) -> None:  # fmt: skip
    """Bind the angles, carry the observables back, and meet each sample's product state.

    Args:
        program: (ops, clusters, offsets, tables without the chains' matrices, chains, and for the
            derivatives owners, turned, turns), as in ``Program`` and ``Factors``.
        prefix, prefix_angles: See ``ProductPrefix``.
        angles: (K, B).
        observables: (O, 4^n).
        low_rows: 4^k for the k qubits of the prefix's lower half.
        room: Written, for :func:`after_loss`.
        values: Written, (B, O).
    """
    ops, clusters, offsets, tables, chains, _, _, turns = program
    starts, kinds, indices, fixed = chains
    samples, size = angles.shape[1], observables.shape[1]
    shape = (len(observables), size, low_rows, samples)
    kept, dense1, slopes, trig, low, high = _rooms(room, program, shape)
    assemble(starts, kinds, indices, fixed, angles[:, 0], dense1, slopes)
    for r in range(len(turns)):
        trig[r, 0, 0], trig[r, 1, 0] = math.cos(angles[turns[r], 0]), math.sin(angles[turns[r], 0])
    for o in range(len(kept)):
        kept[o, len(clusters)] = observables[o]
    slots = np.arange(len(clusters) + 1)
    damp, columns, factors, pairs, dense2 = tables
    whole = (dense1, damp, columns, factors, pairs, dense2)
    sweep(ops, clusters, offsets, whole, trig, 1, True, kept, slots, 0, len(clusters), 0, len(kept))

    own = np.empty((len(prefix_angles), 2, samples))
    for k in range(len(prefix_angles)):
        for b in range(samples):
            angle = angles[prefix_angles[k], b]
            own[k, 0, b], own[k, 1, b] = math.cos(angle), math.sin(angle)
    starts, kinds, indices, fixed = prefix
    vectors, nothing = np.empty((len(starts) - 1, 4, samples)), np.empty((0, 4, samples))
    prepare(starts, kinds, indices, fixed, own, False, nothing, vectors, low, high)
    for o in range(len(kept)):
        carried = np.dot(kept[o, 0].reshape(len(high), len(low)), low)
        total = np.zeros(samples)
        for h in range(len(high)):
            for b in range(samples):
                total[b] += high[h, b] * carried[h, b]
        for b in range(samples):
            values[b, o] = total[b]


@kernel(f"void({_PROGRAM}, i8, f8[::1], f8[:,::1], i8, f8[::1])")
def after_loss(program: Any, low_rows: Any, room: Any, pulls: Any, size: Any, result: Any) -> None:
    """The loss's derivatives by all angles, (K,) in ``result``, from those by the values (B, O)."""
    ops, clusters, offsets, tables, chains, owners, turned, turns = program
    samples, observables = pulls.shape
    shape = (observables, size, low_rows, samples)
    kept, dense1, slopes, trig, low, high = _rooms(room, program, shape)
    moving = np.empty((observables, size))
    weighted = np.empty((len(high), samples))
    for o in range(observables):
        for h in range(len(high)):
            for b in range(samples):
                weighted[h, b] = high[h, b] * pulls[b, o]
        moving[o] = np.dot(weighted, low.T).reshape(size)
    dense = len(chains[0]) - 1
    totals = aligned(observables * (12 * dense + len(turns)) * WIDTH).reshape(observables, -1)
    slots = np.arange(len(clusters) + 1)
    damp, columns, factors, pairs, dense2 = tables
    whole = (dense1, damp, columns, factors, pairs, dense2)
    sweep_slopes(ops, clusters, offsets, whole, trig, 1, False, kept, slots, 0, len(clusters),
                 moving, totals, 0, observables)  # fmt: skip
    by_lane = np.zeros((len(result), observables, WIDTH))
    collect(owners, turned, slopes, turns, dense, totals, by_lane)
    for k in range(len(result)):
        result[k] = by_lane[k].sum()
