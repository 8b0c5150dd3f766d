"""Beams without learning: sweeping all, bandits, and who knows the channel."""

from __future__ import annotations

from typing import Any

import numpy as np

from nisqdl.environments.beams.dynamics import BeamOptions, Beams
from nisqdl.environments.dynamics import Integers, Tape
from nisqdl.environments.policy import RANDOM, Act, Baseline, Scene

_HELD = 4
"""A sweep over all beams, then so many times as many slots with the best one."""
_DISCOUNT, _WIDTH = 0.97, 0.35
"""Of discounted UCB: how fast it forgets, and how curious it is, as a share of the best rate;
the best of twenty pairs on the default options (episodes 1000 to 1299)."""


def _oracle(dynamics: Beams, tape: Tape, source: np.random.Generator) -> Act:
    def act(scene: Scene[Any]) -> Integers:
        best: Integers = dynamics.snr(scene.state).argmax(axis=1)
        return best

    return act


def _sweep(dynamics: Beams, tape: Tape, source: np.random.Generator) -> Act:
    beams = dynamics.options.beams
    heard = np.zeros((len(tape), beams))

    def act(scene: Scene[Any]) -> Integers:
        place = scene.step % (beams * (1 + _HELD))
        if 0 < place <= beams:
            heard[:, place - 1] = scene.state.snr_db[:, 0]
        if place < beams:
            return np.full(len(tape), place)
        best: Integers = heard.argmax(axis=1)
        return best

    return act


def _ucb(dynamics: Beams, tape: Tape, source: np.random.Generator) -> Act:
    """Mean rate of each beam plus a width that grows while it is not tried; old slots fade."""
    rates = np.zeros((len(tape), dynamics.options.beams))
    tries = np.zeros_like(rates)
    copies = np.arange(len(tape))
    width = _WIDTH * _best_rate(dynamics.options)

    def act(scene: Scene[Any]) -> Integers:
        if scene.step > 0:
            last = scene.state.beams[:, 0]
            rates[:] *= _DISCOUNT
            tries[:] *= _DISCOUNT
            rates[copies, last] += np.log2(1 + 10 ** (scene.state.snr_db[:, 0] / 10))
            tries[copies, last] += 1.0
        total = np.maximum(tries.sum(axis=1, keepdims=True), 1.0)
        known = np.maximum(tries, 1e-12)
        scores = rates / known + width * np.sqrt(np.log(total) / known)
        chosen: Integers = np.where(tries == 0, np.inf, scores).argmax(axis=1)
        return chosen

    return act


def _best_rate(options: BeamOptions) -> float:
    """bit/s/Hz at the peak of a beam on an unblocked path."""
    return float(np.log2(1 + options.antennas * 10 ** (options.snr_db / 10)))


BASELINES = {
    baseline.name: baseline
    for baseline in (
        RANDOM,
        Baseline(
            "sweep",
            f"every beam once, then the best of them for {_HELD} times as long, again and again",
            "observation",
            _sweep,
        ),
        Baseline(
            "ucb",
            f"discounted UCB over the beams (Garivier and Moulines 2011), factor {_DISCOUNT}",
            "observation",
            _ucb,
        ),
        Baseline(
            "oracle", "the best beam of each slot, from the channel itself", "hidden", _oracle
        ),
    )
}
