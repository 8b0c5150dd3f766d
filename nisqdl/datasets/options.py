"""The ``dataset`` section of an experiment file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    field_validator,
    model_validator,
)

from nisqdl.errors import InputError

_ONLY_SOME = (
    "noise", "path", "label", "columns", "degree", "manifold", "hyperplanes", "side", "qubits",
    "published",
)  # fmt: skip
"""Options that only some data sets have; each data set says which in its declaration."""


def _is_unset(value: object) -> bool:
    return value is None


def _later() -> Any:
    return Field(default=None, exclude_if=_is_unset)


def _class_label(value: object) -> object:
    # YAML reads unquoted yes, no, on and off as booleans, which would match no class.
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(
            f"must be a class's name or its index, but is {value!r};"
            " put the name in quotes if it is meant as text"
        )
    return value


class DatasetOptions(BaseModel):
    """Which rows, how many of them, and how features become numbers for a circuit.

    Attributes:
        name: Name in the table of data sets.
        features: Number of principal components that are kept; None keeps the columns as they
            are. Components are found on the training rows only.
        train: Number of training rows.
        test: Number of test rows; never overlapping the training rows.
        classes: The classes to tell apart, by name or by index, at least two; their order gives
            the class indices 0, 1, … None takes all. Integers are names where the data set has
            classes with integers for names (digits, many CSV files).
        scaling: ``angle``: standardise, reduce, scale to [−π/2, π/2]; ``standard``: standardise
            and reduce; ``none``: reduce only, as amplitude encoding needs.
        noise: Standard deviation of the noise of generated data; None is the data set's own
            default.
        path: The CSV file, or the file of images (idx), relative to the current folder.
        label: Name of the column that holds the class (csv), all others are features; or the file
            of the images' labels (idx).
        columns: Columns of generated data; None is the data set's own default (10).
        degree: Degree of the curves' Fourier series (two_curves).
        manifold: Dimension of the hidden manifold (hidden_manifold).
        hyperplanes: Number of hyperplanes (hyperplanes_parity).
        side: Pixels of an image's side (bars_and_stripes).
        qubits: Qubits of the states or of the map behind quantum data.
        published: Whether to give the rows that were published, with their division into
            training and test rows, instead of rows drawn anew for each seed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: StrictStr
    features: Annotated[StrictInt, Field(ge=1)] | None = None
    train: Annotated[StrictInt, Field(ge=2, le=100_000)]
    test: Annotated[StrictInt, Field(ge=2, le=100_000)]
    classes: tuple[Annotated[int | str, BeforeValidator(_class_label)], ...] | None = None
    scaling: Literal["angle", "standard", "none"] = "angle"
    noise: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)] | None = None
    path: Annotated[StrictStr, Field(min_length=1)] | None = None
    label: Annotated[StrictStr, Field(min_length=1)] | None = None
    # Left out of what is written where they are not set: they came after the first records.
    columns: Annotated[StrictInt, Field(ge=2, le=1000)] | None = _later()
    degree: Annotated[StrictInt, Field(ge=1, le=100)] | None = _later()
    manifold: Annotated[StrictInt, Field(ge=1, le=100)] | None = _later()
    hyperplanes: Annotated[StrictInt, Field(ge=1, le=100)] | None = _later()
    side: Annotated[StrictInt, Field(ge=2, le=100)] | None = _later()
    qubits: Annotated[StrictInt, Field(ge=2, le=16)] | None = _later()
    published: StrictBool | None = _later()

    @property
    def source(self) -> str:
        """The data set as an error calls it: its name, or the CSV file's path."""
        return self.name if self.path is None else self.path

    @model_validator(mode="before")
    @classmethod
    def _write_own_scaling(cls, given: Any) -> Any:
        """Fills in the data set's own scaling where none is named, so that records show it."""
        from nisqdl.datasets import DATASETS

        name = given.get("name") if isinstance(given, Mapping) else None
        if not isinstance(name, str) or name not in DATASETS or "scaling" in given:
            return given
        return {**given, "scaling": DATASETS[name].scaling}

    @field_validator("name")
    @classmethod
    def _known(cls, name: str) -> str:
        # Imported here: the table's members import this module.
        from nisqdl.datasets import DATASETS

        try:
            DATASETS.find(name)
        except InputError as error:
            raise ValueError(str(error)) from None
        return name

    @field_validator("classes")
    @classmethod
    def _tell_apart(cls, classes: tuple[int | str, ...] | None) -> tuple[int | str, ...] | None:
        if classes is None:
            return None
        if len(classes) < 2:
            raise ValueError(f"must have at least two classes, but has {len(classes)}")
        if len({str(label) for label in classes}) < len(classes):
            raise ValueError(f"must not have a class twice, but is {list(classes)}")
        return classes

    @model_validator(mode="after")
    def _fits_dataset(self) -> DatasetOptions:
        from nisqdl.datasets import DATASETS

        dataset = DATASETS[self.name]
        for option in _ONLY_SOME:
            given = getattr(self, option) is not None
            if option in dataset.needs and not given:
                raise ValueError(f"`{option}` must be given for the data set {self.name!r}")
            if given and option not in dataset.needs + dataset.accepts:
                raise ValueError(
                    f"`{option}` has no meaning for the data set {self.name!r}: remove it"
                )
        if dataset.kind == "states" and (self.scaling != "none" or self.features is not None):
            raise ValueError(
                f"the columns of {self.name!r} are the amplitudes of states, which are neither "
                "scaled nor reduced: leave `scaling` and `features` out"
            )
        return self
