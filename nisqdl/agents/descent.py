"""Steps of learning: one learning rate for each group of parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from nisqdl.agents.approximators.contract import Approximator, Array

_Rate = Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]
RuleName: TypeAlias = Literal["amsgrad", "rmsprop"]


class Rates(BaseModel):
    """Learning rates by group.

    Attributes:
        input: Of a circuit's input scaling.
        weights: Of its weights.
        output: Of its head.
        network: Of a network, or a linear map.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: _Rate = 0.1
    weights: _Rate = 0.01
    output: _Rate = 0.1
    network: _Rate = 0.01


@dataclass(frozen=True, eq=False)
class Moments:
    """What a rule remembers: mean, square and largest square of the gradient, shape (3, P).

    Attributes:
        values: The three rows.
        count: Steps taken.
    """

    values: Array
    count: int

    @classmethod
    def none(cls, size: int) -> Moments:
        """Before the first step."""
        return cls(np.zeros((3, size)), 0)


@dataclass(frozen=True, eq=False)
class Descent:
    """A rule with a learning rate for each parameter.

    ``amsgrad`` (Reddi et al. 2018, arXiv:1904.09237) as Keras has it, with β₁ = 0.9, β₂ = 0.999,
    ε = 1e-7; ``rmsprop`` (Hinton's lecture 6e) as PyTorch has it, with α = 0.99, ε = 1e-8.

    Attributes:
        rule: Its name.
        rates: Learning rates, shape (P,).
    """

    rule: RuleName
    rates: Array

    @classmethod
    def of(cls, rule: RuleName, rates: Rates, approximator: Approximator) -> Descent:
        """The rule for an approximator's groups."""
        return cls(rule, rate_vector(rates, approximator.groups, approximator.num_parameters))

    def step(self, parameters: Array, gradient: Array, moments: Moments) -> tuple[Array, Moments]:
        """Parameters and moments after a step down the gradient; all of shape (P,)."""
        mean, square, largest = moments.values
        count = moments.count + 1
        if self.rule == "rmsprop":
            square = 0.99 * square + 0.01 * gradient * gradient
            move = gradient / (np.sqrt(square) + 1e-8)
            return parameters - self.rates * move, Moments(np.stack([mean, square, largest]), count)
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient * gradient
        largest = np.maximum(largest, square)
        unbiased = np.sqrt(1 - 0.999**count) / (1 - 0.9**count)
        move = unbiased * mean / (np.sqrt(largest) + 1e-7)
        return parameters - self.rates * move, Moments(np.stack([mean, square, largest]), count)


def rate_vector(rates: Rates, groups: Mapping[str, slice], count: int) -> Array:
    """The learning rate of each parameter, shape (count,)."""
    vector = np.empty(count)
    for name, place in groups.items():
        vector[place] = getattr(rates, name)
    return vector
