"""A policy that was measured once, on a device, at all observations that it will meet.

An episode in which every step waits for a job takes days. Where there are few different
observations (bits, fields, channels), one job measures the circuit at all of them, and episodes
are played from its results.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nisqdl.agents.approximators.contract import Array
from nisqdl.agents.approximators.quantum import Quantum
from nisqdl.environments.dynamics import Dynamics, Integers, Observations, Tape
from nisqdl.environments.policy import Scene, play, random_actions
from nisqdl.errors import InputError


@dataclass(frozen=True, eq=False)
class Measured:
    """Acts like the function that was measured; see :func:`nisqdl.agents.acting.actor`.

    Attributes:
        function: The circuit's.
        observations: Where it was measured, shape (N, F).
        values: What was measured: expectation values (N, K) of the circuit's observables.
    """

    function: Quantum
    observations: NDArray[np.floating[Any]]
    values: Array

    def outputs(
        self,
        observations: NDArray[np.floating[Any]],
        parameters: Array,
        source: np.random.Generator,
    ) -> Array:
        """Outputs (B, O); the parameters must be those that it was measured with.

        Raises:
            InputError: It was not measured at one of the observations.
        """
        known = {_key(row): place for place, row in enumerate(self.observations)}
        try:
            places = [known[_key(row)] for row in observations]
        except KeyError:
            raise InputError(
                f"The circuit was measured at {len(known)} observations, but the episodes meet"
                " another one: measure it there, too."
            ) from None
        return self.function.from_values(self.values[places], parameters)


def observations_met(
    dynamics: Dynamics[Any], tape: Tape, source: np.random.Generator, most: int | None = None
) -> Observations:
    """The different observations that random actions meet in these episodes, shape (N, F).

    Those after an episode's end are among them: episodes are played in lock-step, and whoever acts
    sees them, too.

    Raises:
        InputError: There are more than ``most``.
    """
    seen: dict[bytes, NDArray[np.float32]] = {}

    def watch(scene: Scene[Any], actions: Integers, outcome: Any, alive: Any) -> None:
        for row in scene.observations.reshape(-1, scene.observations.shape[-1]):
            seen.setdefault(_key(row), row)
            if most is not None and len(seen) > most:
                raise InputError(f"There are more than {most} different observations.")

    play(dynamics, tape, random_actions(dynamics, tape, source), watch)
    return np.stack([seen[key] for key in sorted(seen)])


def _key(row: NDArray[np.floating[Any]]) -> bytes:
    return row.astype(np.float32).tobytes()
