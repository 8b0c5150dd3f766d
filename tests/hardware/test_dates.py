"""One device at two dates: both of its calibrations that ship, served as IBM serves them.

The local service itself is the same noiseless device at both.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from recorder import recorder

from nisqdl.store.view import read_run
from nisqdl.targets.device import Device
from nisqdl.targets.snapshots import find_device, load_snapshot

Nisqdl = Callable[..., CompletedProcess[str]]

EXPERIMENT = """
study: echo
feature_map: zz_chain
qubits: [2, 4]
target: ibm_torino
engine: runtime
execution: {shots: 100}
"""
OLD, NEW = find_device("torino@2024-02-28"), find_device("torino@2025-02-26")


def require_calibration(found: Device, device: Device) -> None:
    """The date and all values are the device's; what it is made of is the service's to say."""
    assert found.date == device.date
    # The client turns microseconds into seconds and back.
    qubits, gates = zip(*(values_of(one) for one in (found, device)), strict=True)
    np.testing.assert_allclose(*qubits, rtol=1e-12)
    assert len(gates[0]) > 200
    assert gates[0] == pytest.approx(gates[1], rel=1e-12)


def values_of(device: Device) -> tuple[list[list[float]], dict[str, float]]:
    """T1, T2 and readout of each qubit; the error of each pair."""
    qubits = [[math.nan if v is None else v for v in astuple(qubit)] for qubit in device.qubits]
    pairs = {str(g.qubits): g.error for g in device.gates if g.name == "cz" and g.error is not None}
    return qubits, pairs


@pytest.mark.slow
def test_runs_at_two_dates_are_made_for_predicted_by_and_compared_with_their_calibrations(
    nisqdl_here: Nisqdl,
    local_service: Any,
    run_on_device: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    local_service.scenario(seed=3)
    known = [OLD]
    with recorder(local_service.url, calibrations={"ibm_torino": known}) as (url, _):
        monkeypatch.setenv("QISKIT_IBM_URL", url)
        run_on_device(EXPERIMENT, name="before")
        known.append(NEW)
        run_on_device(EXPERIMENT, name="after")
        for day, device in (("2024-06-01", OLD), ("2025-12-01", NEW)):
            pulled = nisqdl_here("backend", "pull", "torino", "--at", day, "--out", "pulled")
            assert pulled.returncode == 0, pulled.stderr
            require_calibration(load_snapshot(Path(pulled.stdout.split()[-1])), device)
        none = nisqdl_here("backend", "pull", "torino", "--at", "2023-01-01")
        assert none.returncode == 4
        assert "no calibration of 2023-01-01T23:59+00:00" in none.stderr
    predicted = []
    for name, device in (("before", OLD), ("after", NEW)):
        made_for = tmp_path / "backends" / "torino" / f"{device.date[:10]}.json"
        require_calibration(load_snapshot(made_for), device)
        records = read_run(tmp_path / name).records
        assert len(records) == 2
        for record in records:
            assert record.point.settings["target"] == f"ibm_torino@{device.date[:10]}"
            assert record.provenance["calibrated"] == device.date
        predicted.append([record.values["twin_probability"] for record in records])
    # The twins of the same circuits under the calibrations of the two dates, and the comparison of
    # them; what was measured is the same noiseless device at both.
    assert np.abs(np.subtract(*predicted)).min() > 1e-5
    compared = nisqdl_here("compare", "before", "after", "--metric", "twin_probability", "--json")
    assert compared.returncode == 0, compared.stderr
    told = json.loads(compared.stdout)
    apart = {one["setting"]: (one["first"], one["second"]) for one in told["apart"]}
    assert set(apart) == {"target", "snapshot"}
    assert apart["target"] == (["ibm_torino@2024-02-28"], ["ibm_torino@2025-02-26"])
    assert told["pairs"] == 2
    mean = np.subtract(*predicted).mean()
    assert told["rows"][0]["difference"]["mean"] == pytest.approx(mean)
    measured = nisqdl_here("compare", "before", "after", "--metric", "probability", "--json")
    assert json.loads(measured.stdout)["rows"][0]["difference"]["mean"] == 0
