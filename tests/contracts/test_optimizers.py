"""What every optimizer keeps to, by whatever method it goes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from nisqdl.engines.contract import Array
from nisqdl.training.optimizers import OPTIMIZERS
from nisqdl.training.optimizers.contract import Settings, State, StepwiseOptimizer


@dataclass
class Valley:
    """1 − mean cos(wᵢ − cᵢ): smooth, periodic, with minimum 0; remembers what was asked."""

    centre: Array
    values_asked: int = 0
    gradients_asked: int = 0
    seen: list[Array] = field(default_factory=list)

    def value(self, weights: Array) -> float:
        self.values_asked += 1
        self.seen.append(weights.copy())
        return self.at(weights)

    def value_and_gradient(self, weights: Array) -> tuple[float, Array]:
        self.gradients_asked += 1
        self.seen.append(weights.copy())
        return self.at(weights), np.sin(weights - self.centre) / len(weights)

    @property
    def blocks(self) -> Array:
        """Each weight turns a qubit of its own: all in one layer."""
        return np.zeros(len(self.centre), dtype=np.int64)

    def metric(self, weights: Array) -> Array:
        return np.eye(len(weights)) / 4

    def fidelities(self, first: Array, second: Array) -> Array:
        return (np.cos((first - second) / 2) ** 2).prod(axis=1)

    def at(self, weights: Array) -> float:
        return float(1 - np.cos(weights - self.centre).mean())


def path(name: str, valley: Valley, settings: Settings) -> list[tuple[Array, float]]:
    """The weights after each step and the loss that the step saw."""
    optimizer = OPTIMIZERS[name]
    steps: list[tuple[Array, float]] = []
    start = np.zeros_like(valley.centre)
    if isinstance(optimizer, StepwiseOptimizer):
        state: State = optimizer.start(start, valley, settings)
        while state.step < settings.steps:
            state, loss = optimizer.step(state, valley, settings)
            steps.append((state.weights, loss))
        return steps

    def watch(weights: Array, loss: float) -> bool:
        steps.append((weights, loss))
        return len(steps) >= settings.steps

    optimizer.minimise(start, valley, settings, watch)
    return steps


@pytest.fixture
def centre() -> Array:
    return np.random.default_rng(8).uniform(-1.2, 1.2, 6)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_it_finds_the_minimum(name: str, centre: Array) -> None:
    valley = Valley(centre)
    steps = path(name, valley, Settings(0.1, 300, 2))
    assert min(valley.at(weights) for weights, _ in steps) < 1e-3


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_same_seed_gives_the_same_path_bit_by_bit(name: str, centre: Array) -> None:
    one, two = (path(name, Valley(centre), Settings(0.1, 40, 5)) for _ in range(2))
    assert [(w.tolist(), loss) for w, loss in one] == [(w.tolist(), loss) for w, loss in two]


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("steps", [1, 2, 4])
def test_it_takes_the_steps_it_is_allowed(name: str, steps: int, centre: Array) -> None:
    assert len(path(name, Valley(centre), Settings(0.1, steps, 5))) == steps


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_it_asks_for_what_it_declares(name: str, centre: Array) -> None:
    valley = Valley(centre)
    path(name, valley, Settings(0.1, 10, 5))
    assert (valley.gradients_asked > 0) == OPTIMIZERS[name].uses_gradient
    assert (valley.values_asked > 0) != OPTIMIZERS[name].uses_gradient


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_weights_once_shown_are_never_overwritten(name: str, centre: Array) -> None:
    optimizer = OPTIMIZERS[name]
    if isinstance(optimizer, StepwiseOptimizer):
        settings = Settings(0.1, 10, 5)
        first = optimizer.start(np.zeros_like(centre), Valley(centre), settings)
        kept = [part.copy() for part in (first.weights, *first.memory)]
        optimizer.step(first, Valley(centre), settings)
        for part, copy in zip((first.weights, *first.memory), kept, strict=True):
            assert part.tolist() == copy.tolist()
        return
    seen: list[Array] = []
    copies: list[list[float]] = []

    def watch(weights: Array, loss: float) -> bool:
        seen.append(weights)
        copies.append(weights.tolist())
        return len(seen) >= 10

    optimizer.minimise(np.zeros_like(centre), Valley(centre), Settings(0.1, 10, 5), watch)
    assert [weights.tolist() for weights in seen] == copies


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_error_of_the_function_comes_through(name: str) -> None:
    class Broken:
        def value(self, weights: Array) -> float:
            raise ArithmeticError("broken")

        def value_and_gradient(self, weights: Array) -> tuple[float, Array]:
            raise ArithmeticError("broken")

    optimizer = OPTIMIZERS[name]
    settings = Settings(0.1, 5, 0)
    if isinstance(optimizer, StepwiseOptimizer):
        state = State(0, np.zeros(2), (np.zeros(2), np.zeros(2)))
        with pytest.raises(ArithmeticError, match="broken"):
            optimizer.step(state, Broken(), settings)
    else:
        with pytest.raises(ArithmeticError, match="broken"):
            optimizer.minimise(np.zeros(2), Broken(), settings, lambda *_: False)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_it_introduces_itself(name: str) -> None:
    assert OPTIMIZERS[name].name == name
    assert OPTIMIZERS[name].summary
