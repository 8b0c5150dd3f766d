"""What errors are made of: bias and noise, side by side for each way, at the longest time."""

from __future__ import annotations

from collections.abc import Sequence

from nisqdl.analysis.mitigation import Question
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.style import BLUE, ORANGE, Drawing, interval_arms, legend, panels


def draw(found: Sequence[Question], columns: int) -> Drawing | None:
    question = found[0]
    times = list(dict.fromkeys((question.times[0], question.times[-1])))
    figure, axes = panels([f"{question.title}, {t:g} s" for t in times], columns, height=3.0)
    for index, (panel, seconds) in enumerate(zip(axes, times, strict=True)):
        cells = [cell for cell in question.cells if cell.seconds == seconds]
        places = list(range(len(cells)))[::-1]
        for label, colour, shift, parts in (
            ("bias: stays however often it is repeated", BLUE, 0.18, [c.bias for c in cells]),
            ("noise: differs from repetition to repetition", ORANGE, -0.18,
             [c.noise for c in cells]),
        ):  # fmt: skip
            panel.barh(
                [place + shift for place in places], [part.mean for part in parts], height=0.34,
                color=colour, label=label, xerr=interval_arms(parts),
                error_kw={"linewidth": 1, "capsize": 2},
            )  # fmt: skip
        panel.set_yticks(places, labels=[_wrapped(cell.method) for cell in cells])
        panel.tick_params(labelleft=index % columns == 0, left=False)
        panel.grid(visible=True, axis="x")
        panel.grid(visible=False, axis="y")
        panel.set_xlim(left=0)
        panel.set_xlabel("root mean square")
    legend(figure, axes)
    last = [cell for cell in question.cells if cell.seconds == times[-1]]
    least = min(last, key=lambda cell: cell.bias.mean)
    loudest = max(last, key=lambda cell: cell.noise.mean)
    caption = (
        f"Bias and noise of a value on {question.title}, with 95 % intervals over seeds. At "
        f"{times[-1]:g} s the least bias is that of {least.method} ({least.bias.text()}), the most "
        f"noise that of {loudest.method} ({loudest.noise.text()})."
    )
    alt = (
        "Two bars for each way to run, bias and noise, in a panel for each of "
        f"{' and '.join(f'{t:g} s' for t in times)}: {'; '.join(question.methods)}."
    )
    return Drawing(figure, caption, alt)


def _wrapped(method: str) -> str:
    """A way's name on at most two lines."""
    first, plus, last = method.rpartition(" + ")
    return f"{first} +\n{last}" if plus and len(method) > 20 else method


MITIGATION_PARTS = FigureKind("mitigation_parts", "What the errors are made of", draw)
