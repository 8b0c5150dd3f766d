"""Noise channels: what a recipe says about the active qubits of one ISA model, as physics.

One description, two renderings: :mod:`nisqdl.noise.aer` makes an Aer ``NoiseModel`` of it, the
exact engine makes Pauli transfer matrices. Both must give the same numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Relaxation:
    """Thermal relaxation of one qubit towards |0⟩ during a time.

    Attributes:
        time_ns: Duration; 0 is none.
        t1_ns, t2_ns: Relaxation and dephasing times, ``t2_ns <= 2 * t1_ns``; ``inf`` is none.
    """

    time_ns: float
    t1_ns: float
    t2_ns: float


@dataclass(frozen=True)
class GateNoise:
    """What follows an ideal gate: depolarizing on all its qubits, *then* relaxation on each.

    The order is that of Aer's device models (``depol.compose(relax)``).

    Attributes:
        depolarizing: p of ρ → (1 − p) ρ + p I/d on the gate's qubits together (Aer's convention).
        relaxation: One entry for each qubit of the gate, in the gate's order; empty is none.
    """

    depolarizing: float = 0.0
    relaxation: tuple[Relaxation, ...] = ()


@dataclass(frozen=True)
class Readout:
    """Confusion of one qubit's measurement, asymmetric."""

    p1_given_0: float
    p0_given_1: float


@dataclass(frozen=True)
class NoiseChannels:
    """The noise of the active qubits; qubits are indices of the *compact* circuit.

    Attributes:
        name: The recipe's name and scale, for messages and records (``"calibrated ×2"``).
        gates: (gate name, qubits in the gate's order) → noise after it. A gate that is not listed
            is noiseless. ``rz`` is virtual and never listed by calibrated recipes.
        idle: qubit → (t1_ns, t2_ns): relaxation during each explicit delay; empty is none.
        readout: qubit → confusion; empty is perfect readout.
    """

    name: str = "ideal"
    gates: Mapping[tuple[str, tuple[int, ...]], GateNoise] = field(default_factory=dict)
    idle: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    readout: Mapping[int, Readout] = field(default_factory=dict)

    @property
    def is_ideal(self) -> bool:
        return not (self.gates or self.idle or self.readout)


IDEAL = NoiseChannels()
