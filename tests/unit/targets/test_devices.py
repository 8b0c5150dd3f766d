"""Devices: fake backends against the client's own reading, snapshots, faults, summaries."""

from __future__ import annotations

import dataclasses
import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from nisqdl.catalog import shipped_folder
from nisqdl.errors import InputError
from nisqdl.targets.device import Device, GateCalibration
from nisqdl.targets.drawing import drawn_coordinates
from nisqdl.targets.fakes import fake_device, fake_names
from nisqdl.targets.faults import faults
from nisqdl.targets.reports import device_from_reports
from nisqdl.targets.snapshots import (
    device_names,
    find_device,
    load_snapshot,
    make_snapshot,
    save_snapshot,
)
from nisqdl.targets.summary import device_summary, snapshot_hash
from nisqdl.targets.target import restricted_target

SHIPPED = ["berlin", "boston", "brussels", "kingston", "manila", "miami", "sherbrooke", "torino"]


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_snapshot_is_what_the_fake_backend_reports(name: str) -> None:
    device = find_device(name)
    assert device == fake_device(f"fake_{name}")
    assert find_device(f"{name}@{device.date[:10]}") == device
    assert "Apache-2.0" in device.source
    assert "Changed by nisqdl" in device.source


def test_shipped_snapshots_are_small_and_listed() -> None:
    files = sorted(shipped_folder("backends").glob("*/*.json"))
    assert [entry.name for entry in device_names()] == [path.parent.name for path in files]
    assert set(SHIPPED) <= {path.parent.name for path in files}
    assert max(path.stat().st_size for path in files) <= 200_000


