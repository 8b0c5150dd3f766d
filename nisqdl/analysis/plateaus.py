"""What a gradient_variance run found: curves over qubits and depth, controls, and prices."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from scipy.special import ndtri

from nisqdl.analysis.circuit_means import mean_row
from nisqdl.analysis.decay import Decay, decay
from nisqdl.analysis.table import Table
from nisqdl.errors import InputError
from nisqdl.seeds import generator
from nisqdl.store.record import Json, Record

QUBITS, DEPTH, OBSERVABLE = "qubits", "model.ansatz.depth", "observable"
CIRCUIT_SEED = "model.ansatz.seed"
ENTANGLER, SCALE, METHOD = "model.entangler", "noise.scale", "method"

HEADLINE = "var_grad_mean"
"""What curves show: the mean over all parameters, so that no gate's place decides."""

GLOBAL = frozenset({"global_z", "projector", "reflection"})
"""Observables that act on every qubit at once."""

RESOLVED = 0.25
"""Past this relative standard error, samples are too few for the variance and for its interval."""

_Test: TypeAlias = Callable[[Json], bool]

_NOT_OF_CELLS = frozenset({METHOD, "samples", "walks", CIRCUIT_SEED})


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


@dataclass(frozen=True)
class Curve:
    """Cells that differ in qubits alone, or in depth alone, in ascending order.

    Attributes:
        axis: ``QUBITS`` or ``DEPTH``.
        cells: At least two.
        decay: How their resolved values fall.
    """

    axis: str
    cells: tuple[Cell, ...]
    decay: Decay

    @property
    def settings(self) -> Mapping[str, Json]:
        """Those of all its cells, and the last cell's along the axis."""
        return self.cells[-1].settings

    @property
    def last(self) -> Cell:
        """Its largest circuit."""
        return self.cells[-1]

    def x(self) -> list[int]:
        name = QUBITS if self.axis == QUBITS else "layers"
        return [int(cell.main[name]) for cell in self.cells]


@dataclass(frozen=True)
class Ratio:
    """One cell's variance over that of its control.

    Attributes:
        cause: "cost", "entangler" or "noise".
        cell, control: What is compared; they differ in that alone.
        value, low, high: The ratio and its interval, at 95 % jointly over all ratios of the cause.
    """

    cause: str
    cell: Cell
    control: Cell
    value: float
    low: float
    high: float

    @property
    def lower(self) -> bool:
        """Whether the cause was shown to lower the variance."""
        return self.high < 1

    @property
    def higher(self) -> bool:
        return self.low > 1


@dataclass(frozen=True)
class Price:
    """What it takes to resolve one gradient component to a signal-to-noise ratio of 1.

    Attributes:
        cell: Of which circuit.
        shots: 1/E[(∂C)²]: both circuits of the parameter-shift rule together, each outcome
            having a variance of at most 1.
        step_shots: The same for all parameters: one training step.
        seconds: QPU time of ``shots``, from the circuit's and the readout's durations alone;
            ``None`` without a device.
        step_seconds: The same for one training step.
    """

    cell: Cell
    shots: float
    step_shots: float
    seconds: float | None
    step_seconds: float | None


@dataclass(frozen=True)
class Agreement:
    """One cell that both methods gave a number for."""

    cell: Cell
    sampled: float
    sampled_stderr: float
    walked: float
    walked_stderr: float

    @property
    def deviation(self) -> float:
        """How many joint standard errors they are apart."""
        joint = math.hypot(self.sampled_stderr, self.walked_stderr)
        return abs(self.sampled - self.walked) / joint if joint > 0 else 0.0


