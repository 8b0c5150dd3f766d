"""All environments on one scale: who learned, from acting at random to the best heuristic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nisqdl.analysis.aggregate import pooled_iqm
from nisqdl.analysis.arena import BOUND, CLASSICAL, QUANTUM, Arena, Player
from nisqdl.analysis.intervals import Estimate, number
from nisqdl.report.figures.arena_look import KIND_LOOKS, player_series
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.style import GREY, INK, NARROW, WIDTH, Drawing, interval_arms

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_APART = 0.2


def draw(arenas: Sequence[Arena], columns: int) -> Drawing | None:
    """A row for each environment, a mark for each learner that took part in all of them."""
    from matplotlib.figure import Figure

    if len(arenas) < 2:
        return None
    every = [{p.label: p for p in arena.of_kind(QUANTUM, CLASSICAL)} for arena in arenas]
    labels = [label for label in every[0] if all(label in players for players in every)]
    figure = Figure(
        figsize=(NARROW if columns == 1 else WIDTH, 0.62 * len(arenas) + 1.2), layout="constrained"
    )
    panel = figure.subplots()
    for place, label in enumerate(labels):
        look = player_series(arenas[0])[label]
        shift = (place - (len(labels) - 1) / 2) * _APART
        rows = [
            (row + shift, score)
            for row, (arena, players) in enumerate(zip(arenas, every, strict=True))
            if (score := _normalised(arena, players[label])) is not None
        ]
        panel.errorbar(
            [score.mean for _, score in rows], [y for y, _ in rows],
            xerr=interval_arms([score for _, score in rows]), fmt=look.marker,
            color=look.colour, label=label, markersize=5, zorder=3,
        )  # fmt: skip
    _draw_bounds(panel, arenas)
    panel.axvline(0, color=GREY, linewidth=1, linestyle=(0, (1, 1.5)), zorder=1, label="random")
    panel.axvline(
        1, color=INK, linewidth=1, linestyle=(0, (6, 2)), zorder=1, label="best heuristic"
    )
    panel.set_yticks(range(len(arenas)), [_titled(arena) for arena in arenas])
    panel.set_ylim(len(arenas) - 0.5, -0.5)
    panel.tick_params(axis="y", length=0)
    panel.grid(visible=True, axis="x")
    panel.grid(visible=False, axis="y")
    panel.set_xlabel("return: 0 random, 1 the best heuristic")
    figure.legend(loc="outside lower center", ncols=2 if columns == 1 else 3)
    return Drawing(
        figure,
        f"{_caption(arenas)}Interquartile means over seeds of normalised returns, with 95 % "
        "bootstrap intervals; circuits under the noise at which they are compared.",
        f"Normalised returns of {', '.join(labels)} on {', '.join(a.name for a in arenas)}.",
    )


def _draw_bounds(panel: Axes, arenas: Sequence[Arena]) -> None:
    colour, marker, title = KIND_LOOKS[BOUND]
    found = [
        (row, score.mean)
        for row, arena in enumerate(arenas)
        for player in arena.of_kind(BOUND)
        if (score := _normalised(arena, player)) is not None
    ]
    if found:
        panel.plot(
            [x for _, x in found], [row for row, _ in found], marker, color=colour, label=title,
            markersize=6, linestyle="none", zorder=2,
        )  # fmt: skip


def _normalised(arena: Arena, player: Player) -> Estimate | None:
    found = arena.normalised_scores(player)
    return pooled_iqm([found]) if found else None


def _caption(arenas: Sequence[Arena]) -> str:
    """Where circuits come nearest to the best heuristic, and where they stay furthest from it."""
    found = [
        (score.mean, arena.name)
        for arena in arenas
        for player in arena.of_kind(QUANTUM)
        if (score := _normalised(arena, player)) is not None
    ]
    if len(found) < 2:
        return ""
    (least, there), (most, here) = min(found), max(found)
    return (
        f"Circuits come nearest to the best heuristic on {here} ({number(most, 2)}) and stay "
        f"furthest from it on {there} ({number(least, 2)}). "
    )


def _titled(arena: Arena) -> str:
    best = arena.best_heuristic
    return arena.title if best is None else f"{arena.title}\n(1: {best.label})"


ARENA_OVERVIEW = FigureKind("arena_overview", "Who learned, and how well", draw)
