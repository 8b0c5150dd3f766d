"""Options of the study ``comparison``: who takes part, with what budget, where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from nisqdl.baselines.contenders import CONTENDERS, FOR_IMAGES, USUAL
from nisqdl.catalog import checked
from nisqdl.datasets import DATASETS
from nisqdl.datasets.options import DatasetOptions
from nisqdl.errors import unknown_name
from nisqdl.models import SUMMARIES
from nisqdl.noise.recipe import find_recipe
from nisqdl.studies.named import device_named

Scalar = bool | int | float | str | None

_OURS = ("backend", "noise", "noise_scale", "random_state", "entangled", "engine")
"""Parameters that the study sets itself."""


def _known_model(name: str) -> object:
    if name not in SUMMARIES:
        raise unknown_name("quantum model", name, SUMMARIES)
    return name


class QuantumEntry(BaseModel):
    """A quantum model that takes part.

    Attributes:
        model: Its name, as ``nisqdl list models`` shows it.
        search: The values to choose from, by parameter; one value is fixed. Parameters that are
            not named keep their defaults.
        label: Its name in the report; None is the model's.
        control: Whether its separable control takes part; false only where it has none of its own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: Annotated[str, AfterValidator(checked(_known_model))]
    search: Mapping[str, tuple[Scalar, ...]] = Field(default_factory=dict)
    label: str | None = None
    control: bool = True

    @field_validator("search")
    @classmethod
    def _known_parameters(
        cls, search: Mapping[str, tuple[Scalar, ...]], info: Any
    ) -> Mapping[str, tuple[Scalar, ...]]:
        model = info.data.get("model")
        if model is None:
            return search
        from nisqdl.models.gallery import classifier_named

        known = [n for n in classifier_named(model)().get_params() if n not in _OURS]
        return _checked_search(search, known)

    @property
    def title(self) -> str:
        return self.label or self.model


class ClassicalEntry(BaseModel):
    """A classical learner that takes part.

    Attributes:
        model: Its name.
        search: As for a quantum model; left out, the learner's own space.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: Annotated[str, AfterValidator(checked(CONTENDERS.find))]
    search: Mapping[str, tuple[Scalar, ...]] | None = None

    @field_validator("search")
    @classmethod
    def _known_parameters(
        cls, search: Mapping[str, tuple[Scalar, ...]] | None, info: Any
    ) -> Mapping[str, tuple[Scalar, ...]] | None:
        model = info.data.get("model")
        if search is None or model is None:
            return search
        own = CONTENDERS[model].search
        checked_search = _checked_search(search, list(own))
        missing = [name for name in own if name not in search]
        if missing:
            raise ValueError(f"must give values of {', '.join(missing)}, too")
        for name, values in checked_search.items():
            for value in values:
                _require_like(name, value, own[name])
        return checked_search


class TuningOptions(BaseModel):
    """The budget that every learner has.

    Attributes:
        candidates: Points of its search space that each learner may try; where the space has more,
            they are drawn anew for each split.
        folds: Of the stratified cross-validation on the training rows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    candidates: int = Field(default=6, ge=1, le=1000)
    folds: int = Field(default=3, ge=2, le=20)


def _usual(given: Mapping[str, Any]) -> tuple[ClassicalEntry, ...]:
    """All of the usual set, and those for images where the rows are images."""
    dataset = given.get("dataset")  # missing where it is wrong itself
    names = (*USUAL, *FOR_IMAGES) if dataset is not None and has_images(dataset) else USUAL
    return tuple(ClassicalEntry(model=name) for name in names)


def has_images(dataset: DatasetOptions) -> bool:
    """Whether its rows are images, not principal components of images."""
    return DATASETS[dataset.name].kind == "images" and dataset.features is None


class ComparisonOptions(BaseModel):
    """One combination of the options of a ``comparison`` experiment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: DatasetOptions
    quantum: tuple[QuantumEntry, ...] = Field(json_schema_extra={"sweep": False}, min_length=1)
    classical: tuple[ClassicalEntry, ...] = Field(
        default_factory=_usual, json_schema_extra={"sweep": False}
    )
    tuning: TuningOptions = TuningOptions()
    backend: Annotated[str, AfterValidator(checked(device_named))] | None = None
    """Where the quantum models are trained and tested; ``None`` is the ideal circuit."""
    noise: Annotated[str, AfterValidator(checked(find_recipe))] | None = None
    """The recipe of the backend's noise; ``None`` is ``calibrated`` where there is a backend."""
    noise_scale: float = Field(default=1.0, ge=0, allow_inf_nan=False)
    splits: int = Field(default=10, ge=1, le=1000, json_schema_extra={"sweep": False})
    """How many splits, each with its own rows, folds and seeds."""
    root_seed: int = Field(default=0, ge=0, json_schema_extra={"sweep": False})

    @model_validator(mode="after")
    def _fits(self) -> ComparisonOptions:
        if self.noise is not None and self.backend is None:
            raise ValueError("`noise` needs a `backend`, whose gates it belongs to")
        for one in self.classical:
            if CONTENDERS[one.model].for_images and not has_images(self.dataset):
                fitting = ", ".join(d.name for d in DATASETS.values() if d.kind == "images")
                raise ValueError(
                    f"the learner {one.model!r} takes whole images: leave `dataset.features` out, "
                    f"and choose a data set of images ({fitting})"
                )
        titles = [entry.title for entry in self.quantum] + [c.model for c in self.classical]
        self._sized()
        twice = sorted({title for title in titles if titles.count(title) > 1})
        if twice:
            raise ValueError(
                f"{', '.join(twice)} takes part twice: give each entry a `label` of its own"
            )
        return self

    def _sized(self) -> None:
        """That the first quantum model has a size before it is fitted, where one is asked for."""
        asking = [one.model for one in self.classical if CONTENDERS[one.model].equal_size]
        if not asking:
            return
        from nisqdl.models.gallery import classifier_named, has_size

        first = self.quantum[0].model
        if not has_size(classifier_named(first)):
            raise ValueError(
                f"the learner {asking[0]!r} has as many weights as the first quantum model, but "
                f"{first} has as many as there are support vectors: list a trained circuit first"
            )


def _require_like(name: str, value: Scalar, usual: Sequence[Any]) -> None:
    """That a value is one of the usual ones, or a positive number where these are numbers."""
    numbers = [one for one in usual if isinstance(one, int | float)]
    whole = all(isinstance(one, int) for one in numbers)
    kinds = (int,) if whole else (int, float)
    fits = numbers and isinstance(value, kinds) and not isinstance(value, bool) and value > 0
    if value not in usual and not fits:
        among = ", ".join(repr(one) for one in usual if one not in numbers)
        number = f"a positive {'whole ' if whole else ''}number" if numbers else ""
        must = " or ".join(part for part in (number, among) if part)
        raise ValueError(f"{name!r} must be {must}, but is {value!r}")


def _checked_search(
    search: Mapping[str, tuple[Scalar, ...]], known: Sequence[str]
) -> Mapping[str, tuple[Scalar, ...]]:
    for name, values in search.items():
        if name not in known:
            raise ValueError(str(unknown_name("parameter to search", name, known)))
        if not values:
            raise ValueError(f"{name!r} must have at least one value")
    return search
