"""Plan minus store."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nisqdl.runner.plan import Agenda, plan_work
from nisqdl.runner.progress import Lines, duration, progress_for, sentence
from nisqdl.runner.status import Tally
from nisqdl.store.record import Point
from nisqdl.studies.contract import Step


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(Path(__file__).parent)
    return importlib.import_module("counting_study")


def test_only_what_is_left_is_planned(counting: ModuleType) -> None:
    asked = counting.experiment(depths=2, seeds=1)
    points = asked.points()
    steps = asked.study.steps(points)
    assert plan_work(asked.study, points).steps == tuple(steps)
    done = {point.id for point in points}
    assert plan_work(asked.study, points, done).steps == ()
    # All points of depth 0 are stored: its circuit and training are not needed any more.
    first = {point.id for point in points if point.settings["depth"] == 0}
    plan = plan_work(asked.study, points, first)
    assert (plan.points, plan.stored) == (6, 3)
    assert [(s.kind, s.settings["depth"]) for s in plan.steps] == [
        ("transpile", 1),
        ("train", 1),
        ("measure", 1),
    ]


def test_what_only_stored_artifacts_need_is_not_done() -> None:
    circuit = Step("s", "transpile", {})
    trained = Step("s", "train", {}, (circuit.key,))
    measure = Step("s", "measure", {}, (trained.key,), (Point("s", {}),))

    class Fixed:
        def steps(self, points: object) -> list[Step]:
            return [circuit, trained, measure]

    plan = plan_work(Fixed(), [Point("s", {})], keys={trained.key})
    assert plan.steps == (measure,)


def test_remote_steps_and_what_waits_for_them_are_left_to_others() -> None:
    circuit = Step("s", "transpile", {})
    first = Step("s", "execute", {"epoch": 0}, (circuit.key,), remote=True)
    trained = Step("s", "train", {}, (first.key,))
    second = Step("s", "execute", {"epoch": 1}, (trained.key,), remote=True)
    measure = Step("s", "measure", {}, (second.key,), (Point("s", {"engine": "runtime"}),))
    local = Step("s", "measure", {}, (circuit.key,), (Point("s", {"engine": "exact"}),))

    class Chained:
        def steps(self, points: object) -> list[Step]:
            return [circuit, first, trained, second, measure, local]

    points = [*measure.points, *local.points]
    plan = plan_work(Chained(), points)
    assert plan.steps == (circuit, local)
    assert plan.remote == (first, second)
    assert plan.waiting == (trained, measure)
    plan = plan_work(Chained(), points, keys={circuit.key, first.key})
    assert plan.steps == (trained, local)
    assert plan.remote == (second,)
    assert plan.waiting == (measure,)
    done = {circuit.key, first.key, trained.key, second.key}
    assert plan_work(Chained(), points, keys=done).steps == (measure, local)


def test_a_study_that_forgets_a_step_is_found_out() -> None:
    class Forgetful:
        def steps(self, points: object) -> list[Step]:
            return [Step("s", "measure", {}, ("nowhere",), (Point("s", {}),))]

    with pytest.raises(RuntimeError, match="nowhere"):
        plan_work(Forgetful(), [Point("s", {})])


@given(st.lists(st.lists(st.integers(0, 30), max_size=3), max_size=15), st.randoms())
@settings(deadline=None)
def test_steps_start_once_and_after_what_they_need(graph: list[list[int]], random: object) -> None:
    steps: list[Step] = []
    for index, needs in enumerate(graph):
        keys = {steps[need % index].key for need in needs} if index else set()
        steps.append(Step("s", "make", {"index": index}, tuple(sorted(keys))))
    agenda, running, done = Agenda(steps), [], []
    while True:
        while (step := agenda.next()) is not None:
            assert set(step.needs) <= {other.key for other in done}
            running.append(step)
        if not running:
            break
        step = running.pop(random.randrange(len(running)))
        agenda.done(step)
        done.append(step)
    assert sorted(s.key for s in done) == sorted(s.key for s in steps)


def test_the_time_left_is_told_from_what_was_measured(counting: ModuleType) -> None:
    asked = counting.experiment(depths=2, seeds=2)
    plan = plan_work(asked.study, asked.points())
    now = [0.0]
    tally = Tally(plan, workers=2, clock=lambda: now[0])
    by_kind = {kind: [s for s in plan.steps if s.kind == kind] for kind in ("transpile", "train")}
    measure = [step for step in plan.steps if step.points]
    now[0] = 7.0
    assert sentence(tally.status(plan.steps[:1])) == "0 of 12 points, 7 s so far; now: transpile"
    for step in by_kind["transpile"]:
        tally.ended(step, 8.0)
    tally.ended(by_kind["train"][0], 10.0)
    # Three trainings are left, and measurements, of which nothing is known yet.
    assert sentence(tally.status(())) == "0 of 12 points, 7 s so far, at least 15 s left"
    tally.ended(by_kind["train"][1], 20.0)
    now[0] = 30.0
    tally.ended(measure[0], 2.0)
    status = tally.status((measure[1], measure[2]))
    assert status.seconds_left == pytest.approx((2 * 15.0 + 3 * 2.0) / 2)
    assert (status.done, status.points, status.steps_done, status.steps) == (3, 12, 5, 10)
    assert status.rate == pytest.approx(6.0)
    assert sentence(status) == (
        "3 of 12 points, 6 a minute, about 18 s left; now: measure and 1 more"
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "1 s"), (89, "89 s"), (100, "2 min"), (7800, "2 h 10 min"), (273600, "3 d 4 h")],
)
def test_durations_are_for_people(seconds: float, text: str) -> None:
    assert duration(seconds) == text


class Screen:
    """A stream that keeps what is written."""

    def __init__(self, terminal: bool) -> None:
        self.text, self.terminal = "", terminal

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None: ...

    def isatty(self) -> bool:
        return self.terminal


def test_lines_are_few(counting: ModuleType) -> None:
    asked = counting.experiment()
    plan = plan_work(asked.study, asked.points())
    now, screen = [100.0], Screen(False)
    lines = Lines(screen, every=5.0, clock=lambda: now[0])
    tally = Tally(plan, 1, clock=lambda: now[0])
    lines.begin("demo", tally.status(()))
    for _ in range(20):
        now[0] += 1.0
        lines.show(tally.status(plan.steps[:1]))
    lines.end()
    assert screen.text.count("\n") == 5
    assert screen.text.startswith("demo: 0 of 18 points\n")


def test_a_terminal_gets_a_bar(counting: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    screen = Screen(True)
    asked = counting.experiment()
    plan = plan_work(asked.study, asked.points())
    tally = Tally(plan, 1)
    bar = progress_for(screen)
    bar.begin("demo", tally.status(()))
    for step in plan.steps:
        tally.ended(step, 0.1)
        bar.show(tally.status((step,)))
    bar.end()
    bar.end()
    assert "18 of 18 points" in screen.text
    assert "━" in screen.text
    assert isinstance(progress_for(Screen(False)), Lines)
