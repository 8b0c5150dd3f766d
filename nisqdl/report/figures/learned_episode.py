"""What policies do: one judged episode of a learned policy beside the best heuristic's."""

from __future__ import annotations

from collections.abc import Mapping

from nisqdl.analysis.arena import BOUND, CLASSICAL, NO_CIRCUIT, QUANTUM, Arena, Player
from nisqdl.report.figures import environment_episode
from nisqdl.report.style import Drawing
from nisqdl.store.record import Json


def draw(told: Mapping[str, Json], arena: Arena, columns: int) -> Drawing | None:
    """Draw the first judged episode of seed 0 of some players.

    Args:
        told: What the run's context says of the environment: ``name`` and ``portrait``.
        arena: All players.
        columns: Panels a row.
    """
    players = [p for p in _chosen(arena) if _episode(arena, p) and _returns(arena, p)]
    if not players:
        return None
    episodes = int(arena.environment["episodes"])
    document = {
        "name": told["name"],
        "portrait": told["portrait"],
        "seeds": [0, episodes - 1],
        "baselines": [
            {
                "name": player.label,
                "sees": "bound" if player.kind == BOUND else "observation",
                "returns": _returns(arena, player),
                "episode": _episode(arena, player),
            }
            for player in players
        ],
    }
    return environment_episode.draw(document, columns)


def _chosen(arena: Arena) -> list[Player]:
    """The circuits, the best classical learner, the best heuristic and a bound: what fits."""
    best = arena.best_heuristic
    classical = sorted(arena.of_kind(CLASSICAL), key=lambda p: -_middle(arena, p))
    bounds = arena.of_kind(BOUND)
    return [
        *arena.of_kind(QUANTUM)[:2],
        *classical[:1],
        *([best] if best is not None else []),
        *bounds[:1],
    ]


def _middle(arena: Arena, player: Player) -> float:
    score = arena.score(player)
    return -float("inf") if score is None else score.mean


def _episode(arena: Arena, player: Player) -> Mapping[str, Json] | None:
    return player.episodes.get(NO_CIRCUIT, player.episodes.get(arena.reference))


def _returns(arena: Arena, player: Player) -> list[float]:
    by_seed = player.returns.get(NO_CIRCUIT, player.returns.get(arena.reference, {}))
    return list(by_seed.get(0, []))
