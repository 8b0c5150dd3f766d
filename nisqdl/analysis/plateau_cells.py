"""The circuits of a gradient_variance run: one cell a circuit and noise, by all its methods."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nisqdl.analysis.circuit_means import mean_row
from nisqdl.store.record import Json, Record

QUBITS, DEPTH, OBSERVABLE = "qubits", "model.ansatz.depth", "observable"
CIRCUIT_SEED = "model.ansatz.seed"
ENTANGLER, SCALE, METHOD = "model.entangler", "noise.scale", "method"

GROWN = "grown"
"""The setting that says how many layers a circuit of layer-wise training has in its phase."""

PHASE = "phase"
"""What stands for it in a cell's settings: ``FIRST``, ``LAST``, or the number in between."""

FIRST, LAST = "first phase", "last phase"

HEADLINE = "var_grad_mean"
"""What curves show: the mean over all parameters, so that no gate's place decides."""

RESOLVED = 0.25
"""Past this relative standard error, samples are too few for the variance and for its interval."""

_NOT_OF_CELLS = frozenset(
    {METHOD, "samples", "walks", CIRCUIT_SEED, GROWN, "dataset.features", "data"}
)


@dataclass(frozen=True)
class Cell:
    """One circuit under one noise, by whichever methods were run; drawn ones by their mean.

    Attributes:
        settings: All but the method's.
        rows: Settings and values by method.
    """

    settings: Mapping[str, Json]
    rows: Mapping[str, Mapping[str, Json]]

    @property
    def main(self) -> Mapping[str, Json]:
        """The row that curves show: under noise the sampled one, whose noise is not twirled, and
        without noise the one of the smaller standard error."""
        if "sampling" in self.rows and self.settings.get(SCALE):
            return self.rows["sampling"]
        return min(self.rows.values(), key=lambda row: row[f"{HEADLINE}_stderr"])

    @property
    def value(self) -> float:
        return float(self.main[HEADLINE])

    @property
    def stderr(self) -> float:
        return float(self.main[f"{HEADLINE}_stderr"])

    @property
    def interval(self) -> tuple[float, float]:
        return float(self.main[f"{HEADLINE}_low"]), float(self.main[f"{HEADLINE}_high"])

    @property
    def resolved(self) -> bool:
        """Whether its standard error can be trusted, and is small."""
        return self.value > 0 and self.stderr <= RESOLVED * self.value


def cells_of(records: Sequence[Record]) -> tuple[Cell, ...]:
    """All circuits, in the order of the run."""
    found: dict[str, tuple[dict[str, Json], dict[str, list[Mapping[str, Json]]]]] = {}
    for record in records:
        given = record.point.settings
        own = {name: value for name, value in given.items() if name not in _NOT_OF_CELLS}
        if GROWN in given:
            own[PHASE] = _phase(given)
        row = {**given, **record.values}
        by_method = found.setdefault(key(own), (own, {}))[1]
        by_method.setdefault(str(given[METHOD]), []).append(row)
    return tuple(
        Cell(settings, {method: mean_row(some) for method, some in rows.items()})
        for settings, rows in found.values()
    )


def noise_title(cell: Cell) -> str:
    """``no noise``, or the device and λ."""
    target, scale = cell.settings.get("target"), cell.settings.get(SCALE)
    return "no noise" if target is None else f"{target}, λ = {scale:g}"


def full_depth(settings: Mapping[str, Json]) -> int:
    """Layers of the whole circuit."""
    qubits = int(settings[QUBITS])
    each = {"constant": 1, "per_qubit": qubits, "per_doubling": (qubits - 1).bit_length()}
    return int(settings[DEPTH]) * each[str(settings["depth_rule"])]


def _phase(settings: Mapping[str, Json]) -> Json:
    grown = int(settings[GROWN])
    if grown == 1:
        return FIRST
    return LAST if grown == full_depth(settings) else grown


def depth_title(settings: Mapping[str, Json]) -> str:
    """``L = 5``, or ``L = 5n`` where layers grow with the qubits."""
    depth = settings[DEPTH]
    growth = {"constant": "", "per_qubit": "n", "per_doubling": "⌈log₂ n⌉"}
    unit = growth[settings["depth_rule"]]
    return f"L = {unit if unit and depth == 1 else f'{depth}{unit}'}"


def key(value: Json) -> str:
    """Equal values have equal keys."""
    return json.dumps(value, sort_keys=True)
