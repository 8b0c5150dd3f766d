"""Noise injection: random Pauli gates after each gate, as a device's noise would strike by chance.

Wang et al. 2022 (QuantumNAT, DAC; arXiv:2110.11331, section 3.2) train on circuits into which
Pauli gates are put by the probabilities of the device's noise model. Here every sample of every
evaluation has gates of its own. Their mean is the noise with each channel twirled to Pauli errors:
the same as the noise itself for depolarizing, near it for relaxation (whose drift to |0⟩ a twirl
forgets). Readout confusion is not drawn: it acts on the values as it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from nisqdl.engines.contract import Array, Evaluator, Pull
from nisqdl.noise.aer import delay_ns
from nisqdl.noise.channels import NoiseChannels, Relaxation
from nisqdl.noise.inert import refuse_inert
from nisqdl.seeds import generator

if TYPE_CHECKING:
    from qiskit.circuit import QuantumCircuit

    from nisqdl.engines.statevector.evaluator import StatevectorEvaluator
    from nisqdl.targets.isa import IsaModel


@dataclass(frozen=True)
class Site:
    """Where errors strike: after one operation, on its qubits.

    Attributes:
        depolarizing: p of ρ → (1 − p) ρ + p I/d on all of the qubits together.
        relaxation: (probability of X, of Y, of Z) for each qubit: twirled; empty is none.
    """

    num_qubits: int
    depolarizing: float
    relaxation: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True, eq=False)
class Injection:
    """A model with places for errors, lowered once. Build it with :meth:`Injection.of`.

    Attributes:
        evaluator: Of the pure circuit; its features are the model's, then an X and a Z angle for
            each qubit of each site.
        sites: In the circuit's order.
    """

    evaluator: StatevectorEvaluator
    sites: tuple[Site, ...]

    @classmethod
    def of(cls, isa: IsaModel, noise: NoiseChannels) -> Injection:
        """The places after an ISA circuit's noisy gates and delays.

        Raises:
            InputError: The circuit is not ISA for the noise.
            CapacityError: The state vectors do not fit the memory.
        """
        from nisqdl.engines.statevector import StatevectorEngine

        refuse_inert(isa.circuit, noise)
        circuit, angles, sites = _with_places(isa.circuit, noise)
        model = replace(isa, circuit=circuit, features=(*isa.features, *angles))
        readout = NoiseChannels(noise.name, readout=noise.readout)
        return cls(StatevectorEngine().prepare(model, readout), tuple(sites))

    def drawn(self, seed: int) -> Evaluator:
        """The model with errors that depend on the seed and a sample's place in its batch alone."""
        return _Struck(self, seed)

    def angles(self, count: int, rng: np.random.Generator) -> Array:
        """Errors of so many samples, as the angles 0 and π that make them: (count, 2 · qubits of
        sites)."""
        return np.concatenate(
            [np.pi * _struck(site, count, rng) for site in self.sites] or [np.empty((count, 0))],
            axis=1,
        )


@dataclass(frozen=True, eq=False)
class _Struck:
    """An evaluator that is struck by the errors of one seed."""

    injection: Injection
    seed: int

    def values(self, features: Array, weights: Array) -> Array:
        return self.injection.evaluator.values(self._with_errors(features), weights)

    def values_and_gradient(
        self, features: Array, weights: Array, pull: Pull
    ) -> tuple[Array, Array]:
        features = self._with_errors(features)
        return self.injection.evaluator.values_and_gradient(features, weights, pull)

    def values_and_derivatives(
        self, features: Array, weights: Array, pull: Pull
    ) -> tuple[Array, Array, Array]:
        """As :meth:`nisqdl.engines.statevector.evaluator.StatevectorEvaluator`'s."""
        count = features.shape[1]
        values, by_weights, by_features = self.injection.evaluator.values_and_derivatives(
            self._with_errors(features), weights, pull
        )
        return values, by_weights, by_features[:, :count]

    def estimates(
        self, features: Array, weights: Array, shots: int, rng: np.random.Generator
    ) -> Array:
        features = self._with_errors(features)
        return self.injection.evaluator.estimates(features, weights, shots, rng)

    def _with_errors(self, features: Array) -> Array:
        rng = generator(self.seed, "errors")
        return np.hstack([features, self.injection.angles(len(features), rng)])


def twirled_relaxation(relaxation: Relaxation) -> tuple[float, float, float]:
    """The probabilities of X, Y and Z that thermal relaxation to |0⟩ has when it is twirled.

    X and Y: (1 − e^(−t/T1))/4 each; Z: (1 − e^(−t/T2))/2 − (1 − e^(−t/T1))/4.
    """
    lost = -math.expm1(-relaxation.time_ns / relaxation.t1_ns)
    blurred = -math.expm1(-relaxation.time_ns / relaxation.t2_ns)
    return lost / 4, lost / 4, max(0.0, blurred / 2 - lost / 4)


def _with_places(
    circuit: QuantumCircuit, noise: NoiseChannels
) -> tuple[QuantumCircuit, list[object], list[Site]]:
    """The circuit with RX and RZ for the errors after each noisy operation."""
    from qiskit.circuit import Parameter

    index = {qubit: i for i, qubit in enumerate(circuit.qubits)}
    placed, sites = circuit.copy_empty_like(), []
    angles: list[object] = []
    for instruction in circuit.data:
        placed.append(instruction)
        qubits = tuple(index[qubit] for qubit in instruction.qubits)
        site = _site(instruction.operation, qubits, noise)
        if site is None:
            continue
        sites.append(site)
        for qubit in qubits:
            x, z = (Parameter(f"error {letter} {len(angles) // 2}") for letter in "xz")
            placed.rx(x, qubit)
            placed.rz(z, qubit)
            angles += [x, z]
    return placed, angles, sites


def _site(operation: object, qubits: tuple[int, ...], noise: NoiseChannels) -> Site | None:
    name = str(getattr(operation, "name", ""))
    if name == "delay" and qubits[0] in noise.idle:
        idle = Relaxation(delay_ns(operation), *noise.idle[qubits[0]])
        return Site(1, 0.0, (twirled_relaxation(idle),)) if idle.time_ns else None
    found = noise.gates.get((name, qubits))
    if found is None or not (found.depolarizing or found.relaxation):
        return None
    return Site(len(qubits), found.depolarizing, tuple(map(twirled_relaxation, found.relaxation)))


def _struck(site: Site, count: int, rng: np.random.Generator) -> Array:
    """0 or 1 for X and Z on each qubit, (count, 2 · qubits): Y is both."""
    size = 4**site.num_qubits
    # With probability p every Pauli string is as likely as the others, the identity among them.
    others = site.depolarizing * (size - 1) / size
    strings = np.where(rng.random(count) < others, rng.integers(1, size, count), 0)
    bits = strings[:, np.newaxis] >> np.arange(2 * site.num_qubits) & 1
    for qubit, (x, y, z) in enumerate(site.relaxation):
        chance = rng.random(count)
        bits[:, 2 * qubit] ^= chance < x + y
        bits[:, 2 * qubit + 1] ^= (chance >= x) & (chance < x + y + z)
    return bits.astype(np.float64)
