"""Video streaming: pick each chunk's bitrate so that the viewer has the best experience."""

from __future__ import annotations

from typing import Any

from nisqdl.environments.contract import Environment, Portrait, Quantity
from nisqdl.environments.encoding import Encoding
from nisqdl.environments.streaming.baselines import BASELINES
from nisqdl.environments.streaming.dynamics import FASTEST_MBPS, FULL_S, SLOWEST_MBPS, Streaming
from nisqdl.environments.streaming.options import StreamingOptions

_SCALE = f"logarithm, 0 at {SLOWEST_MBPS:g} and 1 at {FASTEST_MBPS:g} Mbit/s"


def _features(options: Any) -> tuple[Quantity, ...]:
    return (
        Quantity("last bitrate", "its index as a share of the highest"),
        Quantity("buffer", f"share of {FULL_S:g} s, at most 1"),
        Quantity("throughput of the last download", _SCALE),
        Quantity("harmonic mean of the last five throughputs", _SCALE),
        Quantity("chunks left", "share of the video"),
    )


STREAMING = Environment(
    name="streaming",
    summary="pick the bitrate of each video chunk while bandwidth changes",
    source=(
        "adaptive bitrates and linear QoE as in Pensieve (Mao et al. 2017); here chunks have a"
        " constant bitrate, there is no round-trip time, and the whole video fits the buffer"
    ),
    options=StreamingOptions,
    rules=Streaming,
    features=_features,
    actions=lambda options: tuple(f"{rate} kbit/s" for rate in options.bitrates_kbps),
    reward=(
        "QoE of the chunk: its Mbit/s, minus `rebuffer_weight` times the seconds of standing"
        " still, minus `switch_weight` times the change of Mbit/s"
    ),
    encoding=lambda options: Encoding((0.0,) * 5, (1.0,) * 5),
    baselines=BASELINES,
    portrait=Portrait("buffer (s)", lambda state: state.buffer_s),
)
