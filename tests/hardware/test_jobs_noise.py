"""A run on 133 noisy qubits, plain and with TREX, against what is exactly known."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from probe import BACKEND, Probe, ProbeStudy, _steps

from nisqdl.engines.runtime.options import Execution
from nisqdl.engines.runtime.request import Request, measured_from_bytes
from nisqdl.jobs.collecting import collect_jobs
from nisqdl.jobs.intending import intended
from nisqdl.jobs.sending import send_intents
from nisqdl.store.ledger import Ledger
from nisqdl.store.view import read_run
from nisqdl.studies.contract import Step
from nisqdl.targets.service import find_backend
from nisqdl.targets.snapshots import find_device

SHOTS = 96


def misread() -> tuple[int, float]:
    """A qubit that is read wrongly often, and how often, averaged over 0 and 1."""
    errors = {
        index: (qubit.p1_given_0 + qubit.p0_given_1) / 2
        for index, qubit in enumerate(find_device("torino").qubits)
        if qubit.p1_given_0 is not None and qubit.p0_given_1 is not None
    }
    index = max((i for i, e in errors.items() if e < 0.2), key=lambda i: errors[i])
    return index, errors[index]


class Levels(ProbeStudy):
    """Step ``n`` is at resilience level ``n``: a flipped qubit, badly read."""

    def request(self, step: Step, artifacts: Any) -> Request:
        from qiskit.quantum_info import SparsePauliOp

        plain = super().request(step, artifacts)
        level = int(step.settings["step"])
        qubit, _ = misread()
        isa = replace(
            plain.isa,
            physical_qubits=(plain.isa.physical_qubits[0], qubit),
            observables=(SparsePauliOp("ZI"),),
        )
        execution = Execution(resilience_level=level, shots=SHOTS)
        return replace(plain, isa=isa, bindings=plain.bindings[:1], execution=execution)


@pytest.mark.slow
def test_each_level_on_a_noisy_device(local_service: Any, tmp_path: Path) -> None:
    local_service.scenario(noise=True, seed=7)
    probe = Probe(tmp_path / "run")
    _, error = misread()
    assert error > 0.1
    steps = [step for step in _steps() if step.remote][:2]
    with probe._store() as store:
        ledger = Ledger(store)
        what = intended(store, Levels(), steps, find_device("torino"))
        ledger.intend(what.jobs, what.requests)
        backend = find_backend(probe.connection, BACKEND)
        assert len(send_intents(ledger, probe.connection, backend, print).sent) == 2
        while collect_jobs(store, probe.connection, print).pending:
            pass
    run = read_run(probe.folder)
    raw, mitigated = (measured_from_bytes(run.artifact(step.key)) for step in steps)
    sigma = 2 * np.sqrt(error * (1 - error) / SHOTS)
    # Five standard errors: wrong once in a million; a noiseless device would be further away.
    assert abs(raw.values[0, 0] + (1 - 2 * error)) < 5 * sigma
    assert abs(raw.values[0, 0] + 1) > sigma
    assert abs(mitigated.values[0, 0] + 1) < 5 * sigma / (1 - 2 * error) * np.sqrt(2)
    assert mitigated.stderr[0, 0] > 0
    assert raw.snapshot is not None
    assert raw.snapshot.qubits == find_device("torino").qubits
