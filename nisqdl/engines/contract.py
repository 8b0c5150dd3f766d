"""What every engine offers: prepare once, evaluate many times."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from nisqdl.circuits.model import Model
    from nisqdl.noise.channels import NoiseChannels
    from nisqdl.targets.isa import IsaModel

Array: TypeAlias = npt.NDArray[np.float64]

Pull: TypeAlias = Callable[[Array], Array]
"""Takes the values (B, O); returns the loss's derivative by each of them (B, O)."""


class Differentiable(Protocol):
    """Values and their derivatives: all that a loss needs of what is trained."""

    def values(self, features: Array, weights: Array) -> Array:
        """Expectation values, shape (B, O), exact."""
        ...

    def values_and_gradient(
        self, features: Array, weights: Array, pull: Pull
    ) -> tuple[Array, Array]:
        """Expectation values (B, O) and the gradient (W,) of a loss that is a function of them.

        Args:
            features: Shape (B, F).
            weights: Shape (W,).
            pull: ∂loss/∂values as a function of the values, both (B, O).
        """
        ...


class Evaluator(Differentiable, Protocol):
    """A model under a noise, ready to be evaluated at features (B, F) and weights (W,).

    Readout confusion in the noise channels acts on every value that is returned here.
    """

    def estimates(
        self, features: Array, weights: Array, shots: int, rng: np.random.Generator
    ) -> Array:
        """Values (B, O) estimated from ``shots`` outcomes for each sample and each group of
        qubit-wise commuting observables, as a device would give them."""
        ...


class Engine(Protocol):
    """Evaluates models. A backend describes a device; an engine runs circuits."""

    @property
    def name(self) -> str:
        """What experiment files call it."""
        ...

    def prepare(self, model: Model | IsaModel, noise: NoiseChannels) -> Evaluator:
        """Lower the model under this noise, once.

        Raises:
            CapacityError: The model does not fit this machine's memory; the sentence names the
                alternatives.
            InputError: The circuit is not ISA for the noise, so that its noise would be inert.
        """
        ...
