"""Which weights a step of training turns: all of them, or those of a few layers at a time.

Layer-wise training (Skolik et al. 2021, arXiv:2006.14904) begins with the first layer, adds the
next ones in turn, each at angle 0 so that it adds nothing at first, and trains only the newest;
then it trains halves of the circuit in turn. Here both phases take half of the steps. The gates of
layers that have not come yet stay in the circuit, at angle 0: their entanglers act from the start.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, cast

import numpy as np
import numpy.typing as npt

from nisqdl.catalog import Table
from nisqdl.circuits.structure import Structure
from nisqdl.engines.contract import Array
from nisqdl.errors import InputError
from nisqdl.training.geometry import Blocks
from nisqdl.training.optimizers.contract import GeometricLoss, LossFunction

Mask: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Schedule:
    """A member of the family.

    Attributes:
        name: Name in experiment files.
        summary: One line for people.
        active: From the structure, a step (0, 1, …) and the number of steps to the weights that
            the step turns, (W,); ``None`` where every step turns all.
    """

    name: str
    summary: str
    active: Callable[[Structure, int, int], Mask] | None


@dataclass(frozen=True, eq=False)
class Restricted:
    """A loss as a function of some weights, the others held.

    Attributes:
        function: Of all weights.
        active: Which are turned, (W,).
        held: Weights (W,); those that are not turned stay there.
    """

    function: LossFunction
    active: Mask
    held: Array

    def value(self, weights: Array) -> float:
        return self.function.value(self.kept(weights))

    def value_and_gradient(self, weights: Array) -> tuple[float, Array]:
        value, gradient = self.function.value_and_gradient(self.kept(weights))
        return value, np.where(self.active, gradient, 0.0)

    @property
    def blocks(self) -> Blocks:
        """The layer of each weight."""
        return cast(GeometricLoss, self.function).blocks

    def metric(self, weights: Array) -> Array:
        """The metric of the weights that are turned; the others are apart from them."""
        metric = cast(GeometricLoss, self.function).metric(self.kept(weights))
        return np.where(np.logical_and.outer(self.active, self.active), metric, np.eye(len(metric)))

    def fidelities(self, first: Array, second: Array) -> Array:
        return cast(GeometricLoss, self.function).fidelities(self.kept(first), self.kept(second))

    def kept(self, weights: Array) -> Array:
        """The same weights with those held where they were."""
        return np.where(self.active, weights, self.held)


def first_layer(structure: Structure) -> Mask:
    """The weights with which layer-wise training begins."""
    return _of_layers(structure, 0, 1)


def _layerwise(structure: Structure, step: int, steps: int) -> Mask:
    depth, growing = structure.depth, max(1, steps // 2)
    if depth == 1 or step < growing:
        newest = min(depth - 1, step * depth // growing)
        return _of_layers(structure, newest, newest + 1)
    half = depth // 2
    turn = (step - growing) * 2 * _ROUNDS // max(1, steps - growing)
    return _of_layers(structure, *((0, half) if turn % 2 == 0 else (half, depth)))


_ROUNDS = 2
"""How often the second phase turns each half of the circuit."""


def _of_layers(structure: Structure, first: int, stop: int) -> Mask:
    counts = [sum(part.num_weights for part in layer) for layer in structure.layers]
    layer_of = np.repeat(np.arange(len(counts)), counts)
    return (layer_of >= first) & (layer_of < stop)


def mask_at(name: str, structure: Structure | None, step: int, steps: int) -> Mask | None:
    """The weights that a step turns; ``None`` for all.

    Raises:
        InputError: The schedule needs the structure, and there is none.
    """
    active = SCHEDULES.find(name, "training.schedule").active
    if active is None:
        return None
    if structure is None:
        raise InputError(
            f"training.schedule {name!r} depends on the model's layers, but the training was given "
            "none: pass `structure`, or set it to 'all'."
        )
    return active(structure, step, steps)


SCHEDULES: Table[Schedule] = Table(
    "training schedule",
    {
        "all": Schedule("all", "every step turns all weights", None),
        "layerwise": Schedule(
            "layerwise", "layers are added one by one, then halves are trained in turn", _layerwise
        ),
    },
)
