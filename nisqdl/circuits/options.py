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
from nisqdl.circuits.convolutional.convolutions import CONVOLUTIONS
from nisqdl.circuits.convolutional.poolings import DYNAMIC, POOLINGS
from nisqdl.circuits.convolutional.tree import TREES
from nisqdl.circuits.entanglers import DEVICE, ENTANGLERS, OWN
from nisqdl.circuits.feature_maps import FEATURE_MAPS
from nisqdl.errors import FieldPath

MAX_DEPTH = 1000

FeatureMapName = Annotated[str, AfterValidator(checked(FEATURE_MAPS.find))]
AnsatzName = Annotated[str, AfterValidator(checked(ANSATZES.find))]
EntanglerName = Annotated[str, AfterValidator(checked(ENTANGLERS.find))]
ConvolutionName = Annotated[str, AfterValidator(checked(CONVOLUTIONS.find))]
PoolingName = Annotated[str, AfterValidator(checked(POOLINGS.find))]
TreeName = Annotated[str, AfterValidator(checked(TREES.find))]
RotationName = Literal["rx", "ry", "rz"]
TwoQubitGateName = Literal["cx", "cz"]


def _is_unset(value: object) -> bool:
    return value is None


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
        gate: The gate that the entangler lays on each of its pairs, "cx" or "cz"; if left out,
            the ansatz's own: "cz" for sim_9, sim_10 and sim_12, "cx" for all others. An ansatz
            whose pairs have gates of their own (sim_3 with its CRZ, …) takes no other.
        seed: Which random circuit, for an ansatz that draws one (random_axes); if left out, the
            circuit of seed 0. No other ansatz takes one.
        convolution: Of a qcnn: the block on neighbouring qubits.
        pooling: Of a qcnn: the block on the qubit that is given up and the one that stays.
        tree: Of a qcnn: which qubit of each pair stays.
        boundary: Of a qcnn: whether the last qubit and the first are neighbours.
        shared: Of a qcnn: whether all blocks of a layer have the same weights.
        final: Of a qcnn: the layer on the qubits that are left, fully connected or none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: AnsatzName = "real_amplitudes"
    depth: int = Field(default=1, strict=True, ge=1, le=MAX_DEPTH)
    rotations: Annotated[tuple[RotationName, ...], Field(min_length=1, max_length=6)] | None = None
    gate: TwoQubitGateName = "cx"
    # Left out of what is written where they are not set: they came after the first records.
    seed: Annotated[int, Field(strict=True, ge=0)] | None = Field(
        default=None, exclude_if=_is_unset
    )
    convolution: ConvolutionName | None = Field(default=None, exclude_if=_is_unset)
    pooling: PoolingName | None = Field(default=None, exclude_if=_is_unset)
    tree: TreeName | None = Field(default=None, exclude_if=_is_unset)
    boundary: Literal["open", "periodic"] | None = Field(default=None, exclude_if=_is_unset)
    shared: Annotated[bool, Field(strict=True)] | None = Field(default=None, exclude_if=_is_unset)
    final: Literal["full", "none"] | None = Field(default=None, exclude_if=_is_unset)

    @model_validator(mode="before")
    @classmethod
    def _write_own_gate(cls, given: Any) -> Any:
        """Fills in the ansatz's own gate, blocks and seed where none are named: for records."""
        name = given.get("name") if isinstance(given, Mapping) else None
        if not isinstance(name, str) or name not in ANSATZES:
            return given
        own = {"gate": ANSATZES[name].gate, **({"seed": 0} if ANSATZES[name].draws_axes else {})}
        return {**own, **ANSATZES[name].usual, **given}

    @field_validator("seed")
    @classmethod
    def _seed_is_taken(cls, seed: int | None, info: ValidationInfo) -> int | None:
        ansatz = ANSATZES.get(info.data.get("name", ""))
        if seed is not None and ansatz is not None and not ansatz.draws_axes:
            raise ValueError(f"ansatz {ansatz.name!r} draws nothing: leave `seed` out")
        return seed

    @model_validator(mode="after")
    def _blocks_have_a_meaning(self) -> AnsatzOptions:
        usual = ANSATZES[self.name].usual
        for option in ("convolution", "pooling", "tree", "boundary", "shared", "final"):
            given = getattr(self, option) is not None
            if given and option not in usual:
                having = ", ".join(a.name for a in ANSATZES.values() if option in a.usual)
                raise ValueError(
                    f"ansatz {self.name!r} has no `{option}`: leave it out, or choose {having}"
                )
            if not given and option in usual:
                raise ValueError(f"`{option}` of ansatz {self.name!r} must not be null")
        return self

    @property
    def measures(self) -> bool:
        """Whether qubits are measured in the circuit, and gates wait for the outcomes."""
        return self.pooling is not None and POOLINGS[self.pooling].measures

    def only_gates(self, reason: str) -> None:
        """Refuse a pooling that measures in the circuit.

        Args:
            reason: Why it cannot, as a clause without an end.

        Raises:
            ValueError: It does; the sentence names the pooling that does not.
        """
        if self.measures:
            deferred = str(self.pooling).removesuffix(DYNAMIC)
            raise ValueError(
                f"`model.ansatz.pooling` {self.pooling!r} measures in the circuit, but {reason}; "
                f"choose {deferred!r}, which is the same without noise"
            )

    @field_validator("gate")
    @classmethod
    def _gate_is_taken(cls, gate: str, info: ValidationInfo) -> str:
        ansatz = ANSATZES.get(info.data.get("name", ""))
        if ansatz is not None and not ansatz.takes_a_gate and gate != ansatz.gate:
            raise ValueError(
                f"ansatz {ansatz.name!r} has no two-qubit gates to choose: leave `gate` out"
            )
        return gate

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
        entangler: Which qubits each layer couples; if left out or ``own``, the ansatz's own:
            strided_ring for strongly_entangling, the pairs of their figure for sim_1 to sim_19,
            linear for all others. Another one replaces the pairs of every two-qubit part.
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
        if not isinstance(given, Mapping) or given.get("entangler", OWN) != OWN:
            return given
        ansatz = given.get("ansatz")
        usual = AnsatzOptions.model_fields["name"].default
        if isinstance(ansatz, Mapping):
            name = ansatz.get("name", usual)
        else:
            name = getattr(ansatz, "name", usual)
        if not isinstance(name, str) or name not in ANSATZES:
            return given  # left out, or wrong: then its own field says so
        return {**given, "entangler": ANSATZES[name].entangler}

    @model_validator(mode="after")
    def _tree_has_its_own_pairs(self) -> ModelOptions:
        if ANSATZES[self.ansatz.name].is_tree and self.entangler not in (OWN, "none"):
            raise ValueError(
                f"ansatz {self.ansatz.name!r} couples the pairs of its tree: leave `entangler` "
                "out, or name 'none', the control without gates on two qubits"
            )
        return self

    @model_validator(mode="after")
    def _weights_can_be_counted(self) -> ModelOptions:
        if self.entangler == DEVICE and ANSATZES[self.ansatz.name].trains_pairs:
            raise ValueError(
                f"ansatz {self.ansatz.name!r} trains its two-qubit gates, whose number may not "
                f"depend on the device: leave `entangler` out, or name another than {DEVICE!r}"
            )
        return self


def parameter_of(path: FieldPath) -> str:
    """The parameter of a model in Python that stands for an option: ``ansatz`` for ansatz.name."""
    return str(path[0] if path[-1:] == ("name",) else path[-1]) if path else ""
