"""VQ-DQN: deep Q-learning over bits, which a circuit takes as basis states."""

from __future__ import annotations

import math
from typing import Literal

from nisqdl.agents.contract import Agent, Role
from nisqdl.agents.descent import Rates, RuleName
from nisqdl.agents.q_learning import Count, Exploration, QLearner, QLearningOptions, Share


class VqDqnOptions(QLearningOptions):
    """The options of deep Q-learning, with the values of Chen et al. 2020.

    The memory is that of their cognitive radio; on FrozenLake they kept 80 transitions.
    """

    discount: Share = 0.999
    memory: Count = 1000
    batch: Count = 5
    update_every: Count = 1
    target_every: Count = 20
    exploration: Exploration = Exploration(least=0.0, rule="harmonic", decay=0.01)
    loss: Literal["huber", "squared"] = "squared"
    rule: RuleName = "rmsprop"
    rates: Rates = Rates(input=0.01, weights=0.01, output=0.01, network=0.01)


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
