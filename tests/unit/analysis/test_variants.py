"""Variants of a circuit side by side: what is grouped, and what may be said of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nisqdl.analysis.intervals import paired_difference
from nisqdl.analysis.noise_accuracy import findings
from nisqdl.analysis.variants import Variants, dynamic_gain, variants_of, variants_verdicts
from nisqdl.report import write_report

POOLING = "model.ansatz.pooling"
Make = Callable[..., Any]


def with_poolings(run: Any, worth: dict[str, float]) -> Any:
    """The run once for each pooling, its accuracy under noise moved by so much."""
    records = []
    for record in run.records:
        settings = record.point.settings
        if settings["learner"] != "qnn":
            records.append(record)
            continue
        for pooling, gain in worth.items():
            point = replace(record.point, settings={**settings, POOLING: pooling})
            moved = min(1.0, record.values["accuracy"] + gain * (settings["noise.scale"] > 0))
            records.append(
                replace(record, point=point, values={**record.values, "accuracy": moved})
            )
    return replace(run, records=records)


@pytest.fixture(scope="module")
def small(synthetic_run: Make) -> Any:
    return synthetic_run(
        depths=(1, 2), entanglers=("none", "linear"), targets=("torino", "kingston"),
        scales=(0.0, 1.0, 4.0), seeds=5, trainings=("ideal",),
    )  # fmt: skip


def variants(run: Any) -> Variants:
    found = variants_of(findings(run.records))
    assert found is not None
    return found


def test_only_one_option_of_the_model_makes_variants(small: Any, synthetic_run: Make) -> None:
    assert variants_of(findings(small.records)) is None
    made = variants(with_poolings(small, {"zx": 0.0, "none": 0.0}))
    assert made.option == "pooling"
    assert set(made.found) == {"none", "zx"}
    assert set(made.devices.values()) == {"torino", "kingston"}
    rates = synthetic_run(
        depths=(1,), entanglers=("none", "linear"), targets=("torino",), scales=(0.0, 1.0),
        seeds=3, trainings=("ideal",), learning_rates=(0.1, 0.2),
    )  # fmt: skip
    assert variants_of(findings(rates.records)) is None
    assert variants_of(findings(with_poolings(rates, {"zx": 0.0, "none": 0.0}).records)) is None


def test_a_dynamic_pooling_is_held_against_its_deferred_form(small: Any) -> None:
    """The gain is that of the means over depths, seed by seed, at each noise scale."""
    made = variants(with_poolings(small, {"zx": 0.0, "zx_dynamic": -0.02, "none": 0.0}))
    assert made.dynamic_pairs == [("zx_dynamic", "zx")]
    grid, other = (made.found[name].grid for name in ("zx_dynamic", "zx"))
    for target in made.devices:
        gain = dynamic_gain(made, ("zx_dynamic", "zx"), target, 1.0, comparisons=4)
        sides: list[dict[int, float]] = []
        for one in (grid, other):
            places = [c for c in one.configurations() if c.entangler == "linear"]
            values = [one.by_seed(target, place, 1.0) for place in places]
            sides.append({seed: sum(v[seed] for v in values) / 2 for seed in range(5)})
        assert gain == paired_difference(sides[0], sides[1], comparisons=4)
        assert gain is not None
        assert gain.mean == pytest.approx(-0.02)


def test_differences_are_told_only_where_they_are_shown(small: Any) -> None:
    alike = variants_verdicts(
        variants(with_poolings(small, {"zx": 0.0, "zx_dynamic": 0.0, "none": 0.0})), True
    )
    by_topic = {verdict.topic: verdict.sentence for verdict in alike}
    assert "in none of 4 cases was a difference shown" in by_topic["Dynamic pooling"]
    assert by_topic["Pooling"].count("none of the others was shown to be worse") == 2
    assert "no advantage of a QNN" in by_topic["Against classical learners"]
    early = variants_verdicts(variants(with_poolings(small, {"zx": 0.0, "none": 0.0})), False)
    assert "no advantage could be claimed yet" in early[0].sentence
    assert all(verdict.topic != "Dynamic pooling" for verdict in early)


def test_a_page_of_variants_has_one_figure_and_says_each_thing_once(
    small: Any, tmp_path: Path
) -> None:
    run = with_poolings(small, {"zx": 0.0, "zx_dynamic": -0.01, "none": 0.0})
    built = write_report(run, tmp_path)
    names = {path.stem for path in built.figures}
    assert names == {"variants", "device_map-1", "device_map-2"}
    text = built.markdown.read_text()
    rows = re.findall(r"^\| (zx_dynamic|zx|none) \| (torino|kingston) \|", text, re.MULTILINE)
    assert len(rows) == len(set(rows)) == 6
    assert "measured in the circuit" in text
    assert text.count("## By pooling") == 1


def test_variants_of_one_depth_stand_side_by_side(synthetic_run: Make, tmp_path: Path) -> None:
    run = synthetic_run(
        depths=(2,), entanglers=("none", "linear"), targets=("torino",), scales=(0.0,), seeds=3,
        trainings=("ideal",),
    )  # fmt: skip
    built = write_report(with_poolings(run, {"zx": 0.0, "none": 0.0}), tmp_path)
    svg = (tmp_path / "figures" / "variants.svg").read_text()
    assert "pooling (weights)" in svg
    assert "λ = 0 | λ = 0" not in built.markdown.read_text()
