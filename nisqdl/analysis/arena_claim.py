"""The claim gate of reinforcement learning: what an arena allows to be said of its circuits.

An advantage is claimed for a trained circuit only if it beats *every* rival: the tuned classical
twin, the linear policy, each heuristic, and each of its ablations; and only if the contest was
sound. Who sees hidden state or the future is no rival. Simulations in the tests measure how often
the gate is fooled.
"""

from __future__ import annotations

from collections.abc import Sequence

from nisqdl.analysis.arena import (
    ABLATION,
    CLASSICAL,
    FEWEST,
    HEURISTIC,
    QUANTUM,
    RANDOM,
    Arena,
    Player,
)
from nisqdl.analysis.intervals import Estimate, holm
from nisqdl.analysis.verdict import Verdict
from nisqdl.analysis.words import counted, listed

ERROR_RATE = 0.025
"""Of claiming an advantage that is not there, and of claiming that another is better when it is
not: together at most 5 %."""

TWIN, LINEAR = "MLP", "linear policy"
"""The classical players that no claim goes without."""

ABLATIONS = ("circuit without entangler", "random circuit", "no circuit")
"""The ablations that no claim goes without."""


def rivals(arena: Arena, circuit: Player) -> tuple[Player, ...]:
    """Whom a circuit has to beat: its ablations, classical players and heuristics."""
    own = [p for p in arena.of_kind(ABLATION) if belongs(p, circuit)]
    return (*own, *arena.of_kind(CLASSICAL, HEURISTIC))


def belongs(ablation: Player, circuit: Player) -> bool:
    """Whether an ablation is one of this circuit: of its model, and trained as it was."""
    where = (ablation.noise_trained, ablation.place) == (circuit.noise_trained, circuit.place)
    return ablation.model == circuit.model and (where or not ablation.has_circuit)


def winners(arena: Arena, among: int = 1) -> tuple[Player, ...]:
    """Circuits that beat all their rivals by the test; soundness is not asked.

    Args:
        arena: Its numbers.
        among: Arenas that are read together: each has an equal part of the error rate.
    """
    circuits = arena.of_kind(QUANTUM)
    found = _united(arena, [(c, rivals(arena, c)) for c in circuits])
    return tuple(c for c, p in zip(circuits, found, strict=True) if p <= ERROR_RATE / among)


def masters(arena: Arena, among: int = 1) -> tuple[Player, ...]:
    """Classical players and heuristics that beat every trained circuit by the test."""
    circuits = arena.of_kind(QUANTUM)
    others = arena.of_kind(CLASSICAL, HEURISTIC)
    found = _united(arena, [(other, circuits) for other in others])
    return tuple(o for o, p in zip(others, found, strict=True) if p <= ERROR_RATE / among)


def unsound(arena: Arena) -> tuple[str, ...]:
    """Why no advantage may be claimed whatever the returns say; empty where one may."""
    reasons = []
    if len(arena.seeds) < FEWEST:
        reasons.append(
            f"only {counted(len(arena.seeds), 'seed')} were run by all, and fewer than {FEWEST} "
            "show nothing"
        )
    present = {player.learner for player in arena.of_kind(CLASSICAL, ABLATION)}
    missing = [learner for learner in (TWIN, LINEAR, *ABLATIONS) if learner not in present]
    if not [p for p in arena.of_kind(HEURISTIC) if p.learner != RANDOM]:
        missing.append("heuristics")
    if missing:
        reasons.append(f"{listed(missing)} did not take part")
    most = max((tried(p) for p in arena.of_kind(QUANTUM)), default=0)
    untuned = [p.label for p in arena.of_kind(CLASSICAL) if tried(p) < most]
    if untuned:
        reasons.append(
            f"{listed(untuned)} tried fewer candidates than a circuit ({most}), so the tuning "
            "budget was not the same"
        )
    if 0 < most < 2:
        reasons.append("no learner was tuned (`tuning.candidates` is 1)")
    return tuple(reasons)


def tried(player: Player) -> int:
    """Candidates that tuning tried for a player, the fewest over its seeds."""
    return min((int(t["tried"]) for t in player.trainings.values()), default=0)


