"""Experiment files: sweeps, defaults, and one sentence for each fault."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from nisqdl.errors import InputError
from nisqdl.experiment import experiment_names, load
from nisqdl.store.difference import first_difference
from nisqdl.studies.data import data_identity
from nisqdl.studies.noise_accuracy import NoiseAccuracyOptions
from nisqdl.sweep import spread

_FULL: dict[str, Any] = {
    "study": "noise_accuracy",
    "dataset": {"name": "iris", "features": 2, "train": 20, "test": 20, "classes": [0, 1]},
    "model": {"ansatz": {"depth": [1, 2]}, "entangler": ["none", "linear"]},
    "target": "manila",
    "noise": {"scale": [0, 1]},
    "seeds": 2,
}


class Inner(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: str = "a"
    sizes: tuple[int, ...] = ()


class Outer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    inner: Inner = Inner()
    count: int = 1


def _file(tmp_path: Path, document: Any) -> str:
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(document))
    return str(file)


def _changed(path: str, value: Any) -> dict[str, Any]:
    """The full document with one dotted option replaced; ``...`` removes it."""
    document: dict[str, Any] = yaml.safe_load(yaml.safe_dump(_FULL))
    *rooms, last = path.split(".")
    place = document
    for room in rooms:
        place = place.setdefault(room, {})
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return document


@given(
    kinds=st.lists(st.text(), min_size=1, max_size=3, unique=True),
    counts=st.lists(st.integers(), min_size=1, max_size=3, unique=True),
    sizes=st.lists(st.lists(st.integers(), max_size=3), min_size=1, max_size=3, unique_by=tuple),
)
@settings(deadline=None)
def test_every_combination_comes_once(
    kinds: list[str], counts: list[int], sizes: list[list[int]]
) -> None:
    found = spread(Outer, {"inner": {"kind": kinds, "sizes": sizes}, "count": counts}, "f")
    asked = product(kinds, map(tuple, sizes), counts)
    assert [(o.inner.kind, o.inner.sizes, o.count) for o in found] == list(asked)  # type: ignore[attr-defined]


def test_a_list_of_mappings_is_swept() -> None:
    document = {"inner": [{"kind": "a"}, {"kind": ["b", "c"], "sizes": [1, 2]}]}
    found = spread(Outer, document, "f")
    assert [(o.inner.kind, o.inner.sizes) for o in found] == [  # type: ignore[attr-defined]
        ("a", ()),
        ("b", (1, 2)),
        ("c", (1, 2)),
    ]


def test_the_points_do_not_depend_on_the_order_of_keys(tmp_path: Path) -> None:
    straight = load(_file(tmp_path, _FULL))
    turned = load(_file(tmp_path, dict(reversed(_FULL.items()))))
    assert {p.id for p in straight.points()} == {p.id for p in turned.points()}
    assert straight.resolved == turned.resolved


def test_resolved_holds_the_defaults_and_the_sweeps(tmp_path: Path) -> None:
    options = load(_file(tmp_path, _FULL)).resolved["options"]
    assert options["model"]["ansatz"]["depth"] == [1, 2]
    assert options["training"]["optimizer"] == "adam"
    assert options["noise"]["scale"] == [0.0, 1.0]


def test_an_option_that_is_a_list_by_its_nature_is_one_value(tmp_path: Path) -> None:
    document = _changed("model.observables", ["Z0", "X1"])
    document["model"]["ansatz"] = {"name": "two_local", "rotations": ["rx", "ry"]}
    document["noise"]["channels"] = ["readout"]
    for options in load(_file(tmp_path, document)).combinations:
        assert isinstance(options, NoiseAccuracyOptions)
        assert options.model.observables == ("Z0", "X1")
        assert options.model.ansatz.rotations == ("rx", "ry")
        assert options.noise.channels == ("readout",)
    document["model"]["observables"] = [None, ["Z0"], ["X0", "X1"]]
    swept = load(_file(tmp_path, document)).combinations
    assert {o.model.observables for o in swept} == {None, ("Z0",), ("X0", "X1")}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("shots", [None, 100]),
        ("model.observables", [["Z0"], ["Z0", "Z1"]]),
        ("model.observables", ["Z0", "Z1"]),
        ("noise.channels", []),
        ("model.ansatz", [{"name": "efficient_su2", "depth": [1, 2]}, {"name": "two_local"}]),
        ("model", [{"entangler": "none"}, {"ansatz": {"name": "strongly_entangling"}}]),
        ("training", [{"optimizer": "cobyla", "steps": 50}, {"optimizer": ["adam", "spsa"]}]),
    ],
)
def test_what_a_run_keeps_of_its_experiment_is_an_experiment_file(
    tmp_path: Path, path: str, value: Any
) -> None:
    first = load(_file(tmp_path, _changed(path, value)))
    kept = {"study": first.resolved["study"], **first.resolved["options"]}
    again = load(_file(tmp_path, kept))
    assert {p.id for p in again.points()} == {p.id for p in first.points()}
    assert again.resolved == first.resolved


def test_a_changed_data_file_is_told_from_changed_options(tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    document = _changed("dataset", {"name": "csv", "path": str(table), "label": "c"})
    document["dataset"] |= {"train": 4, "test": 4}
    rows = [f"{i},{i % 3},{'xy'[i % 2]}" for i in range(20)]
    table.write_text("\n".join(["a,b,c", *rows]))
    before = load(_file(tmp_path, document)).resolved
    table.write_text("\n".join(["a,b,c", *rows, "1,2,x"]))
    data_identity.cache_clear()
    after = load(_file(tmp_path, document)).resolved
    assert before["options"] == after["options"]
    assert before["origins"]["data"] != after["origins"]["data"]
    assert before["origins"]["snapshot"] == after["origins"]["snapshot"]
    difference = first_difference(before, after)
    assert difference is not None
    assert difference.startswith("`origins.data` is 'content ")


def test_a_fault_found_in_the_data_names_the_experiment_file_too(tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("a,b,c\n1,2,x\n")
    document = _changed("dataset", {"name": "csv", "path": str(table), "label": "d"})
    document["dataset"] |= {"train": 4, "test": 4}
    with pytest.raises(InputError, match=r"mine\.yaml: .*no column named 'd'"):
        load(_file(tmp_path, document)).points()


@pytest.mark.parametrize("name", experiment_names())
def test_every_shipped_experiment_loads(name: str) -> None:
    points = load(name).points()
    assert len({point.id for point in points}) == len(points) > 0


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("study", ..., "`study` is missing"),
        ("study", "noise_acuracy", "Did you mean 'noise_accuracy'?"),
        ("datset", {}, "Did you mean 'dataset'?"),
        ("dataset", ..., "`dataset` is missing"),
        ("dataset", 3, "`dataset` must be a mapping"),
        ("dataset.name", "irsi", "Did you mean 'iris'?"),
        ("dataset.train", 0, "`dataset.train` must be greater than or equal to 2, but is 0"),
        ("dataset.train", "many", "`dataset.train` must be a valid integer, but is 'many'"),
        ("dataset.test", [], "`dataset.test` is an empty list"),
        ("model.ansatz.depth", [1, -2], "`model.ansatz.depth`"),
        ("model.ansatz.depth", [2, 2], "`model.ansatz.depth` holds 2 twice"),
        ("model.ansatz.name", "real_amplitude", "Did you mean 'real_amplitudes'?"),
        ("model.ansatz.layers", 2, "There is no option named 'layers'"),
        ("model.entangler", "ring", "There is no entangler named 'ring'"),
        ("target", "fake_turino", "Did you mean 'fake_torino'?"),
        ("target", ..., "`target` is missing"),
        ("noise.scale", -1, "`noise.scale`"),
        ("noise.scale", float("nan"), "`noise.scale`"),
        ("noise.recipe", "calibratd", "Did you mean 'calibrated'?"),
        ("noise.channels", ["read"], "read"),
        ("training.optimizer", "adm", "Did you mean 'adam'?"),
        ("training.noise", "none", "`training.noise` must be 'ideal', 'target'"),
        ("training.learning_rate", 0, "`training.learning_rate` must be greater than 0"),
        ("shots", 0, "`shots` must be greater than or equal to 1, but is 0"),
        ("seeds", 0, "`seeds`"),
        ("seeds", [1, 2], "`seeds`"),
        ("engine", "exakt", "Did you mean 'exact'?"),
        ("dataset.features", 6, "6 qubits"),
    ],
)
def test_a_fault_is_one_sentence_with_file_and_field(
    tmp_path: Path, path: str, value: Any, said: str
) -> None:
    with pytest.raises(InputError) as fault:
        load(_file(tmp_path, _changed(path, value))).points()
    message = str(fault.value)
    assert said in message
    assert "mine.yaml" in message
    assert "\n" not in message


def test_too_many_combinations_are_refused_before_they_are_made(tmp_path: Path) -> None:
    document = _changed("noise.scale", list(range(2000)))
    document["model"]["ansatz"]["depth"] = list(range(1, 1000))
    with pytest.raises(InputError, match="at most 1,000,000"):
        load(_file(tmp_path, document))


def test_a_wrong_name_or_path_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Did you mean 'noise_vs_accuracy'"):
        load("noise_vs_acuracy")
    with pytest.raises(InputError, match="no experiment file"):
        load("somewhere/mine.yaml")
    with pytest.raises(InputError, match="is a folder"):
        load(str(tmp_path))


def test_the_options_of_the_study_are_frozen_and_closed() -> None:
    assert NoiseAccuracyOptions.model_config["frozen"]
    assert NoiseAccuracyOptions.model_config["extra"] == "forbid"
