"""Deep Q-learning with a data re-uploading circuit."""

from __future__ import annotations

from nisqdl.agents.contract import Agent, Role
from nisqdl.agents.q_learning import QLearner, QLearningOptions

DQN = Agent(
    name="dqn",
    summary="deep Q-learning with replay memory and target network over a re-uploading circuit",
    source=(
        "Skolik et al. 2022 (arXiv:2103.15084), with the settings of TensorFlow Quantum's tutorial;"
        " here an episode that is cut off at the time limit does not count as lost"
    ),
    options=QLearningOptions,
    roles=(Role("values", outputs="actions", sees="observation"),),
    acts="values",
    learner=QLearner,
    usual={"values": {"observables": "blocks", "head": "range", "squash": "tanh"}},
)
