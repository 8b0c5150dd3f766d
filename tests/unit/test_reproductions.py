"""Shipped reproductions: each is an experiment whose points give every published value."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from nisqdl.analysis.reproduction import comparisons
from nisqdl.cli import main
from nisqdl.errors import InputError
from nisqdl.experiment import experiment_names, load, reproduction_names
from nisqdl.store.record import Record

_TINY = {
    "study": "gradient_variance",
    "model": {"ansatz": {"name": "layered", "rotations": ["rx"]}, "entangler": "none"},
    "qubits": [2, 3, 4],
    "observable": "projector",
    "method": "pauli_paths",
    "published": {
        "title": "Cerezo et al. 2021, Cost function dependent barren plateaus",
        "claim": "global costs vanish.",
        "values": [
            {
                "what": "variance",
                "source": "(1/8)(3/8)^(n−1)",
                "kind": "closed form",
                "value": "var_grad_first",
                "over": "qubits",
                "expected": {2: 3 / 64, 3: 9 / 512, 4: 27 / 4096},
                "relative": 1e-9,
            }
        ],
    },
}


def _written(folder: Path, **changes: object) -> Path:
    file = folder / "tiny.yaml"
    file.write_text(yaml.safe_dump({**_TINY, **changes}))
    return file


@pytest.mark.parametrize("name", reproduction_names())
def test_a_shipped_reproduction_has_a_point_for_every_published_value(name: str) -> None:
    experiment = load(name)
    assert experiment.published is not None
    records = [Record(point, {}, {}, 0.0) for point in experiment.points()]
    assert "published" in experiment.context()
    for one in comparisons(experiment.published, records):
        wanted = {**one.asked.where, **({one.asked.over: one.at} if one.asked.over else {})}
        named = {key: value for key, value in wanted.items() if key in records[0].point.settings}
        sides = [named] + ([{**named, **one.asked.against}] if one.asked.against else [])
        for side in sides:
            assert any(
                all(r.point.settings.get(key) == value for key, value in side.items())
                for r in records
            ), (one.asked.what, side)


def test_reproductions_and_experiments_have_different_names() -> None:
    assert not set(reproduction_names()) & set(experiment_names())


def test_one_is_run_told_and_resumed(tmp_path: Path) -> None:
    file = _written(tmp_path)
    arguments = ["reproduce", str(file), "--out", str(tmp_path / "run"), "--json", "--quiet"]
    first = CliRunner().invoke(main, arguments)
    assert first.exit_code == 0, first.output
    told = json.loads(first.stdout)
    assert told["met"]
    assert told["added"] == told["points"] == 3
    assert told["verdict"] == "All 3 values of Cerezo et al. 2021 are met."
    assert [value["expected"] for value in told["values"]] == [3 / 64, 9 / 512, 27 / 4096]
    page = (tmp_path / "run" / "report.html").read_text()
    assert "is it reproduced?" in page
    assert "published_curves" in page
    again = json.loads(CliRunner().invoke(main, arguments).stdout)
    assert again["added"] == 0
    assert again["values"] == told["values"]


def test_the_exit_code_says_what_is_not_met_and_new_bounds_need_no_new_run(tmp_path: Path) -> None:
    arguments = ["reproduce", str(_written(tmp_path)), "--out", str(tmp_path / "run"), "--quiet"]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    wrong = json.loads(json.dumps(_TINY["published"]))
    wrong["values"][0]["expected"]["4"] = 0.5
    _written(tmp_path, published=wrong)
    second = CliRunner().invoke(main, [*arguments, "--json"])
    told = json.loads(second.stdout)
    assert second.exit_code == 1
    assert told["added"] == 0
    assert "variance, qubits = 4 (0.006592 against 0.5" in told["verdict"]

    wrong["values"][0]["open"] = "looked into: the number is made up by this test"
    _written(tmp_path, published=wrong)
    third = CliRunner().invoke(main, [*arguments, "--json"])
    told = json.loads(third.stdout)
    assert (third.exit_code, told["met"], told["failed"]) == (0, False, False)
    assert (
        "2 of 3 values of Cerezo et al. 2021 are met; not met, for a known reason: "
        in (told["verdict"])
    )
    text = (tmp_path / "run" / "report.md").read_text()
    assert "is not met: looked into: the number is made up" in text
    assert text.count("not met, reason known") == 1


@pytest.mark.parametrize(
    ("published", "sentence"),
    [
        ({"title": "A"}, "`published.claim` is missing"),
        (
            {"title": "A", "claim": "b", "values": []},
            "`published.values` list must have at least 1",
        ),
        ("no", "`published` must be"),
    ],
)
def test_a_wrong_part_is_refused_in_a_sentence(
    tmp_path: Path, published: object, sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence) as caught:
        load(str(_written(tmp_path, published=published)))
    assert "published" in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["reproduce", "mcclean2019"], "Did you mean 'mcclean2018'?"),
        (["reproduce", "barren_plateaus"], "holds no published value"),
        (["reproduce", "mcclean2018", "noise_vs_accuracy", "--out", "x"], "goes with one NAME"),
        (["reproduce"], "Missing argument"),
    ],
)
def test_wrong_input_is_exit_code_2_and_a_sentence(arguments: list[str], sentence: str) -> None:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr
