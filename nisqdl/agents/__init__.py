"""Agents that learn by reinforcement, with circuits or with classical functions."""

from __future__ import annotations

from nisqdl.agents.a2c import A2C
from nisqdl.agents.contract import Agent
from nisqdl.agents.dqn import DQN
from nisqdl.agents.ppo import PPO
from nisqdl.agents.reinforce import REINFORCE
from nisqdl.agents.vq_dqn import VQ_DQN
from nisqdl.catalog import Table

AGENTS: Table[Agent] = Table(
    "agent",
    {
        "reinforce": REINFORCE,
        "dqn": DQN,
        "vq_dqn": VQ_DQN,
        "a2c": A2C,
        "ppo": PPO,
    },
)
