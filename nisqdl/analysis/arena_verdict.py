"""What a report says of one arena besides the claim: heuristics, noise, ablations, data needed."""

from __future__ import annotations

from nisqdl.analysis.aggregate import pooled_iqm
from nisqdl.analysis.arena import (
    ABLATION,
    BOUND,
    CLASSICAL,
    FEWEST,
    HEURISTIC,
    QUANTUM,
    RANDOM,
    Arena,
    Condition,
    Player,
)
from nisqdl.analysis.arena_claim import (
    ERROR_RATE,
    belongs,
    claim,
    gain_text,
)
from nisqdl.analysis.intervals import Estimate, holm, number, paired_difference
from nisqdl.analysis.learning_curves import CIRCUITS, STEPS, WINDOW, reach
from nisqdl.analysis.verdict import Verdict
from nisqdl.analysis.words import counted, listed

NEAR = 0.9
"""Share of the way from random to the best heuristic that counts as approaching it, and whose
return is the threshold of sample complexity."""


def verdicts(arena: Arena, complete: bool, among: int = 1) -> tuple[Verdict, ...]:
    """What a report says of one arena, the claim first.

    Args:
        arena: Its numbers.
        complete: Whether all points ran; before that no advantage is claimed.
        among: Arenas of the same report.
    """
    others = (_heuristics(arena), _noise(arena), _ablations(arena), _sample_complexity(arena))
    return (claim(arena, complete, among), *(told for told in others if told is not None))


def learners(arena: Arena) -> tuple[Player, ...]:
    """Those that learn and are no ablation."""
    return arena.of_kind(QUANTUM, CLASSICAL)


def _heuristics(arena: Arena) -> Verdict | None:
    """Whether what was learnt beats random, and approaches or beats the best heuristic."""
    best = arena.best_heuristic
    random = next((p for p in arena.of_kind(HEURISTIC) if p.learner == RANDOM), None)
    if best is None or random is None or not learners(arena):
        return None
    parts: dict[str, list[str]] = {}
    numbers: dict[str, Estimate] = {}
    for player in learners(arena):
        found = arena.normalised_scores(player)
        if found is None:
            continue
        score = numbers[player.label] = pooled_iqm([found])
        word = _standing(arena, player, best, random, score)
        parts.setdefault(word, []).append(f"{player.label} {score.text(2)}")
    if not numbers:
        return None
    sentence = (
        f"On a scale from random (0) to {best.label} (1): "
        + "; ".join(f"{word}: {listed(players)}" for word, players in parts.items())
        + f"{_bounds(arena)}."
    )
    rule = (
        "Interquartile means over seeds of the mean return, normalised; stratified bootstrap "
        "intervals at 95 %, widened for few seeds. To beat is meant as in the claim, not "
        f"corrected for the number of players; to come near is a score of at least {NEAR:g}."
    )
    return Verdict("Against heuristics", sentence, rule, numbers)


def _bounds(arena: Arena) -> str:
    """Where on the scale those are who see what no one can: references, and no rivals."""
    found = {
        p.label: scores for p in arena.of_kind(BOUND) if (scores := arena.normalised_scores(p))
    }
    told = [f"{label} {pooled_iqm([scores]).text(2)}" for label, scores in found.items()]
    return f"; the bound, who sees what no one can: {listed(told)}" if told else ""


def _standing(arena: Arena, player: Player, best: Player, random: Player, score: Estimate) -> str:
    if len(arena.seeds) < FEWEST:
        return f"with {counted(len(arena.seeds), 'seed')} nothing is shown"
    if arena.p_better(player, best) <= ERROR_RATE:
        return f"shown to beat {best.label}"
    if arena.p_better(player, random) > ERROR_RATE:
        return "not shown to beat acting at random"
    if score.mean >= NEAR:
        return f"shown to beat random, and near {best.label}"
    return f"shown to beat random, and short of {best.label}"


def _noise(arena: Arena) -> Verdict | None:
    """What the device's noise costs, and whether training under it helps."""
    scale = arena.reference.scale
    told: list[str] = []
    numbers: dict[str, Estimate] = {}
    circuits = arena.of_kind(QUANTUM)
    plain = {(p.model, p.place): p for p in circuits if not p.noise_trained}
    if scale and 0 in arena.scales:
        clean = Condition(0, arena.reference.shots)
        for player in plain.values():
            change = paired_difference(player.scores(arena.reference), player.scores(clean))
            if change is not None:
                numbers[f"{player.label}: λ = {scale:g} − λ = 0"] = change
                told.append(f"{_change_text(change, scale)} of {player.label}")
    for noisy in circuits:
        ideal = plain.get((noisy.model, noisy.place))
        if not noisy.noise_trained or ideal is None:
            continue
        gain = arena.difference(noisy, ideal)
        if gain is not None:
            numbers[f"{noisy.label} − {ideal.label}"] = gain
            told.append(_training_text(gain))
    if not told:
        return None
    text = "; ".join(told)
    rule = (
        "Mean returns over the same episodes, paired over seeds, t intervals at 95 % (each alone, "
        "three seeds or more); noise as the device is calibrated, times λ."
    )
    return Verdict("Noise", f"{text[0].upper()}{text[1:]}.", rule, numbers)


