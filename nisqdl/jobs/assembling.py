"""Artifacts of remote steps, put together from the results of the jobs that they went into."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from nisqdl.engines.runtime.adapter import unphysical
from nisqdl.engines.runtime.request import (
    JobFacts,
    Learned,
    Measured,
    Request,
    learned_to_bytes,
    measured_to_bytes,
    request_from_bytes,
)
from nisqdl.jobs.results import Result, read_result
from nisqdl.store.folder import RunStore
from nisqdl.store.ledger import JobRow, Ledger, Piece


def assemble(store: RunStore, job: JobRow) -> None:
    """Store the artifact of each step of a job whose rows have all come back by now."""
    ledger = Ledger(store)
    done = [other for other in ledger.jobs() if other.state == "done"]
    for key in dict.fromkeys(piece.key for piece in job.pieces):
        if store.has_artifact(key):
            continue
        request = request_from_bytes(ledger.request(key))
        parts = [
            (piece, index, other)
            for other in done
            for index, piece in enumerate(other.pieces)
            if piece.key == key
        ]
        if sum(piece.stop - piece.start for piece, _, _ in parts) < len(request.bindings):
            continue
        if request.learns:
            learned = _learned(request, read_result(ledger.result(parts[0][2].tag)))
            artifact, took_s = learned_to_bytes(learned), _seconds(learned.jobs)
        else:
            measured = _measured(request, parts, ledger)
            artifact, took_s = measured_to_bytes(measured), _seconds(measured.jobs)
        store.add_artifact(key, ledger.kind(key), artifact, took_s)


def _learned(request: Request, result: Result) -> Learned:
    assert result.model is not None
    return Learned(
        model=result.model,
        backend=request.backend,
        jobs=(result.facts,),
        qpu_seconds=result.facts.qpu_seconds,
        snapshot=result.device,
    )


def _measured(
    request: Request, parts: Sequence[tuple[Piece, int, JobRow]], ledger: Ledger
) -> Measured:
    shape = (len(request.bindings), len(request.isa.observables))
    values, stderr = np.full(shape, np.nan), np.full(shape, np.nan)
    results: dict[str, Result] = {}
    shares: list[float | None] = []
    for piece, index, job in parts:
        result = read_result(ledger.result(job.tag))
        rows = slice(piece.start, piece.stop)
        values[rows], stderr[rows] = result.values[index], result.stderr[index]
        results[result.facts.id] = result
        shares.append(result.share(index))
    whole = sorted(
        results.values(), key=lambda result: (result.facts.started or "", result.facts.id)
    )
    known = [share for share in shares if share is not None]
    return Measured(
        values=values,
        stderr=stderr,
        backend=request.backend,
        jobs=tuple(result.facts for result in whole),
        qpu_seconds=sum(known) if len(known) == len(shares) else None,
        unphysical=unphysical(request.isa, values),
        snapshot=whole[0].device,
    )


def _seconds(jobs: Sequence[JobFacts]) -> float:
    """Wall time from the first start to the last end, as far as it is known."""
    starts = [datetime.fromisoformat(j.started) for j in jobs if j.started]
    ends = [datetime.fromisoformat(j.finished) for j in jobs if j.finished]
    return max(0.0, (max(ends) - min(starts)).total_seconds()) if starts and ends else 0.0
