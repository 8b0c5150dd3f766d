"""Who sends without learning: the shortest queue, and drift plus penalty."""

from __future__ import annotations

from typing import Any

import numpy as np

from nisqdl.environments.dynamics import Floats, Integers, Tape
from nisqdl.environments.offloading.dynamics import Offloading, OffloadingState
from nisqdl.environments.policy import RANDOM, Act, Baseline, Scene

_PENALTY_WEIGHT = 1.0
"""V of drift plus penalty: what a unit of cost weighs against half a squared queue."""
_SWEEPS = 2


def _greedy(dynamics: Offloading, tape: Tape, source: np.random.Generator) -> Act:
    options = dynamics.options
    largest = int(np.argmax(options.amounts))

    def act(scene: Scene[Any]) -> Integers:
        shortest = scene.state.clouds.argmin(axis=1) * len(options.amounts) + largest
        return _shaped(dynamics, np.repeat(shortest[:, None], options.edges, axis=1))

    return act


def _drift_plus_penalty(dynamics: Offloading, tape: Tape, source: np.random.Generator) -> Act:
    """The joint action with the least ½ Σ queue² + V · cost after the slot, arrivals and service
    at their means; edges choose in turn, twice round, each given what the others chose."""

    def act(scene: Scene[Any]) -> Integers:
        state: OffloadingState = scene.state
        copies, edges = state.edges.shape
        joint = np.zeros((copies, edges), dtype=np.int64)
        for _ in range(_SWEEPS if edges > 1 else 1):
            for edge in range(edges):
                costs = []
                for action in range(dynamics.sizes.actions):
                    joint[:, edge] = action
                    costs.append(_drift_and_penalty(dynamics, state, joint))
                joint[:, edge] = np.argmin(costs, axis=0)
        return _shaped(dynamics, joint)

    return act


def _drift_and_penalty(dynamics: Offloading, state: OffloadingState, joint: Integers) -> Floats:
    options = dynamics.options
    arrived = np.full(state.edges.shape, options.arrival)
    service = np.full(state.clouds.shape, options.service * (1 - options.outage))
    after, slot = dynamics.moved(state, joint, arrived, service)
    lost = slot.edge_lost.sum(axis=1) + slot.cloud_lost.sum(axis=1)
    cost = slot.idle.sum(axis=1) + options.loss_weight * lost
    squares = (after.edges**2).sum(axis=1) + (after.clouds**2).sum(axis=1)
    total: Floats = squares / 2 + _PENALTY_WEIGHT * cost
    return total


def _shaped(dynamics: Offloading, joint: Integers) -> Integers:
    return joint[:, 0] if dynamics.options.team is None else joint


BASELINES = {
    baseline.name: baseline
    for baseline in (
        RANDOM,
        Baseline(
            "greedy",
            "the largest amount to the cloud with the shortest queue",
            "observation",
            _greedy,
        ),
        Baseline(
            "drift_plus_penalty",
            "least Lyapunov drift plus penalty over the next slot (Neely 2010), one planner for"
            " all edges",
            "state",
            _drift_plus_penalty,
        ),
    )
}
