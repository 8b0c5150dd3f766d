"""P(0…0) against qubits: a line for each noise, and published values as marks."""

from __future__ import annotations

from nisqdl.analysis.echo import Echoes, on_device
from nisqdl.analysis.intervals import number
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.style import INK, SERIES, VERMILION, Drawing, Series, draw_means, legend, panels

_DOTS = Series(INK, "o", "none")
_MARKS = ("*", "P", "X", "h")


def draw(found: Echoes, columns: int) -> Drawing | None:
    here = [line for line in found.lines if not on_device(line)]
    lines = here[: len(SERIES)]
    figure, (panel,) = panels(["Back to |0…0⟩"], columns, height=3.3)
    for line, look in zip(lines, SERIES, strict=False):
        draw_means(panel, list(line.points), list(line.points.values()), look, line.title)
    for line in found.lines:
        if on_device(line):
            draw_means(panel, list(line.points), list(line.points.values()), _DOTS, line.title)
    for one, mark in zip(found.published, _MARKS, strict=False):
        if not one.published:
            panel.plot(
                list(one.predicted), list(one.predicted.values()), "_", color=VERMILION,
                markersize=16, markeredgewidth=2, label=f"predicted for {one.target}", zorder=4,
            )  # fmt: skip
            continue
        panel.plot(
            list(one.points), list(one.points.values()), mark, color=INK, markersize=9,
            markerfacecolor="white", markeredgewidth=1.2, label=one.title, zorder=5,
        )  # fmt: skip
    panel.set_xticks(sorted({n for line in found.lines for n in line.points}))
    panel.set_xlabel("qubits n")
    panel.set_ylabel("P(0…0)")
    legend(figure, [panel])
    alt = (
        "Probability to return to all zeros against the number of qubits, a line for each of "
        f"{'; '.join(line.title for line in found.lines)}"
        + "".join(f", with marks for {one.title}" for one in found.published)
        + "."
    )
    return Drawing(figure, _caption(found), alt)


def _caption(found: Echoes) -> str:
    left_out = sum(not on_device(line) for line in found.lines) - len(SERIES)
    more = f" ({left_out} more lines are in the table)" if left_out > 0 else ""
    text = f"How often a circuit followed by its inverse returns to all zeros{more}."
    fits = [(one.title, one.fit) for one in found.published if one.fit is not None]
    if fits:
        told = [f"λ̂ = {number(fit.scale, 2)} tells {title} best" for title, fit in fits]
        text += f" {'; '.join(told)}."
    return text


ECHO_QUBITS = FigureKind("echo_qubits", "Return against qubits", draw)
