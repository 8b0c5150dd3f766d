"""Exports: flat, whole, and the same values as the records."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from nisqdl.errors import InputError
from nisqdl.store.export import FORMATS, export_file, whole_file
from nisqdl.store.folder import open_run
from nisqdl.store.record import Point, Record
from nisqdl.store.view import RunView, read_run


@pytest.fixture
def view(tmp_path: Path) -> RunView:
    records = [
        Record(
            Point("demo", {"model.depth": depth, "dataset.name": "wine, λ", "shots": None}),
            {"accuracy": 1 / 3, "per": {"class": [1, 2]}, "shots": 7},
            {"seed": 1},
            0.25,
        )
        for depth in (10, 2)
    ]
    extra = Record(Point("demo", {"baseline": "svc"}), {"accuracy": 0.1 + 0.2}, {}, 0.5)
    with open_run(tmp_path / "run", {"name": "demo"}, "demo", {}) as store:
        store.add([*records, extra])
    return read_run(tmp_path / "run")


def test_csv_has_a_column_for_each_setting_and_value(view: RunView, tmp_path: Path) -> None:
    export_file(view, "csv", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 3
    settings = ["id", "baseline", "dataset.name", "model.depth", "shots"]
    assert list(rows[0]) == [*settings, "accuracy", "per.class", "value.shots", "seconds"]
    full = [row for row in rows if row["model.depth"]]
    assert [row["model.depth"] for row in full] == ["2", "10"]
    assert float(full[0]["accuracy"]) == 1 / 3
    assert full[0]["dataset.name"] == "wine, λ"
    assert (full[0]["shots"], full[0]["value.shots"]) == ("", "7")
    assert json.loads(full[0]["per.class"]) == [1, 2]
    (baseline,) = [row for row in rows if row["baseline"]]
    assert float(baseline["accuracy"]) == 0.1 + 0.2
    assert baseline["model.depth"] == ""


def test_json_has_everything(view: RunView, tmp_path: Path) -> None:
    export_file(view, "json", tmp_path / "out.json")
    document = json.loads((tmp_path / "out.json").read_text())
    assert document["experiment"] == {"name": "demo"}
    assert document["study"] == "demo"
    told = {entry["id"]: entry for entry in document["records"]}
    for record in view.records:
        assert told[record.point.id] == {
            "id": record.point.id,
            "settings": record.point.settings,
            "values": record.values,
            "provenance": record.provenance,
            "seconds": record.seconds,
        }


@pytest.mark.parametrize("name", list(FORMATS))
def test_a_run_without_records_is_exported_too(name: str, tmp_path: Path) -> None:
    with open_run(tmp_path / "run", {}, "demo", {}):
        pass
    export_file(read_run(tmp_path / "run"), name, tmp_path / "out")
    text = (tmp_path / "out").read_text()
    assert text == "id,seconds\n" if name == "csv" else json.loads(text)["records"] == []


def test_wrong_formats_and_places_are_sentences(view: RunView, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Did you mean 'json'"):
        export_file(view, "jsn", tmp_path / "out")
    with pytest.raises(InputError, match="cannot be written"):
        export_file(view, "csv", tmp_path / "none" / "out")


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "out"
    file.write_text("before")
    with pytest.raises(UnicodeEncodeError), whole_file(file) as stream:
        stream.write("half" * 10_000 + "\ud800")
    assert file.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    with whole_file(file) as stream:
        stream.write("after")
    assert file.read_text() == "after"
