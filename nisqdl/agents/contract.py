"""What an agent is: a declaration with its options and the functions that it learns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, model_validator

from nisqdl.agents.acting import Manner
from nisqdl.agents.approximators import ApproximatorOptions, CircuitOptions, NetworkOptions, Shape
from nisqdl.agents.learner import Learner, Task
from nisqdl.catalog import Table
from nisqdl.environments.dynamics import Sizes
from nisqdl.environments.encoding import Encoding
from nisqdl.errors import unknown_name
from nisqdl.section import read_section

RoleName: TypeAlias = Literal["policy", "values", "critic"]

_KINDS: Table[type[CircuitOptions] | type[NetworkOptions]] = Table(
    "kind of approximator", {"circuit": CircuitOptions, "network": NetworkOptions}
)


class AgentOptions(BaseModel):
    """Options of an agent; each agent has its own model of them, with the published defaults."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _keep_own_defaults(cls, given: Any) -> Any:
        """What is left out of a part (one rate of several) is this agent's own default."""
        if not isinstance(given, Mapping):
            return given
        filled = dict(given)
        for name, value in given.items():
            field = cls.model_fields.get(name)
            own = None if field is None else field.default
            if isinstance(own, BaseModel) and isinstance(value, Mapping):
                filled[name] = {**own.model_dump(), **value}
        return filled


@dataclass(frozen=True)
class Role:
    """A function that an agent learns.

    Attributes:
        name: ``policy`` (logits), ``values`` (of each action) or ``critic`` (of a state).
        outputs: An output for each action, or one.
        sees: One agent's observation, or the whole state where the environment tells it (a
            centralised critic), else the observation.
    """

    name: RoleName
    outputs: Literal["actions", "one"]
    sees: Literal["observation", "state"]


@dataclass(frozen=True)
class Agent:
    """One agent. One file in ``nisqdl/agents/`` and one line in its table.

    Attributes:
        name: Its name in an experiment file.
        summary: One line for ``nisqdl list agents``.
        source: Where its rules come from, and what is different here.
        options: The model of its options; defaults are the published values.
        roles: The functions that it learns.
        acts: The role that chooses actions.
        learner: What learns.
        usual: What its circuits have other than :class:`CircuitOptions` by default, by role.
    """

    name: str
    summary: str
    source: str
    options: type[AgentOptions]
    roles: tuple[Role, ...]
    acts: RoleName
    learner: Callable[[Task[Any]], Learner[Any]]
    usual: Mapping[str, Mapping[str, object]]

    @property
    def manner(self) -> Manner:
        """How it acts by what it has learned: policies draw, action values say what is best."""
        return "sampled" if self.acts == "policy" else "greedy"

    def read_options(self, given: Mapping[str, object], where: str = "") -> Any:
        """The options of this agent from a mapping, such as a section of a file.

        Args:
            given: Option names and values; defaults fill in what is missing.
            where: File and section, for the error's sentence.

        Raises:
            InputError: An option does not exist or has a wrong value.
        """
        return read_section(self.options, given, self.name, where)

    def read_approximator(
        self, role: RoleName, given: Mapping[str, object], where: str = ""
    ) -> ApproximatorOptions:
        """The options of one of its functions.

        Args:
            role: Which function.
            given: ``kind`` (``circuit`` if left out, or ``network``) and that kind's options;
                what is missing is this agent's own choice.
            where: File and section, for the error's sentence.

        Raises:
            InputError: The role, the kind or an option does not exist, or a value is wrong.
        """
        if role not in {each.name for each in self.roles}:
            raise unknown_name(f"role of {self.name}", role, [r.name for r in self.roles], where)
        kind = given.get("kind", "circuit")
        model = _KINDS.find(str(kind), where)
        usual = self.usual.get(role, {}) if model is CircuitOptions else {}
        options: ApproximatorOptions = read_section(model, {**usual, **given}, role, where)
        return options

    def shapes(self, sizes: Sizes, encoding: Encoding) -> dict[RoleName, Shape]:
        """What each of its functions takes and gives in an environment, by role.

        Args:
            sizes: The environment's.
            encoding: How its observations become angles.
        """
        shapes: dict[RoleName, Shape] = {}
        for role in self.roles:
            seen = encoding
            if role.sees == "state" and sizes.state is not None:
                seen = Encoding((0.0,) * sizes.state, (1.0,) * sizes.state)
            shapes[role.name] = Shape(seen, sizes.actions if role.outputs == "actions" else 1)
        return shapes
