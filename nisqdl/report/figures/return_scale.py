"""Return against the noise scale: trained ideally and under noise, with baselines as lines."""

from __future__ import annotations

from nisqdl.analysis.arena import CLASSICAL, QUANTUM, Arena, Condition
from nisqdl.analysis.arena_claim import digits_of
from nisqdl.report.figures.arena_look import player_series
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.style import (
    GREY,
    INK,
    Drawing,
    draw_means,
    left_panels,
    legend,
    panels,
    scale_axis,
    spread_shifts,
)

_MOST_PANELS = 4


def draw(arena: Arena, columns: int) -> Drawing | None:
    circuits = arena.of_kind(QUANTUM)
    if len(arena.scales) < 2 or not circuits:
        return None
    shots = arena.shots[-_MOST_PANELS:]
    figure, axes = panels([shots_title(s) for s in shots] if len(shots) > 1 else [""], columns)
    series = player_series(arena)
    shifts = spread_shifts(len(circuits))
    for panel, count in zip(axes, shots, strict=True):
        for player, shift in zip(circuits, shifts, strict=True):
            known = [
                (scale, found)
                for scale in arena.scales
                if (found := arena.score(player, Condition(scale, count))) is not None
            ]
            if known:
                draw_means(
                    panel, [s for s, _ in known], [e for _, e in known], series[player.label],
                    player.label, shift,
                )  # fmt: skip
        for player in arena.of_kind(CLASSICAL):
            score, look = arena.score(player), series[player.label]
            if score is not None:
                panel.axhline(score.mean, color=look.colour, linestyle=look.dash, linewidth=1.3,
                              zorder=1, label=player.label)  # fmt: skip
        best = arena.best_heuristic
        if best is not None and (level := arena.score(best)) is not None:
            panel.axhline(level.mean, color=INK, linewidth=1, linestyle=(0, (6, 2)), zorder=1,
                          label=f"best heuristic: {best.label}")  # fmt: skip
        if arena.random is not None:
            panel.axhline(arena.random, color=GREY, linewidth=1, linestyle=(0, (1, 1.5)), zorder=1,
                          label="random")  # fmt: skip
        scale_axis(panel, arena.scales)
    for panel in left_panels(axes):
        panel.set_ylabel("return of judged episodes")
    legend(figure, axes)
    alt = (
        f"Return on {arena.name} against the noise scale from {arena.scales[0]:g} to "
        f"{arena.scales[-1]:g}: a line for each trained circuit, horizontal lines for the others."
    )
    return Drawing(figure, _caption(arena), alt)


def shots_title(shots: int | None) -> str:
    """A number of shots as a panel's title."""
    return "exact values" if shots is None else f"{shots:,} shots a circuit"


def _caption(arena: Arena) -> str:
    low, high = arena.scales[0], arena.scales[-1]
    told = []
    for player in arena.of_kind(QUANTUM):
        first = arena.score(player, Condition(low, arena.reference.shots))
        last = arena.score(player, Condition(high, arena.reference.shots))
        if first is not None and last is not None:
            digits = min(digits_of(first), 1)
            told.append(f"{player.label} goes from {first.text(digits)} to {last.text(digits)}")
    return (
        f"As the noise grows from λ = {low:g} to {high:g}, {'; '.join(told)}. Interquartile means "
        "over seeds with 95 % bootstrap intervals; classical players have no noise."
    )


RETURN_SCALE = FigureKind("return_scale", "Return against noise", draw)
