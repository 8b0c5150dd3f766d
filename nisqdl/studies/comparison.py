"""Is a quantum model better than classical ones, with the same data and the same tuning budget?

Points are learners and splits. Every learner sees the same rows of a split, tries the same number
of candidates of its search space on the same folds of the training rows, and is scored once on the
test rows. Each quantum model's separable control is always in.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from nisqdl.baselines.contenders import CONTENDERS, FOR_IMAGES, IMAGE, USUAL
from nisqdl.catalog import checked
from nisqdl.datasets import DATASETS
from nisqdl.datasets.options import DatasetOptions
from nisqdl.errors import InputError, unknown_name
from nisqdl.models import SUMMARIES
from nisqdl.noise.recipe import find_recipe
from nisqdl.store.record import Json, Point, content_hash
from nisqdl.studies.contract import Cost, Outcome, Step
from nisqdl.studies.data import data_identity, data_shape, dataset_options, describe_data
from nisqdl.studies.named import device_named, recipe_hash, snapshot_of
from nisqdl.studies.settings import flatten
from nisqdl.targets.summary import device_summary

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
    names = (*USUAL, *FOR_IMAGES) if dataset is not None and _has_images(dataset) else USUAL
    return tuple(ClassicalEntry(model=name) for name in names)


def _has_images(dataset: DatasetOptions) -> bool:
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
            if CONTENDERS[one.model].for_images and not _has_images(self.dataset):
                fitting = ", ".join(d.name for d in DATASETS.values() if d.kind == "images")
                raise ValueError(
                    f"the learner {one.model!r} takes whole images: leave `dataset.features` out, "
                    f"and choose a data set of images ({fitting})"
                )
        titles = [entry.title for entry in self.quantum] + [c.model for c in self.classical]
        twice = sorted({title for title in titles if titles.count(title) > 1})
        if twice:
            raise ValueError(
                f"{', '.join(twice)} takes part twice: give each entry a `label` of its own"
            )
        return self


class Comparison:
    """The study ``comparison``."""

    name = "comparison"
    summary = "quantum models against classical ones on the same splits with the same budget"
    Options: type[BaseModel] = ComparisonOptions

    def points(self, combinations: Sequence[BaseModel]) -> list[Point]:
        """Each quantum model, its control and each classical learner, on each split."""
        points: dict[str, Point] = {}
        for options in combinations:
            if not isinstance(options, ComparisonOptions):
                continue
            for learner in _learners(options):
                for split in range(options.splits):
                    settings = {**_shared(options), **learner, "seed": split}
                    point = Point(self.name, settings)
                    points.setdefault(point.id, point)
        return list(points.values())

    def steps(self, points: Sequence[Point]) -> list[Step]:
        """One a point."""
        return [
            Step(
                self.name,
                "compete",
                point.settings,
                points=(point,),
                title=f"{point.settings['learner']}, split {point.settings['seed']}",
            )
            for point in points
        ]

    def perform(self, step: Step, artifacts: Mapping[str, bytes]) -> Outcome:
        """Tune, fit and score; see :mod:`nisqdl.studies.contest`."""
        from nisqdl.studies.contest import compete

        return Outcome(records=tuple(compete(point) for point in step.points))

    def context(self, points: Sequence[Point]) -> Json:
        """The data sets, and the device where there is one."""
        targets = dict.fromkeys(
            str(p.settings["backend"]) for p in points if p.settings["backend"] is not None
        )
        return {
            "devices": [{"target": t, **device_summary(device_named(t))} for t in targets],
            "datasets": describe_data(
                list(dict.fromkeys(dataset_options(p.settings) for p in points)),
                points[0].settings["root_seed"],
            ),
        }

    def plan_rows(self, points: Sequence[Point], artifacts: Mapping[str, bytes]) -> list[Json]:
        """The learners with their budgets."""
        from nisqdl.studies.contest import all_candidates

        rows: dict[str, Json] = {}
        for point in points:
            possible = len(all_candidates(point.settings["search"]))
            rows.setdefault(
                str(point.settings["learner"]),
                {
                    "learner": point.settings["learner"],
                    "kind": point.settings["kind"],
                    "candidates": min(possible, point.settings["tuning.candidates"]),
                    "of": possible,
                },
            )
        return list(rows.values())

    def cost(self, step: Step, artifacts: Mapping[str, bytes]) -> Cost:
        """Estimated from one fit with the first candidate."""
        from nisqdl.studies.contest import drawn_candidates, timed_fit

        settings = step.settings
        candidates = len(drawn_candidates(settings))
        fits = candidates * settings["tuning.folds"] + 1 if candidates > 1 else 1
        timed_fit(settings)  # the first one may compile
        started = time.perf_counter()
        timed_fit(settings)
        return Cost(seconds=fits * (time.perf_counter() - started), memory_mib=200)


def _shared(options: ComparisonOptions) -> dict[str, Json]:
    """Settings that all learners of a combination have."""
    document = options.model_dump(
        mode="json", exclude={"quantum", "classical", "splits", "backend", "noise", "noise_scale"}
    )
    settings = {**flatten(document), "data": data_identity(options.dataset)}
    noisy = {"backend": options.backend, "noise": options.noise, "scale": options.noise_scale}
    return {**settings, "contest": content_hash({**settings, **noisy})}


def _learners(options: ComparisonOptions) -> list[dict[str, Json]]:
    """Settings of each learner."""
    place: dict[str, Json] = {"backend": None, "noise": None, "noise_scale": None}
    if options.backend is not None:
        recipe = options.noise or "calibrated"
        place = {
            "backend": options.backend,
            "noise": recipe,
            "noise_scale": options.noise_scale,
            "snapshot": snapshot_of(options.backend),
            "recipe": recipe_hash(recipe),
        }
    found: list[dict[str, Json]] = []
    for entry in options.quantum:
        shared = {"model": entry.model, "search": _as_lists(entry.search), **place}
        found.append({"learner": entry.title, "kind": "quantum", **shared})
        if entry.control:
            found.append(
                {
                    "learner": f"{entry.title} (separable)",
                    "kind": "control",
                    "control_of": entry.title,
                    **shared,
                }
            )
    for one in options.classical:
        search = CONTENDERS[one.model].search if one.search is None else one.search
        if CONTENDERS[one.model].for_images:
            image = DATASETS[options.dataset.name].image
            search = {**search, IMAGE: (None if image is None else list(image),)}
        found.append(
            {
                "learner": one.model,
                "kind": "classical",
                "model": one.model,
                "search": _as_lists(search),
                "backend": None,
            }
        )
    _check_width(options)
    return found


def _check_width(options: ComparisonOptions) -> None:
    """That the device has as many qubits as there are features, the most that a model takes."""
    if options.backend is None:
        return
    features = data_shape(options.dataset).features
    device = device_named(options.backend)
    if features > device.num_qubits:
        raise InputError(
            f"backend: {options.backend} has {device.num_qubits} qubits, but the data have "
            f"{features} features, each a qubit in some models: keep fewer (dataset.features)."
        )


def _as_lists(search: Mapping[str, Sequence[Json]]) -> dict[str, Json]:
    return {name: list(search[name]) for name in sorted(search)}


def _checked_search(
    search: Mapping[str, tuple[Scalar, ...]], known: Sequence[str]
) -> Mapping[str, tuple[Scalar, ...]]:
    for name, values in search.items():
        if name not in known:
            raise ValueError(str(unknown_name("parameter to search", name, known)))
        if not values:
            raise ValueError(f"{name!r} must have at least one value")
    return search
