"""SPSA: two values along one random direction stand for the whole gradient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nisqdl.engines.contract import Array
from nisqdl.seeds import generator
from nisqdl.training.optimizers.contract import LossFunction, Settings, State, StepwiseOptimizer


@dataclass(frozen=True)
class Spsa(StepwiseOptimizer):
    """Simultaneous perturbation (Spall 1998, IEEE Trans. Aerosp. Electron. Syst. 34, 817).

    Step k = 0, 1, … goes by −a/(A + k + 1)^α · ĝ, with ĝ = (L(θ + cₖΔ) − L(θ − cₖΔ)) / (2cₖ) · Δ,
    cₖ = c/(k + 1)^γ, signs Δ = ±1, and A a tenth of the steps, as Spall advises. A schedule of the
    learning rate multiplies a. The loss of a step is the mean of its two values. Its memory is the
    gain a, shape (1,).

    Attributes:
        gain: a; None calibrates it so that the first step moves each weight by the learning
            rate, given the mean size of ĝ over ``trials`` directions at the start.
        perturbation: c, in radians.
        trials: Directions tried for the calibration, two values each.
        gain_decay: α.
        perturbation_decay: γ.
    """

    gain: float | None = None
    perturbation: float = 0.2
    trials: int = 10
    gain_decay: float = 0.602
    perturbation_decay: float = 0.101

    name = "spsa"
    summary = "random directions, two values a step, no gradient; sees mini-batches"
    uses_gradient = False

    def start(self, weights: Array, function: LossFunction, settings: Settings) -> State:
        gain = self.gain
        if gain is None:
            gain = self._calibrated(weights, function, settings)
        return State(0, weights, (np.array([gain]),))

    def step(self, state: State, function: LossFunction, settings: Settings) -> tuple[State, float]:
        width = self.perturbation / (state.step + 1) ** self.perturbation_decay
        signs = random_signs(len(state.weights), settings.seed, "spsa", state.step)
        above = function.value(state.weights + width * signs)
        below = function.value(state.weights - width * signs)
        place = _stability(settings) + state.step + 1
        rate = settings.share * float(state.memory[0][0]) / place**self.gain_decay
        weights = state.weights - rate * (above - below) / (2 * width) * signs
        return State(state.step + 1, weights, state.memory), (above + below) / 2

    def _calibrated(self, weights: Array, function: LossFunction, settings: Settings) -> float:
        sizes = []
        for trial in range(self.trials):
            shift = self.perturbation * random_signs(
                len(weights), settings.seed, "spsa calibration", trial
            )
            change = function.value(weights + shift) - function.value(weights - shift)
            sizes.append(abs(change) / (2 * self.perturbation))
        # An exactly flat start has no scale to calibrate to: the gradient then counts as one.
        typical = float(np.mean(sizes)) or 1.0
        first: float = (_stability(settings) + 1) ** self.gain_decay
        return settings.learning_rate * first / typical


def _stability(settings: Settings) -> float:
    """Spall's A, which keeps the first steps from being much larger than the next ones."""
    return 0.1 * settings.steps


def random_signs(count: int, seed: int, purpose: str, index: int) -> Array:
    """Independent signs ±1, shape (count,)."""
    return generator(seed, purpose, index).choice(np.array([-1.0, 1.0]), count)
