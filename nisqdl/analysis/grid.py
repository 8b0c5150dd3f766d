"""A run cut into questions: one data set, one variant of everything else, and its full grid.

Depth, entangler, target, noise scale, way of training and seed are the axes that the study's
figures show. Every other swept option makes a variant of its own: nothing is averaged over it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath

from nisqdl.analysis.intervals import Estimate, mean_over_seeds, share_over_seeds
from nisqdl.analysis.table import Table
from nisqdl.analysis.ways import PLAIN_WAYS, is_of_way, varied_ways, way_of
from nisqdl.analysis.words import listed
from nisqdl.store.record import Json, Record

DEPTH = "model.ansatz.depth"
ENTANGLER = "model.entangler"
TARGET = "target"
SCALE = "noise.scale"
TRAINING = "training"
"""The way of training, made of the settings below; see :mod:`nisqdl.analysis.ways`."""
RECIPE = "noise.recipe"
CHANNELS = "noise.channels"
BUDGET = "baseline.budget"
SHARES = frozenset({"accuracy", "balanced_accuracy", "train_accuracy"})
GRID_AXES = (TARGET, DEPTH, ENTANGLER, TRAINING, SCALE)

_CALIBRATED = {"calibrated", "calibrated_idle"}

BASELINE_TITLES = {
    "logistic_regression": "logistic regression",
    "svc": "RBF SVC",
    "mlp": "MLP",
}


@dataclass(frozen=True)
class Configuration:
    """What a user chooses for a QNN on a device.

    Attributes:
        depth: Layers of the ansatz.
        entangler: Name of the entangler.
        training: The way of training (``"ideal"``, ``"target"``, ``"injected ×2, batch"``).
    """

    depth: int
    entangler: str
    training: str

    @property
    def circuit_text(self) -> str:
        """``depth 4 and the linear entangler``."""
        entangler = {"none": "no", "own": "its own"}.get(self.entangler, f"the {self.entangler}")
        return f"depth {self.depth} and {entangler} entangler"


@dataclass(frozen=True)
class Baseline:
    """A classical learner as it is compared with one QNN.

    Attributes:
        learner: Its name in the records.
        title: Its name for people, with the weights allowed where it has a budget.
        budget: The weights allowed; ``None`` for a learner without a budget.
        accuracy: Test accuracy by seed.
        rows: Its records.
    """

    learner: str
    title: str
    budget: float | None
    accuracy: Mapping[int, float]
    rows: Table


@dataclass(frozen=True)
class Grid:
    """All points of one question: one data set, one variant.

    Attributes:
        title: Data set and, where other options are swept, the variant; unique in its run.
        dataset: The ``dataset.*`` settings.
        variant: Values of the other swept options.
        qnn: The QNN's rows.
        baselines: The classical learners' rows on this data set.
    """

    title: str
    dataset: Mapping[str, Json]
    variant: Mapping[str, Json]
    qnn: Table
    baselines: Table

    @cached_property
    def targets(self) -> tuple[str, ...]:
        return tuple(str(t) for t in self.qnn.distinct(TARGET))

    @cached_property
    def depths(self) -> tuple[int, ...]:
        return tuple(int(d) for d in self.qnn.distinct(DEPTH))

    @cached_property
    def entanglers(self) -> tuple[str, ...]:
        """Names, ``none`` first and then by the two-qubit gates that they take."""
        names = [str(e) for e in self.qnn.distinct(ENTANGLER)]
        gates = {name: self._mean_gates(name) for name in names}
        return tuple(sorted(names, key=lambda name: (name != "none", gates[name])))

    @cached_property
    def trainings(self) -> tuple[str, ...]:
        return tuple(str(t) for t in self.qnn.distinct(TRAINING))

    @property
    def compares_ways(self) -> bool:
        """Whether more was tried than training without noise, with it, and on the device."""
        return len(self.trainings) > 1 and not set(self.trainings) <= PLAIN_WAYS

    @cached_property
    def scales(self) -> tuple[float, ...]:
        return tuple(float(s) for s in self.qnn.distinct(SCALE))

    def device_title(self, target: str) -> str:
        """A target's name for people: without ``fake_``, a snapshot's folder and ending, where
        that leaves it unique."""
        titles = [_plain_target(other) for other in self.targets]
        plain = _plain_target(target)
        return plain if titles.count(plain) <= 1 else target

    @cached_property
    def seeds(self) -> tuple[int, ...]:
        return tuple(self.qnn.distinct("seed"))

    @cached_property
    def reference_scale(self) -> float:
        """The noise scale at which devices are judged: 1, or the nearest that was swept."""
        return min(self.scales, key=lambda scale: (abs(scale - 1), scale))

    @cached_property
    def noise(self) -> str:
        """What the noise is called: the device's, or that of a recipe of another kind."""
        recipes = [PurePath(str(name)).stem for name in self.qnn.distinct(RECIPE)]
        channels = [c for c in self.qnn.distinct(CHANNELS) if c is not None]
        if set(recipes) <= _CALIBRATED and not channels:
            return "the device's noise"
        only = f" (only {listed(channels[0])})" if channels else ""
        return f"the noise of the recipe {listed(recipes)}{only}"

    @cached_property
    def main_training(self) -> str:
        """The training that figures show which do not compare trainings."""
        return "target" if "target" in self.trainings else self.trainings[0]

    def configurations(self) -> list[Configuration]:
        """Every combination of depth, entangler and training, shallow ones first."""
        return [
            Configuration(depth, entangler, training)
            for depth in self.depths
            for entangler in self.entanglers
            for training in self.trainings
        ]

    def by_seed(
        self, target: str, configuration: Configuration, scale: float, column: str = "accuracy"
    ) -> dict[int, float]:
        """A column's number for each seed at one place of the grid; empty where nothing ran."""
        key = (target, configuration.depth, configuration.entangler, configuration.training, scale)
        cell = self._cells.get(key)
        return cell.by_seed(column) if cell is not None else {}

    def estimate(
        self, target: str, configuration: Configuration, scale: float, column: str = "accuracy"
    ) -> Estimate | None:
        """The mean over seeds at one place of the grid; ``None`` where nothing ran."""
        values = self.by_seed(target, configuration, scale, column)
        if not values:
            return None
        mean = share_over_seeds if column in SHARES else mean_over_seeds
        return mean(list(values.values()))

    def baseline_names(self) -> tuple[str, ...]:
        """The classical learners, in the order of ``BASELINE_TITLES``."""
        present = [str(name) for name in self.baselines.distinct("learner")]
        known = [name for name in BASELINE_TITLES if name in present]
        return tuple(known + sorted(set(present) - set(known)))

    def baseline(self, learner: str, weights: float | None) -> Baseline:
        """A classical learner as it is compared with a QNN of so many weights.

        A learner with a budget is taken at the QNN's own number of weights; where that was not
        run, at the largest budget below it, or else at the smallest. The title says which.
        """
        title = BASELINE_TITLES.get(learner, learner)
        rows = self.baselines.where({"learner": learner})
        budgets = [float(b) for b in rows.distinct(BUDGET) if b is not None]
        budget = None
        if budgets:
            allowed = [b for b in budgets if weights is None or b <= weights]
            budget = max(allowed) if allowed else min(budgets)
            rows = rows.where({BUDGET: budget})
            title = f"{title} of at most {budget:g} weights"
        return Baseline(learner, title, budget, rows.by_seed("accuracy"), rows)

    def _mean_gates(self, entangler: str) -> float:
        gates = [
            float(row["two_qubit_gates"])
            for row in self.qnn.where({ENTANGLER: entangler}).rows
            if row.get("two_qubit_gates") is not None
        ]
        return sum(gates) / len(gates) if gates else 0.0

    @cached_property
    def _cells(self) -> dict[tuple[Json, ...], Table]:
        return {
            (str(target), int(depth), str(entangler), str(training), float(scale)): rows
            for (target, depth, entangler, training, scale), rows in self.qnn.groups(GRID_AXES)
        }


