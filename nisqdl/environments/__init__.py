"""Environments in which agents learn: Gymnasium's classics and tasks of communication networks."""

from __future__ import annotations

from nisqdl.catalog import Table
from nisqdl.environments.acrobot import ACROBOT
from nisqdl.environments.cart_pole import CART_POLE
from nisqdl.environments.cognitive_radio import COGNITIVE_RADIO
from nisqdl.environments.contract import Environment
from nisqdl.environments.frozen_lake import FROZEN_LAKE

ENVIRONMENTS: Table[Environment] = Table(
    "environment",
    {
        "cart_pole": CART_POLE,
        "frozen_lake": FROZEN_LAKE,
        "acrobot": ACROBOT,
        "cognitive_radio": COGNITIVE_RADIO,
    },
)
