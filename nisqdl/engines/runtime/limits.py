"""What one job may hold (IBM Quantum documentation, "Job limits" and "Maximum execution time").

At most 10 million executions, three hours of time on the device, and 26.8 million control
instructions on any qubit, counted over the different circuits by a table of the documentation.
The limit of two-qubit gates is not stated there; the service says it where it rejects a job.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nisqdl.engines.runtime.estimate import (
    BASES_OF_LEARNING,
    MAX_EXECUTIONS,
    bases,
    factors,
    request_executions,
    request_seconds,
    twirls_of,
)

if TYPE_CHECKING:
    from nisqdl.engines.runtime.request import Request
    from nisqdl.targets.device import Device
    from nisqdl.targets.isa import IsaModel

MAX_INSTRUCTIONS = 26_800_000
"""Control instructions on one qubit in one job."""

MAX_SECONDS = 10_800.0
"""Three hours; what an estimate comes to may be exceeded a little by what is counted."""

_MARGIN = 0.9
_COUNTS = {"rz": 1, "delay": 1, "sx": 2, "x": 2, "rx": 2, "cx": 5, "cz": 5, "ecr": 5, "rzz": 5}
_MEASURE = 10
_OTHER = 5


@dataclass(frozen=True)
class Load:
    """What something takes of a job's limits.

    Attributes:
        executions: Runs of circuits.
        instructions: Control instructions on the busiest qubit.
        seconds: Time on the device.
    """

    executions: float
    instructions: float
    seconds: float

    def times(self, number: float) -> Load:
        """So many of it."""
        return Load(*(number * part for part in self._parts))

    def without(self, other: Load) -> Load:
        """What is left."""
        pairs = zip(self._parts, other._parts, strict=True)
        return Load(*(mine - theirs for mine, theirs in pairs))

    def holds(self, each: Load) -> int:
        """How many of ``each`` fit."""
        pairs = zip(self._parts, each._parts, strict=True)
        return max(0, min(int(mine // theirs) for mine, theirs in pairs if theirs > 0))

    @property
    def _parts(self) -> tuple[float, float, float]:
        return self.executions, self.instructions, self.seconds


LIMITS = Load(MAX_EXECUTIONS, MAX_INSTRUCTIONS, _MARGIN * MAX_SECONDS)
"""What one job holds."""


def row_load(request: Request, device: Device | None) -> Load:
    """What one row of a request's bindings takes.

    Args:
        request: What is asked.
        device: For its times; ``None`` leaves time out.
    """
    rows = max(1, len(request.bindings))
    seconds = 0.0 if device is None else request_seconds(request, device) / rows
    return Load(request_executions(request) / rows, _instructions(request), seconds)


def _instructions(request: Request) -> float:
    single, double = _busiest(request.isa)
    if request.learns:
        learning = request.execution.learning
        circuits = BASES_OF_LEARNING * learning.num_randomizations
        pairs = sum(2 * depth * _COUNTS["cz"] + _MEASURE for depth in set(learning.depths))
        return float(circuits * pairs * max(1, double // _COUNTS["cz"]))
    each = sum(single + double * factor + _MEASURE for factor in factors(request))
    return float(each * bases(request.isa) * twirls_of(request))


def _busiest(isa: IsaModel) -> tuple[int, int]:
    """Instructions of one-qubit and of two-qubit gates on the qubit that has the most."""
    single, double = [0] * isa.num_qubits, [0] * isa.num_qubits
    for instruction in isa.circuit.data:
        count = _COUNTS.get(instruction.operation.name, _OTHER)
        for qubit in instruction.qubits:
            part = single if len(instruction.qubits) == 1 else double
            part[isa.circuit.find_bit(qubit).index] += count
    return max(zip(single, double, strict=True), key=sum)
