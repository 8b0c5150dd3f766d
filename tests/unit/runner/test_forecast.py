"""Plans: circuits, totals, nothing stored."""

from __future__ import annotations

import importlib
import io
from pathlib import Path
from types import ModuleType

import pytest

from nisqdl.runner.forecast import TIMED_STEPS, WORKER_MIB, forecast
from nisqdl.runner.progress import Lines, Silence


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(Path(__file__).parent)
    return importlib.import_module("counting_study")


def test_a_plan_adds_up(
    counting: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = forecast(counting.experiment(depths=3, seeds=4), 2, Silence())
    assert found.points == 36
    assert found.steps == {"transpile": 3, "train": 12, "measure": 12}
    assert [row["depth"] for row in found.circuits] == [0, 1, 2]
    assert [row["circuit"] for row in found.circuits] == [
        counting._digest("circuit", depth) for depth in range(3)
    ]
    # 12 trainings of 2 s and 12 measurements of 0.5 s; the circuits take no time.
    assert found.seconds == pytest.approx((12 * 2.0 + 12 * 0.5) / 2, abs=0.5)
    assert found.memory_mib == 2 * (WORKER_MIB + 100.0)
    assert list(tmp_path.iterdir()) == []


def test_a_plan_tells_what_it_tries_out(counting: ModuleType) -> None:
    screen = io.StringIO()
    forecast(counting.experiment(depths=3, seeds=4), 2, Lines(screen, every=0.0))
    lines = screen.getvalue().splitlines()
    steps = 3 + 2 * TIMED_STEPS
    assert f": 0 of {steps} steps tried out" in lines[0]
    assert any("; now: transpile" in line for line in lines)
    assert any("; now: measure" in line for line in lines)
    told = [int(line.split(": ")[1].split()[0]) for line in lines]
    assert told == sorted(told)
    assert told[-1] == steps