@dataclass(frozen=True)
class Plateaus:
    """Everything that a report says, in numbers.

    Attributes:
        cells: All circuits, in the order of the run.
        over_qubits, over_depth: Curves.
        ratios: Controls, at the most qubits and the greatest depth of each comparison.
        prices: Of the largest circuit of each curve over qubits, or of every cell without curves.
        agreements: Cells with both methods.
        varied: Settings that differ between cells, for titles.
    """

    cells: tuple[Cell, ...]
    over_qubits: tuple[Curve, ...]
    over_depth: tuple[Curve, ...]
    ratios: tuple[Ratio, ...]
    prices: tuple[Price, ...]
    agreements: tuple[Agreement, ...]
    varied: tuple[str, ...]

    def title(self, cell: Cell, *without: str) -> str:
        """What tells a cell from the others, in a few words."""
        words = [_word(name, cell) for name in self.varied if name not in without]
        return ", ".join(word for word in words if word) or _word("model.ansatz.name", cell)

    def noises(self) -> list[str]:
        """Titles of the different noises, in the order of the run."""
        return list(dict.fromkeys(noise_title(cell) for cell in self.cells))


def plateaus(records: Sequence[Record]) -> Plateaus:
    """What the records of a run show.

    Raises:
        InputError: There is no record.
    """
    rows = Table.from_records(records)
    if not len(rows):
        raise InputError("The run has no record yet; resume it with `nisqdl run`.")
    cells = _cells(records)
    varied = tuple(name for name in _NAMED if len({_key(c.settings.get(name)) for c in cells}) > 1)
    over_qubits = _curves(cells, QUBITS)
    return Plateaus(
        cells=cells,
        over_qubits=over_qubits,
        over_depth=_curves(cells, DEPTH),
        ratios=_ratios(cells),
        prices=tuple(_price(curve.last) for curve in over_qubits) or tuple(map(_price, cells)),
        agreements=_agreements(cells),
        varied=varied,
    )


def noise_title(cell: Cell) -> str:
    """``no noise``, or the device and λ."""
    target, scale = cell.settings.get("target"), cell.settings.get(SCALE)
    return "no noise" if target is None else f"{target}, λ = {scale:g}"


def depth_title(settings: Mapping[str, Json]) -> str:
    """``L = 5``, or ``L = 5n`` where layers grow with the qubits."""
    depth = settings[DEPTH]
    return f"L = {depth}n" if settings["depth_rule"] == "per_qubit" else f"L = {depth}"


def _cells(records: Sequence[Record]) -> tuple[Cell, ...]:
    found: dict[str, tuple[dict[str, Json], dict[str, list[Mapping[str, Json]]]]] = {}
    for record in records:
        given = record.point.settings
        own = {name: value for name, value in given.items() if name not in _NOT_OF_CELLS}
        row = {**given, **record.values}
        by_method = found.setdefault(_key(own), (own, {}))[1]
        by_method.setdefault(str(given[METHOD]), []).append(row)
    return tuple(
        Cell(settings, {method: mean_row(some) for method, some in rows.items()})
        for settings, rows in found.values()
    )


def _curves(cells: Sequence[Cell], axis: str) -> tuple[Curve, ...]:
    groups: dict[str, list[Cell]] = {}
    for cell in cells:
        groups.setdefault(_key({**cell.settings, axis: None}), []).append(cell)
    curves = []
    for key, group in groups.items():
        if len(group) < 2:
            continue
        ordered = tuple(sorted(group, key=lambda cell: cell.settings[axis]))
        name = QUBITS if axis == QUBITS else "layers"
        good = [cell for cell in ordered if cell.resolved]
        found = decay(
            [float(cell.main[name]) for cell in good],
            [cell.value for cell in good],
            [cell.stderr for cell in good],
            generator(0, "decay", key),
        )
        curves.append(Curve(axis, ordered, found))
    return tuple(curves)


def _ratios(cells: Sequence[Cell]) -> tuple[Ratio, ...]:
    pairs: dict[str, list[tuple[Cell, Cell]]] = {"cost": [], "entangler": [], "noise": []}
    for cause, setting, is_control, is_case in _CAUSES:
        groups: dict[str, list[Cell]] = {}
        for cell in cells:
            # The sizes are left to choose from: only the largest comparison is made.
            same = {**cell.settings, setting: None, QUBITS: None, DEPTH: None}
            groups.setdefault(_key(same), []).append(cell)
        for group in groups.values():
            pairs[cause] += _largest_pairs(group, setting, is_control, is_case)
    return tuple(
        _ratio(cause, cell, control, len(found))
        for cause, found in pairs.items()
        for cell, control in found
    )


