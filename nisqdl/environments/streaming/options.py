"""The video and where bandwidth comes from."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from pydantic import Field, StrictInt, StrictStr, field_validator, model_validator

from nisqdl.environments.contract import EnvironmentOptions

_Kbps = Annotated[StrictInt, Field(ge=1, le=1_000_000)]
_Mbps = Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False)]


class StreamingOptions(EnvironmentOptions):
    """The video and where bandwidth comes from.

    Attributes:
        bitrates_kbps: Bitrates of the video, rising; those of Pensieve.
        chunks: Number of chunks.
        chunk_s: Seconds of video in each.
        rebuffer_weight: QoE lost for each second of standing still; 4.3 in Pensieve.
        switch_weight: QoE lost for each Mbit/s between one chunk and the next.
        low_mbps, high_mbps: Lowest and highest level of the synthetic bandwidth.
        levels: Number of its levels, evenly spaced in the logarithm.
        stay: Probability that it stays on its level for another second; else it goes to a
            neighbouring one, both alike.
        traces: Your own traces instead: a file with a line ``seconds Mbit/s`` for each change
            of bandwidth, or a folder of such files.
    """

    bitrates_kbps: Annotated[tuple[_Kbps, ...], Field(min_length=2, max_length=12)] = (
        300, 750, 1200, 1850, 2850, 4300,
    )  # fmt: skip
    chunks: Annotated[StrictInt, Field(ge=2, le=1000)] = 48
    chunk_s: Annotated[float, Field(gt=0, le=60, allow_inf_nan=False)] = 4.0
    rebuffer_weight: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)] = 4.3
    switch_weight: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)] = 1.0
    low_mbps: _Mbps = 0.3
    high_mbps: _Mbps = 6.0
    levels: Annotated[StrictInt, Field(ge=2, le=100)] = 8
    stay: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.7
    traces: Annotated[StrictStr, Field(min_length=1)] | None = None

    @property
    def bitrates_mbps(self) -> tuple[float, ...]:
        """The bitrates in Mbit/s."""
        return tuple(rate / 1000 for rate in self.bitrates_kbps)

    @field_validator("bitrates_kbps")
    @classmethod
    def _rising(cls, rates: tuple[int, ...]) -> tuple[int, ...]:
        if any(later <= earlier for earlier, later in pairwise(rates)):
            raise ValueError(f"must rise from each bitrate to the next, but is {list(rates)}")
        return rates

    @model_validator(mode="after")
    def _high_above_low(self) -> StreamingOptions:
        if self.high_mbps <= self.low_mbps:
            raise ValueError(
                f"`high_mbps` must be more than `low_mbps` ({self.low_mbps:g}), but is"
                f" {self.high_mbps:g}"
            )
        return self
