"""Return while learning, against environment steps and against circuit evaluations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nisqdl.analysis.arena import ABLATION, CLASSICAL, QUANTUM, Arena, Player
from nisqdl.analysis.intervals import number
from nisqdl.analysis.learning_curves import CIRCUITS, STEPS, WINDOW, band, curves_of
from nisqdl.analysis.words import counted
from nisqdl.report.figures.arena_look import player_series
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.style import GREY, INK, Drawing, left_panels, legend, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TITLES = {STEPS: "Against environment steps", CIRCUITS: "Against circuit evaluations"}
_LABELS = {STEPS: "environment steps", CIRCUITS: "circuits run for actions and gradients"}


def draw(arena: Arena, columns: int) -> Drawing | None:
    # Ablations that were trained under noise are in the tables: their lines would be too many.
    players = [
        p
        for p in arena.of_kind(QUANTUM, CLASSICAL, ABLATION)
        if curves_of(p) and not (p.kind == ABLATION and p.noise_trained)
    ]
    if not players:
        return None
    axes_of = [STEPS, *([CIRCUITS] if any(p.has_circuit for p in players) else [])]
    figure, axes = panels([_TITLES[axis] for axis in axes_of], columns)
    series = player_series(arena)
    for panel, axis in zip(axes, axes_of, strict=True):
        for player in players:
            if axis == CIRCUITS and not player.has_circuit:
                continue
            places, found = band(list(curves_of(player).values()), axis)
            look = series[player.label]
            width = 1.0 if player.kind == ABLATION else 1.7
            panel.plot(
                places, [e.mean for e in found], color=look.colour, linestyle=look.dash,
                linewidth=width, label=player.label,
            )  # fmt: skip
            if player.kind != ABLATION and all(e.low is not None for e in found):
                low, high = [e.low or 0.0 for e in found], [e.high or 0.0 for e in found]
                panel.fill_between(places, low, high, color=look.colour, alpha=0.13, linewidth=0)
        best = arena.best_heuristic
        if best is not None:
            level = sum(s := list(best.scores(arena.reference).values())) / len(s)
            panel.axhline(level, color=INK, linewidth=1, linestyle=(0, (6, 2)), zorder=1,
                          label=f"best heuristic: {best.label}")  # fmt: skip
        if arena.random is not None:
            panel.axhline(arena.random, color=GREY, linewidth=1, linestyle=(0, (1, 1.5)), zorder=1,
                          label="random")  # fmt: skip
        panel.set_xlabel(_LABELS[axis])
        _label_sparsely(panel)
    for panel in left_panels(axes):
        panel.set_ylabel("return of training episodes")
    legend(figure, axes)
    return Drawing(figure, _caption(arena, players), _alt(arena, players))


def _label_sparsely(panel: Axes) -> None:
    """A few ticks as ``15 k`` or ``2.4 M``."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    panel.xaxis.set_major_locator(MaxNLocator(5))
    panel.xaxis.set_major_formatter(FuncFormatter(lambda value, place: _short(value)))


def _short(value: float) -> str:
    for size, unit in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:.3g}"


def _caption(arena: Arena, players: list[Player]) -> str:
    told = []
    for player in players:
        if player.kind == ABLATION:
            continue
        _, found = band(list(curves_of(player).values()), STEPS)
        told.append(f"{player.label} ends at {number(found[-1].mean, 1)}")
    seeds = max(len(curves_of(player)) for player in players)
    several = f", bands: 95 % intervals over {counted(seeds, 'seed')}" if seeds > 1 else ""
    middle = "interquartile means over seeds" if seeds > 1 else "one seed"
    return (
        f"While learning, {'; '.join(told)}. Lines: {middle} of the mean return of the last "
        f"{WINDOW} training episodes, explorations included{several}; ablations are grey, without "
        "bands."
    )


def _alt(arena: Arena, players: list[Player]) -> str:
    return (
        f"Lines that show the return on {arena.name} while learning, for "
        f"{', '.join(player.label for player in players)}."
    )


LEARNING_CURVES = FigureKind("learning_curves", "Learning", draw)
