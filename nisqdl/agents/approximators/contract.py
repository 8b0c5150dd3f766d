"""What every approximator offers: outputs and gradients for many observations at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nisqdl.environments.encoding import Encoding
from nisqdl.store.record import Json

Array: TypeAlias = NDArray[np.float64]

Pull: TypeAlias = Callable[[Array], Array]
"""Takes the outputs (B, O); returns the loss's derivative by each of them (B, O)."""


@dataclass(frozen=True)
class Shape:
    """What an approximator takes and gives.

    Attributes:
        encoding: The range of each of the F features that it sees.
        outputs: Number of outputs O: one for each action, or one for a critic.
    """

    encoding: Encoding
    outputs: int

    @property
    def features(self) -> int:
        """Number of features F."""
        return len(self.encoding.low)

    def scaled(self, observations: NDArray[np.floating]) -> Array:
        """Observations (B, F) clipped to their range and put on [−1, 1], or on [0, 1] where the
        encoding begins at angle 0 (bits)."""
        angles = self.encoding.angles(np.asarray(observations, dtype=np.float32))
        return angles / max(abs(self.encoding.first), abs(self.encoding.last))


class Approximator(Protocol):
    """A function of observations with P parameters, which lie in groups of one learning rate each.

    Randomness (shots) is the caller's source; exact functions leave it untouched.
    """

    @property
    def identity(self) -> Json:
        """Which function it is: only with the same one may learning go on from a state."""
        ...

    @property
    def shape(self) -> Shape:
        """What it takes and gives."""
        ...

    @property
    def groups(self) -> Mapping[str, slice]:
        """Where each group lies among the parameters: ``input`` (scaling of features),
        ``weights`` (of the circuit) and ``output``, or ``network``."""
        ...

    @property
    def num_parameters(self) -> int:
        """Number of parameters P."""
        ...

    def first_parameters(self, source: np.random.Generator) -> Array:
        """Where learning starts, shape (P,)."""
        ...

    def outputs(
        self, observations: NDArray[np.floating], parameters: Array, source: np.random.Generator
    ) -> Array:
        """Outputs (B, O) for observations (B, F)."""
        ...

    def outputs_and_gradient(
        self,
        observations: NDArray[np.floating],
        parameters: Array,
        pull: Pull,
        source: np.random.Generator,
    ) -> tuple[Array, Array]:
        """Outputs (B, O), and the gradient (P,) of a loss that is a function of them.

        Parameters that are not trained have the derivative 0.
        """
        ...

    def circuits(self, rows: int, gradient: bool) -> int:
        """Circuits that a device would run for so many observations: one for each, and for a
        gradient two more for each angle (parameter-shift rule). 0 without a circuit."""
        ...
