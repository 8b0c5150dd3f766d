"""The built wheel, installed elsewhere: what it ships is in it and works without the checkout."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the wheel is installed, without what it depends on."""
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    wheels, elsewhere = tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("elsewhere")
    # Where the build's tool is at hand, nothing is downloaded.
    alone = ["--no-build-isolation"] if importlib.util.find_spec("hatchling") else []
    build = [*pip, "wheel", "--no-deps", *alone, "--wheel-dir", str(wheels), str(CHECKOUT)]
    subprocess.run(build, check=True, timeout=300)
    (wheel,) = wheels.glob("nisqdl-*.whl")
    install = [*pip, "install", "--no-deps", "--target", str(elsewhere), str(wheel)]
    subprocess.run(install, check=True, timeout=300)
    return elsewhere


def told(installed: Path, folder: Path, *arguments: str) -> str:
    """Standard output of the installed wheel's command, away from the checkout."""
    start = "import nisqdl, sys; print(nisqdl.__file__, file=sys.stderr)"
    call = f"{start}; from nisqdl.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-P", "-c", call, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert str(installed) in done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_wheel_has_devices_recipes_and_experiments(installed: Path, tmp_path: Path) -> None:
    for kind, folder in (
        ("devices", "backends"), ("noise", "noise_models"), ("experiments", "nisqdl/experiments")
    ):  # fmt: skip
        rows = json.loads(told(installed, tmp_path, "list", kind, "--json"))[kind]
        pattern = "*/*.json" if kind == "devices" else "*.yaml"
        assert len(rows) == len(list((CHECKOUT / folder).glob(pattern))) > 0
    assert not {path.name for path in installed.iterdir()} & {"backends", "noise_models"}


@pytest.mark.slow
def test_the_wheel_runs_an_experiment(installed: Path, tmp_path: Path) -> None:
    told(installed, tmp_path, "new", "mine")
    text = (tmp_path / "mine.yaml").read_text()
    text = text.replace("steps: 60", "steps: 2").replace("[1, 2, 4]", "[1]")
    (tmp_path / "mine.yaml").write_text(text)
    summary = json.loads(told(installed, tmp_path, "run", "mine.yaml", "--quiet", "--json"))
    assert summary["added"] == summary["points"] > 0
    assert (tmp_path / summary["report"]).is_file()
