"""Measures a problem: a worker for each peer, agreement first, then timings in alternation."""

from __future__ import annotations

import json
import os
import select
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from typing import IO, Any

import numpy as np

from benchmarks.peers import PEERS, REFERENCE, find_peer
from benchmarks.problem import Problem

AGREEMENT = 1e-6
"""A peer whose loss, gradient, values or derivatives differ by more is not timed."""
PREPARE_LIMIT_S, STEP_LIMIT_S = 180.0, 60.0
ROUNDS, PATIENCE_S = 7, 6.0
"""Timings for each peer, fewer where they would take it longer than this altogether."""


@dataclass(frozen=True)
class Measurement:
    """A row of the table: a peer at a problem with so many threads.

    Attributes:
        difference: Largest from nisqdl, over the whole answer.
        units: Samples (or initialisations) that were computed, of ``of_units``; where they are
            fewer, seconds are scaled (``extrapolated``).
        note: Why there are no seconds, where there are none.
    """

    workload: str
    qubits: int
    size: str
    threads: int
    peer: str
    compile_cpu_s: float | None = None
    compile_wall_s: float | None = None
    cpu_min_s: float | None = None
    cpu_median_s: float | None = None
    wall_min_s: float | None = None
    wall_median_s: float | None = None
    repetitions: int = 0
    units: int = 0
    of_units: int = 0
    difference: float | None = None
    peak_mb: float | None = None
    note: str = ""
    measured: str = ""

    @property
    def extrapolated(self) -> bool:
        return 0 < self.units < self.of_units


class PeerFailed(Exception):
    """A worker ended, or did not answer in time."""


class Worker:
    """A process that holds one prepared peer."""

    def __init__(self, peer: str, problem: Problem, threads: int, quick: bool) -> None:
        self.log: IO[str] = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the worker
        length = "quick" if quick else "full"
        command = [sys.executable, "-m", "benchmarks.worker", peer, problem.name, str(threads)]
        self.process = subprocess.Popen(
            [*command, length], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log,
            text=True, env=environment(threads),
        )  # fmt: skip

    def ask(self, do: str, limit_s: float, **details: int) -> dict[str, Any]:
        """Send a request and wait for its reply.

        Raises:
            PeerFailed: It ended or ran out of time, and has been ended.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps({"do": do, **details}) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError as error:
            raise PeerFailed(self._last_words()) from error
        ready, _, _ = select.select([self.process.stdout], [], [], limit_s)
        if not ready:
            self.close()
            raise PeerFailed(f"no {do} in {limit_s:.0f} s")
        line = self.process.stdout.readline()
        if not line:
            raise PeerFailed(self._last_words())
        reply: dict[str, Any] = json.loads(line)
        return reply

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()

    def _last_words(self) -> str:
        self.process.wait(5)
        self.log.seek(0)
        lines = self.log.read().strip().splitlines()
        return f"failed: {lines[-1][:200]}" if lines else f"ended with {self.process.returncode}"


def measure(problem: Problem, threads: int, quick: bool) -> list[Measurement]:
    """All peers that take the problem; nisqdl first."""
    limit = PREPARE_LIMIT_S if not quick else 60.0
    rows: list[Measurement] = []
    live: dict[str, tuple[Worker, dict[str, Any]]] = {}
    timings: dict[str, list[dict[str, Any]]] = {}
    try:
        for name in PEERS:
            if not find_peer(name).takes(problem):
                continue
            worker = Worker(name, problem, threads, quick)
            try:
                found = worker.ask("prepare", limit)
                found["difference"] = _difference(worker, found["units"], live)
            except PeerFailed as failure:
                worker.close()
                if name == REFERENCE:
                    raise
                rows.append(_row(problem, threads, name, note=str(failure)))
                continue
            live[name] = worker, found
            if found["difference"] > AGREEMENT:
                rows.append(_row(problem, threads, name, **found, note="disagrees: not timed"))
                continue
            timings[name] = []
        failed = _alternate(live, timings)
        rows += [_row(problem, threads, name, note=failed[name]) for name in failed]
        for name, times in timings.items():
            if name in failed:
                continue
            worker, found = live[name]
            found |= worker.ask("memory", STEP_LIMIT_S)
            rows.append(_row(problem, threads, name, **found, **_statistics(times)))
    finally:
        for worker, _ in live.values():
            worker.close()
    order = list(PEERS)
    return sorted(rows, key=lambda row: order.index(row.peer))


def _alternate(
    live: dict[str, tuple[Worker, dict[str, Any]]], timings: dict[str, list[dict[str, Any]]]
) -> dict[str, str]:
    """In each round every peer takes one turn, so that what else the machine does hits all.

    Returns:
        Why, for the peers that failed.
    """
    spent = dict.fromkeys(timings, 0.0)
    failed: dict[str, str] = {}
    for number in range(ROUNDS):
        for name, times in timings.items():
            if name in failed:
                continue
            if number == 0 or spent[name] * (number + 1) / number <= PATIENCE_S:
                try:
                    found = live[name][0].ask("time", STEP_LIMIT_S)
                except PeerFailed as failure:
                    failed[name] = str(failure)
                    continue
                spent[name] += found["spent_s"]
                times.append(found)
    return failed


def _difference(
    worker: Worker, units: int, live: dict[str, tuple[Worker, dict[str, Any]]]
) -> float:
    """Largest difference from the reference, over the answer for these units."""
    if REFERENCE not in live:
        return 0.0
    own = np.array(worker.ask("answer", STEP_LIMIT_S, units=units)["answer"])
    reference = live[REFERENCE][0].ask("answer", STEP_LIMIT_S, units=units)["answer"]
    return float(np.abs(own - np.array(reference)).max())


def _statistics(times: list[dict[str, Any]]) -> dict[str, Any]:
    cpu, wall = [t["cpu_s"] for t in times], [t["wall_s"] for t in times]
    return {
        "cpu_min_s": min(cpu), "cpu_median_s": statistics.median(cpu),
        "wall_min_s": min(wall), "wall_median_s": statistics.median(wall),
        "repetitions": len(times),
    }  # fmt: skip


def _row(problem: Problem, threads: int, peer: str, **found: Any) -> Measurement:
    return Measurement(
        problem.workload, problem.num_qubits, problem.size, threads, peer,
        of_units=problem.units, measured=now(), **found,
    )  # fmt: skip


def environment(threads: int) -> dict[str, str]:
    """Every library's threads, named before it is imported."""
    named = (
        "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS",
        "QISKIT_NUM_PROCS", "RAYON_NUM_THREADS",
    )  # fmt: skip
    xla = f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'}"
    return {
        **os.environ,
        **dict.fromkeys(named, str(threads)),
        "XLA_FLAGS": f"{xla} intra_op_parallelism_threads={threads}",
        "JAX_PLATFORMS": "cpu",
        "JAX_ENABLE_X64": "1",
        "QISKIT_PARALLEL": "FALSE",
    }


def as_record(row: Measurement) -> dict[str, Any]:
    """For the table's file."""
    return asdict(row) | {"extrapolated": row.extrapolated}


def now() -> str:
    """Date and minute, UTC."""
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
