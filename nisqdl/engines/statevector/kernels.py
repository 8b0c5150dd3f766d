"""Compiled kernels: a program of Pauli turns on the state vectors of eight samples at a time.

Operations (see :mod:`nisqdl.engines.statevector.turns`) come in sweeps. A sweep's operations only
mix rows within the cosets of a small space of row indices, so a coset is copied to a tile that fits
the first cache, all of them are applied, and it is copied back.
"""

from __future__ import annotations

from typing import Any

from nisqdl.engines.kernels.compiled import inlined, kernel
from nisqdl.engines.kernels.lanes import WIDTH, fused, load, reduced, splat, store, times
from nisqdl.engines.statevector.turns import (
    AFTER,
    ROW,
    SLOT,
    TURN,
    phase,
    phase_slope,
    turn,
    turn_back,
)  # fmt: skip

FIRST, LAST, SIZE, OLD, SPAN, REPS, NUM_REPS = range(7)
"""Columns of a sweep: its operations; log2 of a tile's rows, all and not zero before it; where its
rows and its cosets begin in their tables, and how many cosets there are (0: no tiles needed)."""


@inlined
def _apply(ops: Any, sweep: Any, rep: Any, slot: Any, rows: Any) -> None:
    for k in range(sweep[FIRST], sweep[LAST]):
        if ops[k, TURN] < 0:
            phase(ops[k], rep, slot, 0, rows, 0)
        else:
            turn(ops[k], rep, slot, rows)


@inlined
def _undo(
    ops: Any, sweep: Any, rep: Any, slot: Any, wanted: Any, rows: Any, others: Any, half: Any,
    grads: Any,
) -> None:  # fmt: skip
    """Undo a sweep's operations on ψ (``rows``) and λ (``others`` from ``half``)."""
    for k in range(sweep[LAST] - 1, sweep[FIRST] - 1, -1):
        if ops[k, TURN] < 0:
            if wanted[ops[k, AFTER]] > 0:
                phase_slope(ops[k], rep, rows, others, half, grads)
            phase(ops[k], rep, slot, 1, rows, 0)
            phase(ops[k], rep, slot, 1, others, half)
        else:
            turn_back(ops[k], rep, slot, wanted, rows, others, half, grads)


@inlined
def _clear(rows: Any, start: Any, stop: Any) -> None:
    for i in range(start * ROW, stop * ROW, WIDTH):
        store(rows, i, splat(0.0))


@inlined
def _gather(state: Any, spans: Any, span: Any, rep: Any, count: Any, tile: Any, to: Any) -> None:
    for i in range(count):
        start, put = (rep ^ spans[span + i]) * ROW, to + i * ROW
        store(tile, put, load(state, start))
        store(tile, put + WIDTH, load(state, start + WIDTH))


@inlined
def _scatter(tile: Any, at: Any, spans: Any, span: Any, rep: Any, count: Any, state: Any) -> None:
    for i in range(count):
        put, start = (rep ^ spans[span + i]) * ROW, at + i * ROW
        store(state, put, load(tile, start))
        store(state, put + WIDTH, load(tile, start + WIDTH))


_TABLES = "i8[:,::1], i8[::1], i8[::1], i8[:,::1]"


