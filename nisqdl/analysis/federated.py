"""Records of a federated study: who learnt how, how well, and how many bytes it took.

Differences are paired over seeds: other splits, deals of the rows and first weights. Against
classical learners they are those of the claim gate, which takes the overlap of the splits into
account.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np

from nisqdl.analysis.intervals import (
    Estimate,
    mean_over_seeds,
    paired_difference,
    share_over_seeds,
)
from nisqdl.analysis.resampled import Paired, corrected_difference
from nisqdl.errors import TooEarlyError
from nisqdl.store.record import Json, Record

FEDERATED, FIDELITY, NOISELESS = "federated", "federated_fidelity", "federated_noiseless"
ALIKE, SEPARABLE, LOCAL = "federated_alike", "federated_separable", "local"
POOLED, POOLED_NOISELESS = "pooled", "pooled_noiseless"
CLASSICAL = ("logistic_regression", "mlp")

TITLES = {
    FEDERATED: "federated QNN",
    FIDELITY: "federated QNN, weighted by fidelity",
    NOISELESS: "federated QNN, trained without noise",
    SEPARABLE: "federated QNN without entangler",
    LOCAL: "each client alone",
    POOLED: "QNN on pooled rows, first client's device",
    POOLED_NOISELESS: "QNN on pooled rows, trained without noise",
    "logistic_regression": "federated logistic regression",
    "mlp": "federated MLP",
}

GOAL = 0.95
"""Share of the accuracy of training on pooled rows that communication is priced to."""

_ASIDE = {"learner", "weighting", "seed", "device", "snapshots", "recipe", "data"}
"""Settings that make no question of their own."""


@dataclass(frozen=True)
class Learner:
    """One learner of a question, over seeds.

    Attributes:
        name: Its key.
        title: The same for people.
        values: What its records found, by seed.
    """

    name: str
    title: str
    values: Mapping[int, Mapping[str, Json]]

    def by_seed(self, column: str) -> dict[int, float]:
        """A number of each seed; seeds without it are left out."""
        return {s: float(v[column]) for s, v in self.values.items() if v.get(column) is not None}

    def estimate(self, column: str) -> Estimate | None:
        """The mean of a share over seeds."""
        found = list(self.by_seed(column).values())
        return share_over_seeds(found) if found else None

    @cached_property
    def curve(self) -> tuple[Estimate, ...]:
        """Accuracy before the first round and after each."""
        table = np.array([v["curve"] for v in self.values.values()])
        return tuple(share_over_seeds(column) for column in table.T.tolist())

    @cached_property
    def client_accuracies(self) -> tuple[Estimate, ...]:
        """Accuracy under each client's device after the last round."""
        table = np.array([v["accuracies"] for v in self.values.values()])
        return tuple(share_over_seeds(column) for column in table.T.tolist())

    @cached_property
    def traffic(self) -> tuple[float, ...]:
        """Bytes down and up together, up to the end of each round, mean over seeds."""
        both = [np.add(values["bytes_down"], values["bytes_up"]) for values in self.values.values()]
        return tuple(float(b) for b in np.mean(both, axis=0))

    @property
    def weights(self) -> str:
        """Fitted numbers: one, or from to."""
        found = sorted({int(v["weights"]) for v in self.values.values()})
        return str(found[0]) if len(found) == 1 else f"{found[0]} to {found[-1]}"

    def price(self, goal: float) -> Price:
        """What it takes to reach an accuracy for the first time."""
        rounds, spent = [], []
        for values in self.values.values():
            reached = np.flatnonzero(np.array(values["curve"]) >= goal)
            if len(reached):
                first = int(reached[0])
                rounds.append(first)
                spent.append(values["bytes_down"][first] + values["bytes_up"][first])
        most = len(self.values) - len(rounds)
        return Price(
            reached=len(rounds),
            seeds=len(self.values),
            # The median over all seeds; that of a run that never got there is infinite.
            rounds=float(np.median(rounds + [np.inf] * most)),
            bytes=float(np.median(spent + [np.inf] * most)),
        )


@dataclass(frozen=True)
class Price:
    """Communication up to an accuracy: seeds that reached it, and medians over all seeds."""

    reached: int
    seeds: int
    rounds: float
    bytes: float


