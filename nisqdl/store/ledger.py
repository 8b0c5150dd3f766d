"""The jobs of a device in a run's folder: what was meant to be sent, was sent, and came back.

An intent is committed before anything is sent, and a job's id before anything waits for it; so
whatever happens, the folder knows what the service may have.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal, cast

from nisqdl.store.folder import RunStore
from nisqdl.store.record import Json

State = Literal["intended", "sending", "submitted", "done", "failed", "cancelled"]
"""``intended``: not sent yet. ``sending``: the service may have it. ``submitted``: it has it, the
id is known. The last three are final; ``failed`` and ``cancelled`` are sent again as a new job."""

JOBS_QUERY = (
    "SELECT tag, attempt, backend, pieces, execution, estimate, cap, state, job_id, reason, "
    "created, changed FROM jobs ORDER BY rowid"
)


@dataclass(frozen=True)
class Piece:
    """Some rows of one step's request.

    Attributes:
        key: The remote step's key.
        start, stop: Which rows of its bindings.
    """

    key: str
    start: int
    stop: int


@dataclass(frozen=True)
class JobRow:
    """One job.

    Attributes:
        tag: Its tag at the service: the hash of what is in it, and which attempt it is.
        attempt: 1, or more where earlier ones failed or were cancelled.
        backend: The device by the service's name.
        pieces: What is in it, a pub each, in order.
        execution: How it runs.
        estimate_s: Expected time on the device.
        cap_s: Bound of its time on the device; ``None`` where none was set.
        state: How far it is.
        job_id: The service's id.
        reason: Why it failed or was cancelled.
        created, changed: When it was intended, and last changed its state (ISO 8601, UTC).
    """

    tag: str
    attempt: int
    backend: str
    pieces: tuple[Piece, ...]
    execution: Mapping[str, Json]
    estimate_s: float
    cap_s: int | None
    state: State
    job_id: str | None
    reason: str | None
    created: str
    changed: str

    def moved(self, state: State, job_id: str | None = None, reason: str | None = None) -> JobRow:
        """The same job in another state, now."""
        return replace(
            self, state=state, job_id=job_id or self.job_id, reason=reason, changed=_now()
        )


def intent(
    tag: str,
    attempt: int,
    backend: str,
    pieces: Sequence[Piece],
    execution: Mapping[str, Json],
    estimate_s: float,
    cap_s: int | None,
) -> JobRow:
    """A job that is to be sent."""
    now = _now()
    return JobRow(
        tag,
        attempt,
        backend,
        tuple(pieces),
        execution,
        estimate_s,
        cap_s,
        "intended",
        None,
        None,
        now,
        now,
    )


class Ledger:
    """The jobs in an open run, for its only writer; each change is one transaction."""

    def __init__(self, store: RunStore) -> None:
        self._store = store

    def jobs(self) -> list[JobRow]:
        """All jobs, in the order in which they were intended."""
        return [job_row(row) for row in self._store.rows(JOBS_QUERY)]

    def intend(
        self, jobs: Iterable[JobRow], requests: Mapping[str, tuple[str, str, bytes]]
    ) -> None:
        """Write what is to be sent, all at once.

        Args:
            jobs: The jobs.
            requests: Title, kind and content of each step's request, by its key.
        """
        with self._store.transaction() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO requests VALUES (?, ?, ?, ?)",
                [(key, *content) for key, content in requests.items()],
            )
            connection.executemany(
                "INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, ?)",
                [_columns(job) for job in jobs],
            )

    def discard_intents(self) -> None:
        """Forget what was never sent: it is planned again from what is wanted now."""
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM jobs WHERE state = 'intended'")

    def put(self, job: JobRow, result: bytes | None = None) -> None:
        """Write a job's new state, and its result with it."""
        with self._store.transaction() as connection:
            connection.execute(
                "UPDATE jobs SET state = ?, job_id = ?, reason = ?, changed = ?, "
                "result = coalesce(?, result) WHERE tag = ?",
                (job.state, job.job_id, job.reason, job.changed, result, job.tag),
            )

    def amend(self, tag: str, result: bytes, keys: Collection[str], ids: Collection[str]) -> None:
        """Write a job's result anew and drop what was made of the old one, all at once.

        Args:
            tag: The job's.
            result: Its result.
            keys: Artifacts to drop.
            ids: Points whose records are dropped.
        """
        with self._store.transaction() as connection:
            connection.execute("UPDATE jobs SET result = ? WHERE tag = ?", (result, tag))
            connection.executemany("DELETE FROM artifacts WHERE key = ?", [(k,) for k in keys])
            connection.executemany("DELETE FROM records WHERE id = ?", [(i,) for i in ids])

    def result(self, tag: str) -> bytes:
        """The result of a job that is done.

        Raises:
            KeyError: It is not stored.
        """
        rows = self._store.rows("SELECT result FROM jobs WHERE tag = ?", (tag,))
        if not rows or rows[0][0] is None:
            raise KeyError(tag)
        return bytes(rows[0][0])

    def request(self, key: str) -> bytes:
        """The request of a step.

        Raises:
            KeyError: It is not stored.
        """
        rows = self._store.rows("SELECT data FROM requests WHERE key = ?", (key,))
        if not rows:
            raise KeyError(key)
        return bytes(rows[0][0])

    def kind(self, key: str) -> str:
        """The kind of a step whose request is stored."""
        return str(self._store.rows("SELECT kind FROM requests WHERE key = ?", (key,))[0][0])


def job_row(row: tuple[Any, ...]) -> JobRow:
    """A job out of the columns of :data:`JOBS_QUERY`."""
    tag, attempt, backend, pieces, execution, estimate, cap, state, *rest = row
    return JobRow(
        tag,
        int(attempt),
        backend,
        tuple(Piece(*piece) for piece in json.loads(pieces)),
        json.loads(execution),
        float(estimate),
        cap,
        cast(State, state),
        *rest,
    )


def _columns(job: JobRow) -> tuple[Any, ...]:
    return (
        job.tag,
        job.attempt,
        job.backend,
        json.dumps([[piece.key, piece.start, piece.stop] for piece in job.pieces]),
        json.dumps(dict(job.execution), sort_keys=True),
        job.estimate_s,
        job.cap_s,
        job.state,
        job.job_id,
        job.reason,
        job.created,
        job.changed,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
