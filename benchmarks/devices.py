"""Gradient variances of whole devices: time, memory, errors: python -m benchmarks.devices

EfficientSU2 with CZ on a device's own couplings, transpiled for it, under its calibrated noise;
`nisqdl.gradient_variance` with its default number of walks and all cores. CPU time of all threads
and wall time of one call; the error is the largest that is stated of a gradient of at least 1e-4
(where there is one), relative to it. Writes `results/benchmarks/devices.csv` and `devices.svg`.
"""

from __future__ import annotations

import csv
import resource
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parents[1] / "results" / "benchmarks"

WHOLE = (("torino", 125), ("boston", 149), ("berlin", 119))
"""Devices and as many qubits as they have without faults, in one piece, or nearly so."""

LAYERS = 50
QUBITS = (10, 20, 50, 100, 149)
DEPTHS = (1, 2, 5, 10, 20, 50)
WALKS = (2**16, 2**18, 2**20, 2**22)

Row = dict[str, Any]


def main() -> None:
    """Measure, print and write."""
    rows = [
        _measured("whole", name, qubits, LAYERS, observable)
        for name, qubits in WHOLE
        for observable in ("Z0", "mean_z")
    ]
    rows += [_measured("qubits", "boston", qubits, 10, "Z0") for qubits in QUBITS]
    rows += [_measured("layers", "boston", 149, layers, "Z0") for layers in DEPTHS]
    rows += [_measured("walks", "boston", 149, 10, "Z0", walks) for walks in WALKS]
    with (FOLDER / "devices.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    _draw(rows, FOLDER / "devices.svg")


def _measured(
    part: str, name: str, qubits: int, layers: int, observable: str, walks: int | None = None
) -> Row:
    import nisqdl

    isa, noise = _circuit(name, qubits, layers, observable)
    wall, cpu = time.perf_counter(), time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = nisqdl.gradient_variance(
            isa.circuit, isa.observables[0], noise_model=noise, walks=walks
        )
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    large = found.gradient >= 1e-4
    errors = found.gradient_stderr[large] / found.gradient[large]
    row = {
        "part": part,
        "device": name,
        "qubits": qubits,
        "layers": layers,
        "observable": observable,
        "walks": walks or "default",
        "parameters": len(found.gradient),
        "cpu_s": round(cpu, 2),
        "wall_s": round(wall, 2),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "at_least_1e-4": int(large.sum()),
        "largest_error": float(f"{errors.max():.3g}") if large.any() else "",
        "median_error": float(f"{np.median(errors):.3g}") if large.any() else "",
        "largest_gradient": float(f"{found.gradient.max():.3g}"),
    }
    print(*row.values(), flush=True)
    return row


def _circuit(name: str, qubits: int, layers: int, observable: str) -> tuple[Any, Any]:
    from nisqdl.studies.named import device_named
    from nisqdl.targets.layout import regions

    # What comes first in a region is connected.
    region = regions(device_named(name), max(qubits, dict(WHOLE)[name]), 1)[0][:qubits]
    return circuit_on(name, region, layers, "device", observable)


def circuit_on(
    name: str, region: tuple[int, ...], layers: int, entangler: str, observable: str
) -> tuple[Any, Any]:
    """The ISA model on these qubits of a device, and their calibrated noise."""
    from nisqdl.circuits.build import build_without_features
    from nisqdl.circuits.options import ModelOptions
    from nisqdl.noise.applied import channels_for
    from nisqdl.studies.named import device_named, recipe_named
    from nisqdl.targets.layout import region_edges
    from nisqdl.targets.transpile import transpile_model

    device = device_named(name)
    options = ModelOptions.model_validate(
        {
            "ansatz": {"name": "efficient_su2", "depth": layers, "gate": "cz"},
            "entangler": entangler,
            "observables": (observable,),
        }
    )
    edges = region_edges(device, region) if entangler == "device" else None
    model = build_without_features(options, len(region), edges)
    isa = transpile_model(model, device, schedule=False, seed=1, region=region)
    recipe = recipe_named("calibrated")
    return isa, channels_for(recipe, device, isa.physical_qubits, 1.0, None)


def _draw(rows: list[Row], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams.update({"svg.hashsalt": "nisqdl", "font.size": 9})
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 3, figsize=(9, 2.9), layout="constrained")
    panels = (
        ("qubits", "cpu_s", "CPU time, s", "qubits n (10 layers)"),
        ("layers", "cpu_s", "CPU time, s", "layers L (149 qubits)"),
        ("walks", "median_error", "relative error", "walks (149 qubits, 10 layers)"),
    )
    for panel, (part, value, label, along) in zip(axes, panels, strict=True):
        chosen = [row for row in rows if row["part"] == part and row[value] != ""]
        x = np.array([float(row[part]) for row in chosen])
        name = "median" if part == "walks" else None
        panel.semilogx(x, [row[value] for row in chosen], "o-", color="#0072b2", label=name)
        if part == "walks":
            largest = [row["largest_error"] for row in chosen]
            panel.loglog(x, largest, "s", color="#d55e00", fillstyle="none", label="largest")
            panel.loglog(x, chosen[0][value] * np.sqrt(x[0] / x), "--", color="0.5")
            panel.axhline(0.1, color="0.7", linewidth=1)
            panel.legend(frameon=False)
        else:
            panel.set_ylim(bottom=0)
        panel.set(xlabel=along, ylabel=label)
        panel.grid(alpha=0.3)
        panel.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


if __name__ == "__main__":
    main()