def test_listing_imports_no_qiskit() -> None:
    code = (
        "import sys; from nisqdl.targets.snapshots import device_names, find_device; "
        "device_names(); find_device('fake_torino'); "
        "sys.exit(any(name.split('.')[0].startswith('qiskit') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_fake_backend_is_read() -> None:
    for name in fake_names():
        device = find_device(name)
        assert device.name == name.removeprefix("fake_")
        assert len(device.coordinates) == device.num_qubits == len(set(device.coordinates))
        assert device.dt_ns is None or 0.1 < device.dt_ns < 10
        for qubit in device.qubits:
            assert qubit.t1_us is None or 0.5 < qubit.t1_us < 2000
            assert qubit.readout_ns is None or 100 < qubit.readout_ns < 100_000


def test_devices_equal_the_clients_own_reading() -> None:
    from qiskit_ibm_runtime.fake_provider import FakeProviderForBackendV2

    backends = {backend.name: backend for backend in FakeProviderForBackendV2().backends()}
    assert set(backends) == set(fake_names())
    for name in ("fake_torino", "fake_kingston", "fake_sherbrooke", "fake_manila", "fake_almaden"):
        target, device = backends[name].target, find_device(name)
        properties = backends[name].properties()
        assert device.num_qubits == target.num_qubits
        assert device.dt_ns == pytest.approx(target.dt * 1e9)
        table = {(gate.name, gate.qubits): gate for gate in device.gates}
        for gate in target.operation_names:
            if gate not in device.basis_gates:
                continue
            for qubits, reported in target[gate].items():
                assert table[gate, qubits].error == reported.error
                assert table[gate, qubits].duration_ns == pytest.approx(reported.duration * 1e9)
        for index, qubit in enumerate(device.qubits):
            reported = target.qubit_properties[index]
            for ours, theirs in ((qubit.t1_us, reported.t1), (qubit.t2_us, reported.t2)):
                assert (ours is None) == (theirs is None)
                assert ours is None or ours == pytest.approx(theirs * 1e6)
            values = properties.qubit_property(index)
            assert qubit.p0_given_1 == values["prob_meas0_prep1"][0]
            assert qubit.p1_given_0 == values["prob_meas1_prep0"][0]
            if qubit.readout_ns is not None:
                assert qubit.readout_ns == pytest.approx(properties.readout_length(index) * 1e9)


def test_live_reports_have_dates_as_objects_and_marks_of_what_is_down() -> None:
    from datetime import datetime

    def value(name: str, number: float, unit: str = "") -> dict[str, object]:
        return {"name": name, "value": number, "unit": unit, "date": None}

    qubit = [
        value("T1", 0.1, "ms"),
        value("T2", 50, "us"),
        value("prob_meas0_prep1", 0.02),
        value("prob_meas1_prep0", 0.01),
        value("readout_length", 1.5, "us"),
    ]
    gate = [value("gate_error", 0.01), value("gate_length", 60, "ns")]
    conf = {
        "backend_name": "ibm_somewhere",
        "n_qubits": 3,
        "basis_gates": ["cz", "sx", "rz", "reset"],
        "gates": [{"name": "cz", "coupling_map": [[0, 1], [1, 2]]}],
        "dt": 4.0,
        "processor_type": {"family": "Heron", "revision": 2},
    }
    props = {
        "last_update_date": datetime.fromisoformat("2026-01-01T00:30:00+02:00"),
        "qubits": [
            qubit,
            [*qubit[1:], value("T1", math.nan, "us")],
            [*qubit, value("operational", 0)],
        ],
        "gates": [{"gate": "cz", "qubits": [0, 1], "parameters": gate}],
    }
    device = device_from_reports(conf, props, "a test")
    assert device.date == "2025-12-31T22:30:00+00:00"
    assert (device.name, device.processor) == ("somewhere", "Heron r2")
    assert device.basis_gates == ("cz", "sx", "rz")
    assert device.qubits[0].t1_us == pytest.approx(100)
    assert device.qubits[0].readout_ns == pytest.approx(1500)
    assert device.qubits[1].t1_us is None
    assert device.qubits[2].t2_us is None
    assert device.gates[1] == GateCalibration("cz", (1, 2), None, 0.0)
    with pytest.raises(InputError, match="'n_qubits', but it is missing"):
        device_from_reports({"backend_name": "x"}, props, "a test")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("tornio", "no device named 'tornio'.* Did you mean 'torino'"),
        ("fake_tornio", "Did you mean 'fake_torino'"),
        ("torino@2025-02-27", "snapshot of torino.*Did you mean '2025-02-26'"),
        ("nowhere/device.json", "cannot be read .*Check its path"),
    ],
)
def test_wrong_device_names(name: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        find_device(name, "noise.yaml: target")


def test_snapshot_round_trip(tmp_path: Path) -> None:
    path = make_snapshot("fake_burlington", tmp_path)
    assert path == tmp_path / "burlington" / "2020-06-11.json"
    device = find_device(str(path))
    assert device == fake_device("fake_burlington")
    assert device.dt_ns is None
    assert save_snapshot(device, tmp_path / "again").read_bytes() == path.read_bytes()


def _changed(path: Path, change: object) -> Path:
    content = json.loads(path.read_text())
    change(content)  # type: ignore[operator]
    path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda c: c.update(version=2), "`version` must be 1, but is 2"),
        (lambda c: c.update(format="other"), "`format` must be 'nisqdl device snapshot'"),
        (lambda c: c.pop("gates"), "the field `gates` is missing"),
        (lambda c: c["qubits"][1].pop("t1_us"), r"the field `qubits\[1\].t1_us` is missing"),
        (lambda c: c["qubits"][1].update(t1_us="5"), r"`qubits\[1\].t1_us` must be .*number.*'5'"),
        (lambda c: c.update(qubits=5), "`qubits` must be .*but is '5'"),
        (lambda c: c["qubits"][0].update(p1_given_0=1.5), "must be between 0 and 1, but is 1.5"),
        (lambda c: c["qubits"][0].update(t2_us=-1.0), "t2_us` must be a time"),
        (lambda c: c["gates"][0].update(error=math.nan), r"gates\[0\].error` must be at least 0"),
        (lambda c: c["gates"][0].update(duration_ns=math.inf), "duration_ns` must be a time"),
        (lambda c: c["gates"][0].update(qubits=[9]), "distinct and below 5"),
        (lambda c: c.update(name="../evil"), "`name` must have letters, digits, - and _ only"),
        (lambda c: c.update(date="yesterday"), "`date` must be a date and time .* 'yesterday'"),
        (lambda c: c.update(dt_ns=math.nan), "`dt_ns` must be a time above 0, but is nan"),
        (lambda c: c["coordinates"].__setitem__(2, [0.0, math.inf]), r"`coordinates\[2\]` must be"),
        (lambda c: c["coordinates"].pop(), "one place for each of 5 qubits, but is 4"),
    ],
)
def test_damaged_snapshots_are_explained(tmp_path: Path, change: object, sentence: str) -> None:
    path = _changed(make_snapshot("fake_manila", tmp_path), change)
    with pytest.raises(InputError, match=sentence) as caught:
        load_snapshot(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"a": ' * 100_000, "\x00\x01"])
def test_what_is_no_snapshot_at_all(tmp_path: Path, content: str) -> None:
    path = tmp_path / "device.json"
    path.write_text(content)
    with pytest.raises(InputError, match=r"device\.json"):
        load_snapshot(path)


def test_truncated_at_any_place(tmp_path: Path) -> None:
    path = make_snapshot("fake_manila", tmp_path)
    whole = path.read_bytes().rstrip()
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError, match="damaged or cut off"):
            load_snapshot(path)
    path.write_bytes(b"\xff\xfe" + whole)
    with pytest.raises(InputError, match="damaged or cut off"):
        load_snapshot(path)


