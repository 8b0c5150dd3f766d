"""VQ-DQN: deep Q-learning over bits, which a circuit takes as basis states."""

from __future__ import annotations

import math
from typing import Any

from pydantic import model_validator

from nisqdl.agents.contract import Agent, Role
from nisqdl.agents.q_learning import QLearner, QLearningOptions

_PUBLISHED: dict[str, Any] = {
    "discount": 0.999,
    "memory": 1000,  # as on cognitive radio; on FrozenLake it was 80
    "batch": 5,
    "update_every": 1,
    "target_every": 20,
    "exploration": {"least": 0.0, "rule": "harmonic", "decay": 0.01},
    "loss": "squared",
    "rule": "rmsprop",
    "rates": {"input": 0.01, "weights": 0.01, "output": 0.01, "network": 0.01},
}


class VqDqnOptions(QLearningOptions):
    """The options of deep Q-learning, where they are left out with the values of Chen et al."""

    @model_validator(mode="before")
    @classmethod
    def _published(cls, given: Any) -> Any:
        return {**_PUBLISHED, **given} if isinstance(given, dict) else given


VQ_DQN = Agent(
    name="vq_dqn",
    summary="deep Q-learning over bits that are encoded as basis states",
    source="Chen et al. 2020 (arXiv:1907.00397), with the values of the authors' code",
    options=VqDqnOptions,
    roles=(Role("values", outputs="actions", sees="observation"),),
    acts="values",
    learner=QLearner,
    usual={
        "values": {
            "layers": 2,
            "rotations": ("rz", "ry", "rz"),
            "entangler": "linear",
            "gate": "cx",
            "reupload": False,
            "encoding": ("rx", "rz"),
            "reach": math.pi,
            "input_scaling": False,
            "observables": "strings",
            "head": "offset",
            "start": "small",
        }
    },
)
