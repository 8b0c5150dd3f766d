"""One peer at one problem, in a process of its own; told what to do line by line (JSON).

    python -m benchmarks.worker PEER PROBLEM THREADS QUICK

The threads of every library are fixed by the environment and the cores before anything is
imported. Answers go to the standard output that the process started with; whatever libraries
print goes to the error stream.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TextIO

from benchmarks.peers.contract import Peer, Step
from benchmarks.problem import Array, Problem

SHORTEST_S = 0.05
"""One timing repeats the step until about this long: the clock of CPU time is coarse."""
LONGEST_STEP_S = 4.0
"""A step that would take longer is given fewer samples, and its time is scaled."""


@dataclass
class Bench:
    """A prepared peer."""

    peer: Peer
    problem: Problem
    threads: int
    step: Step | None = None
    units: int = 0
    loops: int = 1
    last: tuple[int, Array] | None = None

    def prepare(self) -> dict[str, Any]:
        """Build, compile and run once; find out how many units and loops a timing takes.

        The compile time is that of preparing and the first step, less a second step.
        """
        most = self.problem.units
        units = 1 if self.peer.fewer else most
        began = _clocks()
        self.step = self.peer.prepare(self.problem, self.threads)
        self._run(units)
        ready = _clocks()
        self._run(units)
        after = _clocks()
        compile_cpu, compile_wall = (
            max(0.0, (b - a) - (c - b)) for a, b, c in zip(began, ready, after, strict=True)
        )
        spent = after[1] - ready[1]
        while units < most and spent < LONGEST_STEP_S / 2:
            # By a factor of eight at most: what a single unit takes is mostly overhead.
            units = min(most, 8 * units, max(units + 1, int(units * LONGEST_STEP_S / spent)))
            spent = self._run(units)
        if spent < SHORTEST_S:
            spent = self._run(units)
        self.units, self.loops = units, max(1, min(1000, int(SHORTEST_S / spent)))
        return {"compile_cpu_s": compile_cpu, "compile_wall_s": compile_wall, "units": units}

    def answer(self, units: int) -> dict[str, Any]:
        """The answer for the first units."""
        if self.last is None or self.last[0] != units:
            self._run(units)
        assert self.last is not None
        return {"answer": self.last[1].ravel().tolist()}

    def time(self) -> dict[str, Any]:
        """CPU and wall seconds of one step for all units, scaled where there were fewer."""
        began = _clocks()
        assert self.step is not None
        for _ in range(self.loops):
            self.step(self.units)
        ended = _clocks()
        scale = self.problem.units / self.units / self.loops
        return {
            "cpu_s": (ended[0] - began[0]) * scale,
            "wall_s": (ended[1] - began[1]) * scale,
            "spent_s": ended[1] - began[1],
        }

    def _run(self, units: int) -> float:
        """One step; what it took in wall seconds."""
        assert self.step is not None
        began = time.perf_counter()
        self.last = units, self.step(units)
        return time.perf_counter() - began

    def memory(self) -> dict[str, Any]:
        """Peak resident memory so far."""
        return {"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def serve(bench: Bench, lines: TextIO, replies: TextIO) -> None:
    """Answer requests until the input ends."""
    verbs: dict[str, Callable[..., dict[str, Any]]] = {
        "prepare": bench.prepare, "answer": bench.answer, "time": bench.time,
        "memory": bench.memory,
    }  # fmt: skip
    for line in lines:
        request = json.loads(line)
        reply = verbs[request.pop("do")](**request)
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


def _clocks() -> tuple[float, float]:
    return time.process_time(), time.perf_counter()


def main() -> None:
    """Fix the cores, keep the standard output for replies, serve."""
    peer_name, problem_name, threads, quick = sys.argv[1:]
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, set(cores[: int(threads)]))
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    from benchmarks.peers import find_peer
    from benchmarks.workloads import find_problem

    problem = find_problem(problem_name, quick == "quick").reduced()
    serve(Bench(find_peer(peer_name), problem, int(threads)), sys.stdin, replies)


if __name__ == "__main__":
    main()
