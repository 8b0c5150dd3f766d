"""Device twins from a measurement to the report: what was put in is told."""

from __future__ import annotations

import html
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nisqdl.analysis.compare import compare
from nisqdl.analysis.device_twin import twins_of
from nisqdl.analysis.pairs import Side, beside_twins
from nisqdl.analysis.twin_verdict import twin_verdict
from nisqdl.circuits.build import encode
from nisqdl.engines import find_engine
from nisqdl.engines.runtime.options import Execution
from nisqdl.engines.runtime.request import Measured
from nisqdl.engines.twin import Model, shared_shots
from nisqdl.noise.applied import channels_for
from nisqdl.noise.recipe import find_recipe
from nisqdl.report import write_report
from nisqdl.store.record import Point, Record
from nisqdl.store.view import RunView
from nisqdl.studies import device_twin, preparation
from nisqdl.studies.data import split_of
from nisqdl.studies.noise_accuracy import NoiseAccuracy, NoiseAccuracyOptions
from nisqdl.sweep import spread
from nisqdl.targets.device import Device
from nisqdl.targets.serial import isa_from_bytes
from nisqdl.targets.snapshots import find_device
from nisqdl.training.checkpoint import trained_from_bytes

STUDY = NoiseAccuracy()
DOCUMENT = {
    "dataset": {"name": "iris", "train": 60, "test": 60},
    "model": {"ansatz": {"name": "real_amplitudes", "depth": [2, 4]}},
    "target": "torino",
    "training": {"steps": 20},
    "seeds": 3,
}


@cache
def prepared() -> tuple[tuple[Point, ...], dict[str, bytes], dict[str, tuple[str, ...]]]:
    """Points, the artifacts of their circuits and trainings, and what each point needs."""
    points = [
        p for p in STUDY.points(spread(NoiseAccuracyOptions, DOCUMENT, "test"))
        if p.settings["learner"] == "qnn" and p.settings["model.entangler"] == "linear"
    ]  # fmt: skip
    artifacts: dict[str, bytes] = {}
    needs: dict[str, tuple[str, ...]] = {}
    for step in STUDY.steps(points):
        if step.kind == "measure":
            needs.update({point.id: step.needs for point in step.points})
            continue
        made = STUDY.perform(step, {key: artifacts[key] for key in step.needs}).artifact
        assert made is not None
        artifacts[step.key] = made
    return tuple(points), artifacts, needs


def hardware(true: Device, scale: float, execution: Execution, **settings: Any) -> list[Record]:
    """The records of a device with this calibration and noise scale, from 2000 shots a circuit."""
    points, artifacts, needs = prepared()
    records = []
    for index, point in enumerate(points):
        isa, weights = (artifacts[key] for key in needs[point.id][:2])
        model, trained = isa_from_bytes(isa), trained_from_bytes(weights)
        split = split_of(point.settings)
        options = preparation.model_options(point.settings)
        rows = encode(options, split.test_features)
        channels = None if not execution.mitigates_readout else ("one_qubit", "two_qubit")
        noise = channels_for(
            find_recipe("calibrated"), true, model.physical_qubits, scale, channels
        )
        evaluator = find_engine("exact").prepare(model, noise)
        values, errors = evaluator.estimates_with_errors(  # type: ignore[attr-defined]
            rows, trained.weights, 2000, np.random.default_rng(index)
        )
        # As the client states them: strings that share shots taken as independent.
        stated = errors / shared_shots(
            Model(find_engine("exact"), model, find_recipe("calibrated"), channels, rows,
                  trained.weights),
            noise,
        )  # fmt: skip
        found = Measured(values, stated, "ibm_torino", (), 1.5, 0, find_device("torino"))
        labels = split.test_labels

        def scores(some: Any, labels: Any = labels) -> dict[str, float]:
            from nisqdl.circuits.decoding import predicted_classes
            from nisqdl.datasets.scores import accuracy

            return {"accuracy": accuracy(labels, predicted_classes(some))}

        paired = device_twin.paired(
            point.settings, model, rows, trained.weights, found, execution, scores
        )
        asked = {**point.settings, "engine": "runtime", "target": "torino", **settings}
        circuit = {"weights": len(model.weights), "two_qubit_gates": 6, "qubits": 4}
        measured = {**scores(values), "train_accuracy": 0.8, "qpu_seconds": 1.5, "unphysical": 0}
        records.append(
            Record(Point("noise_accuracy", asked), {**measured, **circuit, **paired}, {}, 0.1)
        )
    return records


