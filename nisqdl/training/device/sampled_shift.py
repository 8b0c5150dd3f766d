"""Adam on a device: derivatives by parameter shift, of a few weights drawn anew each step."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nisqdl.engines.contract import Array
from nisqdl.seeds import generator
from nisqdl.training.device.contract import Answer, Batch, DeviceMethod, Move
from nisqdl.training.device.options import DeviceTraining
from nisqdl.training.optimizers.contract import LossFunction, Settings, State

_DECAY_MEAN = 0.9
_DECAY_SQUARE = 0.999
_EPSILON = 1e-8
_SHIFT = np.pi / 2


class SampledShift(DeviceMethod):
    """Adam (Kingma and Ba 2015, arXiv:1412.6980) on a random subset of the weights at each step.

    A weight that is the angle of one Pauli rotation has ∂v/∂θ = (v(θ + π/2) − v(θ − π/2))/2,
    noise or not (Mitarai et al. 2018, arXiv:1803.00745; Schuld et al. 2019, arXiv:1811.11184). A
    step measures the values at θ, for the loss and its derivative by the values, and at both
    shifts of each weight of the subset. Only these weights move, and their moments are those of
    the steps in which they were measured. Its memory: the moments (W,) and these counts (W,).
    """

    name = "adam"
    shifts_weights = True

    def start(self, weights: Array, twin: LossFunction, settings: Settings) -> State:
        zeros = np.zeros_like(weights)
        return State(0, weights, (zeros, zeros, zeros))

    def vectors(self, count: int, options: DeviceTraining) -> int:
        return 1 + 2 * min(options.subset, count)

    def ask(self, state: State, options: DeviceTraining, settings: Settings) -> Array:
        chosen = _subset(state, options, settings)
        shifts = np.zeros((2 * len(chosen), len(state.weights)))
        shifts[np.arange(len(chosen)), chosen] = _SHIFT
        shifts[len(chosen) + np.arange(len(chosen)), chosen] = -_SHIFT
        return state.weights + np.vstack([np.zeros((1, len(state.weights))), shifts])

    def tell(
        self,
        state: State,
        answer: Answer,
        batch: Batch,
        options: DeviceTraining,
        settings: Settings,
    ) -> Move:
        chosen = _subset(state, options, settings)
        m = len(chosen)
        pull = batch.pull(answer.values[0])
        rises = (answer.values[1 : 1 + m] - answer.values[1 + m :]) / 2
        variances = (answer.stderr[1 : 1 + m] ** 2 + answer.stderr[1 + m :] ** 2) / 4
        gradient = (rises * pull).sum(axis=(1, 2))
        variance = (variances * pull**2).sum(axis=(1, 2))
        return Move(
            search=_moved(state, chosen, gradient, settings.learning_rate * settings.share),
            loss=batch.loss(answer.values[0]),
            slope_square=float((gradient**2).mean()),
            slope_variance=float(variance.mean()),
        )


def _subset(state: State, options: DeviceTraining, settings: Settings) -> npt.NDArray[np.int64]:
    """The weights of a step; over ⌈W/subset⌉ steps in turn each weight has its turn."""
    count = len(state.weights)
    size = min(options.subset, count)
    rounds = -(-count // size)
    turn, place = divmod(state.step, rounds)
    order = generator(settings.seed, "subset", turn).permutation(count)
    chosen = order[place * size : (place + 1) * size]
    if len(chosen) < size:  # the last of a turn is filled up from its first
        chosen = np.concatenate([chosen, order[: size - len(chosen)]])
    return np.sort(chosen)


def _moved(
    state: State, chosen: npt.NDArray[np.int64], gradient: Array, learning_rate: float
) -> State:
    mean, square, counts = (part.copy() for part in state.memory)
    counts[chosen] += 1
    mean[chosen] = _DECAY_MEAN * mean[chosen] + (1 - _DECAY_MEAN) * gradient
    square[chosen] = _DECAY_SQUARE * square[chosen] + (1 - _DECAY_SQUARE) * gradient**2
    rate = learning_rate / (1 - _DECAY_MEAN ** counts[chosen])
    size = np.sqrt(square[chosen] / (1 - _DECAY_SQUARE ** counts[chosen])) + _EPSILON
    weights = state.weights.copy()
    weights[chosen] -= rate * mean[chosen] / size
    return State(state.step + 1, weights, (mean, square, counts))
