"""The ``training`` section of an experiment file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from nisqdl.catalog import checked
from nisqdl.training.device.options import DeviceTraining
from nisqdl.training.initialisation import INITIALISATIONS
from nisqdl.training.losses import LOSSES
from nisqdl.training.optimizers import OPTIMIZERS
from nisqdl.training.optimizers.contract import StepwiseOptimizer
from nisqdl.training.schedule import SCHEDULES


def _is_all(schedule: object) -> bool:
    return schedule == "all"


def _is_none(value: object) -> bool:
    return value is None


DEVICE_OPTIMIZERS = ("spsa", "adam")
"""Those that also train on a device; see :data:`nisqdl.training.device.METHODS`."""


class TrainingOptions(BaseModel):
    """How a model is trained.

    The *watched loss* decides which weights are kept and when training stops: the validation
    loss where samples are held out, else the loss of the whole training set (never a batch's,
    which is noise). It is evaluated before the first step, every ``check_every`` steps, and at
    the end.

    Attributes:
        optimizer: A member of ``OPTIMIZERS``.
        learning_rate: Size of the first steps, in radians for each weight: Adam's α; SPSA's gain
            is calibrated to it; COBYLA's first trust radius. L-BFGS-B searches its own steps
            and does not use it.
        steps: Largest number of steps: of updates (Adam, SGD, SPSA), of iterations (L-BFGS-B), of
            evaluations (COBYLA).
        batch: Largest number of samples a step sees; None is all. COBYLA and L-BFGS-B need a
            function that stays the same and always see all.
        noise: Whether it is trained without noise (``ideal``), under the target's own as it is
            calibrated (``target``), or on the device itself (``device``).
        loss: A member of ``LOSSES``.
        patience: Stop when the watched loss has not improved by 1e-4 in so many checks one after
            another; None never stops early.
        check_every: Steps between two checks of the watched loss.
        validation: Share of each class that is held out of training for the watched loss; 0
            holds out none.
        initialisation: A member of ``INITIALISATIONS``. ``uniform`` suits small models, which
            have no plateau, and lets the seeds reach every basin; ``small_normal`` starts near
            the identity.
        schedule: A member of ``SCHEDULES``: whether all weights are trained at once (``all``), or
            layer by layer (``layerwise``; not COBYLA and L-BFGS-B).
        device: How measurements are spent; with ``noise: device`` alone, and there never ``None``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    optimizer: Annotated[str, AfterValidator(checked(OPTIMIZERS.find))] = "adam"
    learning_rate: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 0.1
    steps: Annotated[int, Field(ge=1)] = 100
    batch: Annotated[int, Field(ge=1)] | None = 32
    noise: Literal["ideal", "target", "device"] = "ideal"
    loss: Annotated[str, AfterValidator(checked(LOSSES.find))] = "cross_entropy"
    patience: Annotated[int, Field(ge=1)] | None = None
    check_every: Annotated[int, Field(ge=1)] = 10
    validation: Annotated[float, Field(ge=0, lt=1)] = 0.0
    initialisation: Annotated[str, AfterValidator(checked(INITIALISATIONS.find))] = "uniform"
    # Left out of what is written where all are trained: it came after the first records.
    schedule: Annotated[str, AfterValidator(checked(SCHEDULES.find))] = Field(
        default="all", exclude_if=_is_all
    )

    # Left out of what is written where it is not used, for the same reason.
    device: DeviceTraining | None = Field(default=None, exclude_if=_is_none)

    @model_validator(mode="before")
    @classmethod
    def _device_measures(cls, given: Any) -> Any:
        if isinstance(given, Mapping) and given.get("noise") == "device":
            return {**given, "device": given.get("device") or {}}
        return given

    @model_validator(mode="after")
    def _device_is_trained_on(self) -> TrainingOptions:
        if self.noise != "device":
            if self.device is not None:
                raise ValueError("`device` is only for `noise: device`; leave it out")
            return self
        if self.optimizer not in DEVICE_OPTIMIZERS:
            raise ValueError(
                f"a device trains with {' or '.join(DEVICE_OPTIMIZERS)}, but `optimizer` is "
                f"{self.optimizer!r}"
            )
        if self.schedule != "all":
            raise ValueError("a device trains all weights at once; leave `schedule` out")
        for name, least in (("validation", 0), ("patience", None)):
            if getattr(self, name) != least:
                raise ValueError(
                    f"`{name}` would cost time on the device at every check; leave it out with "
                    "`noise: device`"
                )
        return self

    @model_validator(mode="after")
    def _schedule_fits(self) -> TrainingOptions:
        steps_itself = isinstance(OPTIMIZERS[self.optimizer], StepwiseOptimizer)
        if self.schedule != "all" and not steps_itself:
            raise ValueError(
                f"`schedule` {self.schedule!r} needs an optimizer that goes step by step: set "
                f"`optimizer` to adam, sgd or spsa instead of {self.optimizer}"
            )
        return self
