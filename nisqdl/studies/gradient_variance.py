"""Can this model still be trained? The variance of its gradient at random angles.

A point is one circuit with one observable, one initialisation and one noise; of layer-wise training
there is one for each phase in which the circuit grows by a layer. Without a data set
the circuit is the ansatz alone on |0…0⟩, so that what is seen is the ansatz's own plateau. With one
it is the whole model, and the variance is over random weights and random training rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from nisqdl.catalog import checked
from nisqdl.circuits.ansatzes import ANSATZES
from nisqdl.circuits.build import num_qubits
from nisqdl.circuits.observables import parse_observable
from nisqdl.circuits.options import (
    AnsatzOptions,
    EntanglerName,
    FeatureMapOptions,
    ModelOptions,
)
from nisqdl.datasets.options import DatasetOptions
from nisqdl.errors import NisqdlError
from nisqdl.noise.options import NoiseOptions
from nisqdl.store.record import Json, Point
from nisqdl.studies import plateau, plateau_methods
from nisqdl.studies.contract import Cost, Outcome, Step
from nisqdl.studies.data import data_identity, data_shape, dataset_options, describe_data
from nisqdl.studies.named import device_named, recipe_hash, snapshot_of
from nisqdl.studies.settings import flatten, pick
from nisqdl.targets.summary import device_summary
from nisqdl.training.initialisation import INITIALISATIONS
from nisqdl.training.schedule import TREES_DO_NOT_GROW


def _is_unset(value: object) -> bool:
    return value is None


class CircuitOptions(BaseModel):
    """Which circuit's gradient is looked at: an ansatz, with a feature map if there are data.

    Attributes:
        feature_map: How features of a data set enter; ``angle`` if left out, and none without one.
        ansatz: What is trained.
        entangler: Which qubits each layer couples; left out or ``own``: the ansatz's own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    # Left out of what is written without data: it came after the first records.
    feature_map: FeatureMapOptions | None = Field(default=None, exclude_if=_is_unset)
    ansatz: AnsatzOptions = AnsatzOptions()
    entangler: EntanglerName = "linear"

    @model_validator(mode="before")
    @classmethod
    def _as_models_do(cls, given: Any) -> Any:
        """What models fill in and refuse holds here, too: the ansatz's own entangler and gate."""
        if not isinstance(given, Mapping) or set(given) - {"feature_map", "ansatz", "entangler"}:
            return given
        told = {name: value for name, value in given.items() if value is not None}
        model = ModelOptions.model_validate(told)
        model.ansatz.only_gates("gradients and states are looked at for circuits of gates")
        found = {"ansatz": model.ansatz, "entangler": model.entangler}
        return {**found, "feature_map": model.feature_map} if "feature_map" in told else found


