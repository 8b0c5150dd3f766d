"""SPSA on a device: two weight vectors a step, whatever the number of weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nisqdl.engines.contract import Array
from nisqdl.training.device.contract import Answer, Batch, DeviceMethod, Move, loss_variance
from nisqdl.training.device.options import DeviceTraining
from nisqdl.training.optimizers.contract import LossFunction, Settings, State
from nisqdl.training.optimizers.spsa import Spsa


class SimultaneousPerturbation(DeviceMethod):
    """:class:`Spsa` itself, asked for its two weight vectors beforehand.

    What it evaluates does not depend on the values, so a first pass records the vectors and a
    second one is given their values. Its gain is calibrated on the device's twin.
    """

    name = "spsa"
    shifts_weights = False

    def start(self, weights: Array, twin: LossFunction, settings: Settings) -> State:
        return Spsa().start(weights, twin, settings)

    def vectors(self, count: int, options: DeviceTraining) -> int:
        return 2

    def ask(self, state: State, options: DeviceTraining, settings: Settings) -> Array:
        asked: list[Array] = []
        Spsa().step(state, _Replayed([0.0, 0.0], asked), settings)
        return np.stack(asked)

    def tell(
        self,
        state: State,
        answer: Answer,
        batch: Batch,
        options: DeviceTraining,
        settings: Settings,
    ) -> Move:
        asked: list[Array] = []
        losses = [batch.loss(values) for values in answer.values]
        search, loss = Spsa().step(state, _Replayed(losses, asked), settings)
        width = float(np.abs(asked[0] - asked[1]).max())
        variances = [
            loss_variance(values, stderr, batch)
            for values, stderr in zip(answer.values, answer.stderr, strict=True)
        ]
        slope = (losses[0] - losses[1]) / width
        return Move(search, loss, slope**2, sum(variances) / width**2)


@dataclass(frozen=True)
class _Replayed:
    """A loss whose values are known beforehand, one after the other."""

    losses: list[float]
    asked: list[Array]

    def value(self, weights: Array) -> float:
        self.asked.append(weights)
        return self.losses[len(self.asked) - 1]

    def value_and_gradient(self, weights: Array) -> tuple[float, Array]:
        raise NotImplementedError("SPSA asks for no gradient")
