"""Which samples a step sees, and which are held out of training altogether."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nisqdl.errors import InputError
from nisqdl.seeds import generator
from nisqdl.training.losses.contract import Labels

Indices = npt.NDArray[np.int64]


class Batches:
    """Mini-batches without replacement: every epoch shows each sample exactly once.

    An epoch is shuffled and cut into the fewest batches that hold at most ``size`` samples; they
    differ by one sample at most, so that no small remainder gives one noisy step an epoch. What
    a step sees depends on the seed and the step's number only, so a resumed training goes on
    with the same batches.

    Args:
        count: Number of samples.
        size: Largest batch; None, or at least ``count``, is the whole set at every step.
        seed: Root of the shuffles' seeds.
    """

    def __init__(self, count: int, size: int | None, seed: int) -> None:
        self.count = count
        self.per_epoch = 1 if size is None else -(-count // size)
        self._seed = seed
        self._epoch = -1
        self._shuffled: list[Indices] = []

    @property
    def largest(self) -> int:
        """Number of samples in the largest batch."""
        return -(-self.count // self.per_epoch)

    def at(self, step: int) -> Indices | None:
        """The samples of a step (0, 1, …), or None where every step sees all, in their order."""
        if self.per_epoch == 1:
            return None
        epoch, place = divmod(step, self.per_epoch)
        if epoch != self._epoch:  # a cache of the current epoch, not a state
            order = generator(self._seed, "batches", epoch).permutation(self.count)
            self._shuffled = np.array_split(order, self.per_epoch)
            self._epoch = epoch
        return self._shuffled[place]


def hold_out(labels: Labels, fraction: float, seed: int) -> tuple[Indices, Indices]:
    """Indices of the samples kept for training and of those held out, each in ascending order.

    Each class gives its share, rounded, but at least one sample.

    Args:
        labels: Shape (N,).
        fraction: The share held out, above 0 and below 1.
        seed: Root of the draw's seed.

    Raises:
        InputError: A class has no sample left for training.
    """
    held: list[Indices] = []
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        count = max(1, round(fraction * len(members)))
        if count >= len(members):
            raise InputError(
                f"`training.validation` is {fraction}, which leaves class {label} with its "
                f"{len(members)} sample(s) none to train on. Use a smaller fraction or more data."
            )
        held.append(generator(seed, "validation", int(label)).permutation(members)[:count])
    validation = np.sort(np.concatenate(held))
    return np.setdiff1d(np.arange(len(labels)), validation), validation


def hold_out_rows(count: int, fraction: float, seed: int) -> tuple[Indices, Indices]:
    """As :func:`hold_out` where there are no classes: a share of all rows, at least one.

    Raises:
        InputError: No row is left for training.
    """
    held = max(1, round(fraction * count))
    if held >= count:
        raise InputError(
            f"`training.validation` is {fraction}, which leaves none of the {count} row(s) to "
            "train on. Use a smaller fraction or more data."
        )
    order = generator(seed, "validation").permutation(count)
    return np.sort(order[held:]), np.sort(order[:held])
