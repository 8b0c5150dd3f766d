"""What several arenas say together: learners over all environments, and the claim of a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nisqdl.analysis.aggregate import pooled_improvement, pooled_iqm
from nisqdl.analysis.arena import ABLATION, CLASSICAL, QUANTUM, Arena
from nisqdl.analysis.arena_claim import TWIN, claims_advantage
from nisqdl.analysis.intervals import Estimate
from nisqdl.analysis.verdict import Verdict
from nisqdl.analysis.words import listed


def together(arenas: Sequence[Arena], complete: bool) -> Verdict:
    """What a report of several arenas says first.

    Args:
        arenas: At least two.
        complete: Whether all points ran.
    """
    count = len(arenas)
    where = [a.title for a in arenas if claims_advantage(a, complete, count)]
    head = (
        f"An advantage of a trained circuit was shown on {listed(where)}, of {count} arenas"
        if where
        else f"On none of {count} arenas an advantage of a trained circuit was shown"
    )
    every = [one for one in overall(arenas) if one.kind != ABLATION]
    scores = listed([f"{one.label} {one.score.text(2)}" for one in every]) if every else ""
    tail = f"; of the way from random (0) to the best heuristic (1) came {scores}" if every else ""
    rule = (
        "The claims of the single arenas, each with an equal part of the error rate; interquartile "
        "means over all arenas and seeds, with stratified bootstrap intervals."
    )
    return Verdict("All together", f"{head}{tail}.", rule, {o.label: o.score for o in every})


@dataclass(frozen=True)
class Overall:
    """One learner over several environments.

    Attributes:
        label: Its name, the same in every arena.
        kind: Quantum, ablation or classical.
        score: Normalised interquartile mean over environments and seeds.
        improvement: How often one of its trainings beats one of the MLP's, averaged over
            environments; ``None`` for the MLP itself.
    """

    label: str
    kind: str
    score: Estimate
    improvement: Estimate | None


def overall(arenas: Sequence[Arena]) -> tuple[Overall, ...]:
    """Learners that took part in every arena; empty with fewer than two arenas."""
    if len(arenas) < 2:
        return ()
    scores = [
        {
            player.label: found
            for player in arena.of_kind(QUANTUM, ABLATION, CLASSICAL)
            if (found := arena.normalised_scores(player))
        }
        for arena in arenas
    ]
    shared = [label for label in scores[0] if all(label in found for found in scores)]
    kinds = {player.label: player.kind for player in arenas[0].players}
    return tuple(
        Overall(
            label,
            kinds[label],
            pooled_iqm([found[label] for found in scores]),
            pooled_improvement([f[label] for f in scores], [f[TWIN] for f in scores])
            if label != TWIN and TWIN in shared
            else None,
        )
        for label in shared
    )
