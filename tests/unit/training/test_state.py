"""The rules of checks, best weights and patience, on watched losses given by hand."""

from __future__ import annotations

import numpy as np
import pytest

from nisqdl.training.optimizers.contract import State
from nisqdl.training.options import TrainingOptions
from nisqdl.training.state import TrainingState, after_step, finished, first_state


def walked(watched: list[float], options: TrainingOptions) -> TrainingState:
    """The state at which a training with these watched losses, by step, is finished."""

    def loss(weights: np.ndarray, step: int) -> float:
        assert weights[0] == step
        return watched[step]

    state = first_state("origin", State(0, np.array([0.0])), loss)
    while not finished(state, options):
        step = state.step + 1
        state = after_step(state, State(step, np.array([float(step)])), -1.0, loss, options)
    return state


@pytest.mark.parametrize(
    ("watched", "steps", "best"),
    [
        ([5, 4, 3, 2, 1, 0], 5, 5),  # it falls to the end
        ([5, 6, 7, 1, 0, 0], 2, 0),  # two checks without a fall
        ([5, 6, 4, 6, 3, 6, 6, 0], 6, 4),  # each fall gives new patience
        ([5, 5 - 9e-5, 5 - 9.5e-5, 0], 2, 2),  # falls below 1e-4 are kept, but give no patience
        ([5, 5 - 6e-5, 5 - 12e-5, 5, 5, 0], 4, 2),  # small falls add up to one that counts
    ],
)
def test_patience_of_two_checks(watched: list[float], steps: int, best: int) -> None:
    state = walked(watched, TrainingOptions(patience=2, check_every=1, steps=len(watched) - 1))
    assert state.step == steps
    assert state.best_step == best
    assert state.best_loss == watched[best]
    assert state.best_weights.tolist() == [best]
    assert len(state.history) == steps


@pytest.mark.parametrize(
    ("steps", "every", "expected"),
    [(7, 3, [0, 3, 6, 7]), (6, 3, [0, 3, 6]), (2, 10, [0, 2]), (3, 1, [0, 1, 2, 3])],
)
def test_checks_are_made_at_the_start_regularly_and_at_the_end(
    steps: int, every: int, expected: list[int]
) -> None:
    watched = [float(step) for step in range(steps + 1)]
    state = walked(watched, TrainingOptions(steps=steps, check_every=every))
    assert [check.step for check in state.checks] == expected
