"""The shipped reinforcement experiments, shrunk, from file to report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from nisqdl.document import read_mapping
from nisqdl.experiment import experiment_names, find_file, load
from nisqdl.report import build
from nisqdl.runner.run import run
from nisqdl.store.view import read_run

SHRUNK: dict[str, dict[str, Any]] = {
    "network_policies": {
        "training": {"noise": "ideal", "steps": 200, "links": 1},
        "without": ["random_circuit"],
        "tuning": {"candidates": 1},
        "noise": {"scale": [0, 4]},
    },
    "cartpole_noise": {
        "training": {"noise": ["ideal", "target"], "episodes": 10},
        "model": {"layers": 1},
        "search": {"circuit": {"rate": [1, 3]}, "network": {"hidden": [[4]]}},
        "tuning": {"candidates": 2},
        "shots": [10, None],
        "noise": {"scale": [0, 1]},
    },
    "radio_on_device": {
        "training": {"episodes": 10, "links": 1},
        "model": {"layers": 1},
        "search": {"network": {"hidden": [[4]]}},
        "tuning": {"candidates": 1},
        "execution": {"shots": 200, "resilience_level": 0},
    },
}


def test_every_shipped_reinforcement_experiment_is_here() -> None:
    studies = {name: read_mapping(find_file(name))["study"] for name in experiment_names()}
    shipped = {name for name, study in studies.items() if study == "reinforcement"}
    assert shipped == set(SHRUNK)


@pytest.mark.slow
@pytest.mark.parametrize("name", SHRUNK)
def test_a_shipped_experiment_runs_shrunk(name: str, tmp_path: Path) -> None:
    document = yaml.safe_load(find_file(name).read_text())
    file = tmp_path / f"{name}.yaml"
    file.write_text(yaml.safe_dump({**document, **SHRUNK[name], "episodes": 3, "seeds": 1}))
    experiment, folder = load(str(file)), tmp_path / "run"
    told = run(experiment, folder, workers=1)
    assert told.added == len(experiment.points())
    assert run(experiment, folder, workers=1).steps == 0
    records = read_run(folder).records
    environments = {r.point.settings["environment.name"] for r in records}
    given = document["environment"]
    assert environments == {e["name"] for e in (given if isinstance(given, list) else [given])}
    built = build(folder)
    text = built.markdown.read_text()
    assert "no advantage shown" in text
    assert "advantage" in built.verdict.sentence
    assert "NOT COMPLETE" not in text
    for environment in environments:
        assert f"On {environment} with" in text
    assert "Against circuit evaluations" in built.html.read_text()


SHORT: dict[str, dict[str, Any]] = {
    "jerbi2021": {"without": ["no_entangler", "random_circuit", "no_circuit", "mlp", "linear"]},
    "skolik2022": {"training": {"noise": "ideal", "steps": 2000}},
    "chen2020": {},
}
"""Short forms of the reproductions: one seed, and of the longest only its beginning."""


@pytest.mark.slow
@pytest.mark.parametrize("name", SHORT)
def test_a_reproduction_in_short(name: str, tmp_path: Path) -> None:
    """One training of the published length meets what was published; that of Skolik et al. would
    take half a minute, and is begun only."""
    document = yaml.safe_load(find_file(name).read_text())
    file = tmp_path / f"{name}.yaml"
    short = {**document, **SHORT[name], "seeds": 1, "episodes": 10}
    file.write_text(yaml.safe_dump(short, allow_unicode=True))
    experiment, folder = load(str(file)), tmp_path / "run"
    assert run(experiment, folder, workers=1).added == len(experiment.points())
    told = build(folder).verdict.sentence
    work = document["published"]["title"].split(",")[0]
    if name == "skolik2022":
        assert told.startswith(f"0 of 1 value of {work} are met; not met: best mean return")
    else:
        assert told.endswith(f"of {work} are met.")
        assert "not met" not in told
