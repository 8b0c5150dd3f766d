"""A player downloads a video chunk by chunk and picks each one's bitrate."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np

from nisqdl.environments.dynamics import Dynamics, Floats, Integers, Observations, Outcome, Sizes
from nisqdl.environments.streaming.options import StreamingOptions
from nisqdl.environments.streaming.traces import SECONDS, read_traces, synthetic_traces

MEMORY = 5
"""So many past throughputs are kept."""
FULL_S = 60.0
"""Buffers from so much on look alike in the observation; it is Pensieve's largest buffer."""
SLOWEST_MBPS, FASTEST_MBPS = 0.1, 10.0
"""Range of throughputs in the observation, on a logarithmic scale."""


class StreamingState(NamedTuple):
    """The player and its link.

    Attributes:
        delivered: Megabits that the link delivers from the trace's start to the end of each
            second, 0 first; shape (copies, SECONDS + 1).
        time_s: Now, since the trace's start; not wrapped.
        buffer_s: Seconds of video that are ready.
        chunk: Chunks downloaded so far.
        last: Index of the last chunk's bitrate; −1 before the first.
        throughput: Mbit/s of the last downloads, the latest first; 0 for none; shape
            (copies, MEMORY).
        stalled_s: Seconds of standing still so far, the wait for the first chunk included.
    """

    delivered: Floats
    time_s: Floats
    buffer_s: Floats
    chunk: Integers
    last: Integers
    throughput: Floats
    stalled_s: Floats


class Download(NamedTuple):
    """One chunk's download.

    Attributes:
        seconds: How long it took.
        stall_s: How much of that the player stood still.
    """

    seconds: Floats
    stall_s: Floats


class Streaming(Dynamics[StreamingState]):
    """Chunks have a constant bitrate, there is no round-trip time, and the player can hold the
    whole video: downloads follow each other at once, so the offline optimum can be exact.

    Args:
        options: The video and the link.
    """

    def __init__(self, options: StreamingOptions) -> None:
        self.options = options
        self.bitrates = np.array(options.bitrates_mbps)
        self._own = None if options.traces is None else read_traces(options.traces)

    @cached_property
    def sizes(self) -> Sizes:
        """All chance is in the trace."""
        draws = SECONDS if self._own is None else 2
        return Sizes(
            low=(0.0,) * 5,
            high=(1.0,) * 5,
            actions=len(self.bitrates),
            horizon=self.options.chunks,
            start_draws=draws,
            step_draws=0,
        )

    def start(self, draws: Floats) -> StreamingState:
        """An empty buffer; of the user's traces a random one from a random second on."""
        if self._own is None:
            traces = synthetic_traces(self.options, draws)
        else:
            traces = self._own[(draws[:, 0] * len(self._own)).astype(np.int64)]
            first = (draws[:, 1] * SECONDS).astype(np.int64)
            seconds = (first[:, None] + np.arange(SECONDS)) % SECONDS
            traces = np.take_along_axis(traces, seconds, axis=1)
        copies = len(draws)
        return StreamingState(
            delivered=np.concatenate([np.zeros((copies, 1)), np.cumsum(traces, axis=1)], axis=1),
            time_s=np.zeros(copies),
            buffer_s=np.zeros(copies),
            chunk=np.zeros(copies, dtype=np.int64),
            last=np.full(copies, -1),
            throughput=np.zeros((copies, MEMORY)),
            stalled_s=np.zeros(copies),
        )

    def advance(
        self, state: StreamingState, actions: Integers, draws: Floats
    ) -> tuple[StreamingState, Outcome]:
        """Download a chunk at the chosen bitrate."""
        after, download = self.downloaded(state, actions)
        rate = self.bitrates[actions]
        before = np.where(state.last < 0, rate, self.bitrates[state.last])
        rewards = (
            rate
            - self.options.rebuffer_weight * download.stall_s
            - self.options.switch_weight * np.abs(rate - before)
        )
        return after, Outcome(rewards, np.zeros(len(actions), dtype=bool))

    def downloaded(
        self, state: StreamingState, actions: Integers
    ) -> tuple[StreamingState, Download]:
        """The state after a chunk, and how its download went."""
        chunk_s = self.options.chunk_s
        megabits = self.bitrates[actions] * chunk_s
        end = finished(state.delivered, megabits_until(state.delivered, state.time_s) + megabits)
        seconds = end - state.time_s
        stall = np.maximum(seconds - state.buffer_s, 0.0)
        buffer = np.maximum(state.buffer_s - seconds, 0.0) + chunk_s
        throughput = np.roll(state.throughput, 1, axis=1)
        throughput[:, 0] = megabits / seconds
        after = StreamingState(
            delivered=state.delivered,
            time_s=end,
            buffer_s=buffer,
            chunk=state.chunk + 1,
            last=actions,
            throughput=throughput,
            stalled_s=state.stalled_s + stall,
        )
        return after, Download(seconds, stall)

    def observe(self, state: StreamingState) -> Observations:
        """Last bitrate, buffer, last throughput, harmonic mean of throughputs, chunks left."""
        parts = (
            np.maximum(state.last, 0) / (len(self.bitrates) - 1),
            np.minimum(state.buffer_s / FULL_S, 1.0),
            _log_share(state.throughput[:, 0]),
            _log_share(harmonic_mean(state.throughput)),
            1 - state.chunk / self.options.chunks,
        )
        return np.stack(parts, axis=1).astype(np.float32)


