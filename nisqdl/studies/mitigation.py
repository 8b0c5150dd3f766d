"""What does error mitigation buy for the same time on the device?

A point is one trained model, one way to run it (``execution``) and one time on the device, at one
seed. The shots are those that fit the time, by the estimate that jobs are paid by: whoever
extrapolates runs every circuit several times, and has fewer shots for each. The client's local
mode really runs it, several times over, so that a value's error falls into what is always there
(bias) and what another repetition would change (noise).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Annotated

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from nisqdl.catalog import checked
from nisqdl.circuits.ansatzes import ANSATZES
from nisqdl.circuits.build import encode, num_qubits
from nisqdl.circuits.decoding import predicted_classes
from nisqdl.circuits.options import ModelOptions
from nisqdl.datasets.options import DatasetOptions
from nisqdl.datasets.scores import accuracy
from nisqdl.engines import find_engine
from nisqdl.engines.runtime.estimate import affordable_shots, estimate
from nisqdl.engines.runtime.local import learn_locally, local_seconds, measure_locally
from nisqdl.engines.runtime.options import Execution
from nisqdl.engines.runtime.request import Request, bound_rows, learned_to_bytes
from nisqdl.errors import InputError
from nisqdl.noise.applied import channels_for
from nisqdl.noise.channels import IDEAL
from nisqdl.noise.options import NoiseOptions
from nisqdl.seeds import derive
from nisqdl.store.record import Json, Point, Record
from nisqdl.studies import hardware, qnn, qnn_training
from nisqdl.studies.contract import Cost, Outcome, Step
from nisqdl.studies.data import data_identity, dataset_options, describe_data, split_of
from nisqdl.studies.named import device_named, recipe_named
from nisqdl.studies.provenance import provenance
from nisqdl.studies.settings import flatten, nested, pick
from nisqdl.targets.cost import circuit_cost
from nisqdl.targets.isa import IsaModel
from nisqdl.targets.serial import isa_from_bytes
from nisqdl.targets.summary import device_summary
from nisqdl.training.checkpoint import trained_from_bytes
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
        return Outcome(records=tuple(_measure(point, *needed) for point in step.points))

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
        request = _request(settings, isa, np.zeros(len(isa.weights)))
        circuits = estimate([request], device_named(settings["target"])).circuits
        return Cost(
            seconds=settings["repetitions"] * local_seconds(circuits, isa.num_qubits),
            memory_mib=300 + 4**isa.num_qubits / 2**14,
        )


def execution_of(settings: Mapping[str, Json]) -> Execution:
    """How the circuits of these settings run."""
    return Execution.model_validate(nested(settings, "execution"))


def title_of(execution: Execution) -> str:
    """What is mitigated, in a few words."""
    parts = []
    if execution.mitigates_readout:
        parts.append("TREX")
    elif execution.twirls_measurements:
        parts.append("measurement twirling")
    if execution.twirls_gates:
        parts.append("gate twirling")
    if execution.pec is not None:
        parts.append("PEC")
    if (zne := execution.extrapolation) is not None:
        factors = ", ".join(f"{factor:g}" for factor in zne.noise_factors)
        by = "PEA" if zne.amplifier == "pea" else "ZNE"
        parts.append(f"{by} {zne.extrapolator[0].replace('_', ' ')} ({factors})")
    if execution.dynamical_decoupling is not None:
        parts.append(f"decoupling {execution.dynamical_decoupling.sequence}")
    return " + ".join(parts) or "no mitigation"


def _measure(point: Point, isa: bytes, weights: bytes) -> Record:
    """The point's errors, over samples and repetitions."""
    started = time.perf_counter()
    settings = point.settings
    model, trained = isa_from_bytes(isa), trained_from_bytes(weights)
    device = device_named(settings["target"])
    noise = channels_for(
        recipe_named(settings["noise.recipe"]),
        device,
        model.physical_qubits,
        settings["noise.scale"],
        settings["noise.channels"],
    )
    request = _request(settings, model, trained.weights)
    rows = request.bindings[:, : len(model.features)]
    engine = find_engine("exact")
    ideal = engine.prepare(model, IDEAL).values(rows, trained.weights)
    noisy = engine.prepare(model, noise).values(rows, trained.weights)
    seeds = [
        derive(settings["root_seed"], "mitigation", point.id, repetition) % 2**31
        for repetition in range(settings["repetitions"])
    ]
    learns = _learning(settings, model)
    runs, asked = [], request
    for seed in seeds:
        if learns is not None:  # anew each time: what was learned wrongly is noise, not bias
            learned = learn_locally(learns, device, noise, (seed + 1) % 2**31)
            asked = hardware.with_learned(request, learned_to_bytes(learned))
        runs.append(measure_locally(asked, device, noise, seed))
    labels = split_of(settings).test_labels[: len(rows)]
    taken = estimate([request, *([] if learns is None else [learns])], device)
    cost = circuit_cost(model, device)
    return Record(
        point,
        values={
            "mitigation": title_of(request.execution),
            **errors(np.stack([run.values for run in runs]), ideal),
            "device_error": float(np.sqrt(np.mean((noisy - ideal) ** 2))),
            "stated_error": float(np.mean([np.nanmean(_finite(run.stderr)) for run in runs])),
            "unphysical": sum(run.unphysical for run in runs) / (len(runs) * ideal.size),
            "accuracy": float(np.mean([_accuracy(labels, run.values) for run in runs])),
            "ideal_accuracy": _accuracy(labels, ideal),
            "shots": taken.shots,
            "executions": taken.executions,
            "estimated_seconds": taken.qpu_seconds,
            "two_qubit_gates": cost.two_qubit_gates,
            "expected_fidelity": cost.expected_fidelity,
            "physical_qubits": list(model.physical_qubits),
        },
        provenance=provenance(
            {"root": settings["root_seed"], "first_repetition": seeds[0]},
            {"device": model.device, "snapshot": settings["snapshot"]},
        ),
        seconds=time.perf_counter() - started,
    )


