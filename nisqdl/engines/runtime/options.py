"""The group ``execution`` of an experiment: how a device runs circuits and mitigates errors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

LEARNING_PACKAGE = "qiskit-noise-learning"
"""What IBM's client needs to learn the noise of layers; the extra ``noise-learning`` brings it."""

DEFAULT_SHOTS = 4096
"""Shots where neither shots nor a precision is asked: the client's own default."""

Extrapolator = Literal[
    "linear",
    "exponential",
    "double_exponential",
    "polynomial_degree_1",
    "polynomial_degree_2",
    "polynomial_degree_3",
    "polynomial_degree_4",
    "fallback",
]


class Zne(BaseModel):
    """Zero-noise extrapolation.

    Attributes:
        amplifier: How noise is amplified: two-qubit gates folded at random, or from an end; or
            ``pea``: learned noise, injected at random (probabilistic error amplification); it wants
            some hundred ``twirling.num_randomizations``, or chance is in the values.
        noise_factors: At which amplifications circuits run; 1 is the device as it is.
        extrapolator: Fits to try in order; the first that succeeds gives the value.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    amplifier: Literal["gate_folding", "gate_folding_front", "gate_folding_back", "pea"] = (
        "gate_folding"
    )
    noise_factors: tuple[Annotated[float, Field(ge=1)], ...] = (1.0, 3.0, 5.0)
    extrapolator: tuple[Extrapolator, ...] = ("exponential", "linear")

    @model_validator(mode="after")
    def _can_extrapolate(self) -> Zne:
        if len(set(self.noise_factors)) < 2:
            raise ValueError("`noise_factors` must hold at least two different factors")
        if not self.extrapolator:
            raise ValueError("`extrapolator` must name at least one fit")
        for name in self.extrapolator:
            needed = _points_needed(name)
            if len(set(self.noise_factors)) < needed:
                raise ValueError(
                    f"the extrapolator {name!r} needs at least {needed} noise factors, but there "
                    f"are {len(set(self.noise_factors))}; add factors or name another fit"
                )
        return self


class Pec(BaseModel):
    """Probabilistic error cancellation: the inverse of the learned noise, drawn at random.

    Attributes:
        max_overhead: By how much the number of random circuits may grow. Where cancelling all of
            the noise takes more (γ², by the learned model), only a part of it is cancelled.
        noise_gain: The share of the noise that is left on purpose; ``None`` is none, or as much as
            ``max_overhead`` forces.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_overhead: float = Field(default=100.0, ge=1, le=100_000)
    noise_gain: float | None = Field(default=None, ge=0, le=1)


class NoiseLearning(BaseModel):
    """How the noise of each layer of two-qubit gates is learned; only with PEC or PEA.

    Attributes:
        depths: How many pairs of the layer are run, one number after the other.
        num_randomizations: Random circuits for each circuit of the protocol and depth.
        shots_per_randomization: Shots of each.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    depths: tuple[Annotated[int, Field(ge=0, le=1000)], ...] = (0, 1, 2, 4, 16, 32)
    num_randomizations: int = Field(default=32, ge=1, le=10_000)
    shots_per_randomization: int = Field(default=128, ge=1, le=100_000)

    @model_validator(mode="after")
    def _can_fit(self) -> NoiseLearning:
        if len(set(self.depths)) < 2:
            raise ValueError("`depths` must hold at least two different numbers of layer pairs")
        return self


class DynamicalDecoupling(BaseModel):
    """Pulses in idle times.

    Attributes:
        sequence: Which ones.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sequence: Literal["XX", "XpXm", "XY4"] = "XX"


