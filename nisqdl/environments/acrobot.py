"""Acrobot-v1 of Gymnasium in batched form, held to Gymnasium's own step by step in tests.

Equations of motion: Sutton and Barto, Reinforcement Learning (2018), the acrobot; two links of
1 m and 1 kg with their centres of mass in the middle and moments of inertia of 1 kg m².
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

_GRAVITY, _CENTRE_M, _STEP_S = 9.8, 0.5, 0.2
_FASTEST = (4 * math.pi, 9 * math.pi)


class AcrobotState(NamedTuple):
    """``motion``, shape (copies, 4): both angles in rad, both angular velocities in rad/s."""

    motion: Floats


class Acrobot(Dynamics[AcrobotState]):
    """Two links hang from a point; a torque between them swings the free end up."""

    sizes = Sizes(
        low=(-1, -1, -1, -1, -_FASTEST[0], -_FASTEST[1]),
        high=(1, 1, 1, 1, *_FASTEST),
        actions=3,
        horizon=500,
        start_draws=4,
        step_draws=0,
    )

    def start(self, draws: Floats) -> AcrobotState:
        """Everything within ±0.1, in single precision as Gymnasium's."""
        return AcrobotState((-0.1 + 0.2 * draws).astype(np.float32).astype(np.float64))

    def advance(
        self, state: AcrobotState, actions: Integers, draws: Floats
    ) -> tuple[AcrobotState, Outcome]:
        """One Runge-Kutta step of 0.2 s; reward −1, and 0 for the step that gets there."""
        torque = actions.astype(np.float64) - 1.0
        here = state.motion.T
        first = _slope(here, torque)
        second = _slope(here + _STEP_S / 2 * first, torque)
        third = _slope(here + _STEP_S / 2 * second, torque)
        fourth = _slope(here + _STEP_S * third, torque)
        there = here + _STEP_S / 6 * (first + 2 * second + 2 * third + fourth)
        there[:2] = _wrapped(there[:2])
        for row, fastest in zip(there[2:], _FASTEST, strict=True):
            np.clip(row, -fastest, fastest, out=row)
        up = -np.cos(there[0]) - np.cos(there[0] + there[1]) > 1.0
        return AcrobotState(there.T), Outcome(np.where(up, 0.0, -1.0), up)

    def observe(self, state: AcrobotState) -> Observations:
        """Cosine and sine of both angles, and the velocities."""
        one, two, *speeds = state.motion.T
        parts = (np.cos(one), np.sin(one), np.cos(two), np.sin(two), *speeds)
        return np.stack(parts, axis=1).astype(np.float32)


def _slope(motion: Floats, torque: Floats) -> Floats:
    """Time derivative of the motion, shape (4, copies)."""
    one, two, speed_one, speed_two = motion
    cos, sin = np.cos(two), np.sin(two)
    d1 = 2 * _CENTRE_M**2 + 1 + 2 * _CENTRE_M * cos + 2
    d2 = _CENTRE_M**2 + _CENTRE_M * cos + 1
    phi2 = _CENTRE_M * _GRAVITY * np.cos(one + two - math.pi / 2)
    phi1 = (
        -_CENTRE_M * sin * speed_two * (speed_two + 2 * speed_one)
        + (_CENTRE_M + 1) * _GRAVITY * np.cos(one - math.pi / 2)
        + phi2
    )
    turn_two = (torque + d2 / d1 * phi1 - _CENTRE_M * speed_one**2 * sin - phi2) / (
        _CENTRE_M**2 + 1 - d2**2 / d1
    )
    turn_one = -(d2 * turn_two + phi1) / d1
    slope: Floats = np.stack((speed_one, speed_two, turn_one, turn_two))
    return slope


def _wrapped(angles: Floats) -> Floats:
    """Angles brought into [−π, π] by whole turns; those inside stay as they are."""
    turns = np.where(angles > 0, np.ceil((angles - math.pi) / (2 * math.pi)), 0.0)
    turns = np.where(angles < -math.pi, -np.ceil((-angles - math.pi) / (2 * math.pi)), turns)
    return angles - 2 * math.pi * turns


def _swing(dynamics: Acrobot, tape: Tape, source: np.random.Generator) -> Act:
    """Push the way the lower link moves: it gains energy with each swing."""
    return lambda scene: np.where(scene.state.motion[:, 3] >= 0, 2, 0)


CONTROLLED = Baseline(
    "energy",
    "torque along the lower link's angular velocity: always adds energy",
    "observation",
    _swing,
)


def _features(options: Any) -> tuple[Quantity, ...]:
    return (
        Quantity("cosine of the upper link's angle from hanging", "–"),
        Quantity("sine of the same", "–"),
        Quantity("cosine of the lower link's angle from the upper link", "–"),
        Quantity("sine of the same", "–"),
        Quantity("angular velocity of the upper link", "rad/s"),
        Quantity("angular velocity of the lower link", "rad/s"),
    )


def _height(state: AcrobotState) -> Floats:
    upper, lower, *_ = state.motion.T
    height: Floats = -np.cos(upper) - np.cos(upper + lower)
    return height


ACROBOT = Environment(
    name="acrobot",
    summary="swing two links up by a torque between them; at most 500 steps",
    source="Acrobot-v1 of Gymnasium 1.x (Sutton 1996; the book's equations)",
    options=EnvironmentOptions,
    rules=lambda options: Acrobot(),
    features=_features,
    actions=lambda options: ("torque −1 N m", "no torque", "torque 1 N m"),
    reward="−1 for each step of 0.2 s that does not bring the free end 1 m above the pivot",
    encoding=lambda options: Encoding(Acrobot.sizes.low, Acrobot.sizes.high),
    baselines={"random": RANDOM, "energy": CONTROLLED},
    portrait=Portrait("height of the free end above the pivot (m)", _height),
)
