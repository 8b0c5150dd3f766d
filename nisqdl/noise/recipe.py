"""Noise recipes: YAML files that say which noise a target gets, with units and provenance."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from nisqdl.catalog import shipped_folder
from nisqdl.document import read_mapping
from nisqdl.errors import InputError, invalid, unknown_name

CHANNELS = ("one_qubit", "two_qubit", "readout", "idle")
"""What a recipe can switch on: noise of gates by their size, readout confusion, and relaxation
during explicit delays (which only a scheduled circuit has)."""

_DEFAULT = ("one_qubit", "two_qubit", "readout")


def find_recipe(name_or_path: str, where: str = "") -> Recipe:
    """A shipped recipe by its name, or the user's own by its path.

    Args:
        name_or_path: ``"calibrated"``, or a path with a folder or an ending ``.yaml`` or ``.yml``.
        where: File and field, for the error's sentence.

    Raises:
        InputError: There is no such recipe, or its file is wrong.
    """
    path = Path(name_or_path)
    if path.suffix not in {".yaml", ".yml"} and len(path.parts) < 2:
        path = shipped_folder("noise_models") / f"{name_or_path}.yaml"
        if not path.is_file():
            raise unknown_name("noise recipe", name_or_path, recipe_names(), where)
    elif not path.is_file():
        place = f" ({where})" if where else ""
        raise InputError(f"There is no noise recipe file {path}{place}.")
    return _read(path)


def recipe_names() -> list[str]:
    """The names of the shipped recipes."""
    return sorted(path.stem for path in shipped_folder("noise_models").glob("*.yaml"))


class _Recipe(BaseModel):
    """What all kinds of recipe state.

    Attributes:
        name: The file's name without ending.
        description: One sentence for lists.
        source: Where the numbers come from.
        channels: What is switched on, of :data:`CHANNELS`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    offers: ClassVar[tuple[str, ...]] = CHANNELS

    name: str = Field(min_length=1)
    description: str = Field(min_length=1)
    source: str = Field(min_length=1)
    channels: tuple[str, ...] = _DEFAULT

    @model_validator(mode="after")
    def _known_channels(self) -> Self:
        _check_channels(self.channels, type(self).offers)
        return self

    @property
    def needs_schedule(self) -> bool:
        """Whether the circuit must be scheduled: idle noise acts during explicit delays."""
        return "idle" in self.channels

    def restricted(self, channels: tuple[str, ...] | None, where: str = "") -> Self:
        """The same recipe with these channels instead of its own; ``None`` leaves its own.

        Args:
            channels: Of :data:`CHANNELS`; empty switches everything off.
            where: File and field, for the error's sentence.

        Raises:
            InputError: A channel is unknown, given twice, or has no numbers in this recipe.
        """
        if channels is None:
            return self
        try:
            _check_channels(channels, type(self).offers)
        except ValueError as error:
            place = f" ({where})" if where else ""
            raise InputError(f"Noise recipe {self.name!r}: {error}{place}") from None
        return self.model_copy(update={"channels": channels})


class IdealRecipe(_Recipe):
    """No noise: the null object of the family. Restricting its channels leaves it ideal."""

    offers: ClassVar[tuple[str, ...]] = ()
    kind: Literal["ideal"]
    channels: tuple[str, ...] = ()

    def restricted(self, channels: tuple[str, ...] | None, where: str = "") -> Self:
        return self


class CalibratedRecipe(_Recipe):
    """The device's own calibration."""

    kind: Literal["calibrated"]


_Probability: TypeAlias = Annotated[float, Field(strict=True, ge=0, le=1)]
_Confusion: TypeAlias = Annotated[float, Field(strict=True, ge=0, le=0.5)]
_Positive: TypeAlias = Annotated[float, Field(strict=True, gt=0)]
_Duration: TypeAlias = Annotated[float, Field(strict=True, ge=0)]


class DepolarizingRecipe(_Recipe):
    """Depolarizing after every gate that is not virtual, the same on all qubits.

    Attributes:
        one_qubit_p, two_qubit_p: p of ρ → (1 − p) ρ + p I/d on the gate's qubits together.
        readout_p1_given_0, readout_p0_given_1: Confusion of each measurement.
    """

    offers: ClassVar[tuple[str, ...]] = _DEFAULT
    kind: Literal["depolarizing"]
    one_qubit_p: _Probability
    two_qubit_p: _Probability
    readout_p1_given_0: _Confusion = 0.0
    readout_p0_given_1: _Confusion = 0.0


class ThermalRecipe(_Recipe):
    """Thermal relaxation to |0⟩ during every gate that is not virtual, the same on all qubits.

    Attributes:
        t1_us, t2_us: Relaxation and dephasing times in microseconds, ``t2_us <= 2 * t1_us``.
        one_qubit_ns, two_qubit_ns: Durations of the gates in nanoseconds.
        readout_p1_given_0, readout_p0_given_1: Confusion of each measurement.
    """

    kind: Literal["thermal"]
    t1_us: _Positive
    t2_us: _Positive
    one_qubit_ns: _Duration
    two_qubit_ns: _Duration
    readout_p1_given_0: _Confusion = 0.0
    readout_p0_given_1: _Confusion = 0.0

    @model_validator(mode="after")
    def _physical(self) -> Self:
        if self.t2_us > 2 * self.t1_us:
            raise ValueError(
                f"t2_us must be at most twice t1_us ({self.t1_us:g}), but is {self.t2_us:g}."
            )
        return self


Recipe: TypeAlias = IdealRecipe | CalibratedRecipe | DepolarizingRecipe | ThermalRecipe

_KINDS: dict[str, type[Recipe]] = {
    "ideal": IdealRecipe,
    "calibrated": CalibratedRecipe,
    "depolarizing": DepolarizingRecipe,
    "thermal": ThermalRecipe,
}


def _read(path: Path) -> Recipe:
    """The recipe that a file holds."""
    document = read_mapping(path)
    if "kind" not in document:
        raise InputError(f"{path}: `kind` is missing; it must be one of {', '.join(_KINDS)}.")
    if not isinstance(document["kind"], str) or document["kind"] not in _KINDS:
        raise unknown_name("kind of noise recipe", document["kind"], _KINDS, f"{path}: kind")
    model = _KINDS[document["kind"]]
    valid = [name for name in model.model_fields if name != "name"]
    for key in document:
        if key not in valid:
            raise unknown_name("option", key, valid, str(path))
    recipe: TypeAdapter[Recipe] = TypeAdapter(model)
    try:
        return recipe.validate_python(document | {"name": path.stem})
    except ValidationError as error:
        raise invalid(error, str(path)) from None


def _check_channels(channels: tuple[str, ...], offered: tuple[str, ...]) -> None:
    listing = ", ".join(offered) or "none"
    for index, channel in enumerate(channels):
        if channel not in offered:
            raise ValueError(
                f"channels may hold {listing} for this kind of recipe, but has {channel!r}."
            )
        if channel in channels[:index]:
            raise ValueError(f"channels holds {channel!r} twice; name each channel once.")
