"""Where training starts: the weights' first values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from nisqdl.catalog import Table
from nisqdl.circuits.structure import Structure
from nisqdl.engines.contract import Array
from nisqdl.errors import InputError
from nisqdl.training.identity_blocks import mirrored
from nisqdl.training.schedule import first_layer, require_growing


class Initialisation(Protocol):
    """A distribution of first weights."""

    @property
    def name(self) -> str: ...

    @property
    def summary(self) -> str: ...

    def draw(
        self, count: int, rng: np.random.Generator, structure: Structure | None = None
    ) -> Array:
        """First weights in radians, shape (count,).

        Args:
            count: Number of weights W.
            rng: The only source of chance.
            structure: Of the model whose weights they are; some initialisations need it.

        Raises:
            InputError: The structure is needed and not given, or the initialisation does not
                suit it.
        """
        ...


@dataclass(frozen=True)
class Uniform:
    """Every angle is equally likely, independently: what the closed forms assume."""

    name: str = "uniform"
    summary: str = "independent angles, uniform on [0, 2π)"

    def draw(
        self, count: int, rng: np.random.Generator, structure: Structure | None = None
    ) -> Array:
        return rng.uniform(0.0, 2.0 * np.pi, count)


@dataclass(frozen=True)
class SmallNormal:
    """Angles near zero: every rotation starts close to the identity."""

    name: str = "small_normal"
    summary: str = "independent angles, normal around 0 with standard deviation 0.1"
    deviation: float = 0.1

    def draw(
        self, count: int, rng: np.random.Generator, structure: Structure | None = None
    ) -> Array:
        return rng.normal(0.0, self.deviation, count)


@dataclass(frozen=True)
class Gaussian:
    """Angles near zero, the nearer the deeper the circuit and the less local the observable.

    Zhang et al. 2022 (arXiv:2203.09376), theorem 4.1: with the variance 1/(4S(L + 2)) for L layers
    and observables on S qubits, gradients shrink with a power of L and not with the qubits.
    L is the ansatz's depth here, however many rotations a layer has.
    """

    name: str = "gaussian"
    summary: str = "independent angles, normal around 0 with variance 1/(4S(depth+2)), S-local"

    def draw(
        self, count: int, rng: np.random.Generator, structure: Structure | None = None
    ) -> Array:
        known = _required(self.name, structure, count)
        return rng.normal(0.0, gaussian_variance(known) ** 0.5, count)


def gaussian_variance(structure: Structure) -> float:
    """1/(4S(L + 2)), Zhang et al. 2022, theorem 4.1."""
    return 1.0 / (4 * structure.locality * (structure.depth + 2))


@dataclass(frozen=True)
class IdentityBlocks:
    """Blocks of layers that are the identity: the second half of a block undoes the first.

    Grant et al. 2019 (arXiv:1903.05076). Blocks are shallow, so that none is a random circuit by
    itself. Half of a block's weights are uniform; see :mod:`nisqdl.training.identity_blocks`.

    Attributes:
        block: Layers of a block; a depth that it does not divide ends with a block of two. CX
            gates that do not undo each other make blocks as long as it takes until they do.
    """

    name: str = "identity_blocks"
    summary: str = "blocks of layers, each the identity: the second half undoes the first"
    block: int = 4

    def draw(
        self, count: int, rng: np.random.Generator, structure: Structure | None = None
    ) -> Array:
        known = _required(self.name, structure, count)
        return mirrored(known, self.block, rng.uniform(0.0, 2.0 * np.pi, count))


@dataclass(frozen=True)
class Layerwise:
    """The first layer at random angles and the others at 0: the start of layer-wise training.

    Skolik et al. 2021 (arXiv:2006.14904); the training itself is ``training.schedule``.
    """

    name: str = "layerwise"
    summary: str = (
        "the first layer uniform on [0, 2π), the others 0: where layer-wise training starts"
    )

    def draw(
        self, count: int, rng: np.random.Generator, structure: Structure | None = None
    ) -> Array:
        known = _required(self.name, structure, count)
        require_growing(known, "training.initialisation")
        return np.where(first_layer(known), rng.uniform(0.0, 2.0 * np.pi, count), 0.0)


def _required(name: str, structure: Structure | None, count: int) -> Structure:
    if structure is None:
        raise InputError(
            f"training.initialisation {name!r} depends on the model's layers and observables, but "
            "the training was given none: pass `structure`, or choose another initialisation."
        )
    if structure.num_weights != count:
        raise ValueError(f"`structure` has {structure.num_weights} weights, but {count} are drawn.")
    return structure


INITIALISATIONS: Table[Initialisation] = Table(
    "initialisation",
    {
        "uniform": Uniform(),
        "small_normal": SmallNormal(),
        "gaussian": Gaussian(),
        "identity_blocks": IdentityBlocks(),
        "layerwise": Layerwise(),
    },
)
