"""The model's part of an experiment file, with scalar values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from nisqdl.catalog import checked
from nisqdl.circuits.ansatzes import ANSATZES
from nisqdl.circuits.entanglers import ENTANGLERS
from nisqdl.circuits.feature_maps import FEATURE_MAPS

MAX_DEPTH = 1000

FeatureMapName = Annotated[str, AfterValidator(checked(FEATURE_MAPS.find))]
AnsatzName = Annotated[str, AfterValidator(checked(ANSATZES.find))]
EntanglerName = Annotated[str, AfterValidator(checked(ENTANGLERS.find))]
RotationName = Literal["rx", "ry", "rz"]
TwoQubitGateName = Literal["cx", "cz"]


class FeatureMapOptions(BaseModel):
    """How features enter the circuit.

    Attributes:
        name: A feature map.
        reupload: Whether the features enter before each layer of the ansatz instead of once
            (Pérez-Salinas et al. 2020).
        repetitions: How often the map is laid in a row each time; ``None``: as often as the map
            itself says (zz twice, all others once).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: FeatureMapName = "angle"
    reupload: bool = Field(default=False, strict=True)
    repetitions: Annotated[int, Field(strict=True, ge=1, le=100)] | None = None


class AnsatzOptions(BaseModel):
    """What is trained.

    Attributes:
        name: An ansatz.
        depth: Number of layers, each rotations and an entangler, at least 1.
        rotations: Gates of a layer in time order, for an ansatz that lets choose (two_local);
            ``None``: the ansatz's own.
        gate: The gate that the entangler lays on each of its pairs, "cx" or "cz".
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: AnsatzName = "real_amplitudes"
    depth: int = Field(default=1, strict=True, ge=1, le=MAX_DEPTH)
    rotations: Annotated[tuple[RotationName, ...], Field(min_length=1, max_length=6)] | None = None
    gate: TwoQubitGateName = "cx"

    @field_validator("rotations")
    @classmethod
    def _rotations_are_choosable(
        cls, rotations: tuple[str, ...] | None, info: ValidationInfo
    ) -> tuple[str, ...] | None:
        name = info.data.get("name")  # missing where the name itself was wrong
        if rotations is not None and name is not None and not ANSATZES[name].choosable:
            choosable = ", ".join(ansatz.name for ansatz in ANSATZES.values() if ansatz.choosable)
            raise ValueError(
                f"ansatz {name!r} has its own rotations: leave `rotations` out, or choose "
                f"{choosable}"
            )
        return rotations


class ModelOptions(BaseModel):
    """Which model is built.

    Attributes:
        feature_map: How features enter.
        ansatz: What is trained.
        entangler: Which qubits each layer couples; if left out, the ansatz's own: strided_ring
            for strongly_entangling, linear for all others.
        observables: What is measured: names (mean_z, global_z, …) or Pauli labels ("Z0Z1" by
            qubits, or "IZZ" with qubit 0 rightmost); ``None``: the mean of Z over all qubits
            for two classes, and over the qubits of each class for more.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    feature_map: FeatureMapOptions = FeatureMapOptions()
    ansatz: AnsatzOptions = AnsatzOptions()
    entangler: EntanglerName = "linear"
    observables: Annotated[tuple[str, ...], Field(min_length=1)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _write_own_entangler(cls, given: Any) -> Any:
        """Fills in the ansatz's own entangler where none is named, so that records show it."""
        if not isinstance(given, Mapping) or "entangler" in given:
            return given
        ansatz = given.get("ansatz")
        name = ansatz.get("name") if isinstance(ansatz, Mapping) else getattr(ansatz, "name", None)
        if not isinstance(name, str) or name not in ANSATZES:
            return given  # left out, or wrong: then its own field says so
        return {**given, "entangler": ANSATZES[name].entangler}
