"""What is told and drawn of an environment is what its episodes were."""

from __future__ import annotations

import json

import numpy as np
import pytest

from nisqdl.analysis.episodes import mean_return
from nisqdl.analysis.intervals import mean_over_seeds, wilson
from nisqdl.environments import ENVIRONMENTS
from nisqdl.environments.policy import episode_tape, play
from nisqdl.environments.summary import environment_summary
from nisqdl.report.figures import environment_episode


@pytest.mark.parametrize("name", list(ENVIRONMENTS))
def test_summary_is_whole_and_of_the_episodes(name: str) -> None:
    environment = ENVIRONMENTS[name]
    told = json.loads(json.dumps(environment_summary(name, episodes=2, seed=3), allow_nan=False))
    assert environment.read_options(told["options"]) == environment.options()
    assert told["seeds"] == [3, 4]
    dynamics = environment.rules(environment.options())
    tape = episode_tape(dynamics, 2, 3)
    for baseline in told["baselines"]:
        if baseline["name"] in ("optimum", "drift_plus_penalty"):  # slow: twice is enough
            continue
        played = play(dynamics, tape, environment.prepared(baseline["name"], dynamics, tape, 3))
        assert baseline["returns"] == played.returns.tolist()
        episode = baseline["episode"]
        assert len(episode["followed"]) == len(episode["return_so_far"]) == played.lengths[0]
        assert episode["return_so_far"][-1] == pytest.approx(played.returns[0])


def test_picture_shows_means_with_intervals() -> None:
    told = environment_summary("beams", episodes=6)
    drawing = environment_episode.draw(told)
    returns, followed, so_far = drawing.figure.axes
    for row, baseline in enumerate(told["baselines"]):
        expected = mean_over_seeds(baseline["returns"])
        dot, _, (bar,) = returns.containers[row]
        assert dot.get_xdata() == [expected.mean]
        np.testing.assert_allclose(bar.get_segments()[0][:, 0], [expected.low, expected.high])
        # Means of blocks have the mean of the episode; 200 steps are 40 blocks of 5.
        drawn = followed.lines[row].get_ydata()
        assert len(drawn) == 40
        assert np.mean(drawn) == pytest.approx(np.mean(baseline["episode"]["followed"]))
        assert so_far.lines[row].get_ydata().tolist() == baseline["episode"]["return_so_far"]
    assert "seed 0, means of 5" in followed.get_xlabel()
    assert "(seeds 0 to 5)" in returns.get_title(loc="left") + returns.get_title()


def test_returns_of_reached_or_not_are_proportions() -> None:
    found = mean_return([0.0] * 9 + [1.0])
    assert found.mean == pytest.approx(0.1)
    assert (found.low, found.high) == wilson(1, 10)
    assert mean_return([0.0, 2.0, 1.0]) == mean_over_seeds([0.0, 2.0, 1.0])
    assert mean_return([1.0]).low is None