def claim(arena: Arena, complete: bool, among: int = 1) -> Verdict:
    """Whether any circuit has an advantage here.

    Args:
        arena: Its numbers.
        complete: Whether all points ran; before that no advantage is claimed.
        among: Arenas of the same report.
    """
    circuits = arena.of_kind(QUANTUM)
    pairs = [(c, r) for c in circuits for r in rivals(arena, c)]
    numbers = {
        f"{c.label} − {r.label}": found
        for c, r in pairs
        if (found := arena.difference(c, r, max(1, len(pairs)))) is not None
    }
    if not circuits:
        sentence = f"On {arena.title}, no trained circuit took part, so nothing is claimed."
        return Verdict("Claim", sentence, _rule(arena, among), numbers)
    won, beaten = winners(arena, among), masters(arena, among)
    reasons = list(unsound(arena))
    if not complete:
        reasons.append("the run is not complete")
    if won and not reasons:
        sentence = f"On {arena.title}, advantage within this budget: {_gains(arena, won)}."
    elif won:
        sentence = (
            f"On {arena.title}, no advantage shown: {listed([c.label for c in won])} earned more "
            f"than every rival, but that counts for nothing here, because {'; '.join(reasons)}."
        )
    elif beaten:
        texts = [f"{b.label} ({_nearest(arena, b, circuits)})" for b in beaten]
        sentence = (
            f"On {arena.title}, no advantage shown: {listed(texts)} earned more than every trained "
            "circuit."
        )
    else:
        sentence = (
            f"On {arena.title}, no advantage shown within this budget: no trained circuit beats "
            f"all its rivals{_unbeaten(arena, circuits, among)}, and none of these beats every "
            "circuit."
        )
    return Verdict("Claim", sentence, _rule(arena, among), numbers)


def claims_advantage(arena: Arena, complete: bool, among: int = 1) -> bool:
    """Whether :func:`claim` claims one."""
    return complete and not unsound(arena) and bool(winners(arena, among))


def gain_text(difference: Estimate) -> str:
    """``+12.3 (4.1 to 20.5)``."""
    return difference.signed(digits_of(difference))


def digits_of(estimate: Estimate) -> int:
    """Digits that suit an estimate's size: three significant ones, as a rule."""
    size = max(abs(estimate.mean), *map(abs, estimate.arms))
    return 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3


def _unbeaten(arena: Arena, circuits: Sequence[Player], among: int) -> str:
    """The rivals that no circuit was shown to beat, where they are few enough to name."""
    names: dict[str, None] = {}
    for circuit in circuits:
        for rival in rivals(arena, circuit):
            if all(arena.p_better(c, rival) > ERROR_RATE / among for c in circuits):
                names[rival.label] = None
    return f" (not shown to be beaten: {listed(list(names))})" if 0 < len(names) <= 6 else ""


def _gains(arena: Arena, won: Sequence[Player]) -> str:
    return "; ".join(
        f"{circuit.label} ({_nearest(arena, circuit, rivals(arena, circuit))})" for circuit in won
    )


def _nearest(arena: Arena, one: Player, others: Sequence[Player]) -> str:
    """The smallest lead over others."""
    found = [(d, o) for o in others if (d := arena.difference(one, o, len(others))) is not None]
    difference, other = min(found, key=lambda pair: pair[0].mean)
    rest = "" if len(found) == 1 else f", the nearest of {len(found)}"
    return f"{gain_text(difference)} over {other.label}{rest}"


def _rule(arena: Arena, among: int) -> str:
    circuits = len(arena.of_kind(QUANTUM))
    return (
        "Every player of a seed is judged on the same episodes. One beats another if both tests "
        "say so: Student's t test of the differences paired over seeds, and the exact rank-sum "
        "test, which asks that its trainings tend to earn more. A circuit has an advantage if the "
        "one-sided p value against every rival (its ablations, the tuned MLP, the linear policy, "
        "each heuristic; who sees hidden state or the future is none), Holm-corrected for "
        f"{counted(circuits, 'trained circuit')}, is at most {ERROR_RATE:g}{_shared(among)}; "
        "another player is "
        "better if it beats every trained circuit by the same rule, Holm-corrected for the number "
        f"of such players. Nothing is claimed with fewer than {FEWEST} seeds, without these "
        "rivals, or where a classical player tried fewer candidates than a circuit. A failure "
        "rarer than one training in as many as were run cannot be seen by any of this."
    )


def _shared(among: int) -> str:
    return "" if among == 1 else f" / {among}, the number of environments and agents of this report"


def _united(arena: Arena, pairings: Sequence[tuple[Player, Sequence[Player]]]) -> tuple[float, ...]:
    """Holm-corrected p values of "this one does not beat all of those"."""
    return holm(
        [
            max((arena.p_better(one, other) for other in others), default=1.0)
            for one, others in pairings
        ]
    )
