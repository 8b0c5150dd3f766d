"""The ``training`` section of an experiment file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from nisqdl.catalog import checked
from nisqdl.training.device.options import DeviceTraining
from nisqdl.training.growth import Growth
from nisqdl.training.initialisation import INITIALISATIONS
from nisqdl.training.losses import LOSSES
from nisqdl.training.optimizers import OPTIMIZERS, stepwise_names
from nisqdl.training.optimizers.contract import Settings, StepwiseOptimizer
from nisqdl.training.rates import RATES, share_at
from nisqdl.training.schedule import SCHEDULES, TREES_DO_NOT_GROW


def _is_all(schedule: object) -> bool:
    return schedule == "all"


def _is_none(value: object) -> bool:
    return value is None


def _is_constant(rate: object) -> bool:
    return rate == "constant"


def _is_one(value: object) -> bool:
    return value == 1


def _is_usual_damping(value: object) -> bool:
    return value == Settings.damping


def _is_zero(value: object) -> bool:
    return value == 0


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
            is calibrated to it; COBYLA's first trust radius. For natural gradients (``qng``,
            ``qng_block``, ``qn_spsa``) it is the factor η of the step. L-BFGS-B searches its own
            steps and does not use it.
        rate: A member of ``RATES``: how the learning rate changes from step to step.
        warmup: Steps in which it rises linearly, before that schedule.
        rate_end: The share of it that is left at the last step; ``None`` is the schedule's own.
        rate_drops: How often it falls (``rate: step``); ``None`` is twice.
        damping: Added to the diagonal of the states' metric before it is inverted (``qng``,
            ``qng_block``, ``qn_spsa``); the metric of one rotation is 1/4.
        steps: Largest number of steps: of updates (of those that go step by step), of iterations
            (L-BFGS-B), of evaluations (COBYLA).
        batch: Largest number of samples a step sees; None is all. COBYLA and L-BFGS-B need a
            function that stays the same and always see all.
        noise: Whether it is trained without noise (``ideal``), under the target's own, exactly
            (``target``), under Pauli gates drawn anew at every step by the target's noise
            (``injected``; :mod:`nisqdl.engines.injection`), or on the device itself (``device``).
        noise_scale: λ of the noise that it is trained under; only with ``target`` or ``injected``.
        normalise: Whether measured values are normalised before they are decoded, by the ``batch``
            that is predicted, as published, or by the training rows (``train``); ``None`` is not.
            Training steps always normalise by their batch
            (:mod:`nisqdl.training.normalisation`).
        checkpoint_every: Steps after which a run keeps the state of the training, so that one that
            is interrupted goes on from there, along the same path; ``None`` keeps its end alone.
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
            layer by layer (``layerwise``; optimizers that go step by step only). In phases that do
            not train the whole circuit, the watched loss is that of the phase's circuit, and
            patience waits until the circuit has grown.
        growth: How the circuit grows; with ``schedule: layerwise`` alone, and there never ``None``.
        device: How measurements are spent; with ``noise: device`` alone, and there never ``None``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    optimizer: Annotated[str, AfterValidator(checked(OPTIMIZERS.find))] = "adam"
    learning_rate: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 0.1
    steps: Annotated[int, Field(ge=1)] = 100
    batch: Annotated[int, Field(ge=1)] | None = 32
    noise: Literal["ideal", "target", "injected", "device"] = "ideal"
    loss: Annotated[str, AfterValidator(checked(LOSSES.find))] = "cross_entropy"
    patience: Annotated[int, Field(ge=1)] | None = None
    check_every: Annotated[int, Field(ge=1)] = 10
    validation: Annotated[float, Field(ge=0, lt=1)] = 0.0
    initialisation: Annotated[str, AfterValidator(checked(INITIALISATIONS.find))] = "uniform"
    # Left out of what is written where all are trained: it came after the first records.
    schedule: Annotated[str, AfterValidator(checked(SCHEDULES.find))] = Field(
        default="all", exclude_if=_is_all
    )
    growth: Growth | None = Field(default=None, exclude_if=_is_none)

    # Left out of what is written where they are not used, for the same reason.
    rate: Annotated[str, AfterValidator(checked(RATES.find))] = Field(
        default="constant", exclude_if=_is_constant
    )
    warmup: Annotated[int, Field(ge=0)] = Field(default=0, exclude_if=_is_zero)
    rate_end: Annotated[float, Field(ge=0, le=1)] | None = Field(default=None, exclude_if=_is_none)
    rate_drops: Annotated[int, Field(ge=1)] | None = Field(default=None, exclude_if=_is_none)
    noise_scale: Annotated[float, Field(gt=0, allow_inf_nan=False)] = Field(
        default=1.0, exclude_if=_is_one
    )
    checkpoint_every: Annotated[int, Field(ge=1)] | None = Field(default=None, exclude_if=_is_none)
    normalise: Literal["batch", "train"] | None = Field(default=None, exclude_if=_is_none)
    damping: Annotated[float, Field(gt=0, allow_inf_nan=False)] = Field(
        default=Settings.damping, exclude_if=_is_usual_damping
    )
    device: DeviceTraining | None = Field(default=None, exclude_if=_is_none)

    @property
    def needs_gates(self) -> str | None:
        """Why the circuit must have gates only, as a clause; ``None`` where it need not."""
        if self.noise == "injected":
            return "errors are injected into circuits of gates"
        if OPTIMIZERS[self.optimizer].uses_geometry:
            return f"the metric of {self.optimizer} is that of states of circuits of gates"
        return None

    def only_whole(self) -> None:
        """Refuse states kept in mid-run, for studies that train in one step.

        Raises:
            ValueError: They are asked for.
        """
        if self.checkpoint_every is not None:
            raise ValueError(
                "`checkpoint_every` is for trainings of hours in the study noise_accuracy; leave "
                "it out here"
            )

    def settings_at(self, step: int, seed: int) -> Settings:
        """What the optimizer is told at a step (0, 1, …), from the root of its seeds."""
        share = share_at(
            RATES[self.rate], step, self.steps, self.warmup, self.rate_end, self.rate_drops
        )
        return Settings(self.learning_rate, self.steps, seed, share, self.damping)

    @model_validator(mode="before")
    @classmethod
    def _device_measures(cls, given: Any) -> Any:
        if isinstance(given, Mapping) and given.get("noise") == "device":
            return {**given, "device": given.get("device") or {}}
        return given

    @model_validator(mode="before")
    @classmethod
    def _layers_grow(cls, given: Any) -> Any:
        if isinstance(given, Mapping) and given.get("schedule") == "layerwise":
            return {**given, "growth": given.get("growth") or {}}
        return given

    def require_layers(self, depth: int, is_tree: bool) -> None:
        """Refuse a schedule that does not suit a circuit of so many layers.

        Args:
            depth: Layers.
            is_tree: Whether they are stages of a tree.

        Raises:
            ValueError: It does not.
        """
        if self.growth is None:
            return
        if is_tree:
            raise ValueError(f"`training.schedule` 'layerwise' {TREES_DO_NOT_GROW}")
        self.growth.require_steps(self.steps, depth)

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
        if self.checkpoint_every is not None:
            raise ValueError(
                "a training on a device keeps its state at every step; leave `checkpoint_every` out"
            )
        for name, least in (("validation", 0), ("patience", None)):
            if getattr(self, name) != least:
                raise ValueError(
                    f"`{name}` would cost time on the device at every check; leave it out with "
                    "`noise: device`"
                )
        return self

    @model_validator(mode="after")
    def _schedule_fits(self) -> TrainingOptions:
        if self.schedule != "layerwise" and self.growth is not None:
            raise ValueError("`growth` is only for `schedule: layerwise`; leave it out")
        steps_itself = isinstance(OPTIMIZERS[self.optimizer], StepwiseOptimizer)
        if self.schedule != "all" and not steps_itself:
            raise ValueError(
                f"`schedule` {self.schedule!r} needs an optimizer that goes step by step: set "
                f"`optimizer` to {stepwise_names()} instead of {self.optimizer}"
            )
        return self

    @model_validator(mode="after")
    def _noise_fits(self) -> TrainingOptions:
        if self.noise_scale != 1 and self.noise not in ("target", "injected"):
            raise ValueError(
                f"`noise_scale` is of the noise that a model is trained under, but `noise` is "
                f"{self.noise}; leave it out, or set `noise` to target or injected"
            )
        if self.normalise is not None and self.noise == "device":
            raise ValueError("a device trains on values as they are; leave `normalise` out")
        return self

    @model_validator(mode="after")
    def _rate_fits(self) -> TrainingOptions:
        rate = RATES[self.rate]
        changes = self.rate != "constant" or self.warmup > 0
        if changes and not isinstance(OPTIMIZERS[self.optimizer], StepwiseOptimizer):
            raise ValueError(
                f"{self.optimizer} chooses its own steps, so `rate` and `warmup` have no part in "
                f"it; leave them out, or set `optimizer` to {stepwise_names()}"
            )
        if self.checkpoint_every is not None and not isinstance(
            OPTIMIZERS[self.optimizer], StepwiseOptimizer
        ):
            raise ValueError(
                f"{self.optimizer} cannot go on in mid-run, so `checkpoint_every` has no part in "
                f"it; leave it out, or set `optimizer` to {stepwise_names()}"
            )
        if self.damping != Settings.damping and not OPTIMIZERS[self.optimizer].uses_geometry:
            raise ValueError(
                f"`damping` is for the metric of natural gradients, but `optimizer` is "
                f"{self.optimizer}; leave it out, or set `optimizer` to qng, qng_block or qn_spsa"
            )
        if self.warmup >= self.steps:
            raise ValueError(
                f"`warmup` must be less than `steps` ({self.steps}), but is {self.warmup}"
            )
        if self.rate_end is not None and rate.end is None:
            raise ValueError(f"`rate_end` has no part in `rate: {self.rate}`; leave it out")
        if self.rate_end == 0 and not rate.falls_to_zero:
            raise ValueError(f"`rate_end` must be above 0 with `rate: {self.rate}`, but is 0")
        if self.rate_drops is not None and rate.drops is None:
            raise ValueError(f"`rate_drops` has no part in `rate: {self.rate}`; leave it out")
        return self