@inlined
def _weighted(flips: Any, owners: Any, tables: Any, psi: Any, factors: Any, adjoint: Any) -> None:
    """λ = Σ_o factors[o] O_o ψ, with ``factors`` (O, WIDTH)."""
    if len(flips) == 0:
        _clear(adjoint, 0, len(psi) // ROW)
    for part in range(len(flips)):
        real, imag = tables[part, 0], tables[part, 1]
        factor = load(factors[owners[part]], 0)
        for j in range(len(real)):
            to, start = j * ROW, (j ^ flips[part]) * ROW
            xr, xi = load(psi, start), load(psi, start + WIDTH)
            er, ei = times(factor, splat(real[j])), times(factor, splat(imag[j]))
            yr, yi = reduced(ei, xi, times(er, xr)), fused(ei, xr, times(er, xi))
            if part > 0:
                yr = fused(splat(1.0), load(adjoint, to), yr)
                yi = fused(splat(1.0), load(adjoint, to + WIDTH), yi)
            store(adjoint, to, yr)
            store(adjoint, to + WIDTH, yi)


@kernel(f"void({_TABLES}, f8[:,::1], f8[:,::1], f8[::1], i8, i8)")
def forward(
    sweeps: Any, spans: Any, reps: Any, ops: Any, slots: Any, states: Any, tile: Any,
    first: Any, last: Any,
) -> None:  # fmt: skip
    """Run the program from |0…0⟩ for the groups of samples ``first`` to ``last``."""
    for group in range(first, last):
        psi, slot = states[group], slots[group]
        store(psi, 0, splat(1.0))
        store(psi, WIDTH, splat(0.0))
        for w in range(len(sweeps)):
            sweep = sweeps[w]
            size, old = 1 << sweep[SIZE], 1 << sweep[OLD]
            if sweep[NUM_REPS] == 0:
                _clear(psi, old, size)
                _apply(ops, sweep, 0, slot, psi)
                continue
            for k in range(sweep[NUM_REPS]):
                rep = reps[sweep[REPS] + k]
                _gather(psi, spans, sweep[SPAN], rep, old, tile, 0)
                _clear(tile, old, size)
                _apply(ops, sweep, rep, slot, tile)
                _scatter(tile, 0, spans, sweep[SPAN], rep, size, psi)


@kernel(
    f"void({_TABLES}, i8[::1], i8[::1], f8[:,:,::1], u1[::1], f8[:,::1], f8[:,::1], f8[:,:,::1],"
    " f8[::1], f8[::1], f8[:,::1], i8, i8)"
)
def backward(
    sweeps: Any, spans: Any, reps: Any, ops: Any, flips: Any, owners: Any, tables: Any,
    wanted: Any, slots: Any, states: Any, factors: Any, adjoint: Any, tiles: Any, grads: Any,
    first: Any, last: Any,
) -> None:  # fmt: skip
    """Take ψ and λ = Σ_o factors[o] O_o ψ back to the start, for groups ``first`` to ``last``.

    A slot's angle θ turns by exp(−iθP/2), hence its derivative is Im⟨λ|P|ψ⟩; it is added to
    ``grads`` (groups, slots × WIDTH) where the slot is ``wanted``. The states are lost.
    """
    half = len(tiles) // 2
    for group in range(first, last):
        slot, psi, grad = slots[group], states[group], grads[group]
        _weighted(flips, owners, tables, psi, factors[group], adjoint)
        for w in range(len(sweeps) - 1, -1, -1):
            sweep = sweeps[w]
            size, old = 1 << sweep[SIZE], 1 << sweep[OLD]
            if sweep[NUM_REPS] == 0:
                _undo(ops, sweep, 0, slot, wanted, psi, adjoint, 0, grad)
                continue
            for k in range(sweep[NUM_REPS]):
                rep = reps[sweep[REPS] + k]
                _gather(psi, spans, sweep[SPAN], rep, size, tiles, 0)
                _gather(adjoint, spans, sweep[SPAN], rep, size, tiles, half)
                _undo(ops, sweep, rep, slot, wanted, tiles, tiles, half, grad)
                _scatter(tiles, 0, spans, sweep[SPAN], rep, old, psi)
                _scatter(tiles, half, spans, sweep[SPAN], rep, old, adjoint)


@kernel("void(i8[::1], i8[::1], f8[:,:,::1], f8[:,::1], f8[:,:,::1], i8, i8)")
def expectations(
    flips: Any, owners: Any, tables: Any, states: Any, values: Any, first: Any, last: Any
) -> None:
    """⟨ψ|O|ψ⟩ of each observable, added to ``values`` (groups, O, WIDTH).

    An observable is a sum of parts, (O ψ)ⱼ = Σ table[j] ψ_{j ⊕ flip}, with complex tables as
    ``tables`` (parts, 2, rows).
    """
    for group in range(first, last):
        psi = states[group]
        for part in range(len(flips)):
            real, imag = tables[part, 0], tables[part, 1]
            total = splat(0.0)
            for j in range(len(real)):
                to, start = j * ROW, (j ^ flips[part]) * ROW
                xr, xi = load(psi, start), load(psi, start + WIDTH)
                yr, yi = load(psi, to), load(psi, to + WIDTH)
                er, ei = splat(real[j]), splat(imag[j])
                total = fused(er, fused(yr, xr, times(yi, xi)), total)
                total = fused(ei, reduced(yr, xi, times(yi, xr)), total)
            found = values[group, owners[part]]
            store(found, 0, fused(splat(1.0), load(found, 0), total))


@kernel("void(i8[::1], f8[::1], f8[:,::1], f8[:,:,::1], f8[:,::1], i8)")
def lay_slots(places: Any, signs: Any, shared: Any, sampled: Any, slots: Any, start: Any) -> None:
    """Spread the slots' numbers over lanes; the samples past the last are copies of it.

    Args:
        places: Of each slot, its row in ``sampled``, or −1 minus its row in ``shared``.
        signs: Of each slot, 1 for (a, b, a, −b) and −1 for (a, b, −a, −b).
        shared: The numbers a, b of the slots that all samples share, (rows, 2).
        sampled: Those of the others, (rows, 2, samples).
        slots: (groups, slots × SLOT), written.
        start: The sample in the first group's first lane.
    """
    last = sampled.shape[2] - 1
    for group in range(len(slots)):
        out = slots[group]
        for k in range(len(places)):
            to, place = k * SLOT, places[k]
            if place < 0:
                a, b = shared[-1 - place, 0], shared[-1 - place, 1]
                store(out, to, splat(a))
                store(out, to + WIDTH, splat(b))
                store(out, to + 2 * WIDTH, splat(a * signs[k]))
                store(out, to + 3 * WIDTH, splat(-b))
                continue
            for lane in range(WIDTH):
                sample = min(start + group * WIDTH + lane, last)
                a, b = sampled[place, 0, sample], sampled[place, 1, sample]
                out[to + lane] = a
                out[to + WIDTH + lane] = b
                out[to + 2 * WIDTH + lane] = a * signs[k]
                out[to + 3 * WIDTH + lane] = -b
