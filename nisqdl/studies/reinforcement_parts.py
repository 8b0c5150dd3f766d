"""What sections of a reinforcement file stand for: an environment with its options, an agent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeAlias

from nisqdl.agents import AGENTS
from nisqdl.agents.contract import Agent, RoleName
from nisqdl.agents.descent import Rates
from nisqdl.environments import ENVIRONMENTS
from nisqdl.environments.streaming.traces import read_traces
from nisqdl.store.record import Json, content_hash

Part: TypeAlias = Mapping[str, Any]
"""A section of the file whose options are those of what it names."""


class Place:
    """An environment with its options.

    Attributes:
        options: As a mapping.
        about: Its declaration.
        data: A hash of the user's files behind the options; "" where there are none.
        rules: Its dynamics.
        encoding: How its observations become angles.
    """

    def __init__(self, options: Part) -> None:
        self.about = ENVIRONMENTS.find(str(options.get("name")))
        given = {name: value for name, value in options.items() if name != "name"}
        chosen = self.about.read_options(given)
        self.options: dict[str, Json] = {
            "name": self.about.name, **chosen.model_dump(mode="json")
        }  # fmt: skip
        self.rules = self.about.rules(chosen)
        self.encoding = self.about.encoding(chosen)
        traces = getattr(chosen, "traces", None)
        self.data = "" if traces is None else content_hash(read_traces(traces).tolist())


def critic_role(agent: Agent) -> RoleName | None:
    """The function that an agent learns besides the one that acts."""
    return next((role.name for role in agent.roles if role.name != agent.acts), None)


def environment_of(options: Part) -> Place:
    """The environment of a file's section, kept in the process."""
    return _place(json.dumps(dict(options), sort_keys=True))


def agent_of(options: Part) -> Agent:
    """The agent of a file's section."""
    return AGENTS.find(str(options["name"]))


def agent_options(options: Part) -> Any:
    """The agent's own options in a file's section."""
    own = {name: value for name, value in options.items() if name != "name"}
    return agent_of(options).read_options(own)


def scaled(options: Any, factor: float) -> Any:
    """An agent's options with all learning rates multiplied by a factor."""
    update = {
        name: Rates.model_validate({k: factor * v for k, v in value.model_dump().items()})
        for name in type(options).model_fields
        if isinstance(value := getattr(options, name), Rates)
    }
    return options.model_copy(update=update)


@lru_cache(maxsize=32)
def _place(frozen: str) -> Place:
    return Place(json.loads(frozen))