def noisier(qubit: int) -> Device:
    torino = find_device("torino")
    calibrated = torino.qubits[qubit]
    assert calibrated.p0_given_1 is not None
    bad = replace(calibrated, p0_given_1=calibrated.p0_given_1 + 0.15)
    return replace(torino, qubits=(*torino.qubits[:qubit], bad, *torino.qubits[qubit + 1 :]))


def test_the_scale_is_found_and_nothing_is_missed() -> None:
    (found,) = twins_of(hardware(find_device("torino"), 1.5, Execution(resilience_level=0)))
    assert len(found.circuits) == 6
    assert found.scale is not None
    assert found.scale.low is not None
    assert found.scale.high is not None
    assert found.scale.low - 0.1 < 1.5 < found.scale.high + 0.1
    assert 1.3 < found.scale.mean < 1.7
    assert found.reduced == pytest.approx(1, abs=0.15)
    assert found.misfits <= 1
    assert found.drift == 0
    assert "told best by λ̂ = 1." in twin_verdict(found).sentence


def test_readout_is_left_out_where_it_was_mitigated() -> None:
    (found,) = twins_of(hardware(find_device("torino"), 1.0, Execution(resilience_level=1)))
    assert not found.readout_modelled
    assert found.scale is not None
    assert found.scale.low is not None
    assert found.scale.high is not None
    assert found.scale.low < 1 < found.scale.high
    assert "readout was mitigated" in twin_verdict(found).rule


def test_a_noisier_qubit_is_named_in_the_report(tmp_path: Path) -> None:
    points, artifacts, needs = prepared()
    qubit = isa_from_bytes(artifacts[needs[points[0].id][0]]).physical_qubits[0]
    records = hardware(noisier(qubit), 1.0, Execution(resilience_level=0))
    (found,) = twins_of(records)
    assert found.misfits >= 3
    assert found.suspicions[0].qubit == qubit
    assert found.suspicions[0].part == "reads 0 for 1"
    run = RunView(
        tmp_path, {"options": DOCUMENT}, "noise_accuracy", STUDY.context(points), tuple(records),
        "2026-11-25T10:00:00+00:00", {}, len(records),
    )  # fmt: skip
    built = write_report(run, tmp_path, len(records))
    page = html.unescape(built.html.read_text(encoding="utf-8"))
    assert twin_verdict(found).sentence in page
    assert f"qubit {qubit}, reads 0 for 1 (λ higher by" in page
    assert any(path.name.startswith("twin_values") for path in built.figures)


def test_two_ways_of_running_are_two_groups_and_compare_with_their_twins() -> None:
    torino = find_device("torino")
    records = [
        *hardware(torino, 1.0, Execution(resilience_level=0), **{"execution.resilience_level": 0}),
        *hardware(torino, 1.0, Execution(resilience_level=1), **{"execution.resilience_level": 1}),
    ]
    found = twins_of(records)
    assert [one.title for one in found] == [
        "torino, resilience level 0", "torino, resilience level 1",
    ]  # fmt: skip
    side = Side("hw", "noise_accuracy", tuple(records))
    against = compare(*beside_twins(side))
    assert len(against.pairs) == len(records)
    assert against.overall.mean == pytest.approx(
        np.mean([r.values["accuracy"] - r.values["twin"]["accuracy"] for r in records])
    )


def test_what_no_calibration_tells_is_said_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    points, artifacts, needs = prepared()
    isa = isa_from_bytes(artifacts[needs[points[0].id][0]])
    torino = find_device("torino")
    unknown = replace(torino.qubits[isa.physical_qubits[0]], t1_us=None)
    qubits = list(torino.qubits)
    qubits[isa.physical_qubits[0]] = unknown
    found = Measured(
        np.zeros((5, 1)), np.ones((5, 1)), "ibm_torino", (), None, 0,
        replace(torino, qubits=tuple(qubits)),
    )  # fmt: skip
    told = device_twin.paired(
        points[0].settings, isa, np.zeros((5, len(isa.features))), np.zeros(len(isa.weights)),
        found, Execution(), lambda values: {},
    )  # fmt: skip
    assert "T1" in told["twin_refused"]
