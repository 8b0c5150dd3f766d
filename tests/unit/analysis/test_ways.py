"""Ways of training: named, compared in pairs, and told only as far as intervals allow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nisqdl.analysis.noise_accuracy import findings
from nisqdl.analysis.noise_accuracy_verdict import verdicts
from nisqdl.analysis.ways import training_text, way_of, way_title
from nisqdl.store.record import Point

Make = Callable[..., Any]


@pytest.mark.parametrize(
    ("settings", "way", "title"),
    [
        ({"training.noise": "ideal"}, "ideal", "without noise"),
        ({"training.noise": "target", "training.noise_scale": 1.0}, "target", "with the noise"),
        (
            {"training.noise": "target", "training.noise_scale": 0.5},
            "target ×0.5",
            "with the noise at λ = 0.5",
        ),
        (
            {
                "training.noise": "injected",
                "training.noise_scale": 4,
                "training.normalise": "batch",
            },
            "injected ×4, batch",
            "with injected errors at λ = 4 and normalised by the batch",
        ),
        (
            {"training.noise": "ideal", "training.normalise": "train"},
            "ideal, train",
            "without noise and normalised by the training rows",
        ),
    ],
)
def test_names_and_titles(settings: dict[str, Any], way: str, title: str) -> None:
    assert way_of(settings) == way
    assert way_title(way) == title
    assert training_text(way) == f"trained {title}"


@pytest.mark.parametrize(
    ("more", "way", "title"),
    [
        ({}, "ideal", "without noise"),
        ({"initialisation": "gaussian"}, "ideal, gaussian", "without noise from gaussian angles"),
        (
            {"noise": "target", "noise_scale": 2, "schedule": "layerwise", "growth.add": 1},
            "target ×2, layerwise, add 1",
            "layer by layer (add 1) with the noise at λ = 2",
        ),
        (
            {"initialisation": "small_normal", "schedule": "layerwise", "normalise": "batch"},
            "ideal, batch, small_normal, layerwise",
            "layer by layer without noise and normalised by the batch from small_normal angles",
        ),
    ],
)
def test_starts_and_schedules_are_named_where_they_vary(
    more: dict[str, Any], way: str, title: str
) -> None:
    given = {"noise": "ideal", "initialisation": "uniform", **more}
    settings = {f"training.{name}": value for name, value in given.items()}
    names = ("initialisation", "schedule", "growth.add")
    assert way_of(settings, [f"training.{name}" for name in names]) == way
    assert way_title(way) == title
    assert way_of(settings) == way_of({**settings, "training.initialisation": "uniform"})


def test_layer_by_layer_is_a_way_and_no_question_of_its_own(synthetic_run: Make) -> None:
    run = synthetic_run(depths=(2,), entanglers=("none", "linear"), targets=("torino",),
                        trainings=("ideal",), scales=(0.0, 1.0), seeds=4)  # fmt: skip
    records = list(run.records)
    for record in run.records:
        settings = record.point.settings
        if settings["learner"] == "qnn":
            grown = {"training.schedule": "layerwise", "training.growth.add": 1}
            point = Point(record.point.study, {**settings, **grown})
            records.append(replace(record, point=point))
    (finding,) = findings(records)
    assert finding.grid.trainings == ("ideal", "ideal, layerwise")
    (told,) = [v for v in verdicts(finding) if v.topic == "Ways of training"]
    assert told.sentence == "Against the QNN trained without noise: no way was shown to differ."
    assert "Normalised" not in told.rule


def _run(synthetic_run: Make, seeds: int, lift: float) -> list[Any]:
    """Ideal training, and injected errors that give ``lift`` more at λ = 8 and nothing at 0."""
    run = synthetic_run(
        depths=(2,), entanglers=("none", "linear"), targets=("torino",), trainings=("ideal",),
        scales=(0.0, 1.0, 8.0), seeds=seeds,
    )  # fmt: skip
    rng = np.random.default_rng(0)
    records = list(run.records)
    for record in run.records:
        settings = record.point.settings
        if settings["learner"] != "qnn":
            continue
        gain = lift * settings["noise.scale"] / 8 + rng.normal(0, 0.002)
        more = {"training.noise": "injected", "training.noise_scale": 2.0}
        point = Point(record.point.study, {**settings, **more})
        values = {**record.values, "accuracy": record.values["accuracy"] + gain}
        records.append(replace(record, point=point, values=values))
    return records


def test_gains_are_paired_differences_and_a_planted_one_is_found(synthetic_run: Make) -> None:
    records = _run(synthetic_run, seeds=8, lift=0.05)
    (finding,) = findings(records)
    assert finding.grid.trainings == ("ideal", "injected ×2")
    (device,) = finding.devices
    assert device.ways is not None
    by_scale = {
        tuple(r.point.settings[name] for name in ("training.noise", "noise.scale", "seed")):
            r.values["accuracy"]
        for r in records
        if r.point.settings["learner"] == "qnn"
        and r.point.settings["model.entangler"] == device.best.entangler
    }  # fmt: skip
    for scale in (0.0, 1.0, 8.0):
        wanted = [by_scale["injected", scale, s] - by_scale["ideal", scale, s] for s in range(8)]
        gain = device.ways.gains["injected ×2"][scale]
        assert gain.mean == pytest.approx(np.mean(wanted))
        assert gain.comparisons == 3
    lost = [
        by_scale["ideal", 0.0, s] - by_scale["ideal", 8.0, s]
        - by_scale["injected", 0.0, s] + by_scale["injected", 8.0, s]
        for s in range(8)
    ]  # fmt: skip
    assert device.ways.kept["injected ×2"].mean == pytest.approx(np.mean(lost))
    saying = next(v for v in verdicts(finding) if v.topic == "Ways of training")
    assert "at λ = 8 better if trained with injected errors at λ = 2 (+0.0" in saying.sentence
    assert "at λ = 0" not in saying.sentence
    robust = next(v for v in verdicts(finding) if v.topic == "Robustness")
    assert robust.sentence.startswith("From λ = 0 to 8, the QNN lost, compared with one trained")
    assert ": less if trained with injected errors at λ = 2 (by 0.0" in robust.sentence


@pytest.mark.parametrize(("seeds", "lift"), [(8, 0.0), (2, 0.05)])
def test_nothing_is_claimed_without_a_difference_or_enough_seeds(
    synthetic_run: Make, seeds: int, lift: float
) -> None:
    (finding,) = findings(_run(synthetic_run, seeds, lift))
    saying = next(v for v in verdicts(finding) if v.topic == "Ways of training")
    assert "better" not in saying.sentence
    assert "worse" not in saying.sentence
    assert "no way was shown to differ" in saying.sentence
    robust = next(v for v in verdicts(finding) if v.topic == "Robustness")
    assert robust.sentence.endswith("no way was shown to lose less.")


def test_plain_trainings_are_told_as_before(synthetic_run: Make) -> None:
    (finding,) = findings(synthetic_run(seeds=3).records)
    assert finding.devices[0].ways is None
    assert {v.topic for v in verdicts(finding)} >= {"Training"}
