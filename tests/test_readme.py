"""What the README shows, runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from nisqdl.cli import main
from nisqdl.experiment import load

_TEXT = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    found = re.findall(rf"^```{language}\n(.*?)^```", _TEXT, flags=re.MULTILINE | re.DOTALL)
    assert found
    return found


def test_the_experiment_is_the_shipped_one(tmp_path: Path) -> None:
    (text,) = _blocks("yaml")
    file = tmp_path / "noise_vs_accuracy.yaml"
    file.write_text(text)
    assert load(str(file)).resolved == load("noise_vs_accuracy").resolved
    assert yaml.safe_load(text)["study"] == "noise_accuracy"


@pytest.mark.slow
def test_the_python_runs() -> None:
    (text,) = _blocks("python")
    names: dict[str, object] = {}
    exec(compile(text, "README.md", "exec"), names)
    assert names["values"].shape == (32, 1)  # type: ignore[attr-defined]
    assert names["gradient"].shape == (32, 1, 6)  # type: ignore[attr-defined]


def test_every_command_exists() -> None:
    verbs = set(re.findall(r"^nisqdl (\w+)", "\n".join(_blocks("")), flags=re.MULTILINE))
    assert len(verbs) >= 6
    for verb in verbs:
        assert CliRunner().invoke(main, [verb, "--help"]).exit_code == 0


def test_every_linked_file_exists() -> None:
    for place in re.findall(r"\]\((?!http)([^)#]+)\)", _TEXT):
        assert (Path(__file__).parents[1] / place).exists(), place