def _change_text(change: Estimate, scale: float) -> str:
    verb = (
        "lowers the return" if change.below_zero
        else "raises the return" if change.above_zero
        else "was not shown to change the return"
    )  # fmt: skip
    return f"noise at λ = {scale:g} {verb} ({gain_text(change)})"


def _training_text(gain: Estimate) -> str:
    verb = (
        "helps" if gain.above_zero
        else "hurts" if gain.below_zero
        else "makes no difference that was shown"
    )  # fmt: skip
    return f"training under it {verb} ({gain_text(gain)})"


def _ablations(arena: Arena) -> Verdict | None:
    """What is lost without entangler, without trained gates, without circuit."""
    circuits = arena.of_kind(QUANTUM)
    plain = [circuit for circuit in circuits if not circuit.noise_trained]
    pairs = [
        (circuit, ablation, found)
        for circuit in plain or circuits
        for ablation in arena.of_kind(ABLATION)
        if belongs(ablation, circuit) and (found := arena.difference(circuit, ablation)) is not None
    ]
    if not pairs:
        return None
    raw = [min(1.0, 2 * min(arena.p_better(c, a), arena.p_better(a, c))) for c, a, _ in pairs]
    parts: dict[str, list[str]] = {"better": [], "worse": [], "open": []}
    for (circuit, ablation, found), p in zip(pairs, holm(raw), strict=True):
        key = "open" if p > 2 * ERROR_RATE else "better" if found.mean > 0 else "worse"
        parts[key].append(f"{circuit.label} − {ablation.label} {gain_text(found)}")
    texts = []
    if parts["better"]:
        texts.append(f"what an ablation takes away was shown to help: {listed(parts['better'])}")
    if parts["worse"]:
        texts.append(f"it was shown to hurt: {listed(parts['worse'])}")
    if parts["open"] and len(arena.seeds) < FEWEST:
        few = f"with {counted(len(arena.seeds), 'seed')} no difference can be shown"
        texts.append(f"{few}: {listed(parts['open'])}")
    elif parts["open"]:
        texts.append(f"no difference was shown: {listed(parts['open'])}")
    sentence = "; ".join(texts)
    rule = (
        "Mean return of the trained circuit minus that of its ablation, trained and tuned alike: "
        "without two-qubit gates; with rotations that stay as drawn, so that only what is around "
        "the circuit learns; and without circuit. Two-sided tests as in the claim, Holm-corrected "
        f"for {counted(len(pairs), 'comparison')}, at 5 %."
    )
    return Verdict(
        "Ablations",
        f"{sentence[0].upper()}{sentence[1:]}.",
        rule,
        {f"{c.label} − {a.label}": found for c, a, found in pairs},
    )


def threshold(arena: Arena) -> float | None:
    """The return of which sample complexity speaks; ``None`` where there is no scale."""
    best, zero = arena.best_heuristic, arena.random
    one = None if best is None else arena.normalised(_mean(best, arena))
    if best is None or zero is None or one is None:
        return None
    return zero + NEAR * (_mean(best, arena) - zero)


def _mean(player: Player, arena: Arena) -> float:
    found = player.scores(arena.reference).values()
    return sum(found) / len(found)


def _sample_complexity(arena: Arena) -> Verdict | None:
    asked = threshold(arena)
    if asked is None or not learners(arena):
        return None
    parts = [text for p in learners(arena) if (text := reach_text(p, asked)) is not None]
    if not parts:
        return None
    assert arena.best_heuristic is not None
    sentence = (
        f"To a training return of {number(asked, 1)} ({NEAR:g} of the way from random to "
        f"{arena.best_heuristic.label}): {'; '.join(parts)}."
    )
    rule = (
        f"The first time that the mean return of the last {WINDOW} training episodes, explorations "
        "included, is at the threshold. Medians count trainings that never were there as longer "
        "than all others; circuit evaluations are those for actions and for gradients."
    )
    return Verdict("Sample complexity", sentence, rule, {})


def reach_text(player: Player, asked: float) -> str | None:
    """``the circuit 12,000 steps (5 of 5 seeds)``."""
    steps, circuits = reach(player, asked, STEPS), reach(player, asked, CIRCUITS)
    if not steps.until:
        return None
    seeds = f"{steps.reached} of {counted(len(steps.until), 'seed')}"
    if steps.median is None:
        budget = f"{max(steps.until.values()):,.0f} steps"
        return f"{player.label} not within {budget} as a rule ({seeds} reached it)"
    told = f"{player.label} {steps.median:,.0f} steps"
    if player.has_circuit and circuits.median is not None:
        told += f" and {circuits.median:,.0f} circuit evaluations"
    return f"{told} ({seeds})"
