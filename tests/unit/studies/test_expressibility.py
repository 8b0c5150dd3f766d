"""The study expressibility: its points, and its records against closed forms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from nisqdl.analysis.expressibility import expressed, expressibility_verdicts, rank_correlation
from nisqdl.errors import InputError
from nisqdl.experiment import Experiment, load
from nisqdl.report import write_report
from nisqdl.store.record import Record
from nisqdl.store.view import RunView

_SMALL: dict[str, Any] = {
    "study": "expressibility",
    "model": {"ansatz": {"name": ["sim_1", "sim_9", "sim_10"], "depth": [1, 2]}},
    "qubits": 4,
    "pairs": 500,
    "seeds": 2,
}


def _loaded(folder: Path, **changes: Any) -> Experiment:
    file = folder / "small.yaml"
    file.write_text(yaml.safe_dump({**_SMALL, **changes}))
    return load(str(file))


def _records(experiment: Experiment) -> list[Record]:
    steps = experiment.study.steps(experiment.points())
    return [r for step in steps for r in experiment.study.perform(step, {}).records]


def test_records_have_their_closed_forms(tmp_path: Path) -> None:
    """physics.md: circuit 9 entangles 1 and circuit 10 3/8 at L = 1; a product 0."""
    records = _records(_loaded(tmp_path))
    assert len(records) == 12
    exact = {"sim_1": 0.0, "sim_9": 1.0, "sim_10": 0.375}
    for record in records:
        settings = record.point.settings
        if settings["model.ansatz.depth"] == 1:
            name = settings["model.ansatz.name"]
            assert record.values["entangling"] == pytest.approx(exact[name], abs=1e-12)
        assert record.values["expressibility"] >= 0
    seeds = {r.point.settings["seed"]: r.values["expressibility"] for r in records[:2]}
    assert seeds[0] != seeds[1]
    again = _records(_loaded(tmp_path))
    assert [r.values for r in again] == [r.values for r in records]


def test_the_gradients_variance_is_the_chains(tmp_path: Path) -> None:
    """RX and RZ of one qubit on |0⟩ with Z: Var ∂ is ½ for RX and 0 for RZ: the mean is ¼."""
    model = {"ansatz": {"name": "layered", "rotations": ["rx", "rz"]}, "entangler": "none"}
    (record,) = _records(_loaded(tmp_path, model=model, qubits=1, seeds=1))
    assert record.values["var_grad_mean"] == pytest.approx(0.25)


def test_the_report_tells_the_relation(tmp_path: Path) -> None:
    experiment = _loaded(tmp_path, seeds=1)
    records = tuple(_records(experiment))
    found = expressed(records)
    assert len(found.circuits) == 6
    assert found.correlation is not None
    first = expressibility_verdicts(found)[0]
    assert "rank correlation of" in first.sentence
    assert "Not every point ran" in expressibility_verdicts(found, complete=False)[0].sentence
    view = RunView(tmp_path, experiment.resolved, "expressibility", {}, records, "", {}, 6)
    built = write_report(view, tmp_path / "report", 6)
    assert {file.stem for file in built.figures} == {"expressed_gradients", "expressed_circuits"}
    assert first.sentence in built.markdown.read_text().replace("\\", "")


def test_rank_correlation_against_its_definition() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        x, y = rng.permutation(9), rng.permutation(9)
        d = np.argsort(np.argsort(x)) - np.argsort(np.argsort(y))
        found = rank_correlation(x.tolist(), np.exp(y).tolist())
        assert found is not None
        assert found.mean == pytest.approx(1 - 6 * float((d**2).sum()) / (9 * 80))
        assert found.low is not None
        assert found.high is not None
        assert -1 <= found.low <= found.mean <= found.high <= 1
    assert rank_correlation([1, 2, 3], [1, 2, 3]) is None
    assert rank_correlation([1] * 8, list(range(8))) is None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"qubits": 40}, "`qubits`"),
        ({"observable": "Z9"}, "must be from 0 to 3"),
        ({"pairs": 1}, "`pairs`"),
        ({"model": {"entangler": "device"}}, "needs a device"),
        ({"model": {"ansatz": {"name": "sim_20"}}}, "sim_2"),
        ({"model": {"ansatz": {"name": "sim_1", "seed": 3}}}, "draws nothing"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(
    tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        _loaded(tmp_path, **changes)
