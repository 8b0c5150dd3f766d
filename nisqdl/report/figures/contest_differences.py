"""Each quantum model minus each classical learner, paired over splits, with joint intervals."""

from __future__ import annotations

from nisqdl.analysis.contest import CLASSICAL, QUANTUM, Contest
from nisqdl.analysis.words import counted
from nisqdl.report.figures.contest_ranks import LOOKS
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.style import GREY, NARROW, WIDTH, Drawing


def draw(found: Contest, columns: int) -> Drawing | None:
    from matplotlib.figure import Figure

    quantum, classical = found.of_kind(QUANTUM), found.of_kind(CLASSICAL)
    if not quantum or len(found.splits) < 2:
        return None
    rivals = sorted(classical, key=lambda learner: -learner.mean)
    per_row = 1 if columns == 1 else min(3, len(quantum))
    rows = -(-len(quantum) // per_row)
    with_controls = any(found.control_of(model) for model in quantum)
    count = len(rivals) + with_controls
    names = [rival.title for rival in rivals] + ["its separable control"] * with_controls
    height = 0.75 + 0.26 * count
    figure = Figure(
        figsize=(NARROW if columns == 1 else WIDTH, rows * height + 0.2), layout="constrained"
    )
    grid = figure.subplots(rows, per_row, squeeze=False, sharex=True, sharey=False)
    panels = list(grid.flat)
    for panel in panels[len(quantum) :]:
        panel.set_axis_off()
    better = worse = 0
    for index, (panel, model) in enumerate(zip(panels, quantum, strict=False)):
        control = found.control_of(model)
        others = [*rivals, *([control] if control else [])]
        for row, other in enumerate(others):
            pair = found.difference(model, other, found.pairs)
            if pair is None:
                continue
            colour, marker, _ = LOOKS[other.kind]
            arms = [[pair.mean - pair.low], [pair.high - pair.mean]]
            panel.errorbar([pair.mean], [row], xerr=arms, fmt=marker, color=colour)
            if other.kind == CLASSICAL and pair.spread > 0:
                better += pair.low > 0
                worse += pair.high < 0
        panel.axvline(0, color=GREY, linewidth=1, zorder=1)
        panel.set_title(model.label)
        panel.set_ylim(count - 0.5, -0.5)
        first = index % per_row == 0
        panel.set_yticks(range(count), names if first else [""] * count)
        panel.grid(visible=True, axis="x")
        panel.grid(visible=False, axis="y")
        if index >= len(quantum) - per_row:
            panel.set_xlabel("difference in accuracy")
            panel.tick_params(labelbottom=True)
    pairs = len(quantum) * len(classical)
    caption = (
        "Right of 0 the quantum model of the panel is the better one. Wholly above 0: "
        f"{better or 'none'} of {counted(pairs, 'interval')}; wholly below: {worse or 'none'}. "
        "They hold jointly at 95 %."
    )
    alt = "Differences of test accuracy of each quantum model to each classical learner."
    return Drawing(figure, caption, alt)


CONTEST_DIFFERENCES = FigureKind(
    "contest_differences", "Quantum models minus classical learners", draw
)
