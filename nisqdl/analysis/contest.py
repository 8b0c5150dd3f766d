"""A contest of learners on the same splits: who took part, with what budget, how they scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nisqdl.analysis.intervals import Estimate, holm
from nisqdl.analysis.resampled import FEWEST, Paired, corrected_difference
from nisqdl.store.record import Json

QUANTUM, CONTROL, CLASSICAL = "quantum", "control", "classical"

TITLES = {
    "logistic_regression": "logistic regression",
    "svc_linear": "linear SVC",
    "svc_rbf": "RBF SVC",
    "svc_rbf_raw": "RBF SVC (not scaled)",
    "mlp": "MLP",
    "random_forest": "random forest",
    "gradient_boosting": "gradient boosting",
    "fourier_features": "Fourier surrogate",
    "cnn": "CNN",
    "equal_mlp": "MLP of equal size",
    "equal_cnn": "CNN of equal size",
}
"""Classical learners as people call them."""

ERROR_RATE = 0.025
"""Of claiming an advantage that is not there, and of claiming that a classical learner is better
when it is not: together at most 5 %."""


@dataclass(frozen=True)
class Learner:
    """One learner of a contest.

    Attributes:
        label: Its name in the report.
        kind: Quantum, its separable control, or classical.
        of: The quantum model that a control belongs to.
        size_of: The quantum model whose number of weights a classical one has.
        scores: Test accuracy by split.
        train: Training accuracy by split.
        seconds: Wall time by split, tuning included.
        weights: Fitted numbers by split.
        tried: Candidates that tuning tried, the fewest over the splits.
        possible: Candidates that its search space holds.
        chosen: Chosen hyperparameters by split.
        leaked: Test rows that were also training rows, the most over the splits.
        circuit: Bounds on what simulating the circuit takes; empty for classical ones.
    """

    label: str
    kind: str
    of: str | None
    size_of: str | None
    scores: Mapping[int, float]
    train: Mapping[int, float]
    seconds: Mapping[int, float]
    weights: Mapping[int, float]
    tried: int
    possible: int
    chosen: Mapping[int, Json]
    leaked: int
    circuit: Mapping[str, int]

    @property
    def mean(self) -> float:
        """Mean test accuracy."""
        return float(np.mean(list(self.scores.values())))

    @property
    def usual_weights(self) -> str:
        """The median of its numbers of weights, as text."""
        return f"{np.median(list(self.weights.values())):g}"

    @property
    def title(self) -> str:
        """Its name for people."""
        return TITLES.get(self.label, self.label) if self.kind == CLASSICAL else self.label


@dataclass(frozen=True)
class Contest:
    """All learners on one data set, on the same splits.

    Attributes:
        dataset: The settings of its data.
        learners: Quantum models, then their controls, then classical ones, each by name.
        candidates: The budget: candidates that each learner may try.
        folds: Of the cross-validation that chooses.
        noise: The noise of the quantum models, for people.
        same_rows: Whether every split has the same test rows, so that splits differ in random
            starts alone.
    """

    dataset: Mapping[str, Json]
    learners: tuple[Learner, ...]
    candidates: int
    folds: int
    noise: str
    same_rows: bool

    @property
    def title(self) -> str:
        return str(self.dataset.get("dataset.name"))

    @property
    def test_share(self) -> float:
        """Test rows over training rows."""
        return float(self.dataset["dataset.test"]) / float(self.dataset["dataset.train"])

    @cached_property
    def splits(self) -> tuple[int, ...]:
        """Splits that every learner has."""
        shared = [set(learner.scores) for learner in self.learners]
        return tuple(sorted(set.intersection(*shared)))

    def of_kind(self, kind: str) -> tuple[Learner, ...]:
        return tuple(learner for learner in self.learners if learner.kind == kind)

    def control_of(self, learner: Learner) -> Learner | None:
        """The separable control of a quantum model."""
        return next((c for c in self.of_kind(CONTROL) if c.of == learner.label), None)

    def difference(self, first: Learner, second: Learner, comparisons: int = 1) -> Paired | None:
        """First minus second, paired over splits, corrected for their overlap."""
        return corrected_difference(first.scores, second.scores, self.test_share, comparisons)

    @cached_property
    def pairs(self) -> int:
        """Comparisons of a quantum model with a classical learner."""
        return len(self.of_kind(QUANTUM)) * len(self.of_kind(CLASSICAL))

    @cached_property
    def advantages(self) -> Mapping[str, float]:
        """Holm-corrected p values of "this model does not beat every classical learner".

        To beat all of them is to beat each, so the largest of a model's p values is that of all
        (intersection-union); Holm corrects for the number of quantum models.
        """
        return _united(self.of_kind(QUANTUM), self.of_kind(CLASSICAL), self)

    @cached_property
    def defeats(self) -> Mapping[str, float]:
        """The same of "this classical learner does not beat every quantum model"."""
        return _united(self.of_kind(CLASSICAL), self.of_kind(QUANTUM), self)

    @cached_property
    def ranks(self) -> Mapping[str, tuple[float, float]]:
        """Mean rank over the splits, 1 is best, and its standard deviation; ties share ranks."""
        table = np.array([[learner.scores[s] for s in self.splits] for learner in self.learners])
        ranks = np.empty_like(table)
        for column in range(table.shape[1]):
            ranks[:, column] = _ranked(-table[:, column])
        return {
            learner.label: (float(row.mean()), float(row.std(ddof=1)) if len(row) > 1 else 0.0)
            for learner, row in zip(self.learners, ranks, strict=True)
        }

    @cached_property
    def alike(self) -> tuple[tuple[str, ...], ...]:
        """Largest groups, in the order of ranks, within which no difference was shown.

        All pairs are tested both ways, Holm-corrected, at 5 %.
        """
        order = sorted(self.learners, key=lambda learner: self.ranks[learner.label][0])
        pairs = [(a, b) for a in range(len(order)) for b in range(a + 1, len(order))]
        raw = []
        for a, b in pairs:
            found = self.difference(order[a], order[b])
            raw.append(1.0 if found is None else min(1.0, 2 * min(found.p_above, found.p_below)))
        told = {pair: p <= 2 * ERROR_RATE for pair, p in zip(pairs, holm(raw), strict=True)}
        groups: list[tuple[int, int]] = []
        for first in range(len(order)):
            last = first
            while last + 1 < len(order) and not any(
                told[a, last + 1] for a in range(first, last + 1)
            ):
                last += 1
            if last > first and not any(a <= first and last <= b for a, b in groups):
                groups.append((first, last))
        return tuple(tuple(order[i].label for i in range(a, b + 1)) for a, b in groups)


def accuracy_estimate(contest: Contest, learner: Learner) -> Estimate:
    """Mean test accuracy; its interval takes the overlap of the splits into account."""
    found = corrected_difference(
        learner.scores, dict.fromkeys(learner.scores, 0.0), contest.test_share
    )
    if found is None:
        return Estimate(learner.mean, None, None, 1, 0.0)
    low, high = max(0.0, found.low), min(1.0, found.high)
    return Estimate(found.mean, low, high, found.splits, found.spread)


def unsound(contest: Contest) -> tuple[str, ...]:
    """Why no advantage may be claimed whatever the scores say; empty where one may."""
    reasons = []
    classical, quantum = contest.of_kind(CLASSICAL), contest.of_kind(QUANTUM)
    if len(contest.splits) < FEWEST:
        reasons.append(
            f"only {len(contest.splits)} split(s) were run by all learners, and fewer than "
            f"{FEWEST} show nothing"
        )
    if contest.same_rows:
        reasons.append(
            "every split has the same rows, so that nothing is known of others: only random starts "
            "were repeated"
        )
    leaked = max(learner.leaked for learner in contest.learners)
    if leaked:
        reasons.append(
            f"up to {leaked} test rows of a split are also among its training rows, so that "
            "memory passes for learning"
        )
    most = max((learner.tried for learner in quantum), default=0)
    untuned = [learner.title for learner in classical if learner.tried < most]
    if untuned:
        reasons.append(
            f"{', '.join(untuned)} tried fewer candidates than a quantum model ({most}), so the "
            "tuning budget was not the same"
        )
    present = {learner.label for learner in classical}
    missing = [TITLES[name] for name in ("svc_rbf", "mlp") if name not in present]
    if present.isdisjoint(("random_forest", "gradient_boosting")):
        missing.append("random forest or gradient boosting")
    if missing:
        reasons.append(f"of the strong classical learners {', '.join(missing)} did not take part")
    return tuple(reasons)


def _united(
    ones: Sequence[Learner], others: Sequence[Learner], contest: Contest
) -> dict[str, float]:
    united = []
    for one in ones:
        found = [contest.difference(one, other) for other in others]
        united.append(max((1.0 if p is None else p.p_above for p in found), default=1.0))
    return dict(zip([one.label for one in ones], holm(united), strict=True))


def _ranked(values: np.ndarray) -> np.ndarray:
    """Ranks from 1, ties sharing the mean of theirs; values that differ by rounding are ties."""
    rounded = np.round(values, 12)
    order = np.argsort(rounded, kind="stable")
    ranks = np.empty(len(values))
    start = 0
    while start < len(values):
        stop = start
        while stop + 1 < len(values) and rounded[order[stop + 1]] == rounded[order[start]]:
            stop += 1
        ranks[order[start : stop + 1]] = 1 + (start + stop) / 2
        start = stop + 1
    return ranks
