"""Returns without noise, as a device's calibration predicts them, and as it was measured."""

from __future__ import annotations

from nisqdl.analysis.aggregate import pooled_iqm
from nisqdl.analysis.arena import ABLATION, QUANTUM, Arena, Player
from nisqdl.analysis.intervals import Estimate
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.style import BLUE, GREY, INK, NARROW, VERMILION, WIDTH, Drawing

_MARKS = (
    ("without noise", GREY, "o"),
    ("predicted by the calibration", VERMILION, "s"),
    ("measured", BLUE, "D"),
)
_APART = 0.22


def draw(arena: Arena, columns: int) -> Drawing | None:
    """A row for each circuit that was measured and has a twin."""
    from matplotlib.figure import Figure

    rows = [(p, found) for p in arena.of_kind(QUANTUM, ABLATION) if (found := _scores(arena, p))]
    if not rows:
        return None
    figure = Figure(
        figsize=(NARROW if columns == 1 else WIDTH, 0.55 * len(rows) + 1.2), layout="constrained"
    )
    panel = figure.subplots()
    for place, (title, colour, marker) in enumerate(_MARKS):
        scores = [found[place] for _, found in rows]
        arms = [[s.arms[side] for s in scores] for side in (0, 1)]
        at = [row + (place - 1) * _APART for row in range(len(rows))]
        panel.errorbar(
            [s.mean for s in scores], at, xerr=arms, fmt=marker, color=colour, label=title,
            markersize=5, zorder=3,
        )  # fmt: skip
    best = arena.best_heuristic
    level = None if best is None else arena.score(best)
    if best is not None and level is not None:
        panel.axvline(level.mean, color=INK, linewidth=1, linestyle=(0, (6, 2)), zorder=1,
                      label=f"best heuristic: {best.label}")  # fmt: skip
    panel.set_yticks(range(len(rows)), [player.label for player, _ in rows])
    panel.set_ylim(len(rows) - 0.5, -0.5)
    panel.tick_params(axis="y", length=0)
    panel.grid(visible=True, axis="x")
    panel.grid(visible=False, axis="y")
    panel.set_xlabel("return of an episode")
    figure.legend(loc="outside lower center", ncols=1 if columns == 1 else 4)
    told = "; ".join(
        f"{player.label} {ideal.mean:.4g}, {predicted.mean:.4g} and {measured.mean:.4g}"
        for player, (ideal, predicted, measured) in rows
    )
    return Drawing(
        figure,
        "The same episodes, played by the values of the learned circuits without noise, by those "
        f"that the calibration of the run predicts, and by those that were measured: {told}. "
        "Interquartile means over seeds with 95 % bootstrap intervals.",
        f"For each circuit its returns without noise, predicted and measured: {told}.",
    )


def _scores(arena: Arena, player: Player) -> tuple[Estimate, Estimate, Estimate] | None:
    """Without noise, predicted, measured; over the seeds that have all three."""
    known = player.measured.get(arena.reference, {})
    measured = player.scores(arena.reference)
    rows = [
        (one.ideal, one.predicted, measured[seed])
        for seed, one in sorted(known.items())
        if one.ideal is not None and one.predicted is not None
    ]
    if not rows:
        return None
    ideal, predicted, found = (pooled_iqm([list(column)]) for column in zip(*rows, strict=True))
    return ideal, predicted, found


DEVICE_RETURNS = FigureKind("device_returns", "Returns measured against predicted", draw)
