"""The way to the service: what is shown of the account, and each refusal as one sentence."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime

import pytest

from nisqdl.targets.fakes import fake_device
from nisqdl.targets.snapshots import load_snapshot
from nisqdl.targets.summary import snapshot_hash

NOWHERE = dict.fromkeys(
    ("IAM_URL", "GLOBAL_SEARCH_URL", "GLOBAL_CATALOG_URL", "QISKIT_IBM_URL"), "http://127.0.0.1:9"
)


def test_account_check_tells_what_would_be_used_and_never_the_token(
    local_service, nisqdl, nisqdl_here
):
    local_service.scenario(usage={"limit_seconds": 600, "consumed_seconds": 113})
    done = nisqdl("account", "check")
    assert done.returncode == 0, done.stderr
    assert local_service.instance in done.stdout
    assert "localqpu (free)" in done.stdout
    assert "487 s" in done.stdout
    assert local_service.token not in done.stdout + done.stderr
    assert done.stderr == ""

    as_json = json.loads(nisqdl("account", "check", "--json").stdout)
    assert as_json["instance"]["crn"] == local_service.instance
    assert as_json["usage"] == {
        "used_s": 113.0,
        "limit_s": 600.0,
        "remaining_s": 487.0,
        "exhausted": False,
    }


def test_a_saved_account_is_found_by_its_name(local_service, nisqdl):
    from qiskit_ibm_runtime import QiskitRuntimeService

    file = local_service.home / ".qiskit" / "qiskit-ibm.json"
    QiskitRuntimeService.save_account(
        token=local_service.token,
        url=local_service.environment["QISKIT_IBM_URL"],
        channel="ibm_quantum_platform",
        filename=str(file),
        name="laboratory",
        set_as_default=True,
    )
    none = {"QISKIT_IBM_TOKEN": "", "QISKIT_IBM_INSTANCE": "", "QISKIT_IBM_URL": ""}
    done = nisqdl("account", "check", environment=none)  # its home is read once a process
    assert done.returncode == 0, done.stderr
    assert "laboratory" in done.stdout
    assert local_service.instance in done.stdout  # the only one, so it need not be named
    assert local_service.token not in done.stdout + done.stderr


def test_live_devices_are_those_of_the_service(local_service, nisqdl_here):
    local_service.scenario(backends={"ibm_torino": {"status": "paused", "queue_length": 7}})
    done = nisqdl_here("devices", "--live", "--json")
    assert done.returncode == 0, done.stderr
    rows = {row["name"]: row for row in json.loads(done.stdout)["devices"]}
    torino = rows["ibm_torino"]
    assert (torino["status"], torino["queue"], torino["qubits"]) == ("paused", 7, 133)
    # Medians as in the table of snapshots that was measured by hand.
    assert torino["two_qubit_error"] == pytest.approx(4.2e-3, rel=0.05)
    assert torino["readout_error"] == pytest.approx(2.3e-2, rel=0.05)
    assert torino["t1_us"] == pytest.approx(185, rel=0.05)
    # Torino's report has the layer fidelity of its best 100 qubits.
    assert torino["eplg_qubits"] == 100
    assert 0.003 < torino["eplg"] < 0.02
    assert rows["ibm_sherbrooke"]["status"] == "active"

    table = nisqdl_here("devices", "--live").stdout
    assert "EPLG" in table
    assert "paused" in table


def test_a_pulled_snapshot_is_the_device(local_service, nisqdl_here, tmp_path):
    done = nisqdl_here("backend", "pull", "torino")
    assert done.returncode == 0, done.stderr
    path = tmp_path / "backends" / "torino" / "2025-02-26.json"
    pulled = load_snapshot(path)
    # The same reports, read from the client's files without the client; a date's zone is what the
    # client drops, since the real service reports in UTC.
    torino = fake_device("fake_torino")
    assert snapshot_hash(pulled) == snapshot_hash(dataclasses.replace(torino, date=pulled.date))

    before = path.read_bytes()
    assert nisqdl_here("backend", "pull", "ibm_torino").returncode == 0
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_second_calibration_of_a_day_does_not_overwrite(local_service, nisqdl_here, tmp_path):
    nisqdl_here("backend", "pull", "torino")
    path = tmp_path / "backends" / "torino" / "2025-02-26.json"
    changed = path.read_text().replace('"t1_us": ', '"t1_us": 1', 1).replace("T15:", "T14:", 1)
    path.write_text(changed)
    done = nisqdl_here("backend", "pull", "torino")
    assert done.returncode == 0, done.stderr
    assert path.read_text() == changed
    second = path.with_name("2025-02-26T152608Z.json")
    assert load_snapshot(second).qubits == fake_device("fake_torino").qubits
    # By its plain name the device is the younger of the two.
    shown = json.loads(nisqdl_here("show", "device:torino", "--json").stdout)
    assert shown["date"] == load_snapshot(second).date


def test_the_calibration_of_a_time_is_asked_of_the_service(local_service, nisqdl_here):
    assert nisqdl_here("backend", "pull", "torino", "--at", "2025-03-01").returncode == 0
    path = "/api/v1/backends/ibm_torino/properties"
    assert 200 in local_service.calls("GET", path)


REFUSALS = {
    "no account": (("account", "check"), {}, {"QISKIT_IBM_TOKEN": ""}, 4, "save_account"),
    "wrong token": (
        ("account", "check"),
        {"auth": {"reject_tokens": True}},
        {},
        4,
        "does not accept the account's token",
    ),
    "wrong instance": (
        ("account", "check"),
        {},
        {"QISKIT_IBM_INSTANCE": "crn:v1:bluemix:public:quantum-computing:us-east:a/0::1"},
        4,
        "no access to the instance",
    ),
    "instance by a wrong name": (
        ("account", "check"),
        {},
        {"QISKIT_IBM_INSTANCE": "laboratory"},
        4,
        "no access to the instance",
    ),
    "unknown backend": (("backend", "pull", "ibm_torinno"), {}, {}, 4, "'ibm_torino'"),
    "retired backend": (("backend", "pull", "ibm_kyoto"), {}, {}, 4, "retired"),
    "no network": (("account", "check"), {}, NOWHERE, 4, "cannot be reached"),
    "a fault of the service": (
        ("account", "check"),
        {"http_faults": [{"path": "/api/v1/instances/usage", "status": 500, "times": 9}]},
        {},
        4,
        "fault of its own",
    ),
    "too many requests": (
        ("account", "check"),
        {"http_faults": [{"path": "/api/v1/instances/usage", "status": 429, "times": 9}]},
        {},
        4,
        "HTTP 429",
    ),
    "dropped connection": (
        ("account", "check"),
        {
            "http_faults": [
                {"path": "/api/v1/instances/usage", "drop_connection": True, "times": 9},
            ]
        },
        {},
        4,
        "cannot be reached",
    ),
    "not a date": (("backend", "pull", "torino", "--at", "yesterday"), {}, {}, 2, "--at"),
    "the future": (("backend", "pull", "torino", "--at", "2099-01-01"), {}, {}, 2, "future"),
}


RETRIED = ("a fault of the service", "dropped connection")
"""What the client itself tries again, with pauses of seconds."""


@pytest.mark.parametrize(
    "case", [pytest.param(c, marks=pytest.mark.slow) if c in RETRIED else c for c in REFUSALS]
)
def test_a_refusal_is_one_sentence(case, local_service, nisqdl_here):
    arguments, scenario, environment, code, phrase = REFUSALS[case]
    local_service.scenario(**scenario)
    done = nisqdl_here(*arguments, environment=environment)
    assert done.returncode == code, done.stderr
    assert phrase in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stdout == ""
    assert local_service.token not in done.stderr


def test_paused_offline_and_exhausted_are_refused_before_anything_is_sent(local_service):
    from nisqdl.errors import AccountError, BudgetError
    from nisqdl.targets.service import connect, find_backend, require_open, require_time, usage

    connection = connect()
    backend = find_backend(connection, "torino")
    require_open(backend)
    for state in ("paused", "offline"):
        local_service.scenario(backends={"ibm_torino": {"status": state}})
        with pytest.raises(AccountError, match=f"ibm_torino runs no jobs now: it is {state}"):
            require_open(backend)
    require_time(usage(connection), 600)
    with pytest.raises(BudgetError, match=r"about 601 s .* 600 s left"):
        require_time(usage(connection), 601)
    local_service.scenario(usage={"limit_seconds": 600, "consumed_seconds": 600})
    with pytest.raises(BudgetError, match="600 s of 600 s are used"):
        require_time(usage(connection))
    assert local_service.calls("POST", "/api/v1/jobs") == []


def test_least_busy_is_online_and_has_the_shortest_queue(local_service):
    from nisqdl.errors import AccountError
    from nisqdl.targets.service import connect, find_backend

    local_service.scenario(
        backends={
            "ibm_torino": {"queue_length": 3},
            "ibm_brisbane": {"status": "offline", "queue_length": 0},
            "ibm_sherbrooke": {"queue_length": 2},
            "ibm_kingston": {"queue_length": 9},
        }
    )
    connection = connect()
    assert find_backend(connection, "least_busy").name == "ibm_sherbrooke"
    assert find_backend(connection, "least_busy", qubits=130).name == "ibm_torino"
    with pytest.raises(AccountError, match="at least 500 qubits"):
        find_backend(connection, "least_busy", qubits=500)
    with pytest.raises(AccountError, match="at least 130 qubits, but has 127"):
        find_backend(connection, "sherbrooke", qubits=130)


def test_a_day_is_its_end_and_a_time_is_utc():
    from nisqdl.targets.live import moment

    assert moment("2025-02-26") == datetime(2025, 2, 26, 23, 59, 59, tzinfo=UTC)
    assert moment("2025-02-26T15:30") == datetime(2025, 2, 26, 15, 30, tzinfo=UTC)
    assert moment("2025-02-26T15:30-05:00") == datetime(2025, 2, 26, 20, 30, tzinfo=UTC)


def test_layered_error_of_a_chain():
    from nisqdl.targets.live import layered_error

    # A chain of 100 qubits whose 99 gates lose 0.5 % each.
    report = {"general": [{"name": "lf_100", "value": 0.995**99}, {"name": "lf_4", "value": 0.99}]}
    assert layered_error(report) == (pytest.approx(0.005), 100)
    assert layered_error({"general": [{"name": "zz_01", "value": 1.0}]}) == (None, None)
    assert layered_error({}) == (None, None)


def test_a_live_device_is_its_newest_snapshot_here(tmp_path, monkeypatch):
    from nisqdl.errors import InputError
    from nisqdl.targets.snapshots import find_device, save_snapshot

    monkeypatch.chdir(tmp_path)
    shipped = find_device("torino")
    assert find_device("ibm_torino") == shipped  # nothing was pulled yet
    pulled = dataclasses.replace(shipped, date="2024-01-02T03:04:05+00:00", source="pulled")
    save_snapshot(pulled, tmp_path / "backends")
    assert find_device("ibm_torino") == pulled  # although the shipped one is younger
    assert find_device("ibm_torino@2024-01-02") == pulled
    assert find_device("ibm_torino@2025-02-26") == shipped
    assert find_device("torino") == shipped
    with pytest.raises(InputError, match="nisqdl backend pull ibm_nowhere"):
        find_device("ibm_nowhere", "a.yaml: target")
    with pytest.raises(InputError, match="snapshot of ibm_torino with the date"):
        find_device("ibm_torino@2024-01-03")