class GradientVarianceOptions(BaseModel):
    """One combination of the options of a ``gradient_variance`` experiment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: CircuitOptions = CircuitOptions()
    dataset: DatasetOptions | None = Field(default=None, exclude_if=_is_unset)
    """Whose rows the features are drawn from; ``None``: there are no features."""
    qubits: int = Field(default=4, ge=2, le=200, strict=True)
    depth_rule: Literal["constant", "per_qubit", "per_doubling"] = "constant"
    """Whether ``ansatz.depth`` is the number of layers, or of layers for each qubit, or for each
    doubling of the qubits from one (a qcnn's depth 1 then ends on one qubit)."""
    observable: str = "Z0Z1"
    """One name or Pauli label; see ``nisqdl list observables``."""
    initialisation: Annotated[str, AfterValidator(checked(INITIALISATIONS.find))] = "uniform"
    target: Annotated[str, AfterValidator(checked(device_named))] | None = None
    """A device; ``None`` is the logical circuit without noise."""
    noise: NoiseOptions | None = None
    """With a target; left out, it is the calibrated noise at λ = 1."""
    method: Literal["both", "sampling", "pauli_paths"] = "both"
    """``both``: each where it applies, and the report compares them."""
    samples: int = Field(default=1000, ge=20, le=1_000_000)
    """Random weight vectors of the sampling method."""
    walks: int = Field(default=65_536, ge=64, le=1 << 30)
    """Pauli strings that are followed by the pauli_paths method where it is not exact."""
    root_seed: int = Field(default=0, ge=0, json_schema_extra={"sweep": False})

    @model_validator(mode="before")
    @classmethod
    def _write_qubits(cls, given: Any) -> Any:
        """With a data set, the feature map says how many qubits there are."""
        if not isinstance(given, Mapping) or given.get("dataset") is None:
            return given
        dataset = DatasetOptions.model_validate(given["dataset"])
        model = CircuitOptions.model_validate(given.get("model", {}))
        if model.feature_map is None:
            model = model.model_copy(update={"feature_map": FeatureMapOptions()})
        features = data_shape(dataset).features
        whole = ModelOptions.model_validate(model.model_dump())
        try:
            needed = num_qubits(whole, features)
        except NisqdlError as error:
            raise ValueError(str(error)) from None
        if given.get("qubits", needed) != needed:
            raise ValueError(
                f"`qubits` is {given['qubits']}, but {features} features need {needed}: leave it "
                "out, or set `dataset.features`"
            )
        return {**given, "dataset": dataset, "model": model, "qubits": needed}

    @model_validator(mode="before")
    @classmethod
    def _write_noise(cls, given: Any) -> Any:
        """A device without a word on noise has its own: so it is written, and records show it."""
        if not isinstance(given, Mapping) or given.get("target") is None:
            return given
        return given if given.get("noise") is not None else {**given, "noise": {}}

    @model_validator(mode="after")
    def _fits(self) -> GradientVarianceOptions:
        if self.dataset is None and self.model.feature_map is not None:
            raise ValueError(
                "`model.feature_map` needs features: name a `dataset`, or leave it out"
            )
        if self.target is None and self.noise is not None:
            raise ValueError("`noise` needs a device: name a `target`, or leave `noise` out")
        if self.target is not None and self.qubits > device_named(self.target).num_qubits:
            raise ValueError(
                f"`qubits` is {self.qubits}, but {self.target} has "
                f"{device_named(self.target).num_qubits}; use fewer, or a larger device"
            )
        if self.model.entangler == "device" and self.target is None:
            raise ValueError("the entangler 'device' needs a device: name a `target`")
        try:
            parse_observable(self.observable, self.qubits)
        except NisqdlError as error:
            raise ValueError(str(error).replace("model.observables", "observable")) from None
        return self

    @model_validator(mode="after")
    def _layers_are_added(self) -> GradientVarianceOptions:
        if self.initialisation == "layerwise" and ANSATZES[self.model.ansatz.name].is_tree:
            raise ValueError(f"`initialisation` 'layerwise' {TREES_DO_NOT_GROW}")
        return self

    @model_validator(mode="after")
    def _some_method_applies(self) -> GradientVarianceOptions:
        refusals = plateau.refusals(flatten(self.model_dump(mode="json")))
        wanted = tuple(plateau_methods.METHODS) if self.method == "both" else (self.method,)
        if all(name in refusals for name in wanted):
            raise ValueError("; ".join(refusals[name] for name in wanted))
        return self


class GradientVariance:
    """The study ``gradient_variance``."""

    name = "gradient_variance"
    summary = "variance of the gradient against qubits, depth, observable and noise: plateaus"
    Options: type[BaseModel] = GradientVarianceOptions

    def points(self, combinations: Sequence[BaseModel]) -> list[Point]:
        """One point for each combination and method."""
        points: dict[str, Point] = {}
        for options in combinations:
            if isinstance(options, GradientVarianceOptions):
                for point in self._points_of(options):
                    points.setdefault(point.id, point)
        return list(points.values())

    def _points_of(self, options: GradientVarianceOptions) -> list[Point]:
        settings = flatten(options.model_dump(mode="json", exclude={"method"}))
        if options.dataset is not None:
            settings["data"] = data_identity(options.dataset)
        if options.target is not None and options.noise is not None:
            settings["snapshot"] = snapshot_of(options.target)
            settings["recipe"] = recipe_hash(options.noise.recipe)
        refused = plateau.refusals(settings)
        wanted = tuple(plateau_methods.METHODS) if options.method == "both" else (options.method,)
        effort = {"sampling": "samples", "pauli_paths": "walks"}
        points = []
        for method in wanted:
            if method not in refused:
                others = {name for key, name in effort.items() if key != method}
                own = {name: value for name, value in settings.items() if name not in others}
                points += [
                    Point(self.name, {**own, **phase, "method": method})
                    for phase in _phases(settings)
                ]
        return points

    def steps(self, points: Sequence[Point]) -> list[Step]:
        """Transpile once for each circuit and target, then measure each point."""
        transpile: dict[str, Step] = {}
        measure = []
        for point in points:
            needs: tuple[str, ...] = ()
            if point.settings["target"] is not None:
                circuit = self._transpile_step(point.settings)
                needs = (transpile.setdefault(circuit.key, circuit).key,)
            title = f"measure {plateau.title(point.settings)}, {point.settings['method']}"
            measure.append(Step(self.name, "measure", point.settings, needs, (point,), title))
        return [*transpile.values(), *measure]

    def _transpile_step(self, settings: Mapping[str, Json]) -> Step:
        names = (
            "model.", "dataset.", "data", "qubits", "depth_rule", "observable", "target",
            "snapshot", "root_seed", plateau.GROWN,
        )  # fmt: skip
        return Step(
            self.name,
            "transpile",
            {**pick(settings, names), "scheduled": plateau.needs_schedule(settings)},
            title=f"transpile {plateau.title(settings)} for {settings['target']}",
        )

    def perform(self, step: Step, artifacts: Mapping[str, bytes]) -> Outcome:
        """Do one step; see :mod:`nisqdl.studies.plateau_methods`."""
        if step.kind == "transpile":
            return Outcome(artifact=plateau.transpile(step.settings))
        needed = [artifacts[key] for key in step.needs]
        return Outcome(
            records=tuple(plateau_methods.measure(point, *needed) for point in step.points)
        )

    def context(self, points: Sequence[Point]) -> Json:
        """The devices' calibrations and the data sets, for the report."""
        targets = dict.fromkeys(point.settings["target"] for point in points)
        data = [point.settings for point in points if plateau.has_data(point.settings)]
        told = [dataset_options(settings) for settings in data]
        described = {"datasets": describe_data(told, data[0]["root_seed"])} if data else {}
        return {
            **described,
            "devices": [
                {"target": target, **device_summary(device_named(target))}
                for target in targets
                if target is not None
            ],
        }

    def plan_rows(self, points: Sequence[Point], artifacts: Mapping[str, bytes]) -> list[Json]:
        """A row for each transpiled circuit."""
        steps = [step for step in self.steps(points) if step.kind == "transpile"]
        return [plateau.circuit_row(step.settings, artifacts[step.key]) for step in steps]

    def cost(self, step: Step, artifacts: Mapping[str, bytes]) -> Cost:
        """Estimated from a few of the step's own samples."""
        return plateau_methods.cost(step, [artifacts[key] for key in step.needs])


def _phases(settings: Mapping[str, Json]) -> list[dict[str, Json]]:
    """What tells the phases of layer-wise training apart; nothing for other initialisations."""
    if settings["initialisation"] != "layerwise":
        return [{}]
    return [{plateau.GROWN: depth} for depth in range(1, plateau.layers(settings) + 1)]
