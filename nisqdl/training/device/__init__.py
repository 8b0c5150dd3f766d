"""Training on a device: each step asks for values of shifted weights, and is told what came back.

A step of training here evaluates when it likes; on a device it has to say all that it needs at
once, wait, and go on in another process. So a method is three pure functions of an explicit state:
``start``, ``ask``, ``tell``. The same answers give the same path, wherever and whenever each step
is done.
"""

from __future__ import annotations

from nisqdl.catalog import Table
from nisqdl.training.device.contract import DeviceMethod
from nisqdl.training.device.sampled_shift import SampledShift
from nisqdl.training.device.simultaneous import SimultaneousPerturbation

METHODS: Table[DeviceMethod] = Table(
    "optimizer for training on a device",
    {"spsa": SimultaneousPerturbation(), "adam": SampledShift()},
)
"""By the name of the optimizer, in ``training.optimizer``."""
