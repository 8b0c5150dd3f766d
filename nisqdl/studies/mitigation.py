"""What does error mitigation buy for the same time on the device?

A point is one trained model, one way to run it (``execution``) and one time on the device, at one
seed. The shots are those that fit the time, by the estimate that jobs are paid by: whoever
extrapolates runs every circuit several times, and has fewer shots for each. The client's local
mode really runs it, several times over, so that a value's error falls into what is always there
(bias) and what another repetition would change (noise).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from nisqdl.catalog import checked
from nisqdl.circuits.ansatzes import ANSATZES
from nisqdl.circuits.build import num_qubits
from nisqdl.circuits.options import ModelOptions
from nisqdl.datasets.options import DatasetOptions
from nisqdl.engines.runtime.estimate import estimate
from nisqdl.engines.runtime.local import local_seconds
from nisqdl.engines.runtime.options import Execution
from nisqdl.noise.options import NoiseOptions
from nisqdl.store.record import Json, Point
from nisqdl.studies import qnn, qnn_training
from nisqdl.studies.contract import Cost, Outcome, Step
from nisqdl.studies.data import data_identity, dataset_options, describe_data
from nisqdl.studies.mitigation_measurement import (
    affordable_request,
    execution_of,
    measured,
    title_of,
)
from nisqdl.studies.named import device_named
from nisqdl.studies.settings import flatten, pick
from nisqdl.targets.serial import isa_from_bytes
from nisqdl.targets.summary import device_summary
from nisqdl.training.options import TrainingOptions

_NOT_ASKED = frozenset({"shots", "precision", "mode", "max_execution_time", "repetition"})
"""Fields of ``execution`` that the time decides, or that local mode has no use for."""


class MitigationOptions(BaseModel):
    """One combination of the options of a ``mitigation`` experiment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: DatasetOptions
    model: ModelOptions = ModelOptions()
    target: Annotated[str, AfterValidator(checked(device_named))]
    noise: NoiseOptions = NoiseOptions()
    training: TrainingOptions = TrainingOptions()
    execution: Execution = Execution()
    """How circuits run and what is mitigated; as for hardware, but without shots."""
    qpu_seconds: float = Field(default=10.0, gt=0, le=36_000)
    """Time on the device for all samples together, with the job's overhead and calibration."""
    samples: int = Field(default=10, ge=1, le=1000)
    """How many test samples are measured."""
    repetitions: int = Field(default=4, ge=2, le=1000)
    """How often the whole measurement is repeated, to tell bias from noise."""
    seeds: int = Field(default=5, ge=1, le=1000, json_schema_extra={"sweep": False})
    root_seed: int = Field(default=0, ge=0, json_schema_extra={"sweep": False})

    @model_validator(mode="after")
    def _fits(self) -> MitigationOptions:
        if self.execution.shots is not None or self.execution.precision is not None:
            raise ValueError(
                "`execution` must have no shots or precision here: `qpu_seconds` decides how many "
                "fit"
            )
        self.model.ansatz.only_gates(
            "the client's Estimator takes no gates that wait for an outcome"
        )
        self.training.only_whole()
        ansatz = self.model.ansatz
        self.training.require_layers(ansatz.depth, ANSATZES[ansatz.name].is_tree)
        if self.training.normalise is not None:
            raise ValueError(
                "`training.normalise` must be left out here: mitigated values are compared as they "
                "are"
            )
        features = self.dataset.features
        device = device_named(self.target)
        if features is not None and num_qubits(self.model, features) > device.num_qubits:
            raise ValueError(
                f"the model needs {num_qubits(self.model, features)} qubits for {features} "
                f"features, but {self.target} has {device.num_qubits}; use fewer features"
            )
        return self


