"""What is computed, in a neutral form: gates, noise as numbers, data. Peers build on it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

Task = Literal["training step", "derivatives", "values"]
"""training step: loss and gradient, flat (1 + W). derivatives: of each observable by the first
weight, for each row of weights, (units, O). values: for each noise and sample, (noises, units)."""


@dataclass(frozen=True)
class Gate:
    """``ry``, ``rz`` (exp(−iθP/2)) or ``cx`` (control first); θ is a feature or a weight."""

    name: str
    qubits: tuple[int, ...]
    feature: int | None = None
    weight: int | None = None

    def angle(self, features: Any, weights: Any) -> Any:
        """θ, an entry of either; they may be arrays, tracers or lists."""
        return weights[self.weight] if self.feature is None else features[self.feature]


@dataclass(frozen=True)
class Noise:
    """What follows each gate: depolarizing ρ → (1 − p) ρ + p I/d, then relaxation of each qubit.

    Attributes:
        one_qubit_p, two_qubit_p: p after gates of one and of two qubits.
        t1_ns, t2_ns: Relaxation and dephasing times.
        one_qubit_ns, two_qubit_ns: How long gates take.
        readout_flip: Symmetric confusion of each measured qubit.
    """

    one_qubit_p: float = 1e-3
    two_qubit_p: float = 1e-2
    t1_ns: float = 100e3
    t2_ns: float = 80e3
    one_qubit_ns: float = 50.0
    two_qubit_ns: float = 300.0
    readout_flip: float = 0.02

    def scaled(self, scale: float) -> Noise:
        """Probabilities and durations times λ."""
        return replace(
            self,
            one_qubit_p=scale * self.one_qubit_p,
            two_qubit_p=scale * self.two_qubit_p,
            one_qubit_ns=scale * self.one_qubit_ns,
            two_qubit_ns=scale * self.two_qubit_ns,
            readout_flip=scale * self.readout_flip,
        )

    def of(self, num_qubits: int) -> tuple[float, float]:
        """(p, duration in ns) of gates of so many qubits."""
        if num_qubits == 1:
            return self.one_qubit_p, self.one_qubit_ns
        return self.two_qubit_p, self.two_qubit_ns

    def kraus(self, num_qubits: int) -> list[npt.NDArray[np.complex128]]:
        """Kraus operators of all that follows a gate, merged into one channel: the fewest."""
        p, time = self.of(num_qubits)
        d = 2**num_qubits
        relaxed = _relaxation_choi(time, self.t1_ns, self.t2_ns)
        choi = relaxed if num_qubits == 1 else _two(relaxed, relaxed)
        # Relaxation after depolarizing: (1 − p) R(ρ) + p R(I/d).
        after_mixing = np.einsum("aiaj->ij", choi.reshape(d, d, d, d)) / d
        choi = (1 - p) * choi + p * np.kron(np.eye(d), after_mixing)
        weights, vectors = np.linalg.eigh(choi)
        return [
            np.sqrt(w) * v.reshape(d, d).T
            for w, v in zip(weights, vectors.T, strict=True)
            if w > 1e-15
        ]


@dataclass(frozen=True)
class Problem:
    """One case of a workload.

    Attributes:
        workload: Its name in the tables.
        size: What the case is called beside the number of qubits (``"Z on the last qubit"``).
        encoder: Gates before the layers.
        layers: The layers' gates.
        observables: Products of Z on these qubits.
        noises: None, one, or for ``values`` several.
        features: (B, F).
        weights: (W,), or (units, W) for ``derivatives``.
        targets: (B,): what the loss, the mean squared error, compares with.
    """

    workload: str
    size: str
    task: Task
    num_qubits: int
    encoder: tuple[Gate, ...]
    layers: tuple[tuple[Gate, ...], ...]
    observables: tuple[tuple[int, ...], ...]
    noises: tuple[Noise, ...]
    features: Array
    weights: Array
    targets: Array

    @property
    def name(self) -> str:
        return f"{self.workload} n={self.num_qubits} {self.size}".strip()

    @property
    def gates(self) -> tuple[Gate, ...]:
        """The whole circuit in order."""
        return self.encoder + tuple(gate for layer in self.layers for gate in layer)

    @property
    def units(self) -> int:
        """Samples, or initialisations: what a slow peer is given fewer of."""
        return len(self.weights) if self.task == "derivatives" else len(self.features)

    def readout_factor(self, noise: Noise) -> float:
        """What symmetric confusion multiplies the (first) observable by."""
        return float((1 - 2 * noise.readout_flip) ** len(self.observables[0]))

    def loss(self, values: Array) -> float:
        """Mean squared error of the first samples' values, (units,)."""
        return float(np.mean((values - self.targets[: len(values)]) ** 2))

    def loss_slopes(self, values: Array) -> Array:
        """∂loss/∂values, (units,)."""
        return 2 * (values - self.targets[: len(values)]) / len(values)

    def reduced(self) -> Problem:
        """Without the gates outside the observables' causal cone, on the qubits inside it.

        Every peer is given this circuit: whoever tunes does it. Weights and features keep their
        numbers; derivatives by those that are left out are zero.
        """
        inside = {qubit for observable in self.observables for qubit in observable}
        kept: list[list[Gate]] = []
        for layer in (*reversed(self.layers), self.encoder):
            kept.append([])
            for gate in reversed(layer):
                if inside.intersection(gate.qubits):
                    inside.update(gate.qubits)
                    kept[-1].append(gate)
        place = {qubit: i for i, qubit in enumerate(sorted(inside))}

        def moved(gates: list[Gate]) -> tuple[Gate, ...]:
            return tuple(
                replace(gate, qubits=tuple(place[q] for q in gate.qubits))
                for gate in reversed(gates)
            )

        return replace(
            self,
            encoder=moved(kept[-1]),
            layers=tuple(moved(layer) for layer in reversed(kept[:-1])),
            observables=tuple(tuple(place[q] for q in o) for o in self.observables),
        )

    @property
    def width(self) -> int:
        """Qubits that the gates and observables use."""
        used = [q for gate in self.gates for q in gate.qubits]
        return 1 + max(used + [q for o in self.observables for q in o])


def _relaxation_choi(time: float, t1: float, t2: float) -> npt.NDArray[np.complex128]:
    """Choi matrix Σ |i⟩⟨j| ⊗ E(|i⟩⟨j|) of relaxation towards |0⟩."""
    decay, coherence = np.exp(-time / t1), np.exp(-time / t2)
    choi = np.zeros((4, 4), dtype=complex)
    choi[0, 0] = 1
    choi[0, 3] = choi[3, 0] = coherence
    choi[2, 2], choi[3, 3] = 1 - decay, decay
    return choi


def _two(
    first: npt.NDArray[np.complex128], second: npt.NDArray[np.complex128]
) -> npt.NDArray[np.complex128]:
    """Choi matrix of two channels side by side; the first qubit is the higher bit."""
    a, b = first.reshape(2, 2, 2, 2), second.reshape(2, 2, 2, 2)
    both: npt.NDArray[np.complex128] = np.einsum("iajb,kcld->ikacjlbd", a, b)
    return both.reshape(16, 16)
