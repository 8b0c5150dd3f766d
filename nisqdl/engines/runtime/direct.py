"""Values measured at once: one job on a device, waited for, or the client's local mode.

For long work there are experiments (``nisqdl submit``), whose jobs outlive the process; here a
process that ends leaves its job alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nisqdl.engines.contract import Array, Pull
from nisqdl.engines.runtime.options import Execution
from nisqdl.engines.runtime.request import Request, bound_rows
from nisqdl.errors import InputError, NisqdlError
from nisqdl.seeds import derive
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


def measure_now(request: Request, backend: Any) -> Array:
    """Values (B, O) of one job on a live device; waits for it.

    Args:
        request: What is asked.
        backend: The service's name of the device, or the client's backend.

    Raises:
        AccountError: The account or the service does not allow it, or the device is not open.
        NisqdlError: The job failed.
    """
    from nisqdl.engines.runtime.adapter import estimator, pub_of, values_of
    from nisqdl.targets.refusals import refusals_told
    from nisqdl.targets.service import connect, find_backend, require_open

    qubits = max(request.isa.physical_qubits) + 1
    if isinstance(backend, str):
        backend = find_backend(connect(), backend.partition("@")[0], qubits)
    if backend.num_qubits < qubits:
        raise InputError(
            f"The circuit uses qubit {qubits - 1}, but {backend.name} has {backend.num_qubits}."
        )
    require_open(backend)
    shape = (len(request.bindings), len(request.isa.observables))
    with refusals_told(f"running a job on {backend.name}"):
        client = estimator(backend, request.execution, (TAG,))
        job = client.run([pub_of(request, slice(None), backend.num_qubits)])
        (found,) = values_of(job, [shape])
    if not np.isfinite(found.values).all():
        raise NisqdlError(f"Job {job.job_id()} on {backend.name} gave values that are no numbers.")
    return found.values