class Mitigation:
    """The study ``mitigation``."""

    name = "mitigation"
    summary = "error mitigation at equal time on the device: bias, noise, accuracy"
    Options: type[BaseModel] = MitigationOptions

    def points(self, combinations: Sequence[BaseModel]) -> list[Point]:
        """One point for each combination and seed."""
        points: dict[str, Point] = {}
        for options in combinations:
            if not isinstance(options, MitigationOptions):
                continue
            document = options.model_dump(
                mode="json", exclude={"seeds": True, "execution": set(_NOT_ASKED)}
            )
            settings = flatten(document)
            for seed in range(options.seeds):
                point = Point(
                    self.name,
                    {
                        **settings,
                        **qnn.identity(settings),
                        "data": data_identity(options.dataset),
                        "seed": seed,
                    },
                )
                points.setdefault(point.id, point)
        return list(points.values())

    def steps(self, points: Sequence[Point]) -> list[Step]:
        """Transpile once for each circuit, train once for each seed, then measure each point."""
        transpile: dict[str, Step] = {}
        train: dict[str, Step] = {}
        measure = []
        for point in points:
            settings = point.settings
            circuit = self._transpile_step(settings)
            circuit = transpile.setdefault(circuit.key, circuit)
            circuits = [self._transpile_step(s) for s in qnn_training.training_circuits(settings)]
            for one in circuits:
                transpile.setdefault(one.key, one)
            training = self._train_step(settings, circuits)
            training = train.setdefault(training.key, training)
            title = (
                f"measure {qnn.title(settings)}, {title_of(execution_of(settings))}, "
                f"{settings['qpu_seconds']:g} s, seed {settings['seed']}"
            )
            needs = (circuit.key, training.key)
            measure.append(Step(self.name, "measure", settings, needs, (point,), title))
        return [*transpile.values(), *train.values(), *measure]

    def _transpile_step(self, settings: Mapping[str, Json]) -> Step:
        names = ("model.", "dataset.", "data", "target", "snapshot", "root_seed")
        return Step(
            self.name,
            "transpile",
            {**pick(settings, names), "scheduled": False},
            title=f"transpile {qnn.title(settings)} for {settings['target']}",
        )

    def _train_step(self, settings: Mapping[str, Json], circuits: Sequence[Step]) -> Step:
        names = ["dataset.", "data", "root_seed", "seed", "model.", "training."]
        if circuits:
            names += ["target", "snapshot", "noise.recipe", "noise.channels", "recipe"]
        elif settings["model.entangler"] == "device":
            names += ["target", "snapshot"]
        return Step(
            self.name,
            "train",
            {**pick(settings, names), "engine": "exact"},
            needs=tuple(circuit.key for circuit in circuits),
            title=f"train {qnn.title(settings)}, seed {settings['seed']}",
        )

    def perform(self, step: Step, artifacts: Mapping[str, bytes]) -> Outcome:
        """Do one step."""
        needed = [artifacts[key] for key in step.needs]
        if step.kind == "transpile":
            return Outcome(artifact=qnn.transpile(step.settings))
        if step.kind == "train":
            return Outcome(artifact=qnn_training.train_weights(step.settings, *needed))
        return Outcome(records=tuple(measured(point, *needed) for point in step.points))

    def context(self, points: Sequence[Point]) -> Json:
        """The devices' calibrations and the data sets, for the report."""
        targets = dict.fromkeys(str(point.settings["target"]) for point in points)
        return {
            "devices": [
                {"target": target, **device_summary(device_named(target))} for target in targets
            ],
            "datasets": describe_data(
                [dataset_options(point.settings) for point in points],
                points[0].settings["root_seed"],
            ),
        }

    def plan_rows(self, points: Sequence[Point], artifacts: Mapping[str, bytes]) -> list[Json]:
        """A row for each transpiled circuit."""
        steps = [step for step in self.steps(points) if step.kind == "transpile"]
        return [qnn.circuit_row(step.settings, artifacts[step.key]) for step in steps]

    def cost(self, step: Step, artifacts: Mapping[str, bytes]) -> Cost:
        """Training by one timed evaluation; measuring by the number of circuits that Aer runs."""
        if step.kind == "train":
            return qnn.cost(step, [artifacts[key] for key in step.needs])
        if step.kind == "transpile":
            return Cost(seconds=1.0, memory_mib=50.0)
        isa = isa_from_bytes(artifacts[step.needs[0]])
        settings = step.settings
        request = affordable_request(settings, isa, np.zeros(len(isa.weights)))
        circuits = estimate([request], device_named(settings["target"])).circuits
        return Cost(
            seconds=settings["repetitions"] * local_seconds(circuits, isa.num_qubits),
            memory_mib=300 + 4**isa.num_qubits / 2**14,
        )
