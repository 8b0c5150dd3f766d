"""Many requests in few jobs: what shares device and options travels together, within the limits.

One precision a job, so what runs with other options is another job; so is learning noise. A
request's rows are one broadcast pub; one that is too large for a job is cut between rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from nisqdl.engines.runtime.estimate import request_executions
from nisqdl.engines.runtime.learned import model_to_json
from nisqdl.engines.runtime.limits import LIMITS, Load, row_load
from nisqdl.engines.runtime.options import Execution
from nisqdl.engines.runtime.request import Request
from nisqdl.errors import InputError
from nisqdl.store.ledger import Piece
from nisqdl.store.record import content_hash
from nisqdl.targets.device import Device

TAG = "nisqdl"


@dataclass(frozen=True)
class Parcel:
    """What goes into one job.

    Attributes:
        backend: The device by the service's name.
        execution: How it runs.
        pieces: What is in it.
        executions: Circuits × shots in it.
    """

    backend: str
    execution: Execution
    pieces: tuple[Piece, ...]
    executions: int

    @property
    def content(self) -> str:
        """Hash of all that the job is: the steps' own keys, device, options."""
        return content_hash(
            {
                "backend": self.backend,
                "execution": self.execution.model_dump(mode="json"),
                "pieces": [[piece.key, piece.start, piece.stop] for piece in self.pieces],
            }
        )


def tag_of(content: str, attempt: int) -> str:
    """The tag of a job: of what is in it, and of which attempt it is after failed ones."""
    return f"{TAG}-{content}" if attempt == 1 else f"{TAG}-{content}-{attempt}"


def pack(
    requests: Mapping[str, Request], device: Device | None = None, limits: Load = LIMITS
) -> list[Parcel]:
    """The jobs for these requests, by the keys of their steps; the same for the same requests.

    Args:
        requests: What is asked, by the step's key.
        device: The device, whose times count for the limit of a job's time; ``None`` leaves it out.
        limits: What one job holds.

    Raises:
        InputError: A single circuit asks for more than a job may hold.
    """
    groups: dict[str, list[str]] = {}
    for key in sorted(requests):
        request = requests[key]
        options = request.execution.model_dump(mode="json")
        group = content_hash(
            {
                "backend": request.backend,
                "execution": options,
                # Learning is a job of its own; PEC and PEA take one noise model a job.
                "learns": key if request.learns else None,
                "learned": None if request.learned is None else model_to_json(request.learned),
            }
        )
        groups.setdefault(group, []).append(key)
    parcels: list[Parcel] = []
    for keys in groups.values():
        pieces: list[Piece] = []
        room = limits
        for key in keys:
            rows = len(requests[key].bindings)
            each = row_load(requests[key], device)
            if not limits.holds(each):
                raise InputError(
                    f"One circuit must fit a job of {limits.executions:,.0f} executions and "
                    f"{limits.seconds / 3600:.1f} h on the device, but takes "
                    f"{each.executions:,.0f} executions and {each.seconds / 3600:.1f} h; ask for "
                    "fewer `shots`, or less `noise_learning`."
                )
            start = 0
            while start < rows:
                fit = min(rows - start, room.holds(each))
                if fit == 0:
                    parcels.append(_parcel(requests, pieces))
                    pieces, room = [], limits
                    continue
                pieces.append(Piece(key, start, start + fit))
                start, room = start + fit, room.without(each.times(fit))
        parcels.append(_parcel(requests, pieces))
    return parcels


def part_of(request: Request, piece: Piece) -> Request:
    """The request for a piece of its rows."""
    return replace(request, bindings=request.bindings[piece.start : piece.stop])


def _parcel(requests: Mapping[str, Request], pieces: list[Piece]) -> Parcel:
    first = requests[pieces[0].key]
    executions = sum(request_executions(part_of(requests[p.key], p)) for p in pieces)
    return Parcel(first.backend, first.execution, tuple(pieces), executions)
