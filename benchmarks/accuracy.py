"""How right gradient variances of devices are: python -m benchmarks.accuracy

`nisqdl.gradient_variance` with its default number of walks, under calibrated noise, against what
does not come from that run, over all gradients whose variance is at least 1e-4:

- cone: Z₀ on a whole device after few layers, whose causal cone has at most 8 qubits; walks are
  made to run all the same, and held against the exact chain.
- line: Z in the middle of a path of a device's qubits, against the exact contraction of a line.
- long: Z₀ on a whole device after 10 layers, against sixteen other runs, 67 million walks.

Writes `results/benchmarks/accuracy.csv`.
"""

from __future__ import annotations

import csv
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.coverage import REACH
from benchmarks.devices import WHOLE, circuit_on
from benchmarks.lines import lowered_of, moment

if TYPE_CHECKING:
    from nisqdl.engines.pauli_paths.steps import Lowered

FOLDER = Path(__file__).parents[1] / "results" / "benchmarks"

DEVICES = ("torino", "boston")
LARGE = 1e-4
"""Variances from here on are held against the truth."""

RUNS = 16
"""Of the truth by long runs."""

LINE, LINE_LAYERS, LINE_SLOPES = 60, 4, 16
"""Qubits of a path, its layers, and how many gradients are contracted."""

Row = dict[str, Any]


def main() -> None:
    """Measure, print and write."""
    rows = []
    for kind in (_cone, _line, _long):
        for name in DEVICES:
            started = time.process_time()
            rows.append({"truth": kind.__name__[1:], "device": name, **kind(name)})
            print(*rows[-1].values(), f"{time.process_time() - started:.0f} CPU s", flush=True)
    with (FOLDER / "accuracy.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _cone(name: str) -> Row:
    from nisqdl.engines.pauli_paths.chain import find_chain

    qubits, layers = dict(WHOLE)[name], 3
    lowered = _whole(name, qubits, layers)
    while lowered.num_qubits > 8:
        layers -= 1
        lowered = _whole(name, qubits, layers)
    chain = find_chain(lowered)
    assert chain is not None
    _, truth = chain.second_moments()
    return _compared(lowered, qubits, layers, truth, np.zeros(len(truth)))


def _line(name: str) -> Row:
    from nisqdl.targets.layout import good_graph

    path = _path(good_graph(_device(name)).edges, LINE)
    isa, noise = circuit_on(name, path, LINE_LAYERS, "linear", f"Z{LINE // 2}")
    lowered = lowered_of(isa.circuit, isa.observables[0], noise, twirl=True)
    truth = np.zeros(lowered.num_parameters)
    turning = [number for number, step in enumerate(lowered.steps) if step.derivatives]
    large = 0
    for number in np.random.default_rng(1).permutation(turning).tolist():
        ((row, factor),) = lowered.steps[number].derivatives
        truth[row] = factor * moment(lowered, number)
        large += truth[row] >= LARGE
        if large == LINE_SLOPES:
            break
    return _compared(lowered, LINE, LINE_LAYERS, truth, np.zeros(len(truth)))


def _long(name: str) -> Row:
    qubits = dict(WHOLE)[name]
    lowered = _whole(name, qubits, 10)
    runs = np.array([_walked(lowered, seed).gradient for seed in range(1, RUNS + 1)])
    return _compared(
        lowered, qubits, 10, runs.mean(axis=0), runs.std(axis=0, ddof=1) / np.sqrt(RUNS)
    )


def _compared(lowered: Lowered, qubits: int, layers: int, truth: Any, doubt: Any) -> Row:
    found = _walked(lowered, 0)
    large = truth >= LARGE
    value, stated = found.gradient[large], found.gradient_stderr[large]
    true, error = truth[large], np.hypot(stated, doubt[large])
    inside = np.abs(value - true) <= REACH * error + 1e-9 * true
    return {
        "qubits": qubits,
        "in_cone": lowered.num_qubits,
        "layers": layers,
        "gradients": int(large.sum()),
        "largest_deviation": _rounded(np.max(np.abs(value / true - 1.0))),
        "largest_stated_error": _rounded(np.max(stated / value)),
        "largest_doubt_of_truth": _rounded(np.max(doubt[large] / true)),
        "inside_95": int(inside.sum()),
    }


def _walked(lowered: Lowered, seed: int) -> Any:
    from nisqdl.engines.pauli_paths.sampling import walk_moments

    return walk_moments(lowered, None, seed, threads=2)


def _whole(name: str, qubits: int, layers: int) -> Lowered:
    from nisqdl.targets.layout import regions

    region = regions(_device(name), qubits, 1)[0]
    isa, noise = circuit_on(name, region, layers, "device", "Z0")
    return lowered_of(isa.circuit, isa.observables[0], noise, twirl=True)


def _device(name: str) -> Any:
    from nisqdl.studies.named import device_named

    return device_named(name)


def _path(edges: Any, length: int) -> tuple[int, ...]:
    """Neighbours in a row, found depth first."""

    def grown(path: list[int]) -> list[int] | None:
        if len(path) == length:
            return path
        for neighbour in sorted(edges[path[-1]]):
            if neighbour not in path:
                longer = grown([*path, neighbour])
                if longer is not None:
                    return longer
        return None

    for start in sorted(edges):
        found = grown([start])
        if found is not None:
            return tuple(found)
    raise AssertionError(f"no path of {length} qubits")


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")


if __name__ == "__main__":
    main()
