"""What one remote step asks of a device, and what came back for it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from nisqdl.engines.runtime.learned import LayerModel, model_from_json, model_to_json
from nisqdl.engines.runtime.options import Execution
from nisqdl.errors import InputError
from nisqdl.store.record import Json
from nisqdl.targets.serial import isa_from_bytes, isa_to_bytes

if TYPE_CHECKING:
    from nisqdl.engines.contract import Array
    from nisqdl.targets.device import Device
    from nisqdl.targets.isa import IsaModel

REQUEST_FORMAT = "nisqdl request 1"
MEASURED_FORMAT = "nisqdl measured 1"
LEARNED_FORMAT = "nisqdl learned noise 1"


@dataclass(frozen=True)
class Request:
    """What one remote step asks: every observable at every binding.

    Attributes:
        isa: The compact ISA model; ``physical_qubits`` say where it goes at submission.
        bindings: Parameter values, shape (B, F + W): features, then weights, in the model's order.
        execution: How it runs.
        backend: The device by the service's name (``"ibm_torino"``).
        learns: Whether it asks for the noise of the circuit's layers, instead of values.
        learned: The noise that PEC or PEA start from; ``None`` where they are not asked for.
    """

    isa: IsaModel
    bindings: Array
    execution: Execution
    backend: str
    learns: bool = False
    learned: LayerModel | None = None


def bound_rows(features: Array, weights: Array) -> Array:
    """Bindings (B, F + W) of features (B, F) at one weight vector (W,)."""
    return np.hstack([features, np.broadcast_to(weights, (len(features), len(weights)))])


@dataclass(frozen=True)
class JobFacts:
    """What the service says of a job that was done.

    Attributes:
        id: The job's id.
        submitted, started, finished: ISO 8601 in UTC; ``None`` where the service did not say.
        qpu_seconds: Time on the device that the service counts for the whole job.
        options: The options as the client finalised them.
    """

    id: str
    submitted: str | None
    started: str | None
    finished: str | None
    qpu_seconds: float | None
    options: Mapping[str, Json]


@dataclass(frozen=True)
class Measured:
    """What came back for one request: the artifact of a remote step.

    Attributes:
        values: Expectation values, shape (B, O); they may exceed an observable's range.
        stderr: Their standard errors as the client states them, (B, O).
        backend: The device by the service's name.
        jobs: The jobs that it came from; several where it did not fit into one.
        qpu_seconds: This request's share of the jobs' time, by its executions.
        unphysical: How many values lie outside their observable's range.
        snapshot: The device as calibrated when the first of the jobs started.
    """

    values: Array
    stderr: Array
    backend: str
    jobs: tuple[JobFacts, ...]
    qpu_seconds: float | None
    unphysical: int
    snapshot: Device | None


def request_to_bytes(request: Request) -> bytes:
    """A request as a JSON document in UTF-8; the circuit as QPY in it."""
    return _written(
        {
            "format": REQUEST_FORMAT,
            "isa": base64.b64encode(isa_to_bytes(request.isa)).decode("ascii"),
            "bindings": request.bindings.tolist(),
            "execution": request.execution.model_dump(mode="json"),
            "backend": request.backend,
            **({"learns": True} if request.learns else {}),
            **({} if request.learned is None else {"learned": model_to_json(request.learned)}),
        }
    )


def request_from_bytes(content: bytes) -> Request:
    """Read what :func:`request_to_bytes` wrote.

    Raises:
        InputError: It is damaged, or of another format.
    """
    document = _read(content, REQUEST_FORMAT, "The stored request")
    return Request(
        isa=isa_from_bytes(base64.b64decode(document["isa"])),
        bindings=np.asarray(document["bindings"], dtype=np.float64),
        execution=Execution.model_validate(document["execution"]),
        backend=document["backend"],
        learns=document.get("learns", False),
        learned=model_from_json(document["learned"]) if "learned" in document else None,
    )


@dataclass(frozen=True)
class Learned:
    """The noise that a learning job found: the artifact of a remote step that learns.

    Attributes:
        model: The layers' noise.
        backend, jobs, qpu_seconds, snapshot: As in :class:`Measured`.
    """

    model: LayerModel
    backend: str
    jobs: tuple[JobFacts, ...]
    qpu_seconds: float | None
    snapshot: Device | None


def learned_to_bytes(learned: Learned) -> bytes:
    """What was learned as a JSON document in UTF-8."""
    return _written(
        {
            "format": LEARNED_FORMAT,
            "model": model_to_json(learned.model),
            **_origin(learned),
        }
    )


def learned_from_bytes(content: bytes) -> Learned:
    """Read what :func:`learned_to_bytes` wrote.

    Raises:
        InputError: It is damaged, or of another format.
    """
    document = _read(content, LEARNED_FORMAT, "The stored noise")
    return Learned(
        model=model_from_json(document["model"]),
        backend=document["backend"],
        jobs=tuple(JobFacts(**job) for job in document["jobs"]),
        qpu_seconds=document["qpu_seconds"],
        snapshot=_device(document["snapshot"]),
    )


def measured_to_bytes(measured: Measured) -> bytes:
    """What came back as a JSON document in UTF-8."""
    return _written(
        {
            "format": MEASURED_FORMAT,
            "values": _rows(measured.values),
            "stderr": _rows(measured.stderr),
            "unphysical": measured.unphysical,
            **_origin(measured),
        }
    )


def measured_from_bytes(content: bytes) -> Measured:
    """Read what :func:`measured_to_bytes` wrote.

    Raises:
        InputError: It is damaged, or of another format.
    """
    document = _read(content, MEASURED_FORMAT, "The stored measurement")
    return Measured(
        values=np.asarray(document["values"], dtype=np.float64),
        stderr=np.asarray(document["stderr"], dtype=np.float64),
        backend=document["backend"],
        jobs=tuple(JobFacts(**job) for job in document["jobs"]),
        qpu_seconds=document["qpu_seconds"],
        unphysical=document["unphysical"],
        snapshot=_device(document["snapshot"]),
    )


def _origin(found: Measured | Learned) -> dict[str, Json]:
    """Where something came from, for JSON."""
    return {
        "backend": found.backend,
        "jobs": [asdict(job) for job in found.jobs],
        "qpu_seconds": found.qpu_seconds,
        "snapshot": None if found.snapshot is None else _document(found.snapshot),
    }


def _device(snapshot: Json) -> Device | None:
    from pydantic import TypeAdapter

    from nisqdl.targets.device import Device

    return None if snapshot is None else TypeAdapter(Device).validate_python(snapshot)


@lru_cache(maxsize=4)
def _document(device: Device) -> Json:
    """A device for JSON; the many steps of a job have the same one."""
    return asdict(device)


def _rows(table: Array) -> list[list[float | None]]:
    """Rows for JSON; what is no number becomes ``None``, and NaN again when it is read."""
    return [[float(v) if np.isfinite(v) else None for v in row] for row in table]


def _written(document: Json) -> bytes:
    return json.dumps(document, separators=(",", ":"), allow_nan=False).encode()


def _read(content: bytes, expected: str, what: str) -> Json:
    try:
        document = json.loads(content)
        found = document["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{what} is damaged or cut off ({error}); restore the run folder from a copy."
        ) from error
    if found != expected:
        raise InputError(
            f"{what} must be of the format {expected!r}, but is of {found!r}; read it with the "
            "nisqdl that wrote it."
        )
    return document
