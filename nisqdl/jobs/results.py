"""What is stored of a job that is done: what it gave, and what the service said about it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from nisqdl.engines.runtime.learned import LayerModel, model_from_json
from nisqdl.engines.runtime.request import JobFacts
from nisqdl.store.ledger import Ledger
from nisqdl.store.record import Json

if TYPE_CHECKING:
    from nisqdl.engines.contract import Array
    from nisqdl.targets.device import Device


def qpu_seconds(usage: Mapping[str, Any]) -> float | None:
    """The time on the device that is counted; ``None`` while the service has not settled it."""
    if usage.get("status") == "pending":
        return None
    found = usage.get("quantum_seconds", usage.get("qpu_charge_time_seconds"))
    return None if found is None else float(found)


def packed(content: Json) -> bytes:
    """A result as it is stored."""
    return zlib.compress(json.dumps(content, separators=(",", ":")).encode())


@dataclass(frozen=True)
class Result:
    """What is stored of a job that is done: a table of values for each of its pieces, or noise."""

    facts: JobFacts
    device: Device
    executions: tuple[int, ...]
    values: tuple[Array, ...]
    stderr: tuple[Array, ...]
    model: LayerModel | None = None

    def share(self, index: int) -> float | None:
        """A piece's share of the job's time on the device, by executions."""
        if self.facts.qpu_seconds is None:
            return None
        return self.facts.qpu_seconds * self.executions[index] / sum(self.executions)


@lru_cache(maxsize=4)
def read_result(data: bytes) -> Result:
    """A stored result; one job holds many steps, which are put together one after another."""
    from pydantic import TypeAdapter

    from nisqdl.targets.device import Device

    content = _document(data)
    return Result(
        facts=JobFacts(**content["facts"]),
        device=TypeAdapter(Device).validate_python(content["device"]),
        executions=tuple(content["executions"]),
        values=tuple(np.asarray(t, dtype=np.float64) for t in content.get("values", ())),
        stderr=tuple(np.asarray(t, dtype=np.float64) for t in content.get("stderr", ())),
        model=model_from_json(content["model"]) if "model" in content else None,
    )


def facts_of(data: bytes) -> JobFacts:
    """What the service said of a job, without the values."""
    return JobFacts(**_document(data)["facts"])


def with_seconds(data: bytes, seconds: float) -> bytes:
    """The same result with the time on the device that the service counts."""
    content = _document(data)
    return packed({**content, "facts": {**content["facts"], "qpu_seconds": seconds}})


def counted_seconds(ledger: Ledger) -> dict[str, float]:
    """The time on the device that the service counted, by tag, of jobs that are done."""
    found: dict[str, float] = {}
    for job in ledger.jobs():
        if job.state == "done":
            seconds = facts_of(ledger.result(job.tag)).qpu_seconds
            if seconds is not None:
                found[job.tag] = float(seconds)
    return found


def _document(data: bytes) -> Json:
    return json.loads(zlib.decompress(data))
