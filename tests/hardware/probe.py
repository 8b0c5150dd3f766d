"""A small experiment on a device, and what a process does with it until it is killed.

Four steps on two qubits of torino, with two numbers of shots, so that there are two jobs in a
batch. Their values are known: ⟨Z⟩ after ry(a) is cos a, on a device without noise.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from pydantic import BaseModel

from nisqdl.engines.runtime.direct import measure_now
from nisqdl.engines.runtime.options import Execution
from nisqdl.engines.runtime.request import Request, measured_from_bytes
from nisqdl.engines.runtime.wire import Patience
from nisqdl.jobs.cancelling import cancel_jobs
from nisqdl.jobs.collecting import Collected, collect_jobs
from nisqdl.jobs.intending import intended
from nisqdl.jobs.sending import Sent, send_intents
from nisqdl.store.folder import RunStore, open_run
from nisqdl.store.ledger import JobRow, Ledger
from nisqdl.store.record import Json, Point
from nisqdl.store.view import read_run
from nisqdl.studies.contract import Cost, Outcome, Step
from nisqdl.targets.isa import IsaModel
from nisqdl.targets.service import Connection, connect, find_backend
from nisqdl.targets.snapshots import find_device

BACKEND = "ibm_torino"
STEPS = 4
ROWS = 2
SHOTS = (64, 96)
JOBS = 2

# Short waits, and time enough for the slowest answer that a test makes the service give.
QUICK = Patience(first_s=0.05, longest_s=2.0, tries=4, settle_s=2.0)


def angles(step: int) -> np.ndarray:
    return np.arange(ROWS) * 0.7 + step * 0.4


class ProbeStudy:
    name = "probe"
    summary = "probes"
    Options: type[BaseModel] = BaseModel

    def points(self, combinations: Sequence[BaseModel]) -> list[Point]:
        return [Point(self.name, {"step": index}) for index in range(STEPS)]

    def steps(self, points: Sequence[Point]) -> list[Step]:
        found = []
        for point in points:
            execute = Step(self.name, "execute", dict(point.settings), remote=True)
            found += [execute, Step(self.name, "measure", {}, (execute.key,), (point,))]
        return found

    def request(self, step: Step, artifacts: Mapping[str, bytes]) -> Request:
        from qiskit.circuit import Parameter, QuantumCircuit
        from qiskit.quantum_info import SparsePauliOp

        angle = Parameter("a")
        circuit = QuantumCircuit(2)
        circuit.sx(0)
        circuit.rz(angle, 0)
        circuit.sx(0)  # together ry up to phases: ⟨Z⟩ = −cos a
        circuit.x(1)
        isa = IsaModel(
            circuit=circuit,
            features=(angle,),
            weights=(),
            observables=(SparsePauliOp("IZ"), SparsePauliOp("ZI")),
            physical_qubits=(40, 30),
            device="torino@2025-02-26",
        )
        index = int(step.settings["step"])
        execution = Execution(resilience_level=0, shots=SHOTS[index % 2])
        return Request(isa, angles(index)[:, None], execution, BACKEND)

    def perform(self, step: Step, artifacts: Mapping[str, bytes]) -> Outcome:
        raise AssertionError("nothing of it runs here")

    def context(self, points: Sequence[Point]) -> Json:
        return {}

    def plan_rows(self, points: Sequence[Point], artifacts: Mapping[str, bytes]) -> list[Json]:
        return []

    def cost(self, step: Step, artifacts: Mapping[str, bytes]) -> Cost:
        return Cost(1.0, 1.0)


@dataclass
class Probe:
    """The run in one folder."""

    folder: Path
    patience: Patience = QUICK
    told: list[str] = field(default_factory=list)

    @cached_property
    def connection(self) -> Connection:
        return connect()

    def submit(self) -> Sent:
        """Intend what is ready and send it, as ``nisqdl submit`` does."""
        backend = find_backend(self.connection, BACKEND)
        with self._store() as store:
            ledger = Ledger(store)
            what = intended(store, STUDY, self.remote(store), find_device("torino"))
            ledger.discard_intents()
            ledger.intend(what.jobs, what.requests)
            return send_intents(ledger, self.connection, backend, self.told.append, self.patience)

    def collect(self) -> Collected:
        with self._store() as store:
            return collect_jobs(store, self.connection, self.told.append, self.patience)

    def cancel(self) -> Collected:
        with self._store() as store:
            return cancel_jobs(store, self.connection, self.told.append, self.patience)

    def collected(self) -> list[JobRow]:
        """Collect until nothing is pending."""
        for _ in range(200):
            found = self.collect()
            if not found.pending:
                return list(found.jobs)
            time.sleep(0.05)  # asking takes more than the little that is computed
        raise AssertionError("jobs are pending for ever")

    def jobs(self) -> list[JobRow]:
        return read_run(self.folder).jobs()

    def remote(self, store: RunStore) -> list[Step]:
        return [s for s in _steps() if s.remote and not store.has_artifact(s.key)]

    def require_right(self) -> None:
        """Every step's values are there, and right within six standard errors."""
        run = read_run(self.folder)
        for step in (s for s in _steps() if s.remote):
            measured = measured_from_bytes(run.artifact(step.key))
            index = int(step.settings["step"])
            sigma = 1 / np.sqrt(SHOTS[index % 2])
            expected = np.column_stack([-np.cos(angles(index)), -np.ones(ROWS)])
            assert measured.values.shape == (ROWS, 2)
            assert np.all(np.abs(measured.values - expected) < 6 * sigma)
            assert measured.snapshot is not None
            assert len(measured.jobs) == 1

    def _store(self):  # type: ignore[no-untyped-def]
        return open_run(self.folder, {"probe": 1}, "probe", {}, STEPS)


STUDY = ProbeStudy()


def ask() -> np.ndarray:
    """Values (ROWS, 2) of the first step, asked of the device at once."""
    return measure_now(STUDY.request(_steps()[0], {}), BACKEND, QUICK)


def _steps() -> list[Step]:
    return STUDY.steps(STUDY.points([]))


def act(folder: str, action: str, environment: Mapping[str, str], fence: str) -> None:
    """What a process of its own does; the tests kill it in the middle."""
    os.environ.update(environment)
    sys.path.insert(0, fence)
    import sitecustomize  # noqa: F401  refuses what is not loopback

    probe = Probe(Path(folder))
    {"submit": probe.submit, "collect": probe.collected, "ask": ask}[action]()
