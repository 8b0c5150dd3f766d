"""Values measured at once: one job on a device, waited for, or the client's local mode.

For long work there are experiments (``nisqdl submit``), whose jobs outlive the process; here the
next call with the same content takes what a process that ended has left at the service.
"""

from __future__ import annotations

import secrets
import time
import warnings
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from nisqdl.engines.contract import Array, Pull
from nisqdl.engines.runtime.options import Execution
from nisqdl.engines.runtime.request import Request, bound_rows
from nisqdl.engines.runtime.wire import (
    Patience,
    fault,
    jobs_of_tag,
    persistent,
    refusal,
    send_posts_once,
)
from nisqdl.errors import AccountError, InputError, NisqdlError
from nisqdl.seeds import derive
from nisqdl.store.pending import Intent, Note, noted
from nisqdl.store.record import content_hash
from nisqdl.targets.snapshots import LIVE_PREFIX

if TYPE_CHECKING:
    from nisqdl.noise.channels import NoiseChannels
    from nisqdl.targets.device import Device
    from nisqdl.targets.isa import IsaModel

TAG = "nisqdl-model"
"""The tag of jobs that a model sends."""


@dataclass(frozen=True, eq=False)
class RuntimeEvaluator:
    """An ISA model whose values are measured; see :class:`nisqdl.engines.contract.Evaluator`.

    Every call is a job. It has no gradient: models are trained by the exact engine.

    Attributes:
        isa: The circuit, without delays.
        device: What it was transpiled for.
        noise: Of its qubits, for local mode.
        backend: A live device's name (``"ibm_torino"``) or the client's backend object; with
            anything else the client's local mode measures.
    """

    isa: IsaModel
    device: Device
    noise: NoiseChannels
    backend: Any

    def values(self, features: Array, weights: Array) -> Array:
        """Expectation values (B, O) with the client's default shots."""
        return self._measured(features, weights, Execution())

    def estimates(
        self, features: Array, weights: Array, shots: int, rng: np.random.Generator
    ) -> Array:
        """Expectation values (B, O) with so many shots of each circuit."""
        return self._measured(features, weights, Execution(shots=shots))

    def values_and_gradient(
        self, features: Array, weights: Array, pull: Pull
    ) -> tuple[Array, Array]:
        raise NisqdlError("A device gives values only: train with the engine exact.")

    def _measured(self, features: Array, weights: Array, execution: Execution) -> Array:
        live = is_live(self.backend)
        name = self.backend if isinstance(self.backend, str) else self.device.name
        request = Request(self.isa, bound_rows(features, weights), execution, str(name))
        if live:
            return measure_now(request, self.backend)
        from nisqdl.engines.runtime.local import measure_locally

        seed = derive(len(features), "local mode of a model") % 2**31
        return measure_locally(request, self.device, self.noise, seed).values


def is_backend(given: Any) -> bool:
    """Whether it is a backend of IBM's client, fake or live, that reports its calibration."""
    return all(
        callable(getattr(given, name, None)) for name in ("properties", "configuration", "run")
    )


def is_live(backend: Any) -> bool:
    """Whether a job would go to a device: the service's name, or a backend with a service."""
    if isinstance(backend, str):
        return backend.startswith(LIVE_PREFIX)
    return is_backend(backend) and getattr(backend, "service", None) is not None


def device_of(backend: Any) -> Device:
    """The device that a backend of IBM's client is, as it reports itself now.

    Raises:
        InputError: It reports no calibration.
    """
    from nisqdl.targets.live import device_from_backend
    from nisqdl.targets.reports import device_from_reports

    if is_live(backend):
        return device_from_backend(backend)
    reports = backend.configuration(), backend.properties()
    if None in reports:
        raise InputError(f"The backend {backend.name} reports no calibration; use another one.")
    source = f"{backend.name}, as the backend reported it"
    return device_from_reports(reports[0].to_dict(), reports[1].to_dict(), source)


def measure_now(request: Request, backend: Any, patience: Patience | None = None) -> Array:
    """Values (B, O) of one job on a live device; waits for it.

    The job is noted before it is sent, until its values are here. If the process ends between, the
    next call with the same content takes that job's values and sends nothing, with a warning that
    says so. A call while another process waits for the same content waits for its end.

    Args:
        request: What is asked.
        backend: The service's name of the device, or the client's backend.
        patience: How long faults are waited out.

    Raises:
        AccountError: The account or the service does not allow it, or the device is not open.
        InputError: The circuit does not fit the device, or the job cannot be noted.
        NisqdlError: The job failed or was cancelled.
    """
    from nisqdl.engines.runtime.adapter import pub_of
    from nisqdl.targets.service import connect, find_backend, require_open

    patience = patience or Patience()
    qubits = max(request.isa.physical_qubits) + 1
    if isinstance(backend, str):
        backend = find_backend(connect(), backend.partition("@")[0], qubits)
    if backend.num_qubits < qubits:
        raise InputError(
            f"The circuit uses qubit {qubits - 1}, but {backend.name} has {backend.num_qubits}."
        )
    pub = pub_of(request, slice(None), backend.num_qubits)
    send_posts_once(backend.service)
    with noted(_content(request, backend)) as note:
        job = _left_behind(note, backend, patience)
        if job is None:
            require_open(backend)
            job = _sent(note, request, pub, backend, patience)
        found = _waited_for(job, note, request, backend, patience)
        note.clear()
    return found