def _with_gate(device: Device, name: str, qubits: tuple[int, ...], error: float | None) -> Device:
    gates = tuple(
        dataclasses.replace(gate, error=error)
        if (gate.name, gate.qubits) == (name, qubits)
        else gate
        for gate in device.gates
    )
    return dataclasses.replace(device, gates=gates)


def test_a_pair_is_faulty_if_one_direction_is() -> None:
    manila = find_device("manila")
    assert not faults(manila).gates
    for error in (1.0, 0.99, None):
        broken = faults(_with_gate(manila, "cx", (2, 1), error))
        assert list(broken.gates) == [("cx", (1, 2))]
        assert not broken.allow("cx", (1, 2))
        assert not broken.allow("cx", (2, 1))
        assert broken.allow("cx", (2, 3))
        assert len(broken.described()) == 1


def test_a_qubit_without_its_one_qubit_gate_or_its_times_is_faulty() -> None:
    manila = find_device("manila")
    broken = faults(_with_gate(manila, "sx", (3,), 1.0))
    assert list(broken.qubits) == [3]
    assert not broken.gates, "what is on a faulty qubit is not listed again"
    assert not broken.allow("cx", (3, 4))
    for change in ({"t1_us": None}, {"t2_us": 0.0}, {"p0_given_1": 0.5}, {"p1_given_0": None}):
        qubits = list(manila.qubits)
        qubits[2] = dataclasses.replace(qubits[2], **change)
        assert list(faults(dataclasses.replace(manila, qubits=tuple(qubits))).qubits) == [2]
    with pytest.raises(InputError, match="Qubit 2 of manila is faulty"):
        restricted_target(dataclasses.replace(manila, qubits=tuple(qubits)), (1, 2))


def test_faults_of_torino_are_those_in_its_report() -> None:
    torino = find_device("torino")
    reported = {
        tuple(sorted(gate.qubits))
        for gate in torino.gates
        if gate.name == "cz" and gate.error is not None and gate.error >= 0.99
    }
    assert len(reported) == 11
    broken = faults(torino)
    listed = {qubits for name, qubits in broken.gates if name == "cz"}
    assert listed == {pair for pair in reported if not set(pair) & set(broken.qubits)}
    assert any(phrase.startswith("rzz: not calibrated in") for phrase in broken.described())


