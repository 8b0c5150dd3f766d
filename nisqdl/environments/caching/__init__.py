"""Edge caching: keep what will be requested, while popularity drifts."""

from __future__ import annotations

from typing import Any

import numpy as np

from nisqdl.environments.caching.baselines import BASELINES
from nisqdl.environments.caching.dynamics import EMPTY, Caching, CachingOptions
from nisqdl.environments.contract import Environment, Portrait, Quantity
from nisqdl.environments.dynamics import Floats
from nisqdl.environments.encoding import Encoding

_UNIT = "w / (1 + w), w past requests that count half after a half-life"


def _features(options: Any) -> tuple[Quantity, ...]:
    slots = (Quantity(f"weight of the item in slot {slot}", _UNIT) for slot in range(options.slots))
    return (Quantity("weight of the requested item", _UNIT), *slots)


def _actions(options: Any) -> tuple[str, ...]:
    into = (f"on a miss, put the item into slot {slot}" for slot in range(options.slots))
    return (*into, "leave the cache as it is")


def _encoding(options: Any) -> Encoding:
    features = 1 + options.slots
    return Encoding((0.0,) * features, (1.0,) * features)


def _popular(state: Any) -> Floats:
    """Share of the slots that hold one of the most popular items."""
    slots = state.cache.shape[1]
    best = state.ranked[:, :slots]
    held: Floats = (state.cache[:, :, None] == best[:, None, :]).any(axis=2).mean(axis=1)
    return np.where((state.cache == EMPTY).all(axis=1), 0.0, held)


CACHING = Environment(
    name="caching",
    summary="a small cache, Zipf requests and drifting popularity",
    source=(
        "replacement in a cache of equal items; Zipf requests as measured by Breslau et al. 1999;"
        " the weights seen are LRFU's (Lee et al. 2001)"
    ),
    options=CachingOptions,
    rules=Caching,
    features=_features,
    actions=_actions,
    reward="1 if the next request is a hit, else 0",
    encoding=_encoding,
    baselines=BASELINES,
    portrait=Portrait("popular items held (share)", _popular),
)
