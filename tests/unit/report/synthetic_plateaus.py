"""A made-up gradient_variance run whose variances are closed forms, and no circuit run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from nisqdl.store.record import Point, Record


@dataclass(frozen=True)
class SyntheticPlateaus:
    """The fields of ``nisqdl.store.view.RunView`` that a report reads."""

    experiment: dict[str, Any]
    study: str
    context: dict[str, Any]
    records: list[Record]
    created: str


def synthetic_plateaus(
    qubits: tuple[int, ...] = (2, 4, 6, 8, 10),
    depths: tuple[int, ...] = (1, 2, 4, 6, 8),
    observables: tuple[str, ...] = ("mean_z", "global_z"),
    entanglers: tuple[str, ...] = ("none", "linear"),
    scales: tuple[float, ...] = (0.0, 1.0),
    target: str | None = "torino",
    methods: tuple[str, ...] = ("sampling", "pauli_paths"),
    relative: float = 0.02,
    phases: bool = False,
) -> SyntheticPlateaus:
    """Product circuits: 1/(2n²) or (3/8)^n/3; entangled ones: 2^−n; noise: e^(−λ L n / 40).

    With phases, layer-wise training of the deepest entangled ones besides: 2^−min(L, n) with noise.
    """
    records = []
    for n in qubits:
        for depth in depths:
            for observable in observables:
                for entangler in entanglers:
                    for scale in scales if target else (0.0,):
                        for method in methods:
                            settings: dict[str, Any] = {
                                "model.ansatz.name": "efficient_su2",
                                "model.ansatz.depth": depth,
                                "model.ansatz.rotations": None,
                                "model.ansatz.gate": "cx",
                                "model.entangler": entangler,
                                "qubits": n,
                                "depth_rule": "constant",
                                "observable": observable,
                                "initialisation": "uniform",
                                "target": target,
                                "root_seed": 0,
                                "method": method,
                            }
                            if target:
                                settings |= {"noise.recipe": "calibrated", "noise.scale": scale}
                            else:
                                settings["noise"] = None
                            effort = "samples" if method == "sampling" else "walks"
                            settings[effort] = 1000
                            value = _variance(n, observable, entangler) * math.exp(
                                -scale * depth * n / 40
                            )
                            error = relative if method == "sampling" else 0.0
                            records.append(_record(settings, value, error, depth, n))
                        if phases and depth == depths[-1] and entangler != "none":
                            for grown in range(1, depth + 1):
                                of_phase = {
                                    **settings, "initialisation": "layerwise", "grown": grown,
                                    "method": "sampling",
                                }  # fmt: skip
                                value = 2.0 ** -min(grown, n) * math.exp(-scale * grown * n / 40)
                                records.append(_record(of_phase, value, relative, grown, n))
    return SyntheticPlateaus(
        experiment={"options": {"qubits": list(qubits)}},
        study="gradient_variance",
        context={"devices": []},
        records=records,
        created="2026-11-22T10:00:00+00:00",
    )


def _variance(n: int, observable: str, entangler: str) -> float:
    if entangler != "none":
        return 2.0**-n
    return 1 / (2 * n**2) if observable == "mean_z" else (3 / 8) ** n / 3


def _record(settings: dict[str, Any], value: float, relative: float, depth: int, n: int) -> Record:
    values: dict[str, Any] = {
        "parameters": 2 * n * depth,
        "layers": depth,
        "two_qubit_gates": depth * (n - 1),
        "depth": 5 * depth,
        "layer_variances": [value] * depth,
        "qubit_variances": [value] * n,
        "var_grad_max": value,
        "var_grad_min": value,
    }
    if settings["target"]:
        values |= {"duration_ns": 400.0 * depth, "readout_ns": 1600.0}
    for name in ("second_moment", "var_grad_first", "var_grad_mean"):
        values |= {
            name: value,
            f"{name}_stderr": relative * value,
            f"{name}_low": value * math.exp(-1.96 * relative),
            f"{name}_high": value * math.exp(1.96 * relative),
        }
    if settings["method"] == "sampling":
        values["var_c"] = value
    provenance = {"versions": {"nisqdl": "0"}, "seeds": {"root": 0}}
    return Record(Point("gradient_variance", settings), values, provenance, 0.1)