@dataclass(frozen=True)
class Question:
    """One federation: its clients, data and noise, and everything it is held against.

    Attributes:
        title: What tells it from the run's other questions; the data set where there is one.
        settings: Of its federated points.
        learners: By name, in the order of :data:`TITLES`.
        alike: By device, the federations whose clients are all on it.
        test_share: Test rows over training rows.
        same_rows: Whether every seed has the same test rows.
    """

    title: str
    settings: Mapping[str, Json]
    learners: Mapping[str, Learner]
    alike: Mapping[str, Learner]
    test_share: float
    same_rows: bool

    @property
    def clients(self) -> tuple[str, ...]:
        """The device of each client."""
        return tuple(self.settings["clients"])

    @property
    def main(self) -> Learner:
        """The federation that the others are held against: weighted by samples where it ran."""
        return self.learners.get(FEDERATED) or self.learners[FIDELITY]

    def difference(
        self, first: str, second: str, column: str = "accuracy", comparisons: int = 1
    ) -> Estimate | None:
        """First minus second; ``None`` where one of them did not run."""
        one = self.main if first == FEDERATED else self.learners.get(first)
        other = self.learners.get(second)
        if one is None or other is None:
            return None
        return paired_difference(
            one.by_seed(column), other.by_seed(column), comparisons=comparisons
        )

    def contest(self, classical: str, comparisons: int) -> Paired | None:
        """The federation minus a classical learner, by the corrected resampled t test."""
        other = self.learners.get(classical)
        if other is None:
            return None
        scores = self.main.by_seed("accuracy"), other.by_seed("accuracy")
        return corrected_difference(*scores, self.test_share, comparisons)

    def unlike(self, comparisons: int = 1) -> Estimate | None:
        """Clients on different devices minus clients that all have the device on which it is
        judged, mean over the devices."""
        if any(device not in self.alike for device in self.clients):
            return None
        found = [self.alike[device].by_seed("accuracy") for device in self.clients]
        shared = set.intersection(*map(set, found))
        mean = {seed: float(np.mean([one[seed] for one in found])) for seed in shared}
        return paired_difference(self.main.by_seed("accuracy"), mean, comparisons=comparisons)

    def device_cost(self, comparisons: int = 1) -> Estimate | None:
        """The global model under its devices' noise minus without noise."""
        accuracy, ideal = (self.main.by_seed(n) for n in ("accuracy", "ideal_accuracy"))
        return paired_difference(accuracy, ideal, comparisons=comparisons)

    @property
    def goal(self) -> float | None:
        """The accuracy that communication is priced to."""
        pooled = self.learners.get(POOLED_NOISELESS)
        found = pooled.estimate("accuracy") if pooled else None
        return None if found is None else GOAL * found.mean

    @property
    def seeds(self) -> int:
        return len(self.main.values)

    @property
    def first_deal(self) -> list[list[int]]:
        """Training rows of each client by class, in the lowest seed that ran."""
        counts: list[list[int]] = self.main.values[min(self.main.values)]["client_classes"]
        return counts

    def client_means(self, column: str) -> tuple[Estimate, ...]:
        """A number of each client, over seeds."""
        table = np.array([values[column] for values in self.main.values.values()], dtype=float)
        return tuple(mean_over_seeds(column) for column in table.T.tolist())


def questions(records: Sequence[Record]) -> tuple[Question, ...]:
    """A question for each combination of what was swept, weighting aside.

    Raises:
        TooEarlyError: No federated QNN ran yet.
    """
    federated = [r for r in records if r.point.settings["learner"] == FEDERATED]
    if not federated:
        raise TooEarlyError(
            "The run has no federated QNN yet, so there is nothing to report; resume it with "
            "`nisqdl run`."
        )
    names = [name for name in federated[0].point.settings if name not in _ASIDE]
    varied = [n for n in names if len({_text(r.point.settings.get(n)) for r in federated}) > 1]
    groups: dict[tuple[str, ...], list[Record]] = {}
    for record in federated:
        key = tuple(_text(record.point.settings.get(name)) for name in varied)
        groups.setdefault(key, []).append(record)
    return tuple(_question(group, records, varied) for group in groups.values())


def _question(
    group: Sequence[Record], records: Sequence[Record], varied: Sequence[str]
) -> Question:
    settings = group[0].point.settings

    def belongs(record: Record) -> bool:
        own = record.point.settings
        loose = {"model.entangler"} if own["learner"] == SEPARABLE else set()
        return all(
            _text(own[name]) == _text(settings[name])
            for name in varied
            if name in own and name not in loose
        )

    found: dict[str, dict[int, Mapping[str, Json]]] = {}
    alike: dict[str, dict[int, Mapping[str, Json]]] = {}
    for record in filter(belongs, records):
        own = record.point.settings
        name, seed = str(own["learner"]), int(own["seed"])
        if name == ALIKE:
            alike.setdefault(str(own["device"]), {})[seed] = record.values
            continue
        if name == FEDERATED and own["weighting"] == "fidelity":
            name = FIDELITY
        found.setdefault(name, {})[seed] = record.values
    titles = [_named(name, settings[name]) for name in varied]
    rows = {str(values["rows"]) for values in (r.values for r in group)}
    return Question(
        title=", ".join(titles) or str(settings["dataset.name"]),
        settings=settings,
        learners={
            name: Learner(name, TITLES[name], found[name]) for name in TITLES if name in found
        },
        alike={
            device: Learner(ALIKE, f"all clients on {device}", values)
            for device, values in alike.items()
        },
        test_share=float(settings["dataset.test"]) / float(settings["dataset.train"]),
        same_rows=len(group) > 1 and len(rows) == 1,
    )


def _named(name: str, value: Json) -> str:
    if name == "concentration":
        return "same mix of classes" if value is None else f"α = {value:g}"
    if name == "noise.scale":
        return f"λ = {value:g}"
    if name == "clients":
        return ", ".join(value)
    return f"{name.rpartition('.')[2]} {'none' if value is None else value}"


def _text(value: Json) -> str:
    return repr(value)


Told: TypeAlias = Callable[[Question], Estimate | None]
"""A difference within one question."""
