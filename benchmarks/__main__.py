"""``python -m benchmarks [--quick] [--only W1,W3] [--out FOLDER] [--report]``: see README.md."""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.measure import Measurement, as_record, environment, measure
from benchmarks.peers import PEERS, find_peer
from benchmarks.problem import Problem
from benchmarks.report import write_report
from benchmarks.workloads import WORKLOADS

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Measure everything, then write the table and the figure."""
    options = _options()
    options.out.mkdir(parents=True, exist_ok=True)
    if options.report:
        write_report(options.out)
        return
    began, load = time.monotonic(), os.getloadavg()[1]
    machine: dict[str, Any] = {**_machine(), "own": _own(options.quick)}
    rows = _kept_rows(options)
    for problem, threads in _plan(options):
        print(f"{problem.name}, threads: {threads}", flush=True)
        found = measure(problem, threads, options.quick)
        for row in found:
            _say(row)
        rows += [as_record(row) for row in found]
        _write_rows(rows, options.out / "measurements.csv")
    machine |= {
        "load_before": load,
        "load_after": os.getloadavg()[1],
        "minutes": (time.monotonic() - began) / 60,
    }
    (options.out / "machine.json").write_text(json.dumps(machine, indent=1) + "\n", "utf-8")
    write_report(options.out)
    print(f"{options.out / 'table.md'}, after {machine['minutes']:.1f} minutes")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="four qubits only, for checks")
    parser.add_argument("--only", default=",".join(WORKLOADS), help="workloads, e.g. W1,W3")
    parser.add_argument("--out", type=Path, default=None, help="folder for table and figure")
    parser.add_argument("--report", action="store_true", help="write table and figure again")
    options = parser.parse_args()
    if options.out is None:
        # A quick run must not replace the committed results.
        place = "build/benchmarks" if options.quick else "results/benchmarks"
        options.out = ROOT / place
    return options


def _plan(options: argparse.Namespace) -> list[tuple[Problem, int]]:
    """Everything on one thread; on all cores the largest problem of each workload."""
    plan: list[tuple[Problem, int]] = []
    cores = len(os.sched_getaffinity(0))
    for name in options.only.split(","):
        problems = WORKLOADS[name](options.quick)
        plan += [(problem, 1) for problem in problems]
        if cores > 1 and not options.quick:
            full = [problem for problem in problems if problem.size != "first"]
            plan.append((max(full, key=lambda problem: problem.num_qubits), cores))
    return plan


def _own(quick: bool) -> dict[str, Any]:
    found = {
        "lowering": _own_process("lowering"),
        "lowering from aer": _own_process("lowering-from-aer"),
    }
    for qubits in (8,) if quick else (8, 10):
        for name in ("W2", "W2R"):
            print(f"memory of {name} at n={qubits}", flush=True)
            found[f"memory {name} {qubits}"] = _own_process("memory", name, str(qubits))
    with tempfile.TemporaryDirectory() as folder:
        found["compile"] = _own_process("compile", NUMBA_CACHE_DIR=folder)
    # From here on the kernels are in the user's cache folder, as on any day but the first.
    found["cached"] = _own_process("compile")
    return found


def _own_process(*arguments: str, **variables: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.own", *arguments],
        env=environment(1) | variables, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _machine() -> dict[str, Any]:
    packages = dict.fromkeys(p for name in PEERS for p in find_peer(name).packages)
    cpu = Path("/proc/cpuinfo")
    models = [
        line.split(":")[1].strip()
        for line in (cpu.read_text("utf-8").splitlines() if cpu.exists() else [])
        if line.startswith("model name")
    ]
    return {
        "processor": models[0] if models else platform.processor() or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "versions": {package: version(package) for package in packages},
    }


def _kept_rows(options: argparse.Namespace) -> list[dict[str, Any]]:
    """What was measured before of the workloads that are not measured now."""
    path = options.out / "measurements.csv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as file:
        again = options.only.split(",")
        return [row for row in csv.DictReader(file) if row["workload"] not in again]


def _write_rows(rows: list[dict[str, Any]], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda row: list(WORKLOADS).index(row["workload"])))


def _say(row: Measurement) -> None:
    if row.cpu_min_s is None:
        print(f"  {row.peer:16} {row.note}", flush=True)
        return
    mark = " E" if row.extrapolated else ""
    print(
        f"  {row.peer:16} {row.cpu_min_s:.3g} s CPU, {row.wall_min_s:.3g} s wall{mark}, "
        f"compile {row.compile_cpu_s:.3g} s, difference {row.difference:.1e}",
        flush=True,
    )


if __name__ == "__main__":
    main()
