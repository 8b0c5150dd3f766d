"""Cognitive radio: share channels with a primary user without disturbing it."""

from __future__ import annotations

import math
from typing import Any

from nisqdl.environments.cognitive_radio.baselines import BASELINES
from nisqdl.environments.cognitive_radio.dynamics import CognitiveRadio, CognitiveRadioOptions
from nisqdl.environments.contract import Environment, Portrait, Quantity
from nisqdl.environments.encoding import Encoding


def _features(options: Any) -> tuple[Quantity, ...]:
    return tuple(
        Quantity(f"channel {channel} taken by the primary user in the last slot", "0 or 1")
        for channel in range(options.channels)
    )


def _encoding(options: Any) -> Encoding:
    return Encoding((0.0,) * options.channels, (1.0,) * options.channels, 0.0, math.pi)


COGNITIVE_RADIO = Environment(
    name="cognitive_radio",
    summary="pick a free channel beside a primary user; three collisions end it",
    source=(
        "Chen et al. 2020 (arXiv:1907.00397), section on cognitive radio; the primary user starts"
        " anywhere in its round, and has three more patterns"
    ),
    options=CognitiveRadioOptions,
    rules=CognitiveRadio,
    features=_features,
    actions=lambda options: tuple(f"send on channel {i}" for i in range(options.channels)),
    reward="1 for a slot without collision, −1 for one with",
    encoding=_encoding,
    baselines=BASELINES,
    portrait=Portrait("collisions so far", lambda state: state.collisions.astype(float)),
)
