"""Accuracy against the λ of the test, a line for each λ of the training."""

from __future__ import annotations

from collections.abc import Sequence

from nisqdl.analysis.transfer import WITHOUT, Place, Question
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.style import (
    GREY,
    SERIES,
    Drawing,
    Series,
    draw_means,
    left_panels,
    legend,
    panels,
    scale_axis,
    spread_shifts,
    wrapped,
)

MOST_PANELS = 8
_WITHOUT = Series(GREY, "o", (0, (1, 1.2)))


def draw(found: Sequence[Question], columns: int) -> Drawing | None:
    shown = [
        (question, device)
        for question in found
        if len(question.scales) > 1
        for device in question.devices
    ][:MOST_PANELS]
    if not shown:
        return None
    several = len({question.title for question, _ in shown}) > 1
    titles = [f"{q.title}, {d}" if several else d for q, d in shown]
    figure, axes = panels([wrapped(title, columns) for title in titles], columns)
    for panel, (question, device) in zip(axes, shown, strict=True):
        lines: list[tuple[Place, Series, str]] = [(WITHOUT, _WITHOUT, "trained without noise")]
        lines += [
            ((device, scale), look, f"trained at λ = {scale:g}")
            for scale, look in zip(question.trained_scales, SERIES, strict=False)
        ]
        for (trained, look, label), shift in zip(lines, spread_shifts(len(lines)), strict=True):
            known = [
                (scale, estimate)
                for scale in question.scales
                if (estimate := question.estimate(trained, (device, scale))) is not None
            ]
            if known:
                draw_means(panel, [s for s, _ in known], [e for _, e in known], look, label, shift)
        scale_axis(panel, question.scales)
        panel.set_xlabel("noise scale λ of the test")
    for panel in left_panels(axes):
        panel.set_ylabel("test accuracy")
    legend(figure, axes)
    return Drawing(figure, _caption(*shown[-1]), _alt(titles))


def _caption(question: Question, device: str) -> str:
    most = question.scales[-1]
    told = []
    for trained, words in ((WITHOUT, "trained without noise"), ((device, most), "trained there")):
        estimate = question.estimate(trained, (device, most))
        if estimate is not None:
            told.append(f"{estimate.text()} {words}")
    return (
        "Each line is one training, measured at every λ on the same device, with 95 % intervals "
        f"over seeds. On {device} at λ = {most:g}: {' and '.join(told)}."
    )


def _alt(titles: Sequence[str]) -> str:
    return (
        f"Test accuracy against the noise scale of the test, a panel for each of "
        f"{', '.join(titles)}, a line for each noise scale of the training."
    )


TRANSFER_SCALES = FigureKind("transfer_scales", "Trained at one λ, tested at all", draw)
