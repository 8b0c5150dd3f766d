"""How parameters are drawn: independent distributions by their characteristic functions."""

from __future__ import annotations

import cmath
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from nisqdl.errors import InputError

if TYPE_CHECKING:
    from qiskit.circuit import Parameter

_WHOLE = 1e-9
"""Frequencies this close to an integer are taken as that integer."""


class Distribution(Protocol):
    """How one parameter is drawn, independently of all others; in radians."""

    def characteristic(self, frequency: float) -> complex:
        """The mean of exp(i · frequency · θ)."""
        ...


@dataclass(frozen=True)
class Uniform:
    """Uniform on [0, 2π)."""

    def characteristic(self, frequency: float) -> complex:
        whole = round(frequency)
        if abs(frequency - whole) < _WHOLE:
            return 1.0 if whole == 0 else 0.0
        turn = 2j * math.pi * frequency
        return (cmath.exp(turn) - 1.0) / turn


@dataclass(frozen=True)
class Gaussian:
    """Normal around 0 with this standard deviation, in radians."""

    deviation: float

    def __post_init__(self) -> None:
        _check_positive("deviation", self.deviation)

    def characteristic(self, frequency: float) -> complex:
        return math.exp(-0.5 * (frequency * self.deviation) ** 2)


@dataclass(frozen=True)
class SmallAngle:
    """Uniform on [−half_width, half_width], in radians."""

    half_width: float

    def __post_init__(self) -> None:
        _check_positive("half_width", self.half_width)

    def characteristic(self, frequency: float) -> complex:
        phase = frequency * self.half_width
        return math.sin(phase) / phase if phase else 1.0


Initialisation: TypeAlias = "Distribution | Mapping[Parameter, Distribution]"
"""One distribution for all parameters, or one for each."""


def distribution_of(parameter: Parameter, initialisation: Initialisation) -> Distribution:
    """How this parameter is drawn.

    Raises:
        InputError: There is a mapping, but the parameter is not in it.
    """
    if not isinstance(initialisation, Mapping):
        return initialisation
    if parameter not in initialisation:
        raise InputError(
            f"`initialisation` must have a distribution for every parameter of the circuit, but "
            f"has none for {parameter.name!r}; add it, or give one distribution for all."
        )
    return initialisation[parameter]


def _check_positive(name: str, value: float) -> None:
    if not (math.isfinite(value) and value > 0):
        raise InputError(f"`{name}` must be a positive number of radians, but is {value}.")
