"""Accuracy against the bytes that have travelled."""

from __future__ import annotations

from collections.abc import Sequence

from nisqdl.analysis.federated import CLASSICAL, POOLED, Question
from nisqdl.analysis.federated_verdict import bytes_text
from nisqdl.report.figures.federated_rounds import LOOKS, MOST_PANELS, draw_path, drawn
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.style import Drawing, interval_arms, left_panels, legend, panels, wrapped


def draw(found: Sequence[Question], columns: int) -> Drawing | None:
    shown = found[:MOST_PANELS]
    figure, axes = panels([wrapped(q.title, columns) for q in shown], columns)
    for panel, question in zip(axes, shown, strict=True):
        for key, learner in drawn(question, CLASSICAL):
            draw_path(panel, learner.traffic[1:], learner.curve[1:], LOOKS[key], learner.title)
        pooled = question.learners.get(POOLED)
        if pooled is not None:
            last = pooled.curve[-1]
            panel.errorbar(
                [pooled.traffic[-1]], [last.mean], yerr=interval_arms([last]), marker="^",
                color=LOOKS[POOLED][0], linestyle="none", label="QNN, rows sent to one place",
            )  # fmt: skip
        if question.goal is not None:
            panel.axhline(question.goal, color="black", linewidth=0.8, linestyle=(0, (1, 2)))
        panel.set_xscale("log")
        panel.minorticks_off()
        panel.xaxis.set_major_formatter(lambda value, _: bytes_text(value))
        panel.set_xlabel("bytes down and up")
    for panel in left_panels(axes):
        panel.set_ylabel("test accuracy")
    legend(figure, axes)
    return Drawing(figure, _caption(shown[0]), _alt(shown))


def _caption(question: Question) -> str:
    told = [
        f"{learner.title} {learner.curve[-1].mean:.3f} for {bytes_text(learner.traffic[-1])}"
        for _, learner in drawn(question, CLASSICAL)
    ]
    return (
        "What all rounds cost: weights to every client that is asked and back, 8 bytes a number; "
        "95 % intervals over seeds. The dotted line is the goal that communication is priced to. "
        f"At the end, {question.title}: {'; '.join(told)}."
    )


def _alt(found: Sequence[Question]) -> str:
    return (
        "Test accuracy against the bytes that have travelled, on a logarithmic axis, a panel for "
        f"each of {'; '.join(question.title for question in found)}; lines for the federated QNN "
        "and federated classical learners, and a marker for rows sent to one place."
    )


FEDERATED_TRAFFIC = FigureKind("federated_traffic", "What communication buys", draw)