def errors(measured: np.ndarray, ideal: np.ndarray) -> dict[str, Json]:
    """A measurement's error, and the parts it is made of: error² = bias² + noise² on average.

    Args:
        measured: Values (R, B, O) of R ≥ 2 repetitions.
        ideal: What a device without noise gives, (B, O).

    Returns:
        Root mean squares over circuits: ``error`` of one measurement, ``noise`` between
        repetitions, and ``squared_bias``, the mean square of what all repetitions share. The last
        is an unbiased estimate, so that it can be negative where there is none.
    """
    gaps = measured - ideal
    variance = gaps.var(axis=0, ddof=1)
    squared_bias = gaps.mean(axis=0) ** 2 - variance / len(measured)
    return {
        "error": float(np.sqrt(np.mean(gaps**2))),
        "noise": float(np.sqrt(np.mean(variance))),
        "squared_bias": float(np.mean(squared_bias)),
    }


def _request(settings: Mapping[str, Json], isa: IsaModel, weights: np.ndarray) -> Request:
    """What is asked, with the shots that fit the time."""
    options = ModelOptions.model_validate(nested(settings, "model"))
    rows = encode(options, split_of(settings).test_features)[: settings["samples"]]
    execution = execution_of(settings)
    request = Request(isa, bound_rows(rows, weights), execution, str(settings["target"]))
    device, seconds = device_named(settings["target"]), float(settings["qpu_seconds"])
    learning = _learning(settings, isa)
    if learning is not None:
        taken = estimate([learning], device).qpu_seconds
        if taken >= seconds:
            raise InputError(
                f"`qpu_seconds` must suffice to learn the noise of the layers, which takes "
                f"{taken:.0f} s on {settings['target']}, but is {seconds:g}; allow more, or ask "
                "for less `execution.noise_learning`"
            )
        seconds -= taken
    shots = affordable_shots(request, device, seconds)
    chosen = execution.model_copy(update={"shots": shots})
    return Request(isa, request.bindings, chosen, request.backend)


def _learning(settings: Mapping[str, Json], isa: IsaModel) -> Request | None:
    """The request that learns the noise for PEC and PEA; ``None`` where nothing needs it."""
    execution = execution_of(settings)
    if not execution.learns_noise:
        return None
    return hardware.learning_of(isa, execution, str(settings["target"]))


def _accuracy(labels: np.ndarray, values: np.ndarray) -> float:
    return accuracy(labels, predicted_classes(values))


def _finite(stderr: np.ndarray) -> np.ndarray:
    """A fit without a degree of freedom states an infinite error."""
    return np.where(np.isfinite(stderr), stderr, np.nan)
