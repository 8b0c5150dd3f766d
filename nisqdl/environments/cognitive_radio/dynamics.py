"""A secondary user picks a channel for the next slot; a primary user must not be disturbed."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal, NamedTuple

import numpy as np
from pydantic import Field, StrictInt

from nisqdl.environments.contract import EnvironmentOptions
from nisqdl.environments.dynamics import Dynamics, Floats, Integers, Observations, Outcome, Sizes


class CognitiveRadioOptions(EnvironmentOptions):
    """The channels and who holds them.

    Attributes:
        channels: Number of channels.
        pattern: How the primary user moves from slot to slot: ``sweep`` to the next channel, and
            from the last to the first; ``ping_pong`` up and down; ``stay_or_sweep`` as sweep with
            probability ``moves``, else it stays; ``jump`` to any other channel, all alike.
        moves: Probability of moving on (``stay_or_sweep``).
        slots: Slots after which an episode is cut off.
        collisions: Collisions that end it.
    """

    channels: Annotated[StrictInt, Field(ge=2, le=64)] = 4
    pattern: Literal["sweep", "ping_pong", "stay_or_sweep", "jump"] = "sweep"
    moves: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.7
    slots: Annotated[StrictInt, Field(ge=1, le=100_000)] = 100
    collisions: Annotated[StrictInt, Field(ge=1)] = 3


class CognitiveRadioState(NamedTuple):
    """Where the primary user is, and what has happened.

    Attributes:
        phase: Place in the primary user's round, from 0 to the round's length − 1; its channel
            but for ``ping_pong``, whose round goes there and back.
        collisions: Collisions so far.
    """

    phase: Integers
    collisions: Integers


class CognitiveRadio(Dynamics[CognitiveRadioState]):
    """Sensing is perfect and of all channels, but of the slot that is over.

    Args:
        options: The channels and who holds them.
    """

    def __init__(self, options: CognitiveRadioOptions) -> None:
        self.options = options

    @cached_property
    def sizes(self) -> Sizes:
        """One feature a channel; one number a step moves the primary user."""
        channels = self.options.channels
        return Sizes((0.0,) * channels, (1.0,) * channels, channels, self.options.slots, 1, 1)

    @cached_property
    def round(self) -> Integers:
        """The primary user's channel at each place of its round."""
        channels = np.arange(self.options.channels)
        if self.options.pattern == "ping_pong":
            return np.concatenate([channels, channels[-2:0:-1]])
        return channels

    def start(self, draws: Floats) -> CognitiveRadioState:
        """The primary user anywhere in its round, all places alike."""
        phase = (draws[:, 0] * len(self.round)).astype(np.int64)
        return CognitiveRadioState(phase, np.zeros_like(phase))

    def advance(
        self, state: CognitiveRadioState, actions: Integers, draws: Floats
    ) -> tuple[CognitiveRadioState, Outcome]:
        """The primary user moves, then both send: 1 if on different channels, else −1."""
        phase = self.next_phase(state.phase, draws[:, 0])
        hit = self.round[phase] == actions
        after = CognitiveRadioState(phase, state.collisions + hit)
        rewards = np.where(hit, -1.0, 1.0)
        return after, Outcome(rewards, after.collisions >= self.options.collisions)

    def next_phase(self, phase: Integers, draws: Floats) -> Integers:
        """The primary user's next place."""
        places = len(self.round)
        if self.options.pattern == "jump":
            ahead = 1 + (draws * (places - 1)).astype(np.int64)
        elif self.options.pattern == "stay_or_sweep":
            ahead = (draws < self.options.moves).astype(np.int64)
        else:
            ahead = np.ones_like(phase)
        return (phase + ahead) % places

    def observe(self, state: CognitiveRadioState) -> Observations:
        """1 where the primary user was in the last slot, else 0."""
        channels = np.arange(self.options.channels)
        taken: Observations = (self.round[state.phase][:, None] == channels).astype(np.float32)
        return taken
