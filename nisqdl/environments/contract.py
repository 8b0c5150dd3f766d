"""What an environment is: a declaration with its rules, its forms and its baselines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from nisqdl.environments.dynamics import Dynamics, Floats, Tape
from nisqdl.environments.encoding import Encoding
from nisqdl.environments.policy import Act, Baseline
from nisqdl.errors import unknown_name
from nisqdl.section import read_section
from nisqdl.seeds import generator

if TYPE_CHECKING:
    from gymnasium.vector import AutoresetMode

    from nisqdl.environments.forms import BatchEnv, SingleEnv


class EnvironmentOptions(BaseModel):
    """Options of an environment; each environment has its own model of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class Quantity:
    """One feature of the observation.

    Attributes:
        meaning: What it is.
        unit: Its unit, or how it was scaled.
    """

    meaning: str
    unit: str


@dataclass(frozen=True)
class Portrait:
    """What a picture of an episode follows.

    Attributes:
        label: What it is, with its unit.
        value: Its values from the state, shape (copies,).
    """

    label: str
    value: Callable[[Any], Floats]


@dataclass(frozen=True)
class Environment:
    """One environment. One file or folder in ``nisqdl/environments/`` and one line in its table.

    Attributes:
        name: Its name in an experiment file.
        summary: One line for ``nisqdl list environments``.
        source: Where its rules come from, and what is different here.
        options: The model of its options; all have defaults.
        rules: Its dynamics under these options.
        features: The features of one agent's observation under these options, in order.
        actions: What each action does under these options, in order.
        reward: What the reward is, with its unit.
        encoding: How observations become angles under these options.
        baselines: What an agent is judged against, by name.
        portrait: What a picture of an episode follows.
    """

    name: str
    summary: str
    source: str
    options: type[EnvironmentOptions]
    rules: Callable[[Any], Dynamics[Any]]
    features: Callable[[Any], tuple[Quantity, ...]]
    actions: Callable[[Any], tuple[str, ...]]
    reward: str
    encoding: Callable[[Any], Encoding]
    baselines: Mapping[str, Baseline]
    portrait: Portrait

    def read_options(self, given: Mapping[str, object], where: str = "") -> EnvironmentOptions:
        """The options of this environment from a mapping, such as a section of a file.

        Args:
            given: Option names and values; defaults fill in what is missing.
            where: File and section, for the error's sentence.

        Raises:
            InputError: An option does not exist or has a wrong value.
        """
        return read_section(self.options, given, self.name, where)

    def single(self, options: EnvironmentOptions | None = None) -> SingleEnv[Any]:
        """One copy, as Gymnasium's ``Env``."""
        from nisqdl.environments.forms import SingleEnv

        return SingleEnv(self.rules(options or self.options()))

    def vector(
        self,
        num_envs: int,
        options: EnvironmentOptions | None = None,
        autoreset: AutoresetMode | None = None,
    ) -> BatchEnv[Any]:
        """Many copies that step at once, as Gymnasium's ``VectorEnv``.

        Args:
            num_envs: Number of copies.
            options: The environment's options; None for the defaults.
            autoreset: Gymnasium's mode of beginning again; None is ``SAME_STEP``.
        """
        from gymnasium.vector import AutoresetMode

        from nisqdl.environments.forms import BatchEnv

        return BatchEnv(
            self.rules(options or self.options()), num_envs, autoreset or AutoresetMode.SAME_STEP
        )

    def prepared(self, baseline: str, dynamics: Dynamics[Any], tape: Tape, seed: int) -> Act:
        """A baseline, ready for one batch of episodes.

        Args:
            baseline: Its name.
            dynamics: The rules that the episodes are played under.
            tape: The episodes' chance.
            seed: Of the baseline's own randomness, and of its training if it is trained.

        Raises:
            InputError: The environment has no such baseline.
        """
        if baseline not in self.baselines:
            raise unknown_name(f"baseline of {self.name}", baseline, self.baselines)
        source: np.random.Generator = generator(seed, "baseline", self.name, baseline)
        return self.baselines[baseline].prepare(dynamics, tape, source)
