"""What a reinforcement experiment file says: environment, agent, circuit, training, tuning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from nisqdl.agents import AGENTS
from nisqdl.agents.acting import Manner
from nisqdl.agents.approximators import CircuitOptions
from nisqdl.agents.contract import Agent
from nisqdl.catalog import checked
from nisqdl.engines.runtime.options import Execution
from nisqdl.environments import ENVIRONMENTS
from nisqdl.errors import InputError
from nisqdl.noise.options import NoiseOptions
from nisqdl.store.record import Json
from nisqdl.studies import hardware, measured_policy
from nisqdl.studies.named import device_named
from nisqdl.studies.reinforcement_parts import (
    Part,
    agent_of,
    agent_options,
    critic_role,
    environment_of,
    scaled,
)
from nisqdl.studies.reinforcement_training import LearningOptions, SearchOptions, TuningOptions

Beside: TypeAlias = Literal[
    "no_entangler", "random_circuit", "no_circuit", "mlp", "linear", "heuristics"
]
"""What stands beside every circuit unless it is switched off by name."""

_Count = Annotated[int, Field(strict=True, ge=1)]


_NAMES = list(AGENTS)


def _environment_in_full(given: Any) -> dict[str, Json]:
    """The section with all the environment's options; wrong ones are errors of this field."""
    section = _named_section(given, "environment", list(ENVIRONMENTS))
    try:
        return environment_of(section).options
    except InputError as error:
        raise ValueError(str(error)) from None


def _agent_in_full(given: Any) -> dict[str, Json]:
    section = _named_section(given, "agent", _NAMES)
    try:
        return {"name": section["name"], **agent_options(section).model_dump(mode="json")}
    except InputError as error:
        raise ValueError(str(error)) from None


def _named_section(given: Any, kind: str, names: list[str]) -> dict[str, Any]:
    if isinstance(given, str):  # a name alone is that one with its defaults
        return {"name": given}
    if not isinstance(given, Mapping) or not isinstance(given.get("name"), str):
        raise ValueError(
            f"must name the {kind}, as in `{{name: {names[0]}}}`, one of {', '.join(names)}, "
            f"but is {given!r}"
        )
    return dict(given)


def _is_none(value: object) -> bool:
    return value is None


