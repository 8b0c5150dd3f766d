"""A run on 133 noisy qubits, plain, with TREX and with ZNE, against what is exactly known."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qiskit.circuit import Qubit

sys.path.insert(0, str(Path(__file__).parent))

from probe import BACKEND, Probe, ProbeStudy, _steps

from nisqdl.engines import find_engine
from nisqdl.engines.runtime.options import Execution
from nisqdl.engines.runtime.request import Request, measured_from_bytes
from nisqdl.jobs.collecting import collect_jobs
from nisqdl.jobs.intending import intended
from nisqdl.jobs.sending import send_intents
from nisqdl.noise.applied import channels_for
from nisqdl.store.ledger import Ledger
from nisqdl.store.view import read_run
from nisqdl.studies.contract import Step
from nisqdl.studies.named import recipe_named
from nisqdl.targets.service import find_backend
from nisqdl.targets.snapshots import find_device

SHOTS = 96
PAIR = (80, 92)
"""Coupled, and well read."""


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
    """Step ``n`` is at resilience level ``n``: a rotated qubit with four gates, one badly read."""

    def request(self, step: Step, artifacts: Any) -> Request:
        from qiskit.quantum_info import SparsePauliOp

        plain = super().request(step, artifacts)
        level = int(step.settings["step"])
        qubit, _ = misread()
        circuit = plain.isa.circuit.copy_empty_like()
        circuit.add_bits([Qubit()])
        for instruction in plain.isa.circuit.data:
            circuit.append(instruction)
        for _ in range(4):
            circuit.cz(0, 2)
        isa = replace(
            plain.isa,
            circuit=circuit,
            physical_qubits=(PAIR[0], qubit, PAIR[1]),
            observables=(SparsePauliOp("IZI"), SparsePauliOp("IIZ")),
        )
        execution = Execution(resilience_level=level, shots=SHOTS)
        return replace(plain, isa=isa, bindings=np.array([[0.7]]), execution=execution)


@pytest.mark.slow
def test_each_level_on_a_noisy_device(local_service: Any, tmp_path: Path) -> None:
    local_service.scenario(noise=True, seed=7)
    probe = Probe(tmp_path / "run")
    _, error = misread()
    assert error > 0.1
    steps = [step for step in _steps() if step.remote][:3]
    with probe._store() as store:
        ledger = Ledger(store)
        what = intended(store, Levels(), steps, find_device("torino"))
        ledger.intend(what.jobs, what.requests)
        backend = find_backend(probe.connection, BACKEND)
        assert len(send_intents(ledger, probe.connection, backend, print).sent) == 3
        while collect_jobs(store, probe.connection, print).pending:
            time.sleep(0.5)
    run = read_run(probe.folder)
    raw, mitigated, extrapolated = (measured_from_bytes(run.artifact(s.key)) for s in steps)
    sigma = 2 * np.sqrt(error * (1 - error) / SHOTS)
    # Five standard errors: wrong once in a million; a noiseless device would be further away.
    assert abs(raw.values[0, 0] + (1 - 2 * error)) < 5 * sigma
    assert abs(raw.values[0, 0] + 1) > sigma
    trex = sigma / (1 - 2 * error) * np.sqrt(2)
    assert abs(mitigated.values[0, 0] + 1) < 5 * trex
    assert mitigated.stderr[0, 0] > 0
    # An even number of cz is nothing, without noise: −cos 0.7 at every level; with it, as modelled.
    exact = -np.cos(0.7)
    shot = 1 / np.sqrt(SHOTS)
    assert abs(raw.values[0, 1] - modelled(Levels().request(steps[0], {}))) < 5 * shot
    assert abs(mitigated.values[0, 1] - exact) < 5 * shot + 0.03
    # Three factors, extrapolated to none: by least squares at most 1.7 times the error of one.
    for column, truth, one in ((0, -1.0, trex), (1, exact, 1.1 * shot)):
        assert abs(extrapolated.values[0, column] - truth) < 5 * 1.7 * one
    assert extrapolated.jobs[0].options["resilience"]["zne_mitigation"] is True
    assert raw.snapshot is not None
    assert raw.snapshot.qubits == find_device("torino").qubits


def modelled(request: Request) -> float:
    """What the exact engine says of the pair's value under torino's calibration."""
    noise = channels_for(
        recipe_named("calibrated"), find_device("torino"), request.isa.physical_qubits, 1.0, None
    )
    engine = find_engine("exact").prepare(request.isa, replace(noise, idle={}))
    return float(engine.values(request.bindings, np.zeros(0))[0, 1])
