"""Offloading: edges send their work to clouds so that nothing is lost and no cloud idles."""

from __future__ import annotations

from typing import Any

from nisqdl.environments.contract import Environment, Portrait, Quantity
from nisqdl.environments.encoding import Encoding
from nisqdl.environments.offloading.baselines import BASELINES
from nisqdl.environments.offloading.dynamics import Offloading, OffloadingOptions, TeamOptions

_SOURCE = (
    "after the single-hop offloading of Yun et al. 2022 (arXiv:2203.10443); here an edge sends no"
    " more than it has, and work lost at an edge costs as much as at a cloud"
)
_REWARD = (
    "minus the work that clouds could have done but did not get, minus `loss_weight` times the"
    " work lost at full queues; in capacities of a queue, each slot"
)


def _features(options: Any) -> tuple[Quantity, ...]:
    unit = "share of the queue's capacity"
    clouds = (Quantity(f"queue of cloud {k}", unit) for k in range(options.clouds))
    return (Quantity("own queue", unit), Quantity("own queue a slot ago", unit), *clouds)


def _actions(options: Any) -> tuple[str, ...]:
    return tuple(
        f"send {amount:g} of a queue to cloud {cloud}"
        for cloud in range(options.clouds)
        for amount in options.amounts
    )


def _encoding(options: Any) -> Encoding:
    features = 2 + options.clouds
    return Encoding((0.0,) * features, (1.0,) * features)


def _queued(state: Any) -> Any:
    return state.edges.sum(axis=1) + state.clouds.sum(axis=1)


OFFLOADING = Environment(
    name="offloading",
    summary="one edge queue sends its work to two clouds",
    source=_SOURCE,
    options=OffloadingOptions,
    rules=Offloading,
    features=_features,
    actions=_actions,
    reward=_REWARD,
    encoding=_encoding,
    baselines=BASELINES,
    portrait=Portrait("work in all queues (capacities)", _queued),
)
OFFLOADING_TEAM = Environment(
    name="offloading_team",
    summary="four edge queues, each with its own agent, share two clouds; info has the whole state",
    source=_SOURCE,
    options=TeamOptions,
    rules=Offloading,
    features=_features,
    actions=_actions,
    reward=_REWARD + ", shared by all agents",
    encoding=_encoding,
    baselines=BASELINES,
    portrait=Portrait("work in all queues (capacities)", _queued),
)
