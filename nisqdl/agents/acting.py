"""A learned agent as one who acts in episodes that are judged."""

from __future__ import annotations

from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nisqdl.agents.approximators.contract import Array
from nisqdl.agents.softmax import best, drawn
from nisqdl.environments.dynamics import Integers
from nisqdl.environments.policy import Act, Scene

Manner: TypeAlias = Literal["greedy", "sampled"]


class Outputs(Protocol):
    """What of an approximator is needed to act."""

    def outputs(
        self, observations: NDArray[np.floating], parameters: Array, source: np.random.Generator
    ) -> Array: ...


def actor(function: Outputs, parameters: Array, manner: Manner, source: np.random.Generator) -> Act:
    """Acts by a learned function; all members of a team by the same one.

    Args:
        function: The agent's policy or values, on the engine, under the noise and with the shots
            that it is judged with; it need not be the one that learned.
        parameters: What it learned.
        manner: The action of the largest output, or drawn from the softmax of the outputs.
        source: Of draws and shots.
    """

    def act(scene: Scene[Any]) -> Integers:
        seen = scene.observations
        rows = seen.reshape(-1, seen.shape[-1]).astype(np.float64)
        outputs = function.outputs(rows, parameters, source)
        if manner == "greedy":
            return best(outputs).reshape(seen.shape[:-1])
        return drawn(outputs, source.random(len(rows))).reshape(seen.shape[:-1])

    return act
