"""A base station with many antennas points a narrow beam at a user who walks and gets hidden."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Annotated, NamedTuple

import numpy as np
from pydantic import Field, StrictInt

from nisqdl.environments.contract import EnvironmentOptions
from nisqdl.environments.dynamics import (
    Booleans,
    Dynamics,
    Floats,
    Integers,
    Observations,
    Outcome,
    Sizes,
)

LOWEST_DB, HIGHEST_DB = -20.0, 40.0
"""Range of SNR in the observation."""
_EDGE = math.sin(math.radians(60))
"""The sector reaches 60° to both sides; directions are sines of angles."""


class BeamOptions(EnvironmentOptions):
    """Antennas, link and user.

    Attributes:
        antennas: Antennas of the base station, half a wavelength apart in a row.
        beams: Beams of the codebook; their directions are even in the sine of the angle.
        snr_db: SNR of an unblocked direct path with one antenna.
        reflection_db: How much weaker the reflected path is than the unblocked direct one.
        blockage_db: How much a blockage takes from the direct path.
        blocked: Probability that a free direct path is blocked in the next slot.
        freed: Probability that a blocked one is free in the next slot.
        speed: Most that the user's direction changes in a slot, in sines of the angle.
        turns: Probability that the user turns round in a slot.
        slots: Slots of an episode.
    """

    antennas: Annotated[StrictInt, Field(ge=1, le=256)] = 16
    beams: Annotated[StrictInt, Field(ge=2, le=64)] = 8
    snr_db: Annotated[float, Field(ge=-40, le=40, allow_inf_nan=False)] = 5.0
    reflection_db: Annotated[float, Field(ge=0, le=60, allow_inf_nan=False)] = 8.0
    blockage_db: Annotated[float, Field(ge=0, le=60, allow_inf_nan=False)] = 20.0
    blocked: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.03
    freed: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.15
    speed: Annotated[float, Field(ge=0, le=0.5, allow_inf_nan=False)] = 0.02
    turns: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.02
    slots: Annotated[StrictInt, Field(ge=1, le=100_000)] = 200


class BeamState(NamedTuple):
    """The user, and what was seen of it.

    Attributes:
        direction: Sine of the angle of the direct path.
        velocity: Its change in a slot.
        reflector: Sine of the angle of the reflected path; it stays.
        blocked: Whether the direct path is blocked.
        beams: The last two beams, the latest first; −1 for none; shape (copies, 2).
        snr_db: SNR with them; shape (copies, 2).
    """

    direction: Floats
    velocity: Floats
    reflector: Floats
    blocked: Booleans
    beams: Integers
    snr_db: Floats


class Beams(Dynamics[BeamState]):
    """The beam chosen serves the present slot; then the user walks on.

    Powers of the direct and the reflected path add up (their phases are taken as random and
    averaged within a slot).

    Args:
        options: Antennas, link and user.
    """

    def __init__(self, options: BeamOptions) -> None:
        self.options = options

    @cached_property
    def sizes(self) -> Sizes:
        """The last two beams with their SNR."""
        return Sizes(
            low=(-1.0, 0.0) * 2,
            high=(1.0, 1.0) * 2,
            actions=self.options.beams,
            horizon=self.options.slots,
            start_draws=4,
            step_draws=2,
        )

    @cached_property
    def directions(self) -> Floats:
        """Sine of each beam's angle; the sector is cut into as many equal parts."""
        parts = self.options.beams
        return _EDGE * (2 * np.arange(parts, dtype=float) + 1 - parts) / parts

    def start(self, draws: Floats) -> BeamState:
        """The user anywhere, walking either way; blocked as often as in the long run."""
        speed = self.options.speed * (2 * draws[:, 1] - 1)
        copies = len(draws)
        return BeamState(
            direction=_EDGE * (2 * draws[:, 0] - 1),
            velocity=speed,
            reflector=_EDGE * (2 * draws[:, 2] - 1),
            blocked=draws[:, 3] < self.blocked_share,
            beams=np.full((copies, 2), -1),
            snr_db=np.full((copies, 2), LOWEST_DB),
        )

    @property
    def blocked_share(self) -> float:
        """How often the direct path is blocked in the long run."""
        both = self.options.blocked + self.options.freed
        return self.options.blocked / both if both > 0 else 0.0

    def advance(
        self, state: BeamState, actions: Integers, draws: Floats
    ) -> tuple[BeamState, Outcome]:
        """Spectral efficiency log2(1 + SNR) of the slot."""
        snr = self.snr(state)[np.arange(len(actions)), actions]
        direction, velocity = self._walked(state, draws[:, 0])
        leave = np.where(state.blocked, self.options.freed, self.options.blocked)
        after = BeamState(
            direction=direction,
            velocity=velocity,
            reflector=state.reflector,
            blocked=state.blocked ^ (draws[:, 1] < leave),
            beams=np.stack([actions, state.beams[:, 0]], axis=1),
            snr_db=np.stack([10 * np.log10(np.maximum(snr, 1e-12)), state.snr_db[:, 0]], axis=1),
        )
        return after, Outcome(np.log2(1 + snr), np.zeros(len(actions), dtype=bool))

    def snr(self, state: BeamState) -> Floats:
        """SNR (a ratio, not dB) with each beam, shape (copies, beams)."""
        options = self.options
        loss_db = np.where(state.blocked, options.blockage_db, 0.0)
        direct = 10 ** ((options.snr_db - loss_db) / 10)
        reflected = 10 ** ((options.snr_db - options.reflection_db) / 10)
        snr: Floats = direct[:, None] * self.gain(state.direction) + reflected * self.gain(
            state.reflector
        )
        return snr

    def gain(self, direction: Floats) -> Floats:
        """Power gain of each beam towards a direction: |Σ exp(iπ n (u − u_beam))|² / antennas.

        At most the number of antennas, towards the beam's own direction. Shape (copies, beams).
        """
        antennas = self.options.antennas
        half = math.pi / 2 * (direction[:, None] - self.directions)
        small = np.abs(np.sin(half)) < 1e-9
        ratio = np.sin(antennas * half) / np.where(small, 1.0, np.sin(half))
        gain: Floats = np.where(small, float(antennas), ratio**2 / antennas)
        return gain

    def observe(self, state: BeamState) -> Observations:
        """Beam (−1 to 1 across the sector, 0 for none) and SNR (0 to 1), twice."""
        places = (2 * state.beams + 1 - self.options.beams) / (self.options.beams - 1)
        beams = np.where(state.beams < 0, 0.0, places)
        snr = (np.clip(state.snr_db, LOWEST_DB, HIGHEST_DB) - LOWEST_DB) / (HIGHEST_DB - LOWEST_DB)
        parts = (beams[:, 0], snr[:, 0], beams[:, 1], snr[:, 1])
        return np.stack(parts, axis=1).astype(np.float32)

    def _walked(self, state: BeamState, draws: Floats) -> tuple[Floats, Floats]:
        """Direction and velocity in the next slot; the user turns round at the sector's edges."""
        velocity = np.where(draws < self.options.turns, -state.velocity, state.velocity)
        direction = state.direction + velocity
        beyond = np.abs(direction) > _EDGE
        back = np.sign(direction) * 2 * _EDGE - direction
        return np.where(beyond, back, direction), np.where(beyond, -velocity, velocity)
