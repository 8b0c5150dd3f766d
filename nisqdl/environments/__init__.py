"""Environments in which agents learn: Gymnasium's classics and tasks of communication networks."""

from __future__ import annotations

from nisqdl.catalog import Table
from nisqdl.environments.acrobot import ACROBOT
from nisqdl.environments.beams import BEAMS
from nisqdl.environments.caching import CACHING
from nisqdl.environments.cart_pole import CART_POLE
from nisqdl.environments.cognitive_radio import COGNITIVE_RADIO
from nisqdl.environments.contract import Environment
from nisqdl.environments.frozen_lake import FROZEN_LAKE
from nisqdl.environments.offloading import OFFLOADING, OFFLOADING_TEAM
from nisqdl.environments.streaming import STREAMING

ENVIRONMENTS: Table[Environment] = Table(
    "environment",
    {
        "cart_pole": CART_POLE,
        "frozen_lake": FROZEN_LAKE,
        "acrobot": ACROBOT,
        "cognitive_radio": COGNITIVE_RADIO,
        "offloading": OFFLOADING,
        "offloading_team": OFFLOADING_TEAM,
        "caching": CACHING,
        "streaming": STREAMING,
        "beams": BEAMS,
    },
)
