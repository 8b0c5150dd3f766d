"""How the players of an arena look, the same in each of its figures."""

from __future__ import annotations

from nisqdl.analysis.arena import ABLATION, BOUND, CLASSICAL, HEURISTIC, QUANTUM, Arena
from nisqdl.report.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    Series,
)

_CIRCUITS = (
    Series(BLUE, "o", "-"),
    Series(VERMILION, "s", (0, (5, 1.5))),
    Series(SKY, "P", (0, (2, 2))),
    Series(PURPLE, "D", (0, (1, 1))),
)
_CLASSICAL = (Series(ORANGE, "v", (0, (6, 2, 1, 2))), Series(GREEN, "^", (0, (3, 1, 1, 1))))
_DASHES = (
    (0, (1, 1.2)),
    (0, (4, 2)),
    (0, (4, 1, 1, 1)),
    (0, (8, 2)),
    (0, (2, 1)),
    (0, (9, 1, 1, 1)),
)

KIND_LOOKS = {
    QUANTUM: (BLUE, "o", "trained circuit"),
    ABLATION: (PURPLE, "s", "ablation"),
    CLASSICAL: (ORANGE, "v", "classical agent"),
    HEURISTIC: (INK, "D", "heuristic"),
    BOUND: (GREY, "X", "bound: sees what no one can"),
}
"""Colour, marker and legend of each kind."""


def player_series(arena: Arena) -> dict[str, Series]:
    """The line of each learner, by label; ablations are grey and differ in their dashes."""
    found: dict[str, Series] = {}
    for kind, looks in ((QUANTUM, _CIRCUITS), (CLASSICAL, _CLASSICAL)):
        for index, player in enumerate(arena.of_kind(kind)):
            found[player.label] = looks[index % len(looks)]
    plain = [player for player in arena.of_kind(ABLATION) if not player.noise_trained]
    for index, player in enumerate(plain or arena.of_kind(ABLATION)):
        found[player.label] = Series(GREY, "", _DASHES[index % len(_DASHES)])
    return found