def megabits_until(delivered: Floats, time_s: Floats) -> Floats:
    """Megabits delivered until a time; the trace begins again at its end."""
    rounds, place = np.divmod(time_s, SECONDS)
    second = np.minimum(place.astype(np.int64), SECONDS - 1)
    copies = np.arange(len(delivered))
    before, after = delivered[copies, second], delivered[copies, second + 1]
    megabits: Floats = rounds * delivered[:, -1] + before + (after - before) * (place - second)
    return megabits


def finished(delivered: Floats, megabits: Floats) -> Floats:
    """The earliest time at which so many megabits are delivered: the inverse of the above.

    Args:
        delivered: Shape (copies, SECONDS + 1).
        megabits: Shape (copies,), above 0.
    """
    total = delivered[:, -1]
    rounds = np.maximum(np.ceil(megabits / total) - 1, 0.0)
    # Rounding must not ask for more than there is: nothing may come in the last seconds.
    rest = np.minimum(megabits - rounds * total, total)
    second = _first_reaching(delivered, rest) - 1
    copies = np.arange(len(delivered))
    before, after = delivered[copies, second], delivered[copies, second + 1]
    time_s: Floats = rounds * SECONDS + second + (rest - before) / (after - before)
    return time_s


def _first_reaching(delivered: Floats, megabits: Floats) -> Integers:
    """Index of the first entry of each row that is at least ``megabits``: a bisection."""
    copies = np.arange(len(delivered))
    low = np.zeros(len(delivered), dtype=np.int64)
    high = np.full(len(delivered), SECONDS)
    while (high - low > 1).any():
        middle = (low + high) // 2
        reached = delivered[copies, middle] >= megabits
        high, low = np.where(reached, middle, high), np.where(reached, low, middle)
    return high


def harmonic_mean(throughput: Floats) -> Floats:
    """Of the downloads that there were, in Mbit/s; 0 before the first."""
    known = throughput > 0
    inverse = np.where(known, 1 / np.where(known, throughput, 1.0), 0.0).sum(axis=1)
    mean: Floats = known.sum(axis=1) / np.where(inverse > 0, inverse, 1.0)
    return mean


def _log_share(mbps: Floats) -> Floats:
    bounded = np.clip(mbps, SLOWEST_MBPS, FASTEST_MBPS)
    share: Floats = np.log(bounded / SLOWEST_MBPS) / np.log(FASTEST_MBPS / SLOWEST_MBPS)
    return share
