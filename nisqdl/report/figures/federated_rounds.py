"""Accuracy against rounds: the federation, each client alone, pooled rows, classical twins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nisqdl.analysis.federated import CLASSICAL, LOCAL, POOLED, Learner, Question
from nisqdl.analysis.intervals import Estimate
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    VERMILION,
    Drawing,
    left_panels,
    legend,
    panels,
    wrapped,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_PANELS = 6

LOOKS: dict[str, tuple[str, Any]] = {
    "federated": (BLUE, "-"),
    LOCAL: (VERMILION, (0, (5, 1.5))),
    POOLED: (GREEN, (0, (3, 1, 1, 1))),
    "logistic_regression": (GREY, (0, (1, 1))),
    "mlp": (INK, (0, (6, 2, 1, 2))),
    "federated_noiseless": (ORANGE, (0, (2, 2))),
}
"""Colour and dash of a learner, in all figures of the report."""


def drawn(question: Question, names: Sequence[str]) -> list[tuple[str, Learner]]:
    """The federation and the named learners that ran, each with the key of its look."""
    found = [("federated", question.main)]
    return found + [(n, question.learners[n]) for n in names if n in question.learners]


def draw_path(
    axes: Axes, x: Sequence[float], path: Sequence[Estimate], look: tuple[str, Any], label: str
) -> None:
    """Means as a line, their intervals as a band."""
    colour, dash = look
    axes.plot(x, [e.mean for e in path], color=colour, linestyle=dash, label=label)
    if all(e.low is not None for e in path):
        axes.fill_between(
            x, [e.mean - e.arms[0] for e in path], [e.mean + e.arms[1] for e in path],
            color=colour, alpha=0.13, linewidth=0,
        )  # fmt: skip


def draw(found: Sequence[Question], columns: int) -> Drawing | None:
    shown = found[:MOST_PANELS]
    figure, axes = panels([wrapped(q.title, columns) for q in shown], columns)
    for panel, question in zip(axes, shown, strict=True):
        for key, learner in drawn(question, (LOCAL, POOLED, *CLASSICAL)):
            draw_path(panel, range(len(learner.curve)), learner.curve, LOOKS[key], learner.title)
        panel.set_xlabel("rounds")
        panel.set_xlim(0, len(question.main.curve) - 1)
    for panel in left_panels(axes):
        panel.set_ylabel("test accuracy")
    legend(figure, axes)
    return Drawing(figure, _caption(shown[0]), _alt(shown))


def _caption(question: Question) -> str:
    told = [
        f"{learner.title} {learner.curve[-1].text()}"
        for _, learner in drawn(question, (LOCAL, POOLED, *CLASSICAL))
    ]
    return (
        "Accuracy on held-out rows, mean over the clients' devices, with 95 % intervals over "
        f"seeds. After the last round, {question.title}: {'; '.join(told)}."
    )


def _alt(found: Sequence[Question]) -> str:
    return (
        "Test accuracy against the number of rounds, a panel for each of "
        f"{'; '.join(question.title for question in found)}; lines with bands for the federated "
        "QNN, each client alone, the QNN on pooled rows, and federated classical learners."
    )


FEDERATED_ROUNDS = FigureKind("federated_rounds", "Accuracy round by round", draw)
