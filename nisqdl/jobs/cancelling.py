"""Cancel what a run has at the service; what has ended already stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nisqdl.engines.runtime.wire import Patience, persistent
from nisqdl.jobs.collecting import Collected, collect_jobs
from nisqdl.jobs.sending import Tell
from nisqdl.store.folder import RunStore
from nisqdl.store.ledger import JobRow, Ledger
from nisqdl.targets.service import Connection

if TYPE_CHECKING:
    from qiskit_ibm_runtime import RuntimeJobV2


def cancel_jobs(
    store: RunStore, connection: Connection, tell: Tell, patience: Patience | None = None
) -> Collected:
    """Collect what is done, and cancel all the rest; intents that were not sent are dropped.

    Raises:
        AccountError: The service cannot be asked. Repeat the command.
    """
    patience = patience or Patience()
    ledger = Ledger(store)
    ledger.discard_intents()
    found = collect_jobs(store, connection, tell, patience)
    for job in found.jobs:
        if job.tag in found.pending:
            _cancel(job, connection, patience)
    ledger.discard_intents()  # an unanswered submission that never arrived
    return collect_jobs(store, connection, tell, patience)


def _cancel(job: JobRow, connection: Connection, patience: Patience) -> None:
    from qiskit_ibm_runtime.exceptions import RuntimeInvalidStateError

    remote: RuntimeJobV2 = persistent(
        lambda: connection.client.job(job.job_id), f"asking for job {job.job_id}", patience
    )

    def cancel() -> None:
        try:
            remote.cancel()
        except RuntimeInvalidStateError:
            return  # it has ended meanwhile

    persistent(cancel, f"cancelling job {job.job_id}", patience)