class ReinforcementOptions(BaseModel):
    """One combination of the options of a ``reinforcement`` experiment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    environment: Annotated[Part, BeforeValidator(_environment_in_full)]
    """``name`` and the environment's own options; several are a list of such mappings."""
    agent: Annotated[Part, BeforeValidator(_agent_in_full)] = Field(
        default="reinforce", validate_default=True
    )
    """``name`` and the agent's own options."""
    model: CircuitOptions = CircuitOptions()
    """The circuit that chooses actions; what is left out is the agent's own choice."""
    critic: Part | None = None
    """Of an agent that has one: ``kind: network`` (as a rule) or ``circuit``, and its options."""
    training: LearningOptions
    search: SearchOptions = SearchOptions()
    tuning: TuningOptions = TuningOptions()
    target: Annotated[str, AfterValidator(checked(device_named))] | None = None
    """The device whose noise is simulated; ``None`` is none."""
    noise: NoiseOptions = NoiseOptions()
    shots: Annotated[_Count, Field(le=100_000_000)] | None = None
    """Shots for each circuit of the judged episodes; ``None`` is exact."""
    engine: Literal["runtime"] | None = Field(default=None, exclude_if=_is_none)
    """``runtime``: IBM's client measures the circuits that act, once at every observation of the
    environment, and the judged episodes are played from what it measured; on the device where the
    target is a live one, else in local mode, on a snapshot's noise. All learn without it."""
    execution: Execution | None = Field(default=None, exclude_if=_is_none)
    """How the client runs the circuits; only with ``engine: runtime``."""
    episodes: Annotated[_Count, Field(le=100_000)] = 50
    """Judged episodes for each seed; every player of a seed has the same ones."""
    acting: Annotated[Manner, Field(json_schema_extra={"sweep": False})] = "sampled"
    """How judged episodes are acted in: the best action (``greedy``), or one drawn from the softmax
    of outputs (``sampled``). As a rule in the manner for which the agent learns: a policy's return
    is that of its draws, action values are for taking the best. What is learned does not depend on
    it."""
    without: Annotated[tuple[Beside, ...], Field(json_schema_extra={"sweep": False})] = ()
    """Who does not take part; no advantage can be claimed then."""
    seeds: int = Field(default=5, ge=1, le=1000, json_schema_extra={"sweep": False})
    """How many trainings of each learner, each judged on other episodes."""
    root_seed: int = Field(default=0, ge=0, json_schema_extra={"sweep": False})

    @model_validator(mode="before")
    @classmethod
    def _in_full(cls, given: Any) -> Any:
        """Fills in what the agent's circuit and critic have by default, so that records show it.

        What is wrong here is left as it is: then its own field says so.
        """
        if not isinstance(given, Mapping):
            return given
        document = dict(given)
        if document.get("target") is None:
            document.setdefault("noise", {"scale": 0})
        if document.get("engine") == hardware.ENGINE:
            document["execution"] = document.get("execution") or {}
        try:
            agent = agent_of(_named_section(document.get("agent", "reinforce"), "agent", _NAMES))
        except (ValueError, InputError):
            return document
        model = document.get("model", {})
        if isinstance(model, Mapping):
            document["model"] = {**agent.usual.get(agent.acts, {}), **model}
        document["critic"] = _critic_in_full(agent, document.get("critic"))
        document.setdefault("acting", agent.manner)
        return document

    @model_validator(mode="after")
    def _noise_has_a_target(self) -> ReinforcementOptions:
        noisy = "training.noise" if self.training.noise == "target" else "noise.scale"
        if self.target is None and (self.noise.scale > 0 or self.training.noise == "target"):
            raise ValueError(f"`{noisy}` needs a `target`, whose gates the noise belongs to")
        return self

    @model_validator(mode="after")
    def _device_runs_it(self) -> ReinforcementOptions:
        if self.engine is not None and self.target is None:
            raise ValueError("`engine: runtime` needs a `target`, whose gates the circuits take")
        engine = self.engine or "exact"
        hardware.require_runnable(
            engine, self.execution, self.target or "", self.noise.scale, self.shots
        )
        if self.engine is not None:
            measured_policy.require_few(environment_of(self.environment))
        return self

    @model_validator(mode="after")
    def _circuit_fits(self) -> ReinforcementOptions:
        from nisqdl.agents.approximators.circuit import strings

        if not self.model.circuit:
            raise ValueError(
                "`model.circuit` must be true: the policy without circuit always takes part"
            )
        agent = agent_of(self.agent)
        environment = environment_of(self.environment)
        shape = agent.shapes(environment.rules.sizes, environment.encoding)[agent.acts]
        try:
            qubits = self.model.num_qubits(shape.features)
            strings(self.model, shape)
        except InputError as error:
            raise ValueError(f"`model`: {error}") from None
        if self.target is not None and qubits > device_named(self.target).num_qubits:
            raise ValueError(
                f"the circuit needs {qubits} qubits, but {self.target} has "
                f"{device_named(self.target).num_qubits}; use a larger device or fewer qubits "
                "(model.qubits)"
            )
        return self

    @model_validator(mode="after")
    def _rates_stay_in_bounds(self) -> ReinforcementOptions:
        search = self.search
        factors = {*search.circuit.rate, *search.network.rate, *search.linear.rate}
        try:
            scaled(agent_options(self.agent), max(factors))
        except ValidationError:
            raise ValueError(
                f"`search`: with the factor {max(factors):g} a learning rate of the agent is above "
                "10; take smaller factors or rates"
            ) from None
        return self

    @model_validator(mode="after")
    def _critic_is_ideal(self) -> ReinforcementOptions:
        critic = self.critic or {}
        if critic.get("kind") == "circuit" and self.training.noise == "target":
            raise ValueError(
                "a critic that is a circuit learns without noise only: take `training.noise: "
                "ideal`, or `critic: {kind: network}`"
            )
        return self


def _critic_in_full(agent: Agent, given: Any) -> Any:
    role = critic_role(agent)
    if role is None and given is not None:
        raise ValueError(f"the agent {agent.name!r} has no critic: leave `critic` out")
    if role is None or (given is not None and not isinstance(given, Mapping)):
        return given
    try:
        found = agent.read_approximator(role, {"kind": "network", **(given or {})})
    except InputError as error:
        raise ValueError(str(error)) from None
    return found.model_dump(mode="json")