def _plain_target(target: str) -> str:
    return PurePath(target).name.removesuffix(".json").removeprefix("fake_")


def grids(records: Sequence[Record]) -> tuple[Grid, ...]:
    """The questions of a run: its QNN points by data set and by every other swept option."""
    table = Table.from_records(records)
    quantum = table.where({"learner": "qnn"})
    varied = varied_ways(quantum.rows)
    qnn = Table(tuple({**row, TRAINING: way_of(row, varied)} for row in quantum.rows))
    classical = Table(tuple(row for row in table.rows if row.get("learner") != "qnn"))
    dataset_names = [name for name in qnn.settings() if name.startswith("dataset.")]
    others = variant_names(qnn)
    swept_data = [name for name in dataset_names if len(qnn.distinct(name)) > 1]
    found = []
    for values, rows in qnn.groups([*dataset_names, *others]):
        dataset = dict(zip(dataset_names, values[: len(dataset_names)], strict=True))
        variant = dict(zip(others, values[len(dataset_names) :], strict=True))
        found.append(
            Grid(
                _title(dataset, swept_data, variant), dataset, variant, rows,
                classical.where(dataset),
            )
        )  # fmt: skip
    return tuple(found)


def variant_names(qnn: Table) -> tuple[str, ...]:
    """The swept options that no axis of the grid shows."""
    shown = {*GRID_AXES, "seed", "learner"}
    return tuple(
        name
        for name in qnn.settings()
        if name not in shown
        and not is_of_way(name)
        and not name.startswith("dataset.")
        and len(qnn.distinct(name)) > 1
    )


def _title(
    dataset: Mapping[str, Json], swept_data: Sequence[str], variant: Mapping[str, Json]
) -> str:
    details = [
        f"{name.removeprefix('dataset.')} {dataset[name]}"
        for name in swept_data
        if name != "dataset.name" and dataset[name] is not None
    ]
    details += [
        f"{name} {_show(name, value)}"
        for name, value in variant.items()
        if value is not None or not name.startswith("execution.")  # there, unset is unsaid
    ]
    name = str(dataset.get("dataset.name", "the data set"))
    return f"{name} ({', '.join(details)})" if details else name


_UNWRITTEN = {
    "shots": "exact",
    "training.rate": "constant",
    "training.warmup": "0",
}
"""What options mean that are left out of what is written, or are None."""


def _show(name: str, value: Json) -> str:
    if value is None:
        return _UNWRITTEN.get(name, "none")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " and ".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
