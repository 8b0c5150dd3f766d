"""What every player of an arena earns: interquartile means with intervals, best on top."""

from __future__ import annotations

from nisqdl.analysis.arena import BOUND, Arena
from nisqdl.analysis.arena_claim import digits_of
from nisqdl.analysis.intervals import number
from nisqdl.analysis.words import listed
from nisqdl.report.figures.arena_look import KIND_LOOKS
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.style import GREY, INK, NARROW, WIDTH, Drawing


def draw(arena: Arena, columns: int) -> Drawing | None:
    from matplotlib.figure import Figure

    known = [(p, s) for p in arena.players if (s := arena.score(p)) is not None]
    if len(known) < 2:
        return None
    known.sort(key=lambda pair: -pair[1].mean)
    figure = Figure(
        figsize=(NARROW if columns == 1 else WIDTH, 0.28 * len(known) + 1.15), layout="constrained"
    )
    panel = figure.subplots()
    for kind, (colour, marker, title) in KIND_LOOKS.items():
        rows = [(row, score) for row, (p, score) in enumerate(known) if p.kind == kind]
        if rows:
            arms = [[s.arms[0] for _, s in rows], [s.arms[1] for _, s in rows]]
            panel.errorbar(
                [s.mean for _, s in rows], [row for row, _ in rows], xerr=arms, fmt=marker,
                color=colour, label=title, markersize=5.5, zorder=3,
            )  # fmt: skip
    best = arena.best_heuristic
    level = None if best is None else arena.score(best)
    if level is not None:
        panel.axvline(level.mean, color=INK, linewidth=1, linestyle=(0, (6, 2)), zorder=1)
    if arena.random is not None:
        panel.axvline(arena.random, color=GREY, linewidth=1, linestyle=(0, (1, 1.5)), zorder=1)
    panel.set_yticks(range(len(known)), [player.label for player, _ in known])
    panel.set_ylim(len(known) - 0.5, -0.5)
    panel.grid(visible=True, axis="x")
    panel.grid(visible=False, axis="y")
    panel.set_xlabel("return of an episode")
    figure.legend(loc="outside lower center", ncols=2 if columns == 1 else 3)
    return Drawing(figure, _caption(arena), _alt(arena))


def _caption(arena: Arena) -> str:
    scored = [(p, s) for p in arena.players if p.kind != BOUND and (s := arena.score(p))]
    most = max(score.mean for _, score in scored)
    best = [(p, s) for p, s in scored if s.mean >= most - 1e-9]
    if len(best) > 1:
        who = f"{listed([p.label for p, _ in best])} earn most, {number(most, 1)} each"
    else:
        (player, score) = best[0]
        who = f"{player.label} earns most, {score.text(min(1, digits_of(score)))}"
    under = "" if arena.reference.scale is None else f" Circuits at λ = {arena.reference.scale:g}."
    return (
        f"Of those that see only what an agent can, {who}. Interquartile means over seeds with "
        f"95 % bootstrap intervals; dashed: the best heuristic, dotted: random.{under}"
    )


def _alt(arena: Arena) -> str:
    told = (f"{p.label} {s.mean:.4g}" for p in arena.players if (s := arena.score(p)) is not None)
    return f"Returns on {arena.name}: {'; '.join(told)}."


ARENA_SCORES = FigureKind("arena_scores", "Returns", draw)
