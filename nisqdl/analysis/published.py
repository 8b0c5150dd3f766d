"""What an experiment file declares to be published, to be held against its results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from nisqdl.analysis.statistics import ALONG, OF_TWO, STATISTICS
from nisqdl.catalog import checked
from nisqdl.errors import InputError


class PublishedValue(BaseModel):
    """One value, or one for each value of a setting, and what of ours stands beside it.

    Attributes:
        what: What it is, in a few words.
        source: Where it stands: an equation, a table, a figure; or what it follows from.
        kind: ``published`` as a number, ``digitised`` from a figure, a ``closed form``, an
            independent ``simulation``, or a ``claim`` in words, of which a bound is made.
        value: The name of the value in records.
        where: The records that count: settings or values by name, and what they are.
        statistic: What is made of the records.
        over: A setting; there is a number for each of its values.
        along: For ``log2_slope`` and ``rank_correlation``: the setting or value along which.
        against: For ``ratio`` and ``difference``: what is different in the records of the other
            side.
        expected: The number, or the numbers by the value of ``over``.
        at_least, at_most: A bound instead of a number.
        tolerance: How far ours may be away: a number; with ``relative``, a share of the expected.
        relative: The same as a share; where both are given, the larger one counts.
        open: Why ours does not meet it, where that was looked into and is known: then it is told as
            not met, with this reason, and is no failure of the reproduction.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: str
    source: str
    kind: Literal["published", "digitised", "closed form", "simulation", "claim"] = "published"
    value: str
    where: Mapping[str, Any] = Field(default_factory=dict)
    statistic: Annotated[str, AfterValidator(checked(STATISTICS.find))] = "mean"
    over: str | None = None
    along: str | None = None
    against: Mapping[str, Any] = Field(default_factory=dict)
    expected: float | Mapping[str | int | float, float] | None = None
    at_least: float | None = None
    at_most: float | None = None
    tolerance: float | None = Field(default=None, ge=0)
    relative: float | None = Field(default=None, ge=0)
    open: str | None = Field(default=None, min_length=20, exclude_if=lambda value: value is None)

    @model_validator(mode="after")
    def _fits(self) -> PublishedValue:
        bounds = [value for value in (self.at_least, self.at_most) if value is not None]
        if (self.expected is None) == (not bounds):
            raise ValueError("give either `expected`, or `at_least` or `at_most`")
        if self.expected is not None and self.tolerance is None and self.relative is None:
            raise ValueError("`expected` needs a `tolerance`, or a `relative` one")
        if isinstance(self.expected, Mapping) != (self.over is not None and not bounds):
            raise ValueError("`expected` must be a mapping with `over`, and a number without it")
        if (self.statistic in ALONG) != (self.along is not None):
            raise ValueError(f"`along` goes with {' and '.join(ALONG)}, and with them alone")
        if (self.statistic in OF_TWO) != bool(self.against):
            raise ValueError(f"`against` goes with {' and '.join(OF_TWO)}, and with them alone")
        return self


class Published(BaseModel):
    """What an experiment reproduces.

    Attributes:
        title: The work, as it is cited: authors, year, title, address.
        claim: What it found, in one sentence.
        differs: What is not as in the work, in one sentence.
        values: What is compared.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    claim: str
    differs: str | None = None
    values: tuple[PublishedValue, ...] = Field(min_length=1)


def require_columns(published: Published, columns: frozenset[str], file: str) -> None:
    """That every setting a declaration names is one of the points'.

    Raises:
        InputError: One is not; values (without a dot) are known only when records are.
    """
    for asked in published.values:
        for name in (*asked.where, *asked.against, asked.over, asked.along):
            if name is not None and "." in name and name not in columns:
                raise InputError(
                    f"{file}: published value {asked.what!r} names the setting {name!r}, which "
                    f"no point has; it must be one of {', '.join(sorted(columns))}."
                )
