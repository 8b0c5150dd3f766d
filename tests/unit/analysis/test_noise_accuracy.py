"""Findings and verdicts on made-up runs in which the truth is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from nisqdl.analysis.grid import Configuration, grids
from nisqdl.analysis.noise_accuracy import choose, findings
from nisqdl.analysis.noise_accuracy_verdict import beats_all, verdicts
from nisqdl.errors import InputError
from nisqdl.store.record import Point, Record

Make = Callable[..., Any]


def _altered(record: Record, settings: dict[str, Any], values: dict[str, Any]) -> Record:
    point = Point(record.point.study, {**record.point.settings, **settings})
    return replace(record, point=point, values={**record.values, **values})


def test_every_place_of_the_grid_is_found(synthetic_run: Make) -> None:
    run = synthetic_run(seeds=2)
    (grid,) = grids(run.records)
    assert grid.depths == (1, 2, 4, 6, 8)
    assert grid.entanglers == ("none", "linear", "circular", "full")
    assert grid.reference_scale == 1
    configuration = Configuration(4, "linear", "ideal")
    found = grid.by_seed("fake_torino", configuration, 2.0)
    wanted = {
        r.point.settings["seed"]: r.values["accuracy"]
        for r in run.records
        if r.point.settings.get("target") == "fake_torino"
        and r.point.settings["model.ansatz.depth"] == 4
        and r.point.settings["model.entangler"] == "linear"
        and r.point.settings["training.noise"] == "ideal"
        and r.point.settings["noise.scale"] == 2.0
    }
    assert found == wanted
    assert len(found) == 2


def test_other_swept_options_are_questions_of_their_own(synthetic_run: Make) -> None:
    run = synthetic_run(
        seeds=2, depths=(1, 2), datasets=("iris", "wine"), learning_rates=(0.1, 0.01)
    )
    titles = [grid.title for grid in grids(run.records)]
    assert titles == [
        "iris (training.learning_rate 0.1)",
        "iris (training.learning_rate 0.01)",
        "wine (training.learning_rate 0.1)",
        "wine (training.learning_rate 0.01)",
    ]
    findings(run.records)


def test_hashes_behind_names_are_no_axes(synthetic_run: Make) -> None:
    """Each target has its own snapshot; that must not split a run into a question a target."""
    assert len(grids(synthetic_run(seeds=1, depths=(1,)).records)) == 1


def test_the_choice_reads_training_accuracy_and_never_test_accuracy(synthetic_run: Make) -> None:
    run = synthetic_run(seeds=3, targets=("torino",))
    (grid,) = grids(run.records)
    before = choose(grid, "fake_torino", grid.configurations())
    shuffled = [
        _altered(r, {}, {"accuracy": 1 - r.values["accuracy"]})
        if r.point.settings["learner"] == "qnn"
        else r
        for r in run.records
    ]
    (other,) = grids(shuffled)
    assert choose(other, "fake_torino", other.configurations()) == before


def test_luck_is_not_rewarded_in_a_run_that_is_not_complete(synthetic_run: Make) -> None:
    """A configuration with one lucky seed loses against those with all seeds."""
    run = synthetic_run(seeds=4, depths=(1, 2), targets=("torino",), trainings=("target",))
    records = []
    for record in run.records:
        settings = record.point.settings
        if settings.get("model.entangler") == "full":
            if settings["seed"] != 0:
                continue
            record = _altered(record, {}, {"train_accuracy": 1.0})
        records.append(record)
    (finding,) = findings(records)
    assert finding.devices[0].best.entangler != "full"


def test_no_advantage_is_claimed_where_there_is_none(synthetic_run: Make) -> None:
    """QNN and classical learners of the same accuracy: at most 5 % of runs may claim one.

    40 runs; with a true rate of 5 %, seven or more claims have a probability below 0.4 %.
    """
    claims = 0
    for salt in range(40):
        run = synthetic_run(
            seeds=5, depths=(6,), entanglers=("linear",), targets=("kingston",), scales=(0.0, 1.0),
            trainings=("target",), baseline=0.935, salt=salt,
        )  # fmt: skip
        (finding,) = findings(run.records)
        claims += any(beats_all(device) for device in finding.devices)
    assert claims <= 6


def test_an_advantage_needs_every_classical_learner(synthetic_run: Make) -> None:
    run = synthetic_run(seeds=5, baseline=0.6, targets=("kingston",))
    (finding,) = findings(run.records)
    (first, *_) = verdicts(finding)
    assert "beats logistic regression, RBF SVC and MLP" in first.sentence
    assert "no advantage could be claimed yet" in verdicts(finding, complete=False)[0].sentence

    strong = [
        _altered(r, {}, {"accuracy": 0.99 + 0.001 * r.point.settings["seed"]})
        if r.point.settings["learner"] == "svc"
        else r
        for r in run.records
    ]
    (finding,) = findings(strong)
    (first, *_) = verdicts(finding)
    assert "no advantage" in first.sentence
    assert "RBF SVC was shown to be better on kingston" in first.sentence


@pytest.mark.parametrize("seeds", [1, 2])
def test_too_few_seeds_show_nothing(synthetic_run: Make, seeds: int) -> None:
    run = synthetic_run(seeds=seeds, baseline=0.55)
    (finding,) = findings(run.records)
    (first, *_) = verdicts(finding)
    assert "no advantage" in first.sentence
    assert "fewer than three seeds" in first.sentence


def test_without_classical_learners_nothing_is_compared(synthetic_run: Make) -> None:
    run = synthetic_run(seeds=2)
    (finding,) = findings([r for r in run.records if r.point.settings["learner"] == "qnn"])
    assert "no classical learner was run" in verdicts(finding)[0].sentence


def test_intervals_hold_jointly_over_the_whole_report(synthetic_run: Make) -> None:
    run = synthetic_run(seeds=3, depths=(1, 2), datasets=("iris", "wine"))
    found = findings(run.records)
    assert {f.comparisons for f in found} == {2 * 3 * 3}
    for finding in found:
        for device in finding.devices:
            for against in device.against:
                assert against.difference is not None
                assert against.difference.comparisons == 18


def test_noise_cost_and_slope_are_those_of_the_made_up_decay(synthetic_run: Make) -> None:
    """Accuracy 0.9 − 0.01 λ with a little scatter by seed: cost −0.01, slope −0.01."""
    run = synthetic_run(seeds=5, depths=(2,), entanglers=("linear",), trainings=("target",))
    records = [
        _altered(
            r,
            {},
            {
                "accuracy": 0.9
                - (0.01 + 0.0001 * r.point.settings["seed"]) * r.point.settings["noise.scale"]
            },
        )
        if r.point.settings["learner"] == "qnn"
        else r
        for r in run.records
    ]
    (finding,) = findings(records)
    for device in finding.devices:
        assert device.noise_cost is not None
        assert device.slope is not None
        assert device.noise_cost.mean == pytest.approx(-0.0102)
        assert device.slope.mean == pytest.approx(-0.0102)
        assert device.noise_cost.below_zero
    sentence = verdicts(finding)[2].sentence
    assert "was shown to cost accuracy on torino by 0.010" in sentence


def test_depth_pays_exactly_as_far_as_shown(synthetic_run: Make) -> None:
    """Accuracy 0.7, 0.8, 0.9, 0.9 at depths 1, 2, 4, 8, scatter 0.002: it pays up to 4."""
    run = synthetic_run(seeds=5, depths=(1, 2, 4, 8), entanglers=("linear",), trainings=("target",))
    height = {1: 0.7, 2: 0.8, 4: 0.9, 8: 0.9}
    records = []
    for r in run.records:
        if r.point.settings["learner"] == "qnn":
            depth, seed = r.point.settings["model.ansatz.depth"], r.point.settings["seed"]
            wobble = 0.002 * ((seed * 7 + depth * 3) % 5 - 2)
            train = 0.95 if depth == 8 else height[depth]
            r = _altered(r, {}, {"accuracy": height[depth] + wobble, "train_accuracy": train})
        records.append(r)
    (finding,) = findings(records)
    assert [d.best.depth for d in finding.devices] == [8, 8, 8]
    assert [d.paying_depth for d in finding.devices] == [4, 4, 4]
    sentences = [v.sentence for v in verdicts(finding)]
    assert "Depth was not shown to pay beyond 4 on torino, kingston and sherbrooke." in sentences


def test_beyond_the_deepest_that_was_tried_nothing_is_said(synthetic_run: Make) -> None:
    run = synthetic_run(entanglers=("none", "linear"), trainings=("ideal",), depths=(1, 2))
    records = []
    for r in run.records:
        settings = r.point.settings
        if settings["learner"] == "qnn":
            depth, seed = settings["model.ansatz.depth"], settings["seed"]
            pays = depth == 2 and settings["target"] != "fake_torino"
            height = (0.9 if pays else 0.7) + 0.002 * ((seed * 7 + depth * 3) % 5)
            r = _altered(r, {}, {"accuracy": height, "train_accuracy": height})
        records.append(r)
    (finding,) = findings(records)
    said = next(v.sentence for v in verdicts(finding) if v.topic == "Depth")
    assert said == (
        "Depth was not shown to pay beyond 1 on torino; it was shown to pay up to 2, the deepest "
        "that was tried, on kingston and sherbrooke."
    )


def test_an_mlp_is_compared_at_the_weights_of_the_qnn(synthetic_run: Make) -> None:
    run = synthetic_run(seeds=2)
    (grid,) = grids(run.records)
    assert grid.baseline("mlp", 20).title == "MLP of at most 20 weights"
    assert grid.baseline("mlp", 25).budget == 20
    assert grid.baseline("mlp", 3).budget == 8
    assert grid.baseline("svc", 20).budget is None


def test_a_run_without_qnn_records_is_a_sentence(synthetic_run: Make) -> None:
    run = synthetic_run(seeds=1, depths=(1,))
    with pytest.raises(InputError, match="no QNN record at its reference"):
        findings([r for r in run.records if r.point.settings["learner"] != "qnn"])


def test_a_device_that_is_not_measured_yet_is_named(synthetic_run: Make) -> None:
    run = synthetic_run(seeds=1, depths=(1,), targets=("torino", "kingston"))
    records = [
        r
        for r in run.records
        if r.point.settings.get("target") != "fake_torino" or r.point.settings["noise.scale"] == 0
    ]
    (finding,) = findings(records)
    assert [d.title for d in finding.devices] == ["kingston"]
    assert finding.pending == ("torino",)
