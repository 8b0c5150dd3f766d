"""What a transfer run found: accuracy by where a model was trained and where it was tested.

A *place* is a device and a λ. Gains are over the same model trained without noise, tested at the
same place; all differences are paired over seeds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np

from nisqdl.analysis.intervals import (
    Estimate,
    mean_over_seeds,
    paired_difference,
    share_over_seeds,
)
from nisqdl.errors import InputError, TooEarlyError
from nisqdl.store.record import Json, Record

NO_NOISE = "no noise"
TRAINED_ON, TRAINED_SCALE = "trained_on", "trained_scale"

Place: TypeAlias = tuple[str, float]
"""Device and λ; ``("no noise", 0.0)`` for training without noise."""

WITHOUT: Place = (NO_NOISE, 0.0)

BySeed: TypeAlias = Mapping[int, float]

_HOW, _HOW_MUCH = "training.noise", "training.noise_scale"

_SIDES = {
    TRAINED_ON, TRAINED_SCALE, "target", "noise.scale", "seed", "snapshot", "recipe", "data",
    _HOW_MUCH,
}  # fmt: skip


@dataclass(frozen=True)
class Question:
    """One model and data set, at all its places.

    Attributes:
        title: What tells it from the run's other questions; the data set where there is one.
        devices: In the order of the file where it is known.
        scales: Ascending.
        cells: Values by column, then by (trained at, tested at), then by seed.
        seeds: How many.
    """

    title: str
    devices: tuple[str, ...]
    scales: tuple[float, ...]
    cells: Mapping[str, Mapping[tuple[Place, Place], BySeed]]
    seeds: int

    @cached_property
    def trained_scales(self) -> tuple[float, ...]:
        """Scales that something was trained at."""
        return tuple(scale for scale in self.scales if scale > 0)

    def estimate(self, trained: Place, tested: Place, column: str = "accuracy") -> Estimate | None:
        """Mean over seeds; ``None`` where it did not run."""
        found = self.cells[column].get((trained, tested))
        if not found:
            return None
        mean = share_over_seeds if column == "accuracy" else mean_over_seeds
        return mean(list(found.values()))

    def gain(
        self, trained: Place, tested: Place, column: str = "accuracy", comparisons: int = 1
    ) -> Estimate | None:
        """Trained there minus trained without noise, both tested at the same place."""
        mine, other = (self._by_seed(t, tested, column) for t in (trained, WITHOUT))
        return paired_difference(mine, other, comparisons=comparisons)

    def at_home(
        self, scale: float, column: str = "accuracy", comparisons: int = 1
    ) -> Estimate | None:
        """The gain on the device that was trained under, mean over devices."""
        pairs = [((d, scale), (d, scale)) for d in self.devices]
        return self._mean_gain(pairs, column, comparisons)

    def elsewhere(
        self, scale: float, column: str = "accuracy", comparisons: int = 1
    ) -> Estimate | None:
        """The gain on the other devices, mean over ordered pairs."""
        pairs = [((a, scale), (b, scale)) for a in self.devices for b in self.devices if a != b]
        return self._mean_gain(pairs, column, comparisons)

    def own_noise(
        self, scale: float, column: str = "accuracy", comparisons: int = 1
    ) -> Estimate | None:
        """Trained on the device itself minus trained on the others, mean over devices."""
        home, away = [], []
        for device in self.devices:
            tested = (device, scale)
            home.append(self._by_seed(tested, tested, column))
            away.append(
                _mean(
                    self._by_seed((other, scale), tested, column)
                    for other in self.devices
                    if other != device
                )
            )
        return paired_difference(_mean(home), _mean(away), comparisons=comparisons)

    def other_date(
        self, scale: float, column: str = "accuracy", comparisons: int = 1
    ) -> Estimate | None:
        """Trained on the same device at another date minus at that of the test, mean over pairs."""
        pairs = [
            (a, b)
            for a in self.devices
            for b in self.devices
            if a != b and a.partition("@")[0] == b.partition("@")[0]
        ]
        mine = [self._by_seed((a, scale), (b, scale), column) for a, b in pairs]
        own = [self._by_seed((b, scale), (b, scale), column) for _, b in pairs]
        return paired_difference(_mean(mine), _mean(own), comparisons=comparisons)

    def other_scale(
        self, trained: float, tested: float, column: str = "accuracy", comparisons: int = 1
    ) -> Estimate | None:
        """Trained at one λ minus trained at the λ of the test, mean over devices."""
        mine = [self._by_seed((d, trained), (d, tested), column) for d in self.devices]
        own = [self._by_seed((d, tested), (d, tested), column) for d in self.devices]
        return paired_difference(_mean(mine), _mean(own), comparisons=comparisons)

    def _mean_gain(
        self, pairs: Sequence[tuple[Place, Place]], column: str, comparisons: int
    ) -> Estimate | None:
        mine = _mean(self._by_seed(*pair, column) for pair in pairs)
        other = _mean(self._by_seed(WITHOUT, tested, column) for _, tested in pairs)
        return paired_difference(mine, other, comparisons=comparisons)

    def _by_seed(self, trained: Place, tested: Place, column: str) -> BySeed:
        return self.cells[column].get((trained, tested), {})


def questions(records: Sequence[Record], devices: Sequence[str] = ()) -> tuple[Question, ...]:
    """A question for each combination of what else was swept.

    Args:
        records: The run's.
        devices: Their order; others come after these as the records name them.

    Raises:
        TooEarlyError: Nothing that was trained under noise was tested yet.
        InputError: Two records cannot be told apart.
    """
    if all(record.point.settings[TRAINED_ON] == NO_NOISE for record in records):
        raise TooEarlyError(
            "The run has tested nothing that was trained under noise yet; resume it with "
            "`nisqdl run`."
        )
    noisy = [r for r in records if r.point.settings[TRAINED_ON] != NO_NOISE]
    names = list(dict.fromkeys(n for r in noisy for n in r.point.settings if n not in _SIDES))
    varied = [n for n in names if len({repr(r.point.settings.get(n)) for r in noisy}) > 1]
    groups: dict[tuple[str, ...], list[Record]] = {}
    for record in noisy:
        groups.setdefault(_key(record, varied), []).append(record)
    # How noise is seen in training says nothing of training without it.
    rest = [name for name in varied if name != _HOW]
    for record in records:
        if record.point.settings[TRAINED_ON] == NO_NOISE:
            for group in groups.values():
                if _key(group[0], rest) == _key(record, rest):
                    group.append(record)
    return tuple(_question(group, varied, devices) for group in groups.values())


def _key(record: Record, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(repr(record.point.settings.get(name)) for name in names)


def _question(group: Sequence[Record], varied: Sequence[str], order: Sequence[str]) -> Question:
    first = group[0].point.settings
    cells: dict[str, dict[tuple[Place, Place], dict[int, float]]] = {"accuracy": {}, "loss": {}}
    for record in group:
        own = record.point.settings
        trained = (str(own[TRAINED_ON]), float(own[TRAINED_SCALE]))
        tested = (str(own["target"]), float(own["noise.scale"]))
        for column, found in cells.items():
            values = found.setdefault((trained, tested), {})
            if int(own["seed"]) in values:
                raise InputError(
                    f"Several records give what was trained at {trained} and tested at {tested} "
                    f"with seed {own['seed']}; they cannot be told apart."
                )
            values[int(own["seed"])] = record.values[column]
    titles = [_named(name, first.get(name)) for name in varied]
    known = dict.fromkeys(str(record.point.settings["target"]) for record in group)
    return Question(
        title=", ".join(titles) or str(first["dataset.name"]),
        devices=tuple(dict.fromkeys([*(d for d in order if d in known), *known])),
        scales=tuple(sorted({float(r.point.settings["noise.scale"]) for r in group})),
        cells=cells,
        seeds=len({r.point.settings["seed"] for r in group}),
    )


def _mean(parts: Iterable[BySeed]) -> dict[int, float]:
    """The mean over parts, of the seeds that all of them have."""
    found = list(parts)
    if not found:
        return {}
    shared = set.intersection(*(set(part) for part in found))
    return {seed: float(np.mean([part[seed] for part in found])) for seed in shared}


def _named(name: str, value: Json) -> str:
    return f"{name.rpartition('.')[2]} {'none' if value is None else value}"
