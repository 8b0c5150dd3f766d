"""Which circuit a step of training sees, and which of its weights it turns.

All at once, or layer by layer: then in the first phases only the circuit's first layers exist, so
that neither the gradient nor a device's noise has to pass through those that are not trained yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from nisqdl.catalog import Table
from nisqdl.circuits.structure import Places, Structure
from nisqdl.errors import InputError
from nisqdl.training.growth import Growth

Mask: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Phase:
    """Steps that see the same circuit and turn the same weights.

    Attributes:
        first_step: The step (0, 1, …) with which it begins.
        layers: Layers of its circuit; ``None`` is the whole circuit.
        present: Which of all weights (W,) its circuit has, in the circuit's order; ``None``: all.
        active: Which of all weights it turns, (W,); ``None``: all.
        may_stop: Whether patience may end the training here.
    """

    first_step: int = 0
    layers: int | None = None
    present: Places | None = None
    active: Mask | None = None
    may_stop: bool = True


@dataclass(frozen=True)
class Schedule:
    """A member of the family.

    Attributes:
        name: Name in experiment files.
        summary: One line for people.
        phases: From how it grows, the structure, the number of steps and of weights W (those beyond
            the circuit's own belong to classical layers) to its phases; ``None``: there is one.
    """

    name: str
    summary: str
    phases: Callable[[Growth, Structure, int, int], Iterator[Phase]] | None


def phases_of(
    name: str, growth: Growth | None, structure: Structure | None, steps: int, weights: int
) -> tuple[Phase, ...]:
    """The phases of a training, in order; the first begins with step 0.

    Raises:
        InputError: The schedule needs the structure and there is none, the structure does not suit
            it, or there are fewer steps than phases.
    """
    phases = SCHEDULES.find(name, "training.schedule").phases
    if phases is None:
        return (Phase(),)
    if structure is None:
        raise InputError(
            f"training.schedule {name!r} depends on the model's layers, but the training was given "
            "none: pass `structure`, or set it to 'all'."
        )
    return tuple(phases(growth or Growth(), structure, steps, weights))


def require_growing(structure: Structure, option: str) -> None:
    """Refuse a circuit that cannot be cut to its first layers.

    Raises:
        InputError: It is a tree; the sentence names the option.
    """
    if structure.is_tree:
        raise InputError(f"{option} 'layerwise' {TREES_DO_NOT_GROW}.")


TREES_DO_NOT_GROW = (
    "adds layers on the same qubits, but each stage of this model's tree acts on the qubits that "
    "the one before left, and other ones are read at each depth; choose another"
)


def first_layer(structure: Structure) -> Mask:
    """The weights with which layer-wise training begins: of the circuit of one layer."""
    return _mask(structure.cut(1), structure.num_weights)


def newest(structure: Structure, depth: int, layers: int = 1) -> Mask:
    """The weights (W,) of the newest layers of the circuit cut to a depth."""
    active = _mask(structure.cut(depth), structure.num_weights)
    if depth > layers:
        active &= ~_mask(structure.cut(depth - layers), structure.num_weights)
    active[structure.always_last] = True
    return active


def _layerwise(growth: Growth, structure: Structure, steps: int, weights: int) -> Iterator[Phase]:
    require_growing(structure, "training.schedule")
    try:
        growth.require_steps(steps, structure.depth)
    except ValueError as error:
        raise InputError(f"{error}.") from None
    own = structure.num_weights
    classical = np.arange(own, weights)
    depths, turns = growth.depths(structure.depth), growth.turns(structure.depth)
    growing = growth.growing(steps)
    for number, depth in enumerate(depths):
        whole = depth == structure.depth
        trained = growth.train if number else depth  # the first circuit is all new
        yield Phase(
            first_step=-(-number * growing // len(depths)),
            layers=None if whole else depth,
            present=None if whole else np.concatenate([structure.cut(depth), classical]),
            active=_extended(newest(structure, depth, trained), classical),
            may_stop=whole and not turns,
        )
    for number, layers in enumerate(turns):
        yield Phase(
            first_step=growing + -(-number * (steps - growing) // len(turns)),
            active=_extended(_of_layers(structure, layers[0], layers[-1] + 1), classical),
        )


def _of_layers(structure: Structure, first: int, stop: int) -> Mask:
    counts = [sum(part.num_weights for part in layer) for layer in structure.layers]
    layer_of = np.repeat(np.arange(len(counts)), counts)
    return (layer_of >= first) & (layer_of < stop)


def _extended(active: Mask, classical: Places) -> Mask:
    """Weights of classical layers are always trained: they belong to no layer of the circuit."""
    return np.concatenate([active, np.ones(len(classical), dtype=bool)])


def _mask(places: Places, count: int) -> Mask:
    found = np.zeros(count, dtype=bool)
    found[places] = True
    return found


SCHEDULES: Table[Schedule] = Table(
    "training schedule",
    {
        "all": Schedule("all", "every step turns all weights", None),
        "layerwise": Schedule(
            "layerwise",
            "the circuit grows layer by layer, the newest trained; then parts of it in turn",
            _layerwise,
        ),
    },
)
