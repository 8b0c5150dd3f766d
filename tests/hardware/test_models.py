"""A saved model predicts on a device: one job through the genuine client, on loopback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nisqdl.engines.runtime.direct import measure_now
from nisqdl.engines.runtime.options import Execution
from nisqdl.engines.runtime.request import Request, bound_rows
from nisqdl.errors import AccountError
from nisqdl.models import QNNClassifier, load
from nisqdl.targets.serial import isa_from_bytes

SHOTS = 400


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any, Any, Any]:
    """A fitted model of ibm_torino's snapshot, some rows, and what it predicts without noise."""
    rng = np.random.default_rng(0)
    y = np.arange(40) % 2
    X = np.stack([y + rng.normal(0, 0.2, 40), rng.normal(0, 0.2, 40)], axis=1)
    model = QNNClassifier(
        depth=1, steps=40, learning_rate=0.1, backend="ibm_torino", random_state=0
    ).fit(X, y)
    file = tmp_path_factory.mktemp("saved") / "model.npz"
    model.save(file)
    ideal = model.set_params(noise_scale=0.0).predict_proba(X[:6])
    return file, X[:6], y[:6], ideal


def jobs(local_service: Any) -> int:
    return len(local_service.calls("POST", "/api/v1/jobs"))


def test_it_is_fitted_without_a_job_and_predicts_with_one(local_service, saved) -> None:
    file, X, y, ideal = saved
    model = load(file).set_params(engine="runtime", shots=SHOTS)
    assert jobs(local_service) == 0
    shares = model.predict_proba(X)
    assert jobs(local_service) == 1
    # The service is noiseless here: five standard errors of ⟨Z⟩/2, and mitigation's own spread.
    assert np.abs(shares - ideal).max() < 5 * 1.5 * 0.5 / np.sqrt(SHOTS)
    assert (shares != ideal).any()
    assert (model.predict(X) == y).mean() > 0.8
    assert jobs(local_service) == 2
    assert list((local_service.home / ".local/state/nisqdl/pending").iterdir()) == []


def test_a_backend_of_the_client_does_as_well(local_service, saved) -> None:
    from qiskit_ibm_runtime import QiskitRuntimeService

    file, X, _, ideal = saved
    backend = QiskitRuntimeService().backend("ibm_torino")
    model = load(file).set_params(backend=backend, engine="runtime", shots=SHOTS)
    assert np.abs(model.predict_proba(X) - ideal).max() < 5 * 1.5 * 0.5 / np.sqrt(SHOTS)
    assert jobs(local_service) == 1
    # Its calibration can be trained under as well.
    exact = load(file).set_params(backend=backend)
    assert np.abs(exact.predict_proba(X) - ideal).max() < 0.2
    assert jobs(local_service) == 1


def test_what_the_service_refuses_is_told(local_service, saved, monkeypatch) -> None:
    file, X, *_ = saved
    model = load(file).set_params(engine="runtime", shots=SHOTS)
    with pytest.raises(AccountError, match="no device named 'ibm_nowhere'"):
        measured_on("ibm_nowhere", model, X)
    monkeypatch.delenv("QISKIT_IBM_TOKEN")
    with pytest.raises(AccountError, match="There is no IBM Quantum account here"):
        model.predict(X)
    assert jobs(local_service) == 0


def measured_on(name: str, model: Any, X: Any) -> Any:
    """The model's circuit on a device of another name than it was made for."""
    isa = isa_from_bytes(model.place_.place.isa)
    rows = bound_rows(np.zeros((len(X), len(isa.features))), model.weights_)
    return measure_now(Request(isa, rows, Execution(shots=SHOTS), name), name)