class Twirling(BaseModel):
    """Random Pauli frames around gates and measurements.

    Attributes:
        gates, measure: Whether they are twirled; ``None`` leaves it to the resilience level.
        num_randomizations: Random circuits for each circuit; ``None`` leaves it to the client.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    gates: bool | None = None
    measure: bool | None = None
    num_randomizations: int | None = Field(default=None, ge=1, le=100_000)


def _is_none(value: object) -> bool:
    return value is None


def _is_estimator(value: object) -> bool:
    return value == "estimator"


def _is_false(value: object) -> bool:
    return value is False


class Execution(BaseModel):
    """How circuits run on a device; only with ``engine: runtime``.

    Attributes:
        primitive: ``estimator`` gives expectation values and can mitigate; ``sampler`` measures
            the circuit's qubits and takes the values of Z strings from the outcomes, unmitigated.
        shots: Shots for each circuit, noise factor and basis; all randomizations together.
        precision: The standard error aimed at without mitigation, instead of shots: the client
            takes ⌈1/precision²⌉ shots. Neither: :data:`DEFAULT_SHOTS` shots.
        resilience_level: 0 nothing; 1 readout mitigation (TREX); 2 also gate twirling and
            zero-noise extrapolation.
        measure_mitigation: TREX on or off; ``None`` leaves it to the level.
        zne_mitigation: Zero-noise extrapolation on or off; ``None`` leaves it to the level, and
            turns it on where ``zne`` is given.
        zne: How it extrapolates; ``None`` is :class:`Zne`'s defaults.
        pec: Probabilistic error cancellation; ``None`` is none.
        noise_learning: How PEC and PEA learn the noise; ``None`` is :class:`NoiseLearning`'s
            defaults.
        fractional_gates: Whether ``rx`` and ``rzz`` are used, where the device has them; angles of
            ``rzz`` are folded into [0, π/2] before circuits are sent.
        dynamical_decoupling: ``None`` is none.
        twirling: What is twirled.
        mode: ``batch`` runs jobs close together and on every plan; ``session`` keeps the device
            (not on the Open plan); ``job`` queues each job by itself.
        max_execution_time: Bound of one job's time on the device in seconds; the service cancels
            what takes longer. ``None`` leaves the service's own bound.
        repetition: Only a number: what is otherwise the same with another one is measured again.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    primitive: Literal["estimator", "sampler"] = Field(
        default="estimator", exclude_if=_is_estimator
    )
    shots: int | None = Field(default=None, ge=1, le=10_000_000)
    precision: float | None = Field(default=None, gt=0, lt=1)
    resilience_level: Literal[0, 1, 2] = 1
    measure_mitigation: bool | None = None
    zne_mitigation: bool | None = None
    zne: Zne | None = None
    pec: Pec | None = Field(default=None, exclude_if=_is_none)
    noise_learning: NoiseLearning | None = Field(default=None, exclude_if=_is_none)
    fractional_gates: bool = Field(default=False, exclude_if=_is_false)
    dynamical_decoupling: DynamicalDecoupling | None = None
    twirling: Twirling = Twirling()
    mode: Literal["batch", "job", "session"] = "batch"
    max_execution_time: int | None = Field(default=None, ge=1, le=10_800)
    repetition: int = Field(default=0, ge=0, le=1_000_000)

    @model_validator(mode="after")
    def _shots_or_precision(self) -> Execution:
        if self.shots is not None and self.precision is not None:
            raise ValueError("give `shots` or `precision`, not both")
        return self

    @model_validator(mode="before")
    @classmethod
    def _sampler_mitigates_nothing(cls, document: Any) -> Any:
        if not isinstance(document, Mapping) or document.get("primitive") != "sampler":
            return document
        asked = [
            name
            for name in ("resilience_level", "measure_mitigation", "zne_mitigation", "zne", "pec")
            if document.get(name) not in (None, False, 0)
        ]
        if asked:
            raise ValueError(
                f"`primitive: sampler` mitigates nothing, but `{asked[0]}` is set; leave it out, "
                "or use the estimator"
            )
        return {**document, "resilience_level": 0}

    @model_validator(mode="after")
    def _learning_is_possible(self) -> Execution:
        if self.noise_learning is not None and not self.learns_noise:
            raise ValueError(
                "`noise_learning` is only for `pec` or `zne.amplifier: pea`; leave it out"
            )
        if self.pec is not None and self.extrapolation is not None:
            raise ValueError(
                "`pec` cannot be combined with zero-noise extrapolation; set `resilience_level: 1` "
                "or `zne_mitigation: false`"
            )
        if self.learns_noise and not is_installed(LEARNING_PACKAGE):
            raise ValueError(
                f"`pec` and `zne.amplifier: pea` need the package {LEARNING_PACKAGE}, which learns "
                "the noise; install it with pip install 'nisqdl[noise-learning]'"
            )
        return self

    @model_validator(mode="after")
    def _fractional_gates_are_not_twirled(self) -> Execution:
        if self.fractional_gates and self.twirls_gates:
            raise ValueError(
                "`fractional_gates` cannot be twirled, which `twirling.gates`, `pec`, `pea` and "
                "`resilience_level: 2` do; leave them out, or set `twirling: {gates: false}`"
            )
        return self

    @property
    def learns_noise(self) -> bool:
        """Whether the noise of the circuit's layers has to be learned by a job of its own first."""
        zne = self.extrapolation
        return self.pec is not None or (zne is not None and zne.amplifier == "pea")

    @property
    def learning(self) -> NoiseLearning:
        """How it is learned, if it is."""
        return self.noise_learning or NoiseLearning()

    @property
    def effective_shots(self) -> int:
        """Shots for each circuit, noise factor and basis, as the client counts them."""
        if self.precision is not None:
            return math.ceil(1 / self.precision**2)
        return self.shots or DEFAULT_SHOTS

    @property
    def mitigates_readout(self) -> bool:
        """Whether TREX is on, and with it measurement twirling."""
        return (
            self.resilience_level >= 1
            if self.measure_mitigation is None
            else self.measure_mitigation
        )

    @property
    def extrapolation(self) -> Zne | None:
        """The zero-noise extrapolation in force; ``None`` is none."""
        on = self.zne_mitigation
        if on is None:
            on = self.resilience_level == 2 or self.zne is not None
        return (self.zne or Zne()) if on else None

    @property
    def twirls_gates(self) -> bool:
        """Whether two-qubit gates are twirled."""
        if self.learns_noise:
            return True
        return self.resilience_level == 2 if self.twirling.gates is None else self.twirling.gates

    @property
    def twirls_measurements(self) -> bool:
        """Whether measurements are twirled."""
        asked = self.twirling.measure
        level = self.resilience_level >= 1 if asked is None else asked
        return level or self.mitigates_readout or self.learns_noise


def is_installed(package: str) -> bool:
    """Whether a package is there, without importing it."""
    return find_spec(package.replace("-", "_")) is not None


def _points_needed(extrapolator: str) -> int:
    """How many noise factors a fit needs: more than it has parameters."""
    if extrapolator.startswith("polynomial_degree_"):
        return int(extrapolator.rsplit("_", 1)[1]) + 1
    return {"linear": 2, "exponential": 2, "double_exponential": 4, "fallback": 1}[extrapolator]
