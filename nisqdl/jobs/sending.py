"""Send what was intended, each job once: what the service has already is adopted by its tag."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nisqdl.engines.runtime.adapter import estimator, pub_of
from nisqdl.engines.runtime.learning import layers_of, learner, with_noise
from nisqdl.engines.runtime.options import Execution
from nisqdl.engines.runtime.outcomes import sampler, sampler_pub
from nisqdl.engines.runtime.request import Request, request_from_bytes
from nisqdl.engines.runtime.wire import (
    Patience,
    fault,
    jobs_of_tag,
    persistent,
    refusal,
    send_posts_once,
)
from nisqdl.errors import AccountError, InputError, NisqdlError
from nisqdl.store.ledger import JobRow, Ledger
from nisqdl.targets.refusals import refusals_told
from nisqdl.targets.service import Connection

if TYPE_CHECKING:
    from qiskit_ibm_runtime import IBMBackend, RuntimeJobV2

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Sent:
    """What a submission did.

    Attributes:
        sent: Jobs that were sent now.
        adopted: Jobs that the service had already.
    """

    sent: tuple[JobRow, ...]
    adopted: tuple[JobRow, ...]


def send_intents(
    ledger: Ledger,
    connection: Connection,
    backend: IBMBackend,
    tell: Tell,
    patience: Patience | None = None,
) -> Sent:
    """Send every job that is intended; each one's id is stored before the next is sent.

    Args:
        ledger: The run's jobs.
        connection: The service.
        backend: The device that they are for.
        tell: Takes a sentence for the user.
        patience: How long faults are waited out.

    Raises:
        AccountError: The service refuses a job, or faults went on for too long. What was sent is
            stored; what was not stays intended.
    """
    patience = patience or Patience()
    send_posts_once(connection.client)
    sent: list[JobRow] = []
    adopted: list[JobRow] = []
    left: list[JobRow] = []
    waiting = [job for job in ledger.jobs() if job.state in ("intended", "sending")]
    for job in waiting:
        found = settle(job, ledger, connection, tell, patience)
        if found is None:
            left.append(job)
        else:
            adopted.append(found)
    mode = _Mode(backend, left, patience)
    try:
        for job in left:
            sent.append(_send(job, ledger, connection, mode, tell, patience))
    finally:
        mode.close()
    return Sent(tuple(sent), tuple(adopted))


def settle(
    job: JobRow, ledger: Ledger, connection: Connection, tell: Tell, patience: Patience
) -> JobRow | None:
    """The job as adopted, if the service has it; ``None`` when it is sure that it has not."""
    sent = job.changed if job.state == "sending" else None
    found = jobs_of_tag(connection.client, job.tag, sent, tell, patience)
    return _adopt(job, found, ledger, tell) if found else None


def _send(
    job: JobRow,
    ledger: Ledger,
    connection: Connection,
    mode: _Mode,
    tell: Tell,
    patience: Patience,
) -> JobRow:
    """Send one job, and find out whether it arrived whatever the answer was."""
    requests = {piece.key: request_from_bytes(ledger.request(piece.key)) for piece in job.pieces}
    execution = Execution.model_validate(job.execution)
    execution = execution.model_copy(update={"max_execution_time": job.cap_s})
    doing = f"sending {job.tag}"
    for trial in range(patience.tries):
        where = mode.get()
        job = job.moved("sending")
        ledger.put(job)
        try:
            answered = _run(job, requests, execution, where, mode.backend.num_qubits)
        except Exception as error:
            found = fault(error)
            if found is None:
                ledger.put(job.moved("intended"))
                raise _unsendable(job, error) from error
            if found.refused and not found.passes:
                mode.forget()
                ledger.put(job.moved("intended"))
                raise refusal(error, doing) from None
            if not found.refused:
                adopted = settle(job, ledger, connection, tell, patience)
                if adopted is not None:
                    return adopted
            job = job.moved("intended")  # it is sure now that the service does not have it
            ledger.put(job)
            asked = found.retry_after_s
            if trial == patience.tries - 1 or (asked or 0) > patience.longest_s:
                raise refusal(error, doing) from None
            time.sleep(patience.wait_s(trial, asked))
            continue
        job = job.moved("submitted", job_id=answered.job_id())
        ledger.put(job)
        tell(f"Sent job {job.job_id} to {job.backend} ({_content(job)}).")
        return job
    raise AssertionError("a job is tried at least once")


def _adopt(job: JobRow, found: Sequence[Any], ledger: Ledger, tell: Tell) -> JobRow:
    job = job.moved("submitted", job_id=found[0].job_id())
    ledger.put(job)
    tell(f"Job {job.job_id} was at {job.backend} already ({_content(job)}); it is not sent again.")
    if len(found) > 1:
        others = ", ".join(other.job_id() for other in found[1:])
        tell(f"The service has more jobs with the same tag, sent by other means: {others}.")
    return job


def _run(
    job: JobRow,
    requests: Mapping[str, Request],
    execution: Execution,
    where: Any,
    num_qubits: int,
) -> RuntimeJobV2:
    """Give the client what is in a job; it prepares it on this machine, and sends it once."""
    first = requests[job.pieces[0].key]
    if execution.primitive == "sampler":
        return sampler(where, execution, [job.tag]).run(
            [
                sampler_pub(requests[piece.key], slice(piece.start, piece.stop), num_qubits)
                for piece in job.pieces
            ]
        )
    client = estimator(where, execution, [job.tag])
    if first.learns:
        layers = layers_of(client, first, num_qubits)
        return learner(where, execution, [job.tag]).run(layers)
    if first.learned is not None:
        with_noise(client, first, num_qubits)
    return client.run(
        [
            pub_of(requests[piece.key], slice(piece.start, piece.stop), num_qubits)
            for piece in job.pieces
        ]
    )


def _unsendable(job: JobRow, error: Exception) -> NisqdlError:
    if isinstance(error, NisqdlError):
        return error
    return InputError(
        f"The client cannot prepare {job.tag} with these `execution` options: "
        f"{' '.join(str(error).split())}"
    )


def _content(job: JobRow) -> str:
    rows = sum(piece.stop - piece.start for piece in job.pieces)
    pubs = len(job.pieces)
    circuits = "1 circuit" if pubs == 1 else f"{pubs} circuits"
    return f"{circuits}, {rows} parameter set{'' if rows == 1 else 's'}"


class _Mode:
    """The batch or session that jobs are sent in, opened when the first is sent.

    One job alone needs none. A batch that is left open by a crash holds nothing: the service
    closes it after a while.
    """

    def __init__(self, backend: IBMBackend, jobs: Sequence[JobRow], patience: Patience) -> None:
        self.backend = backend
        modes = {str(job.execution["mode"]) for job in jobs}
        self._kind = modes.pop() if len(modes) == 1 else "batch"
        if self._kind == "batch" and len(jobs) < 2:
            self._kind = "job"
        self._patience = patience
        self._open: Any = None

    def get(self) -> Any:
        """What an Estimator is given."""
        if self._kind == "job":
            return self.backend
        if self._open is None:
            self._open = persistent(self._opened, f"opening a {self._kind}", self._patience)
        return self._open

    def forget(self) -> None:
        """Open another one for the next job: this one may be closed."""
        self.close()
        self._open = None

    def close(self) -> None:
        """Take no more jobs; those that were sent run."""
        if self._open is not None:
            with suppress(AccountError), refusals_told("closing the batch"):
                self._open.close()

    def _opened(self) -> Any:
        from qiskit_ibm_runtime import Batch, Session

        return Batch(self.backend) if self._kind == "batch" else Session(self.backend)
