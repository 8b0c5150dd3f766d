"""Which gates and qubits of a device must not be used, by one stated rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from nisqdl.targets.device import Device, GateCalibration, QubitCalibration

GATE_ERROR_LIMIT = 0.99
"""An error at or above this is the provider's way to say that a gate was not calibrated."""

READOUT_LIMIT = 0.5
"""A qubit that misreads a prepared state this often tells nothing."""

_LISTED_AT_MOST = 100


@dataclass(frozen=True)
class Faults:
    """What must not be used.

    Attributes:
        gates: (gate name, qubits in ascending order) → why. A two-qubit gate is faulty on a pair
            if it is in either direction: the two entries describe one physical interaction.
        qubits: Qubit → why.
    """

    gates: Mapping[tuple[str, tuple[int, ...]], str] = field(default_factory=dict)
    qubits: Mapping[int, str] = field(default_factory=dict)

    def allow(self, name: str, qubits: tuple[int, ...]) -> bool:
        """Whether a gate may be used on these qubits, in whatever order they are."""
        if any(qubit in self.qubits for qubit in qubits):
            return False
        return (name, tuple(sorted(qubits))) not in self.gates

    def described(self) -> list[str]:
        """A phrase for each fault (``"qubit 7: T1 is missing"``, ``"cz 3-4: its error is 1"``).

        A gate that is faulty in very many places, as a fractional gate that was never calibrated,
        is one phrase with their number.
        """
        phrases = [f"qubit {qubit}: {why}" for qubit, why in self.qubits.items()]
        counts = Counter(name for name, _ in self.gates)
        for name, count in counts.items():
            if count > _LISTED_AT_MOST:
                phrases.append(f"{name}: not calibrated in {count} places")
        return phrases + [
            f"{name} {'-'.join(map(str, qubits))}: {why}"
            for (name, qubits), why in self.gates.items()
            if counts[name] <= _LISTED_AT_MOST
        ]


@lru_cache(maxsize=64)
def faults(device: Device) -> Faults:
    """The faulty gates and qubits of a device.

    The rule: a gate is faulty if its error is missing or at least 0.99, in either direction. A
    qubit is faulty if T1, T2 or a readout probability is missing, T1 or T2 is 0, it misreads |0⟩
    or |1⟩ at least half of the time, or a one-qubit gate of the basis (``id`` and the fractional
    ``rx`` aside) is faulty on it. A gate on a faulty qubit is not listed again.
    """
    qubits = {
        index: why
        for index, qubit in enumerate(device.qubits)
        if (why := _qubit_fault(qubit)) is not None
    }
    gates: dict[tuple[str, tuple[int, ...]], str] = {}
    for gate in device.gates:
        if gate.name in device.basis_gates and (why := _gate_fault(gate)) is not None:
            gates.setdefault((gate.name, tuple(sorted(gate.qubits))), why)
    for (name, on), why in gates.items():
        if len(on) == 1 and name not in ("id", "rx"):
            qubits.setdefault(on[0], f"the gate {name} cannot be used, {why}")
    remaining = {key: why for key, why in gates.items() if not set(key[1]) & set(qubits)}
    return Faults(dict(sorted(remaining.items())), dict(sorted(qubits.items())))


def _qubit_fault(qubit: QubitCalibration) -> str | None:
    for name, time in (("T1", qubit.t1_us), ("T2", qubit.t2_us)):
        if time is None:
            return f"{name} is missing"
        if time <= 0:
            return f"{name} is {time:g} µs"
    for prepared, error in ((0, qubit.p1_given_0), (1, qubit.p0_given_1)):
        if error is None:
            return f"the readout error of a prepared {prepared} is missing"
        if error >= READOUT_LIMIT:
            return f"a prepared {prepared} is misread with probability {error:.2f}"
    return None


def _gate_fault(gate: GateCalibration) -> str | None:
    if gate.error is None:
        return "its error is missing"
    if gate.error >= GATE_ERROR_LIMIT:
        return f"its error is {gate.error:g}"
    return None
