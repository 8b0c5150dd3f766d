"""How often stated errors of walks hold the exact value: python -m benchmarks.coverage [SEEDS]

Hard cases, with fewer walks than `nisqdl.gradient_variance` takes by itself, each over many seeds:
E[C²] and single gradients, their stated standard errors, and the exact values. Writes
`results/benchmarks/coverage.csv` and `coverage.svg`.
"""

from __future__ import annotations

import csv
import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.lines import depolarizing, lowered_of, moment, on_a_line

if TYPE_CHECKING:
    from nisqdl.engines.pauli_paths.steps import Lowered

FOLDER = Path(__file__).parents[1] / "results" / "benchmarks"

SEEDS = 200
SLOPES = 5
"""Gradients that are looked at in each case, chosen at random."""

LEVEL = 0.95
REACH = 1.959963984540054


@dataclass(frozen=True)
class Case:
    """A circuit whose moments are known.

    Attributes:
        title: What makes it hard.
        lowered: The steps.
        exact: E[C²]; given a step's number, E[(∂C)²] by its angle.
        walks: How many are taken; as few as show uneven populations.
        norm: E[|∇C|²], where it is cheap.
    """

    title: str
    lowered: Callable[[], Lowered]
    exact: Callable[[Lowered, int | None], float]
    walks: int
    norm: Callable[[Lowered], float] | None = None


def _line(
    title: str, walks: int, size: tuple[int, int], gate: str, label: str, *,
    brick: bool = False, rates: Any = None, deviation: float | None = None,
) -> Case:  # fmt: skip
    """A case on a line, whose oracle is its contraction."""

    def lowered() -> Lowered:
        from nisqdl.engines.pauli_paths.initialisation import Gaussian

        circuit = on_a_line(*size, gate, brick)
        noise = None if rates is None else depolarizing(circuit, rates)
        law = None if deviation is None else Gaussian(deviation)
        return lowered_of(circuit, _observable(label, size[0]), noise, law)

    return Case(title, lowered, moment, walks)


def _observable(label: str, num_qubits: int) -> Any:
    from qiskit.quantum_info import SparsePauliOp

    if label == "mean":
        places = [("Z", [qubit], 1.0 / num_qubits) for qubit in range(num_qubits)]
        return SparsePauliOp.from_sparse_list(places, num_qubits)
    middle = num_qubits // 2
    return {
        "global": "Z" * num_qubits,
        "pair": "I" * middle + "ZZ" + "I" * (num_qubits - middle - 2),
    }[label]


def _eight() -> Lowered:
    """All pairs of eight qubits coupled, noisy, deep."""
    from nisqdl.circuits.build import build_without_features
    from nisqdl.circuits.options import ModelOptions

    options = {"ansatz": {"name": "efficient_su2", "depth": 6}, "entangler": "full"}
    circuit = build_without_features(ModelOptions.model_validate(options), 8, None).circuit
    return lowered_of(circuit, "Z" * 8, depolarizing(circuit, 0.02))


def _device() -> Lowered:
    """Z₀ on 149 qubits of boston after three layers: a causal cone of eight."""
    from benchmarks.devices import circuit_on
    from nisqdl.studies.named import device_named
    from nisqdl.targets.layout import regions

    region = regions(device_named("boston"), 149, 1)[0]
    isa, noise = circuit_on("boston", region, 3, "device", "Z0")
    return lowered_of(isa.circuit, isa.observables[0], noise, twirl=True)


def _chained(lowered: Lowered, slope: int | None) -> float:
    """By the exact chain on all 4^n strings."""
    from nisqdl.engines.pauli_paths.chain import find_chain

    chain = find_chain(lowered)
    assert chain is not None
    second, gradient = chain.second_moments()
    if slope is None:
        return second
    ((row, factor),) = lowered.steps[slope].derivatives
    return float(gradient[row]) / factor


def _norm(lowered: Lowered) -> float:
    from nisqdl.engines.pauli_paths.chain import find_chain

    chain = find_chain(lowered)
    assert chain is not None
    return float(chain.second_moments()[1].sum())


_EDGES = tuple(0.002 if 8 <= pair < 14 else 0.06 for pair in range(29))
"""Noise of a line of 30 with one good place."""

CASES = {
    case.title: case
    for case in (
        _line("global, noisy", 65536, (60, 4), "cz", "global", rates=0.01),
        _line("global, deep", 65536, (40, 12), "cx", "global", brick=True),
        _line("global, narrow angles", 65536, (60, 5), "cz", "global", deviation=0.2),
        _line("pair, narrow angles", 32768, (40, 5), "cz", "pair", deviation=0.3),
        _line("pair, noisy", 32768, (40, 4), "cx", "pair", rates=0.02),
        _line("mean, uneven noise", 65536, (30, 8), "cz", "mean", brick=True, rates=_EDGES),
        Case("eight qubits, all coupled", _eight, _chained, 8192, _norm),
        Case("a device, few layers", _device, _chained, 65536, _norm),
    )
}


@dataclass(frozen=True)
class Quantity:
    """What the seeds said of one number: E[C²] or a gradient.

    Attributes:
        values, errors: Estimates and stated standard errors, (seeds,).
    """

    case: str
    name: str
    exact: float
    values: Any
    errors: Any

    @property
    def hits(self) -> int:
        """How often 1.96 standard errors hold the exact value."""
        reach = REACH * self.errors + 1e-9 * self.exact
        return int((np.abs(self.values - self.exact) <= reach).sum())


