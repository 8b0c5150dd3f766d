"""The error of a value against the time on the device: a line for each way to run."""

from __future__ import annotations

from collections.abc import Sequence

from nisqdl.analysis.mitigation import Question
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.style import (
    INK,
    SERIES,
    Drawing,
    draw_means,
    left_panels,
    legend,
    panels,
    spread_shifts,
)


def draw(found: Sequence[Question], columns: int) -> Drawing | None:
    if not any(len(question.times) > 1 for question in found):
        return None
    methods = list(dict.fromkeys(method for question in found for method in question.methods))
    drawn = methods[: len(SERIES)]
    figure, axes = panels([question.title for question in found], columns, height=3.3)
    shifts = spread_shifts(len(drawn), 2.0)
    for panel, question in zip(axes, found, strict=True):
        panel.axhline(
            question.device_error.mean, color=INK, linewidth=1, linestyle=(0, (4, 2)), zorder=1,
            label="device noise alone, no shot noise",
        )  # fmt: skip
        for method, series, shift in zip(drawn, SERIES, shifts, strict=False):
            cells = [cell for cell in question.cells if cell.method == method]
            draw_means(
                panel, [cell.seconds for cell in cells], [cell.error for cell in cells],
                series, method, shift,
            )  # fmt: skip
        panel.set_xscale("log")
        panel.set_yscale("log")
        panel.set_xticks(question.times, labels=[f"{seconds:g}" for seconds in question.times])
        panel.minorticks_off()
        _plain_ticks(panel)
        panel.set_xlabel("time on the device (s)")
    for panel in left_panels(axes):
        panel.set_ylabel("error of a value")
    legend(figure, axes)
    return Drawing(figure, _caption(found[0]), _alt(found, drawn))


def _plain_ticks(panel: object) -> None:
    """Round numbers on the logarithmic axis, few enough to read."""
    from matplotlib.axes import Axes
    from matplotlib.ticker import FuncFormatter, LogLocator

    assert isinstance(panel, Axes)
    panel.yaxis.set_major_locator(LogLocator(base=10, subs=(1.0, 2.0, 3.0, 5.0)))
    panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _caption(question: Question) -> str:
    first, last = question.times[0], question.times[-1]

    def best(seconds: float) -> str:
        cells = [cell for cell in question.cells if cell.seconds == seconds]
        found = min(cells, key=lambda cell: cell.error.mean)
        return f"{found.method} ({found.error.text()})"

    return (
        f"Root mean square error of a value on {question.title}, with 95 % intervals over seeds, "
        f"on logarithmic axes. The smallest is that of {best(first)} at {first:g} s, and of "
        f"{best(last)} at {last:g} s."
    )


def _alt(found: Sequence[Question], methods: Sequence[str]) -> str:
    return (
        "The error of a value against the time on the device, both logarithmic, a panel for each "
        f"of {'; '.join(question.title for question in found)}, a line for each of "
        f"{'; '.join(methods)}, and the error that the noise alone makes as a dashed line."
    )


MITIGATION_ERROR = FigureKind("mitigation_error", "What the same time buys", draw)
