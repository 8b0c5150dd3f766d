"""Players without learning: by buffer, by rate, BOLA, model predictive control."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nisqdl.environments.dynamics import Floats, Integers, Tape
from nisqdl.environments.policy import RANDOM, Act, Baseline, Scene
from nisqdl.environments.streaming.dynamics import (
    FULL_S,
    MEMORY,
    Streaming,
    StreamingState,
    harmonic_mean,
)
from nisqdl.environments.streaming.optimum import best_downloads

_RESERVOIR_S, _CUSHION_S = 5.0, 10.0
_BOLA_GAMMA_P = 5.0
_MPC_HORIZON, _MPC_PLANS = 5, 8000
"""Chunks that MPC looks ahead, fewer where that makes more plans than so many."""
_MPC_BLOCK = 64


def _buffer_based(dynamics: Streaming, tape: Tape, source: np.random.Generator) -> Act:
    """The lowest bitrate below the reservoir, the highest above the cushion, a line between."""
    low, high = dynamics.bitrates[0], dynamics.bitrates[-1]

    def act(scene: Scene[Any]) -> Integers:
        share = np.clip((scene.state.buffer_s - _RESERVOIR_S) / _CUSHION_S, 0.0, 1.0)
        return _highest_below(dynamics, low + share * (high - low))

    return act


def _rate_based(dynamics: Streaming, tape: Tape, source: np.random.Generator) -> Act:
    return lambda scene: _highest_below(dynamics, harmonic_mean(scene.state.throughput))


def _bola(dynamics: Streaming, tape: Tape, source: np.random.Generator) -> Act:
    """Largest (V (υ + γp) − Q) / S; V is such that the highest is taken up to a full buffer."""
    sizes = dynamics.bitrates / dynamics.bitrates[0]
    utilities = np.log(sizes) + _BOLA_GAMMA_P
    chunk_s = dynamics.options.chunk_s
    weight = max(FULL_S / chunk_s - 1, 1.0) / utilities[-1]

    def act(scene: Scene[Any]) -> Integers:
        queued = scene.state.buffer_s / chunk_s
        scores = (weight * utilities - queued[:, None]) / sizes
        best: Integers = scores.argmax(axis=1)
        return best

    return act


def _robust_mpc(dynamics: Streaming, tape: Tape, source: np.random.Generator) -> Act:
    """The best plan for the next chunks, if throughput is the harmonic mean of the last ones,
    made smaller by the largest relative error that this guess had lately."""
    errors = np.zeros((len(tape), MEMORY))
    guess = np.zeros(len(tape))

    def act(scene: Scene[Any]) -> Integers:
        state: StreamingState = scene.state
        if scene.step == 0:
            return np.zeros(len(tape), dtype=np.int64)
        if scene.step > 1:
            actual = state.throughput[:, 0]
            errors[:] = np.roll(errors, 1, axis=1)
            errors[:, 0] = np.abs(guess - actual) / actual
        guess[:] = harmonic_mean(state.throughput)
        rate = guess / (1 + errors.max(axis=1))
        blocks = np.array_split(np.arange(len(tape)), -(-len(tape) // _MPC_BLOCK))
        left = dynamics.options.chunks - scene.step
        return np.concatenate(
            [
                _best_plan(dynamics, state.buffer_s[part], state.last[part], rate[part], left)
                for part in blocks
            ]
        )

    return act


def _best_plan(
    dynamics: Streaming, buffer_s: Floats, last: Integers, rate: Floats, left: int
) -> Integers:
    """First bitrate of the plan of most QoE at a constant rate; arrays of shape (copies,)."""
    options, bitrates = dynamics.options, dynamics.bitrates
    horizon = min(_MPC_HORIZON, left, int(math.log(_MPC_PLANS) / math.log(len(bitrates))))
    seconds = bitrates * options.chunk_s / rate[:, None]
    buffer, before = buffer_s[:, None], bitrates[last][:, None]
    gained = np.zeros_like(buffer)
    for _ in range(horizon):
        ahead = buffer[:, :, None] - seconds[:, None, :]
        gained = (
            gained[:, :, None]
            + bitrates
            + options.rebuffer_weight * np.minimum(ahead, 0.0)
            - options.switch_weight * np.abs(bitrates - before[:, :, None])
        ).reshape(len(rate), -1)
        buffer = (np.maximum(ahead, 0.0) + options.chunk_s).reshape(len(rate), -1)
        before = np.broadcast_to(bitrates, ahead.shape).reshape(len(rate), -1)
    first: Integers = gained.argmax(axis=1) // len(bitrates) ** (horizon - 1)
    return first


def _optimum(dynamics: Streaming, tape: Tape, source: np.random.Generator) -> Act:
    delivered = dynamics.start(tape.start).delivered
    plans = np.stack([best_downloads(dynamics.options, link) for link in delivered])
    return lambda scene: plans[:, scene.step]


def _highest_below(dynamics: Streaming, rate: Floats) -> Integers:
    """The highest bitrate that is at most this rate, or the lowest."""
    found: Integers = np.searchsorted(dynamics.bitrates, rate, side="right") - 1
    return np.maximum(found, 0)


BASELINES = {
    baseline.name: baseline
    for baseline in (
        RANDOM,
        Baseline(
            "buffer_based",
            "a line from the buffer to the bitrate (Huang et al. 2014; 5 s and 10 s)",
            "state",
            _buffer_based,
        ),
        Baseline(
            "rate_based",
            "the highest bitrate below the harmonic mean of five throughputs",
            "state",
            _rate_based,
        ),
        Baseline("bola", "BOLA (Spiteri et al. 2016) for a buffer of 60 s", "state", _bola),
        Baseline(
            "robust_mpc",
            "robust model predictive control over five chunks (Yin et al. 2015)",
            "state",
            _robust_mpc,
        ),
        Baseline(
            "optimum",
            "the best bitrates for the bandwidth to come, by dynamic programming",
            "future",
            _optimum,
        ),
    )
}
