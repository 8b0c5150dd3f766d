"""The training section refuses what it cannot mean, by field and sentence."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from nisqdl.training.initialisation import INITIALISATIONS
from nisqdl.training.options import TrainingOptions


def test_the_issues_example_is_valid() -> None:
    options = TrainingOptions.model_validate(
        {"optimizer": "adam", "learning_rate": 0.1, "steps": 100, "batch": 32, "noise": "target"}
    )
    assert options.batch == 32
    assert TrainingOptions.model_validate({"batch": None, "learning_rate": 1}).batch is None


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("optimizer", "adm", "Did you mean 'adam'"),
        ("loss", "cross-entropy", "Did you mean 'cross_entropy'"),
        ("initialisation", "unifrom", "Did you mean 'uniform'"),
        ("learning_rate", 0, "greater than 0"),
        ("learning_rate", float("nan"), "greater than 0|finite"),
        ("learning_rate", float("inf"), "finite"),
        ("learning_rate", "fast", "number"),
        ("steps", 0, "greater than or equal to 1"),
        ("steps", True, "integer"),
        ("batch", 0, "greater than or equal to 1"),
        ("noise", "calibrated", "'ideal', 'target', 'injected' or 'device'"),
        ("patience", 0, "greater than or equal to 1"),
        ("check_every", 0, "greater than or equal to 1"),
        ("validation", 1.0, "less than 1"),
        ("momentum", 0.9, "not permitted"),
    ],
)
def test_wrong_values_are_refused_at_their_field(field: str, value: Any, says: str) -> None:
    with pytest.raises(ValidationError, match=says) as caught:
        TrainingOptions.model_validate({field: value})
    assert caught.value.errors()[0]["loc"][0] == field


@pytest.mark.parametrize(
    ("name", "mean", "deviation"),
    [("uniform", np.pi, np.pi / np.sqrt(3)), ("small_normal", 0.0, 0.1)],
)
def test_first_weights_follow_their_distribution(name: str, mean: float, deviation: float) -> None:
    count = 20_000
    weights = INITIALISATIONS[name].draw(count, np.random.default_rng(11))
    # Five standard errors: a right distribution fails with a probability below 1e-6.
    assert abs(weights.mean() - mean) < 5 * deviation / np.sqrt(count)
    assert weights.std() == pytest.approx(deviation, rel=0.03)


def test_tables_and_options_import_nothing_heavy() -> None:
    heavy = "('qiskit', 'scipy', 'sklearn', 'numba', 'matplotlib')"
    script = (
        "import sys, nisqdl.training.options, nisqdl.training.loop;"
        f"sys.exit(', '.join(m for m in {heavy} if m in sys.modules) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
