"""Mean ranks of a contest's learners, with bars over those that were not told apart."""

from __future__ import annotations

from nisqdl.analysis.contest import CLASSICAL, CONTROL, QUANTUM, Contest
from nisqdl.analysis.intervals import number
from nisqdl.analysis.words import counted
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.style import BLUE, GREY, INK, NARROW, SKY, WIDTH, Drawing

LOOKS = {
    QUANTUM: (BLUE, "o", "quantum"),
    CONTROL: (SKY, "s", "separable control"),
    CLASSICAL: (INK, "D", "classical"),
}
"""Colour, marker and title by kind."""


def draw(found: Contest, columns: int) -> Drawing | None:
    from matplotlib.figure import Figure

    if len(found.splits) < 2:
        return None
    order = sorted(found.learners, key=lambda learner: found.ranks[learner.label][0])
    groups = found.alike
    width = NARROW if columns == 1 else WIDTH
    figure = Figure(figsize=(width, 0.9 + 0.3 * len(order)), layout="constrained")
    panel = figure.subplots()
    place = {learner.label: row for row, learner in enumerate(order)}
    for kind, (colour, marker, title) in LOOKS.items():
        some = [learner for learner in order if learner.kind == kind]
        if some:
            panel.plot(
                [found.ranks[learner.label][0] for learner in some],
                [place[learner.label] for learner in some],
                marker, color=colour, markersize=6, label=title, zorder=3,
            )  # fmt: skip
    step = 0.28
    right = max(rank for rank, _ in found.ranks.values())
    for number_of, group in enumerate(groups):
        x = right + step * (number_of + 1.5)
        rows = [place[label] for label in group]
        panel.plot([x, x], [min(rows), max(rows)], color=GREY, linewidth=3.5, zorder=2)
    panel.set_yticks(range(len(order)), [learner.title for learner in order])
    panel.set_ylim(len(order) - 0.5, -0.5)
    panel.set_xlim(0.6, right + step * (len(groups) + 1.5) + 0.3)
    panel.set_xlabel("mean rank over splits (1 is best)")
    panel.grid(visible=True, axis="x")
    panel.grid(visible=False, axis="y")
    figure.legend(loc="outside lower center", ncols=3)
    best = order[0]
    caption = (
        f"{best.title} has the best mean rank, {number(found.ranks[best.label][0], 1)} over "
        f"{counted(len(found.splits), 'split')}. A grey bar joins learners of which no two were "
        "shown to differ (all pairs, corrected resampled t tests, Holm, 5 %): where a bar reaches "
        "from a quantum model to a classical one, neither is the better."
    )
    alt = "Mean ranks: " + "; ".join(
        f"{learner.title} {number(found.ranks[learner.label][0], 2)}" for learner in order
    )
    return Drawing(figure, caption, alt + ".")


CONTEST_RANKS = FigureKind("contest_ranks", "Ranks, and who was not told apart", draw)