def _left_behind(note: Note, backend: Any, patience: Patience) -> Any:
    """The job that a process sent and did not see the end of; ``None`` if there is none."""
    from qiskit_ibm_runtime.exceptions import RuntimeJobNotFound

    intent = note.read()
    if intent is None:
        return None
    job_id = intent.job_id
    if job_id is None:
        jobs = jobs_of_tag(
            backend.service, intent.tag, intent.sent, _tell, patience, backend._instance
        )
        if not jobs:
            return None
        job = jobs[0]
    else:
        try:
            job = persistent(
                lambda: backend.service.job(job_id), f"asking for job {job_id}", patience
            )
        except RuntimeJobNotFound:
            note.clear()
            raise NisqdlError(
                f"Job {job_id} was sent to {backend.name} at {intent.sent} by a process that did "
                "not see its end, and the service does not know it any more; call again to send "
                "another."
            ) from None
    note.write(replace(intent, job_id=job.job_id()))
    _tell(
        f"Job {job.job_id()} was sent to {backend.name} at {intent.sent} by a process that did "
        "not see its end; its values are taken, and nothing is sent."
    )
    return job


def _sent(
    note: Note, request: Request, pub: tuple[Any, ...], backend: Any, patience: Patience
) -> Any:
    """A new job, noted before it is sent and with its id after."""
    from nisqdl.engines.runtime.adapter import estimator

    tag = f"{TAG}-{secrets.token_hex(8)}"
    client = estimator(backend, request.execution, (TAG, tag))
    doing = f"sending a job to {backend.name}"
    for trial in range(patience.tries):
        intent = Intent(note.path.stem, backend.name, tag, datetime.now(UTC).isoformat())
        note.write(intent)
        try:
            job = client.run([pub])
        except Exception as error:
            found = fault(error)
            if found is None:
                raise
            jobs = []
            if not found.refused:
                jobs = jobs_of_tag(
                    backend.service, tag, intent.sent, _tell, patience, backend._instance
                )
            if not jobs:
                note.clear()  # it is sure now that the service does not have it
                again = found.passes and (found.refused or found.status is not None)
                asked = found.retry_after_s
                if not again or trial == patience.tries - 1 or (asked or 0) > patience.longest_s:
                    raise refusal(error, doing) from None
                time.sleep(patience.wait_s(trial, asked))
                continue
            job = jobs[0]
        note.write(replace(intent, job_id=job.job_id()))
        return job
    raise AssertionError("a job is tried at least once")


def _waited_for(job: Any, note: Note, request: Request, backend: Any, patience: Patience) -> Array:
    """The job's values when it is done; the note goes too where there will never be any."""
    from nisqdl.engines.runtime.adapter import values_of

    doing = f"waiting for job {job.job_id()} on {backend.name}"
    persistent(job.wait_for_final_state, doing, patience)
    status = str(persistent(job.status, doing, patience))
    shape = (len(request.bindings), len(request.isa.observables))
    if status != "DONE":
        note.clear()
        reason = " ".join(str(getattr(job, "_reason", None) or "no reason given").split())
        ended = "was cancelled" if status == "CANCELLED" else "failed"
        raise NisqdlError(
            f"Job {job.job_id()} on {backend.name} {ended} ({reason}); call again to send another."
        )
    try:
        (found,) = persistent(lambda: values_of(job, [shape]), doing, patience)
        if not np.isfinite(found.values).all():
            raise NisqdlError(
                f"Job {job.job_id()} on {backend.name} gave values that are no numbers."
            )
    except AccountError:
        raise
    except NisqdlError:
        note.clear()
        raise
    return found.values


def _content(request: Request, backend: Any) -> str:
    """The hash of what is asked, and where: the same in every process."""
    isa = request.isa
    circuit = isa.circuit
    gates = [
        [
            gate.operation.name,
            [circuit.find_bit(qubit).index for qubit in gate.qubits],
            [value if isinstance(value, int) else str(value) for value in gate.operation.params],
        ]
        for gate in circuit.data
    ]
    return content_hash(
        {
            "gates": gates,
            "parameters": [parameter.name for parameter in (*isa.features, *isa.weights)],
            "observables": [
                [[label, value.real] for label, value in op.to_list()] for op in isa.observables
            ],
            "physical_qubits": list(isa.physical_qubits),
            "bindings": request.bindings.tolist(),
            "execution": request.execution.model_dump(mode="json"),
            "backend": backend.name,
            "instance": backend._instance,
        }
    )


def _tell(sentence: str) -> None:
    warnings.warn(sentence, stacklevel=2)
