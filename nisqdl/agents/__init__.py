"""Agents that learn by reinforcement, with circuits or with classical functions."""

from __future__ import annotations

from nisqdl.agents.contract import Agent
from nisqdl.agents.reinforce import REINFORCE
from nisqdl.catalog import Table

AGENTS: Table[Agent] = Table(
    "agent",
    {
        "reinforce": REINFORCE,
    },
)