def fewest(seeds: int) -> int:
    """Hits of correct intervals of 95 %, less three standard deviations of their binomial
    distribution; so few or fewer have a chance of 0.5 % (200 seeds) to 2 % (20 seeds)."""
    return math.ceil(LEVEL * seeds - 3.0 * math.sqrt(seeds * LEVEL * (1.0 - LEVEL)))


def measured(case: Case, seeds: int, threads: int = 2) -> list[Quantity]:
    """Walk with each seed."""
    from nisqdl.engines.pauli_paths.sampling import walk_moments

    lowered = case.lowered()
    exact = {"E[C²]": case.exact(lowered, None)}
    rows, turning = [], [k for k, step in enumerate(lowered.steps) if step.derivatives]
    for number in np.random.default_rng(5).choice(turning, SLOPES, replace=False).tolist():
        ((row, factor),) = lowered.steps[number].derivatives
        value = factor * case.exact(lowered, number)
        if value > 1e-250:
            exact[f"gradient {row}"] = value
            rows.append(row)
    runs = [walk_moments(lowered, case.walks, seed, threads=threads) for seed in range(seeds)]
    values = [[run.second, *run.gradient[rows]] for run in runs]
    errors = [[run.second_stderr, *run.gradient_stderr[rows]] for run in runs]
    if case.norm is not None:
        exact["E[|∇C|²]"] = case.norm(lowered)
        values = [[*row, run.squared_norm] for row, run in zip(values, runs, strict=True)]
        errors = [[*row, run.squared_norm_stderr] for row, run in zip(errors, runs, strict=True)]
    return [
        Quantity(case.title, name, value, np.array(values)[:, k], np.array(errors)[:, k])
        for k, (name, value) in enumerate(exact.items())
    ]


def main() -> None:
    """Measure, print and write."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS
    found = []
    for case in CASES.values():
        started = time.process_time()
        found += measured(case, seeds)
        print(case.title, f"{time.process_time() - started:.1f} CPU s", flush=True)
        for quantity in found:
            if quantity.case == case.title:
                print("   ", *_row(quantity).values(), flush=True)
    with (FOLDER / "coverage.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, _row(found[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(map(_row, found))
    draw(FOLDER / "coverage.csv", FOLDER / "coverage.svg")


def draw(numbers: Path, path: Path) -> None:
    """Coverage, and stated against actual errors."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams.update({"svg.hashsalt": "nisqdl", "font.size": 9})
    import matplotlib.pyplot as plt

    with numbers.open(newline="") as file:
        rows = list(csv.DictReader(file))
    cases = list(dict.fromkeys(row["case"] for row in rows))
    seeds = int(rows[0]["seeds"])
    low = 100.0 * fewest(seeds) / seeds
    figure, (shares, errors) = plt.subplots(
        1, 2, figsize=(9, 3.2), layout="constrained", width_ratios=(1.25, 1)
    )
    shares.axvspan(low, 100.0, color="#0072b2", alpha=0.1, linewidth=0)
    shares.axvline(100.0 * LEVEL, color="#0072b2", linewidth=1)
    for kind, marker, colour in (("E", "s", "#d55e00"), ("gradient", "o", "0.35")):
        chosen = [row for row in rows if row["quantity"].startswith(kind)]
        share = [100.0 * int(row["hits"]) / seeds for row in chosen]
        place = [cases.index(row["case"]) for row in chosen]
        style = {"color": colour, "fillstyle": "none", "clip_on": False}
        label = "E[C²], E[|∇C|²]" if kind == "E" else "one gradient"
        shares.plot(share, place, marker, label=label, **style)
        actual = [float(row["actual_error"]) for row in chosen]
        stated = [float(row["stated_error"]) for row in chosen]
        errors.loglog(actual, stated, marker, **{**style, "clip_on": True})
    shares.set_yticks(range(len(cases)), cases)
    shares.invert_yaxis()
    shares.set(xlim=(88, 100), xlabel=f"intervals of 95 % that hold the exact value, % of {seeds}")
    shares.legend(frameon=False, loc="upper left")
    errors.set(xlim=(3e-4, 3), ylim=(3e-4, 300))
    errors.plot([3e-4, 3], [3e-4, 3], "--", color="0.5")
    errors.set(xlabel="actual relative error (rms)", ylabel="stated, median")
    for panel in (shares, errors):
        panel.grid(alpha=0.3)
        panel.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def _row(quantity: Quantity) -> dict[str, Any]:
    off = (quantity.values - quantity.exact) / quantity.errors
    return {
        "case": quantity.case,
        "quantity": quantity.name,
        "exact": float(f"{quantity.exact:.5g}"),
        "seeds": len(quantity.values),
        "hits": quantity.hits,
        "fewest": fewest(len(quantity.values)),
        "actual_error": _rounded(np.sqrt(np.mean((quantity.values / quantity.exact - 1.0) ** 2))),
        "stated_error": _rounded(np.median(quantity.errors) / quantity.exact),
        "lowest": _rounded(off.min()),
        "highest": _rounded(off.max()),
    }


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")


if __name__ == "__main__":
    main()
