"""The gradient_variance report of made-up runs: whole, worded, and free of what does not apply."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nisqdl.analysis.plateaus import plateaus
from nisqdl.report import BuiltReport, write_report
from nisqdl.report.figures import gradient_map
from nisqdl.report.figures.plateau_figures import PLATEAU_FIGURES
from nisqdl.report.style import look

Make = Callable[..., Any]


@pytest.fixture(scope="module")
def full(synthetic_plateaus: Make, tmp_path_factory: pytest.TempPathFactory) -> BuiltReport:
    return write_report(
        synthetic_plateaus(phases=True), tmp_path_factory.mktemp("full") / "plateaus"
    )


def test_every_figure_is_drawn_with_its_words(full: BuiltReport) -> None:
    assert {path.stem for path in full.figures} == set(PLATEAU_FIGURES)
    text = full.html.read_text()
    for name, kind in PLATEAU_FIGURES.items():
        assert f'id="figure-{name}"' in text
        assert kind.title in text
    for path in full.figures:
        if path.suffix == ".svg":
            ET.parse(path)  # well-formed


def test_the_page_answers_first(full: BuiltReport) -> None:
    text = full.markdown.read_text()
    assert full.verdict.topic == "Can it be trained"
    assert "vanishes exponentially" in full.markdown.read_text()
    assert text.index("vanishes exponentially") < text.index("## ")
    for word in ("Causes, told apart by controls", "Var C", "QPU time", "nisqdl report"):
        assert word in text


def test_captions_have_numbers_and_end_as_sentences(synthetic_plateaus: Make) -> None:
    from nisqdl.analysis.plateaus import plateaus
    from nisqdl.report.style import look

    found = plateaus(synthetic_plateaus(phases=True).records)
    for kind in PLATEAU_FIGURES.values():
        for columns in (1, 2):
            with look():
                drawing = kind.draw(found, columns)
            assert drawing is not None
            assert any(letter.isdigit() for letter in drawing.caption)
            assert drawing.caption.endswith(".")
            assert len(drawing.alt) > 60


def test_figures_without_their_axis_are_left_out(synthetic_plateaus: Make, tmp_path: Path) -> None:
    run = synthetic_plateaus(qubits=(4,), depths=(2,), target=None, methods=("sampling",))
    built = write_report(run, tmp_path)
    assert {path.stem for path in built.figures} == {"variance_position"}
    assert built.verdict.sentence.startswith("At 4 qubits, trainable: ")
    assert "One number of qubits" in built.markdown.read_text()


def test_a_device_gets_a_map_of_where_gradient_is(synthetic_plateaus: Make, tmp_path: Path) -> None:
    run = synthetic_plateaus(qubits=(2, 4), depths=(2,), target="torino")
    qubits = [{"x": i, "y": 0, "faulty": False} for i in range(6)]
    edges = [{"qubits": [i, i + 1]} for i in range(5)]
    device = {"name": "torino", "target": "torino", "map": {"qubits": qubits, "edges": edges}}
    for record in run.records:
        n = record.point.settings["qubits"]
        record.values["physical_qubits"] = list(range(1, n + 1))
        record.values["qubit_variances"] = [10.0**-i for i in range(n)]
    found = plateaus(run.records)
    with look():
        drawing = gradient_map.draw(found, device)
    assert drawing is not None
    # Two noise scales of the largest circuits, and one of them in each panel at most.
    assert "qubit 1 has the most, 1" in drawing.caption
    assert gradient_map.draw(found, {**device, "target": "boston"}) is None
    assert gradient_map.draw(found, {**device, "map": None}) is None


def test_more_lines_than_looks_are_said(synthetic_plateaus: Make, tmp_path: Path) -> None:
    names = ("none", "linear", "circular", "full", "star")
    run = synthetic_plateaus(entanglers=names, scales=(0.0,), depths=(2,))
    built = write_report(run, tmp_path)
    assert "3 more lines are in the table" in built.markdown.read_text()


def test_a_run_that_is_not_complete_says_so(synthetic_plateaus: Make, tmp_path: Path) -> None:
    run = synthetic_plateaus(depths=(2,))
    built = write_report(run, tmp_path, planned=len(run.records) + 1)
    assert "NOT COMPLETE" in built.html.read_text()
    assert "exponentially" not in built.verdict.sentence


def test_telling_needs_no_quantum_stack() -> None:
    code = (
        "import sys, nisqdl.report.gradient_variance\n"
        "assert not {'qiskit', 'numba', 'sklearn', 'nisqdl.studies'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_is_not_resolved_is_said_and_nothing_is_a_silent_zero(
    synthetic_plateaus: Make, tmp_path: Path
) -> None:
    run = synthetic_plateaus(depths=(2,), methods=("sampling",), relative=0.5)
    unseen = run.records[-1].values
    for end, value in (("", 0.0), ("_stderr", 1e-9), ("_low", 0.0), ("_high", 2e-9)):
        unseen[f"var_grad_first{end}"] = value
    text = write_report(run, tmp_path / "plateaus").html.read_text()
    assert text.count("), not resolved<") > 10
    assert ">not seen, at most 2·10⁻⁹<" in text
