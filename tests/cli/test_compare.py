"""``nisqdl compare`` on committed runs, as a user calls it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from nisqdl.cli import main

REFERENCE = Path(__file__).parents[2] / "results" / "reference" / "noise_vs_accuracy"


def call(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["compare", *map(str, arguments)])
    return result.exit_code, result.output


PARTS = ("--a", "target=fake_torino", "--b", "target=fake_kingston")


def test_two_devices_of_one_run(tmp_path: Path) -> None:
    code, output = call(REFERENCE, REFERENCE, *PARTS, "--json", "--out", tmp_path)
    assert code == 0, output
    told = json.loads(output)
    assert (told["first"], told["second"]) == ("fake_torino", "fake_kingston")
    assert told["pairs"] == 2400
    overall = told["rows"][0]["difference"]
    assert overall["low"] < overall["mean"] < overall["high"]
    page = Path(told["page"]).read_text(encoding="utf-8")
    assert told["sentence"] in page
    assert (tmp_path / "figures" / "comparison.png").is_file()
    assert told["sentence"] in (tmp_path / "comparison.md").read_text(encoding="utf-8")


def test_two_runs_with_names_of_their_own(tmp_path: Path) -> None:
    for name in ("october", "november"):
        shutil.copytree(REFERENCE, tmp_path / name)
    code, output = call(tmp_path / "october", tmp_path / "november", "--out", tmp_path / "c")
    assert code == 2
    assert "Nothing differs between october and november" in output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((REFERENCE, "absent"), "There is no run folder absent"),
        ((REFERENCE, REFERENCE), "Nothing differs"),
        ((REFERENCE, "twin"), "has no device twins"),
        ((REFERENCE, REFERENCE, "--a", "target"), "must be a setting and its value"),
        ((REFERENCE, REFERENCE, "--a", "target=fake_toronto"), "or fake_torino"),
        ((REFERENCE, REFERENCE, "--a", "taget=x"), "target"),
        ((REFERENCE, REFERENCE, *PARTS, "--metric", "acuracy"), "accuracy"),
    ],
)
def test_mistakes_get_one_sentence(
    arguments: tuple[object, ...], sentence: str, tmp_path: Path
) -> None:
    code, output = call(*arguments, "--out", tmp_path / "page")
    assert code == 2
    assert sentence in output
    assert "Traceback" not in output
    assert not (tmp_path / "page").exists()