def _largest_pairs(
    group: Sequence[Cell], setting: str, is_control: _Test, is_case: _Test
) -> list[tuple[Cell, Cell]]:
    """Each case beside each control, at the largest size that both have resolved."""
    found: dict[tuple[str, str], tuple[Cell, Cell]] = {}
    for cell in sorted(group, key=lambda c: (c.settings[QUBITS], c.settings[DEPTH])):
        if not (cell.resolved and is_case(cell.settings.get(setting))):
            continue
        size = (cell.settings[QUBITS], cell.settings[DEPTH])
        for control in group:
            fits = control.resolved and is_control(control.settings.get(setting))
            if fits and (control.settings[QUBITS], control.settings[DEPTH]) == size:
                names = (_key(cell.settings.get(setting)), _key(control.settings.get(setting)))
                found[names] = (cell, control)
    return list(found.values())


def _ratio(cause: str, cell: Cell, control: Cell, comparisons: int) -> Ratio:
    value = cell.value / control.value
    relative = math.hypot(cell.stderr / cell.value, control.stderr / control.value)
    reach = float(ndtri(1 - 0.05 / (2 * comparisons))) * relative
    return Ratio(cause, cell, control, value, value * math.exp(-reach), value * math.exp(reach))


def _price(cell: Cell) -> Price:
    shots = 1 / cell.value if cell.value > 0 else math.inf
    step = shots * int(cell.main["parameters"])
    duration = cell.main.get("duration_ns")
    if duration is None:
        return Price(cell, shots, step, None, None)
    each = (float(duration) + float(cell.main.get("readout_ns") or 0.0)) * 1e-9
    return Price(cell, shots, step, shots * each, step * each)


def _agreements(cells: Sequence[Cell]) -> tuple[Agreement, ...]:
    found = []
    for cell in cells:
        if len(cell.rows) == 2:
            numbers = [
                float(cell.rows[method][name])
                for method in ("sampling", "pauli_paths")
                for name in (HEADLINE, f"{HEADLINE}_stderr")
            ]
            found.append(Agreement(cell, *numbers))
    return tuple(found)


def _is_global(observable: Json) -> bool:
    return observable in GLOBAL


def _is_local(observable: Json) -> bool:
    return observable not in GLOBAL


def _is_none(entangler: Json) -> bool:
    return bool(entangler == "none")


def _entangles(entangler: Json) -> bool:
    return bool(entangler != "none")


def _is_quiet(scale: Json) -> bool:
    return scale is not None and scale == 0


def _is_noisy(scale: Json) -> bool:
    return scale is not None and scale > 0


_CAUSES = (
    ("cost", OBSERVABLE, _is_local, _is_global),
    ("entangler", ENTANGLER, _is_none, _entangles),
    ("noise", SCALE, _is_quiet, _is_noisy),
)

_NAMED = (
    "model.ansatz.name", "model.ansatz.rotations", "model.ansatz.gate", ENTANGLER, DEPTH,
    "depth_rule", OBSERVABLE, "initialisation", "target", "noise.recipe", "noise.channels", SCALE,
)  # fmt: skip


def _word(name: str, cell: Cell) -> str:
    value = cell.settings.get(name)
    if name == DEPTH:
        return depth_title(cell.settings)
    if name == ENTANGLER:
        return "no entangler" if value == "none" else str(value)
    if name == SCALE:
        return "" if value is None else f"λ = {value:g}"
    if name == "depth_rule":
        return ""
    return "" if value is None else str(value)


def _key(value: Json) -> str:
    return json.dumps(value, sort_keys=True)
