"""FrozenLake-v1 of Gymnasium in batched form: its own transition table, looked up for all copies.

The observation is the field's number in binary, as Chen et al. 2020 encode it into qubits.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
from pydantic import StrictBool

from nisqdl.environments.contract import Environment, EnvironmentOptions, Portrait, Quantity
from nisqdl.environments.dynamics import (
    Booleans,
    Dynamics,
    Floats,
    Integers,
    Observations,
    Outcome,
    Sizes,
    Tape,
)
from nisqdl.environments.encoding import Encoding
from nisqdl.environments.policy import RANDOM, Act, Baseline
from nisqdl.environments.q_table import QTable

_HORIZON = {"4x4": 100, "8x8": 200}
"""Time limits of FrozenLake-v1 and FrozenLake8x8-v1."""
_BITS = {"4x4": 4, "8x8": 6}
_ROUNDS = {"4x4": 60, "8x8": 300}
_BATCH, _DISCOUNT = 64, 0.99
"""Of Q-learning in a table."""


_SHAPED = {b"S": -0.01, b"F": -0.01, b"H": -0.2, b"G": 1.0}
"""Reward for coming to a field of this kind: start, frozen, hole, goal."""


class FrozenLakeOptions(EnvironmentOptions):
    """Which lake.

    Attributes:
        map: Size of the lake, one of Gymnasium's two maps.
        slippery: Whether a step goes in the meant direction with probability 1/3 only, and
            sideways otherwise.
        rewards: ``sparse``: 1 at the goal, else 0, as in Gymnasium; ``shaped``: besides −0.2 in a
            hole and −0.01 on any other field, as Chen et al. 2020 have it.
    """

    map: Literal["4x4", "8x8"] = "4x4"
    slippery: StrictBool = True
    rewards: Literal["sparse", "shaped"] = "sparse"


class FrozenLakeState(NamedTuple):
    """``field``, shape (copies,): row × columns + column, from the upper left."""

    field: Integers


class FrozenLake(Dynamics[FrozenLakeState]):
    """A walk over ice with holes, from the upper left to the lower right.

    Args:
        options: Which lake.
    """

    def __init__(self, options: FrozenLakeOptions) -> None:
        self.options = options

    @cached_property
    def sizes(self) -> Sizes:
        """Bits of the field's number; one number a step decides where it slips."""
        bits = _BITS[self.options.map]
        return Sizes((0.0,) * bits, (1.0,) * bits, 4, _HORIZON[self.options.map], 1, 1)

    @cached_property
    def transitions(self) -> tuple[Floats, Integers, Floats, Booleans]:
        """Cumulated probability, next field, reward and end; shape (fields, actions, ways)."""
        from gymnasium.envs.toy_text.frozen_lake import FrozenLakeEnv

        lake = FrozenLakeEnv(map_name=self.options.map, is_slippery=self.options.slippery)
        rows = [[_padded(lake.P[field][action]) for action in range(4)] for field in lake.P]
        chance, place, reward, end = np.moveaxis(np.array(rows, dtype=float), -1, 0)
        field = place.astype(np.int64)
        if self.options.rewards == "shaped":
            kinds = np.array(lake.desc).ravel()
            reward = np.vectorize(_SHAPED.__getitem__)(kinds[field])
        return np.cumsum(chance, axis=-1), field, reward, end.astype(bool)

    def start(self, draws: Floats) -> FrozenLakeState:
        """The upper left."""
        return FrozenLakeState(np.zeros(len(draws), dtype=np.int64))

    def advance(
        self, state: FrozenLakeState, actions: Integers, draws: Floats
    ) -> tuple[FrozenLakeState, Outcome]:
        """Holes and the goal end the episode."""
        chance, field, reward, end = self.transitions
        here = (state.field, actions)
        way = np.argmax(chance[here] > draws, axis=1)
        there = (*here, way)
        return FrozenLakeState(field[there]), Outcome(reward[there], end[there])

    def observe(self, state: FrozenLakeState) -> Observations:
        """Binary digits of the field's number, the highest first."""
        places = np.arange(_BITS[self.options.map])[::-1]
        return (state.field[:, None] >> places & 1).astype(np.float32)

    def values(self) -> Floats:
        """Expected return of the best policy, with so many steps left (row) at each field.

        Backward induction over the time limit; shape (horizon + 1, fields).
        """
        values = np.zeros((self.sizes.horizon + 1, len(self.transitions[0])))
        for left in range(1, self.sizes.horizon + 1):
            values[left] = self.gains(values[left - 1]).max(axis=1)
        return values

    def gains(self, after: Floats) -> Floats:
        """Expected reward and value after each action; shape (fields, actions)."""
        chance, field, reward, end = self.transitions
        shares = np.diff(chance, axis=-1, prepend=0.0)
        gains: Floats = (shares * (reward + np.where(end, 0.0, after[field]))).sum(axis=-1)
        return gains


def _padded(ways: list[Any]) -> list[Any]:
    """Three ways for each action; those that do not exist have probability 0."""
    return [*ways, *[(0.0, *ways[-1][1:])] * (3 - len(ways))]


def _optimum(dynamics: FrozenLake, tape: Tape, source: np.random.Generator) -> Act:
    values, horizon = dynamics.values(), dynamics.sizes.horizon
    best = np.array([dynamics.gains(row).argmax(axis=1) for row in values[:-1]])
    return lambda scene: best[horizon - 1 - scene.step, scene.state.field]


def _tabular(dynamics: FrozenLake, tape: Tape, source: np.random.Generator) -> Act:
    """The field's number is the index of the table; hardly discounted, for the ice is slippery."""
    size = dynamics.options.map
    places = 2 ** np.arange(_BITS[size])[::-1]
    learner = QTable(
        number=lambda seen: (seen @ places).astype(np.int64),
        numbers=2 ** len(places),
        rounds=_ROUNDS[size],
        batch=_BATCH,
        discount=_DISCOUNT,
    )
    return learner.prepare(dynamics, tape, source)


def _features(options: FrozenLakeOptions) -> tuple[Quantity, ...]:
    bits = _BITS[options.map]
    return tuple(
        Quantity(f"bit {bit} of the field's number", "0 or 1") for bit in range(bits)[::-1]
    )


def _encoding(options: FrozenLakeOptions) -> Encoding:
    bits = _BITS[options.map]
    return Encoding((0.0,) * bits, (1.0,) * bits, 0.0, math.pi)


FROZEN_LAKE = Environment(
    name="frozen_lake",
    summary="cross a frozen lake with holes; slippery or not",
    source="FrozenLake-v1 and FrozenLake8x8-v1 of Gymnasium 1.x; bits as in Chen et al. 2020",
    options=FrozenLakeOptions,
    rules=FrozenLake,
    features=_features,
    actions=lambda options: ("left", "down", "right", "up"),
    reward=(
        "1 for reaching the goal, else 0; `shaped` besides −0.2 for a hole and −0.01 for any other"
        " field"
    ),
    encoding=_encoding,
    baselines={
        "random": RANDOM,
        "q_table": Baseline(
            "q_table",
            "Q-learning in a table (Watkins 1989), trained on thousands of other episodes",
            "observation",
            _tabular,
        ),
        "optimum": Baseline(
            "optimum",
            "the best policy within the time limit, by backward induction on the known ice",
            "hidden",
            _optimum,
        ),
    },
    portrait=Portrait("number of the field", lambda state: state.field.astype(np.float64)),
)
