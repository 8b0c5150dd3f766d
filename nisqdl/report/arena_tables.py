"""Tables of a reinforcement report on what learning took: data, circuits, shots, tuning."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence

import numpy as np

from nisqdl.analysis.arena import ABLATION, CLASSICAL, NO_CIRCUIT, QUANTUM, Arena, Player
from nisqdl.analysis.arena_claim import tried
from nisqdl.analysis.arena_overall import Overall
from nisqdl.analysis.arena_verdict import NEAR, threshold
from nisqdl.analysis.intervals import number
from nisqdl.analysis.learning_curves import CIRCUITS, STEPS, reach
from nisqdl.report.cells import DASH, value_text
from nisqdl.report.document import DataTable


def overall_table(every: Sequence[Overall]) -> DataTable:
    """Learners over several arenas."""
    rows = tuple(
        (
            one.label,
            one.score.text(2),
            DASH if one.improvement is None else one.improvement.text(2),
        )
        for one in sorted(every, key=lambda one: -one.score.mean)
    )
    heads = ("player", "normalised return (95 %)", "beats the MLP (95 %)")
    return DataTable("All environments together", heads, rows)


def sample_table(arena: Arena) -> DataTable:
    """What it took to come near the best heuristic, seed by seed in short."""
    asked = threshold(arena)
    rows = []
    for player in _learners(arena):
        steps = None if asked is None else reach(player, asked, STEPS)
        if asked is None or steps is None or not steps.until:
            continue
        circuits = reach(player, asked, CIRCUITS)
        rows.append(
            (
                player.label,
                f"{steps.reached} of {len(steps.until)}",
                _spent(steps.median),
                _spent(circuits.median) if player.has_circuit else DASH,
                _spent(float(np.median(list(steps.until.values())))),
            )
        )
    level = "" if asked is None else f" of {number(asked, 1)}"
    caption = (
        f"To a training return{level}, {NEAR:g} of the way from random to the best heuristic "
        "(medians over seeds; a dash: not known, since too few seeds reached it)"
    )
    heads = ("learner", "seeds that reached it", "environment steps", "circuits", "steps in all")
    return DataTable(caption, heads, tuple(rows))


def resource_table(arena: Arena) -> DataTable:
    """Weights, gates, circuits and shots of each learner; QPU seconds where some were measured."""
    measured = any(player.measured for player in arena.players)
    rows = []
    for player in _learners(arena):
        if not player.trainings:
            continue
        some = next(iter(player.trainings.values()))
        rows.append(
            (
                player.label,
                _range(t["weights"] for t in player.trainings.values()),
                *(_fact(player, key) for key in ("qubits", "two_qubit_gates", "depth")),
                _duration(some.get("duration_ns")),
                _total(player, "circuits"),
                _total(player, "tuning_circuits"),
                _acting(arena, player),
                *([_qpu_seconds(player)] if measured else []),
            )
        )
    heads = (
        "learner", "parameters", "qubits", "two-qubit gates", "depth", "duration",
        "circuits to learn", "circuits to tune", "circuits to act (one seed)",
        *(["QPU seconds (all seeds)"] if measured else []),
    )  # fmt: skip
    caption = (
        "Resources, medians over seeds. A circuit is one that a device would run: one for each "
        "observation, and for a gradient two more for each angle (parameter shifts); "
    )
    if measured:
        caption += (
            "those to learn and tune were simulated here, and those that act were measured by "
            "IBM's client once at every observation, from which all judged episodes were played "
            "(a dash: its local mode, or the service did not say)"
        )
    else:
        caption += "all of them were simulated here, and no QPU time was used"
    return DataTable(caption, heads, tuple(rows))


def tuning_table(arena: Arena) -> DataTable:
    """Candidates tried and chosen."""
    rows = []
    for player in _learners(arena):
        if player.trainings:
            some = next(iter(player.trainings.values()))
            chosen = json.dumps(some["chosen"], sort_keys=True, ensure_ascii=False)
            plain = chosen.strip("{}").replace('"', "")
            rows.append((player.label, f"{tried(player)} of {some['possible']}", plain or DASH))
    caption = (
        "Tuning: each learner tries as many candidates with the same budget, on seeds that are "
        "not judged; ablations take their circuit's choice"
    )
    return DataTable(caption, ("learner", "candidates tried", "chosen"), tuple(rows))


def _learners(arena: Arena) -> tuple[Player, ...]:
    return arena.of_kind(QUANTUM, CLASSICAL, ABLATION)


def _spent(value: float | None) -> str:
    return DASH if value is None else f"{value:,.0f}"


def _range(values: Iterable[float]) -> str:
    found = sorted(set(values))
    return f"{found[0]:g}" if len(found) == 1 else f"{found[0]:g} to {found[-1]:g}"


def _fact(player: Player, key: str) -> str:
    found = {value_text(t[key]) for t in player.trainings.values() if t.get(key) is not None}
    return ", ".join(sorted(found)) or DASH


def _duration(nanoseconds: float | None) -> str:
    return DASH if nanoseconds is None else f"{nanoseconds / 1000:.2f} µs"


def _total(player: Player, key: str) -> str:
    found = [t[key] for t in player.trainings.values() if t.get(key) is not None]
    return f"{np.median(found):,.0f}" if found and player.has_circuit else DASH


def _acting(arena: Arena, player: Player) -> str:
    """Circuits of the judged episodes in the reference condition, and their shots."""
    found = player.acting.get(arena.reference)
    if NO_CIRCUIT in player.returns or not found:
        return DASH
    measured = player.measured.get(arena.reference, {})
    counts = [one.observations for one in measured.values()] or list(found.values())
    steps, shots = float(np.median(counts)), arena.reference.shots
    return f"{steps:,.0f}" + ("" if shots is None else f" × {shots:,} shots")


def _qpu_seconds(player: Player) -> str:
    """All that measuring a circuit took; what is not known of one seed is not known of all."""
    seconds = [one.qpu_seconds for seeds in player.measured.values() for one in seeds.values()]
    known = [s for s in seconds if s is not None]
    return f"{math.fsum(known):.1f}" if known and len(known) == len(seconds) else DASH