@pytest.mark.parametrize("name", SHIPPED)
def test_neighbours_stand_side_by_side(name: str) -> None:
    device = find_device(name)
    assert len(set(device.coordinates)) == device.num_qubits
    for gate in device.gates:
        if len(gate.qubits) == 2:
            first, second = (device.coordinates[qubit] for qubit in gate.qubits)
            assert math.dist(first, second) == 1


def test_drawn_coordinates_of_a_line_and_of_a_grid() -> None:
    line = drawn_coordinates(6, [(i, i + 1) for i in range(5)])
    for i in range(6):
        for j in range(i):
            assert math.dist(line[i], line[j]) == pytest.approx(i - j, rel=0.05)
    grid = drawn_coordinates(
        16,
        [
            (i, i + s)
            for i in range(16)
            for s in (1, 4)
            if (s == 4 and i < 12) or (s == 1 and i % 4 < 3)
        ],
    )
    near = {(i, j): math.dist(grid[i], grid[j]) for i in range(16) for j in range(i)}
    assert min(near.values()) > 0.5


@pytest.mark.parametrize("name", [*SHIPPED, "fake_almaden", "fake_kyoto", "fake_armonk"])
def test_summary_is_json_and_right(name: str) -> None:
    device = find_device(name)
    summary = json.loads(json.dumps(device_summary(device), allow_nan=False))
    assert summary["qubits"] == device.num_qubits == len(summary["map"]["qubits"])
    assert summary["snapshot_hash"] == snapshot_hash(dataclasses.replace(device, source="copy"))
    pairs = {
        tuple(sorted(gate.qubits))
        for gate in device.gates
        if len(gate.qubits) == 2 and gate.name != "rzz"
    }
    assert {tuple(edge["qubits"]) for edge in summary["map"]["edges"]} == pairs
    if name == "torino":
        assert summary["medians"]["two_qubit_error"] == pytest.approx(4.1e-3, rel=0.1)
        assert summary["medians"]["t1_us"] == pytest.approx(185, rel=0.05)
    if name == "fake_kyoto":
        assert summary["medians"]["two_qubit_error"] is None


def test_restricted_target_has_the_devices_values() -> None:
    sherbrooke = find_device("sherbrooke")
    place = (123, 122, 124)
    target = restricted_target(sherbrooke, place)
    assert set(target.operation_names) == {
        "ecr",
        "id",
        "rz",
        "sx",
        "x",
        "delay",
        "measure",
        "reset",
    }
    table = {(gate.name, gate.qubits): gate for gate in sherbrooke.gates}
    edges = {
        (place.index(a), place.index(b))
        for name, (a, *rest) in table
        if name == "ecr"
        for b in rest
        if a in place and b in place
    }
    assert set(target["ecr"]) == edges
    for (first, second), properties in target["ecr"].items():
        gate = table["ecr", (place[first], place[second])]
        assert properties.error == gate.error
        assert properties.duration == pytest.approx(gate.duration_ns * 1e-9)
    readout = sherbrooke.qubits[123]
    assert target["measure"][(0,)].error == pytest.approx(
        (readout.p1_given_0 + readout.p0_given_1) / 2
    )
    assert target.qubit_properties[0].t1 == pytest.approx(readout.t1_us * 1e-6)
    assert target.dt == pytest.approx(sherbrooke.dt_ns * 1e-9)


def test_fractional_gates_only_when_asked() -> None:
    boston = find_device("boston")
    assert not {"rx", "rzz"} & set(restricted_target(boston, (14, 15)).operation_names)
    assert {"rx", "rzz"} <= set(restricted_target(boston, (14, 15), True).operation_names)


def test_restricted_target_refuses_wrong_qubits() -> None:
    manila = find_device("manila")
    with pytest.raises(InputError, match="between 0 and 4, but is 5"):
        restricted_target(manila, (5,))
    with pytest.raises(InputError, match="named once"):
        restricted_target(manila, (1, 1))
