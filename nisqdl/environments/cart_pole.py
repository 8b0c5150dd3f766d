"""CartPole-v1 of Gymnasium in batched form, held to Gymnasium's own step by step in tests.

Equations: Florian, Correct equations for the dynamics of the cart-pole system (2007), without
friction; constants and explicit Euler steps as Gymnasium's, in SI units.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from nisqdl.environments.contract import Environment, EnvironmentOptions, Portrait, Quantity
from nisqdl.environments.dynamics import (
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

_GRAVITY, _POLE_KG, _TOTAL_KG, _HALF_LENGTH_M = 9.8, 0.1, 1.1, 0.5
_FORCE_N, _STEP_S = 10.0, 0.02
_TRACK_M, _FALLEN_RAD = 2.4, 12 * 2 * math.pi / 360


class CartPoleState(NamedTuple):
    """Position in m, velocity in m/s, angle in rad, angular velocity in rad/s."""

    x: Floats
    x_dot: Floats
    theta: Floats
    theta_dot: Floats


class CartPole(Dynamics[CartPoleState]):
    """A cart is pushed left or right so that the pole on it stays upright."""

    sizes = Sizes(
        low=(-2 * _TRACK_M, -math.inf, -2 * _FALLEN_RAD, -math.inf),
        high=(2 * _TRACK_M, math.inf, 2 * _FALLEN_RAD, math.inf),
        actions=2,
        horizon=500,
        start_draws=4,
        step_draws=0,
    )

    def start(self, draws: Floats) -> CartPoleState:
        """Everything within ±0.05."""
        return CartPoleState(*(-0.05 + 0.1 * draws).T)

    def advance(
        self, state: CartPoleState, actions: Integers, draws: Floats
    ) -> tuple[CartPoleState, Outcome]:
        """Reward 1 a step; the pole has fallen beyond 12° and the track ends at 2.4 m."""
        force = np.where(actions == 1, _FORCE_N, -_FORCE_N)
        cos, sin = np.cos(state.theta), np.sin(state.theta)
        pole = _POLE_KG * _HALF_LENGTH_M
        pushed = (force + pole * np.square(state.theta_dot) * sin) / _TOTAL_KG
        turn = (_GRAVITY * sin - cos * pushed) / (
            _HALF_LENGTH_M * (4.0 / 3.0 - _POLE_KG * np.square(cos) / _TOTAL_KG)
        )
        push = pushed - pole * turn * cos / _TOTAL_KG
        after = CartPoleState(
            state.x + _STEP_S * state.x_dot,
            state.x_dot + _STEP_S * push,
            state.theta + _STEP_S * state.theta_dot,
            state.theta_dot + _STEP_S * turn,
        )
        lost = (np.abs(after.x) > _TRACK_M) | (np.abs(after.theta) > _FALLEN_RAD)
        return after, Outcome(np.ones(len(actions)), lost)

    def observe(self, state: CartPoleState) -> Observations:
        """The state itself."""
        return np.stack(state, axis=1).astype(np.float32)


def _upright(dynamics: CartPole, tape: Tape, source: np.random.Generator) -> Act:
    """Push towards where the pole falls, and the cart back to the middle."""

    def act(scene: Any) -> Integers:
        state: CartPoleState = scene.state
        lean = 10 * state.theta + 2.5 * state.theta_dot + 0.3 * state.x + 0.7 * state.x_dot
        return (lean > 0).astype(np.int64)

    return act


CART_POLE = Environment(
    name="cart_pole",
    summary="keep a pole upright on a cart; at most 500 steps",
    source="CartPole-v1 of Gymnasium 1.x (Barto, Sutton, Anderson 1983)",
    options=EnvironmentOptions,
    rules=lambda options: CartPole(),
    features=lambda options: (
        Quantity("position of the cart", "m"),
        Quantity("velocity of the cart", "m/s"),
        Quantity("angle of the pole from upright", "rad"),
        Quantity("angular velocity of the pole", "rad/s"),
    ),
    actions=lambda options: ("push left with 10 N for 0.02 s", "push right with 10 N for 0.02 s"),
    reward="1 for each step of 0.02 s, the last one included",
    # The bounds of Jerbi et al. 2021, within which nearly all that a good agent sees lies.
    encoding=lambda options: Encoding((-2.4, -2.5, -0.21, -2.5), (2.4, 2.5, 0.21, 2.5)),
    baselines={
        "random": RANDOM,
        "linear": Baseline(
            "linear",
            "push by the sign of a weighted sum of the four features (a bang-bang controller)",
            "observation",
            _upright,
        ),
    },
    portrait=Portrait("angle of the pole (rad)", lambda state: state.theta),
)
