"""Does a network that learnt a phase on a solvable line recognise it on the whole plane?

Ground states of the cluster-Ising ring (Cong, Choi & Lukin 2019, arXiv:1810.03787): the model is
trained on states of the line h₂ = 0, where the phases are known exactly, and asked about states
at any fields. Beside it stands the string order parameter, and the energy's closed form on the
line. Nothing is noisy here: preparing a state's amplitudes on a device would drown the question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from nisqdl.catalog import checked
from nisqdl.circuits.ansatzes import ANSATZES
from nisqdl.circuits.build import build_model, encode, num_qubits, num_weights
from nisqdl.circuits.options import ModelOptions
from nisqdl.circuits.structure import structure_of
from nisqdl.datasets.spin_chains import (
    TRANSITION,
    Floats,
    closed_ground_energy,
    ground_state,
    string_order,
)
from nisqdl.engines import ENGINES, find_engine
from nisqdl.errors import InputError
from nisqdl.noise.channels import IDEAL
from nisqdl.seeds import derive
from nisqdl.store.record import Json, Point, Record
from nisqdl.studies.contract import Cost, Outcome, Step
from nisqdl.studies.provenance import provenance
from nisqdl.studies.settings import flatten, nested, pick
from nisqdl.training.checkpoint import trained_from_bytes, trained_to_bytes
from nisqdl.training.loop import train
from nisqdl.training.options import TrainingOptions
from nisqdl.training.problem import Trainee

LARGEST_TRAINED_FIELD = 1.6
NEAR = 0.1
"""A finite ring has no sharp transition: so near to it no answer is called right or wrong."""

_MODEL: dict[str, Any] = {
    "feature_map": {"name": "amplitude"},
    "ansatz": {"name": "qcnn", "depth": 2, "boundary": "periodic"},
}


def _is_unset(value: object) -> bool:
    return value is None


class PhaseRecognitionOptions(BaseModel):
    """One combination of the options of a ``phase_recognition`` experiment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    qubits: int = Field(default=8, ge=4, le=12, strict=True)
    """Spins of the ring."""
    field: float = Field(ge=0, le=100, allow_inf_nan=False)
    """h₁/J."""
    coupling: float = Field(default=0.0, ge=-100, le=100, allow_inf_nan=False)
    """h₂/J."""
    model: ModelOptions = ModelOptions.model_validate(_MODEL)
    training: TrainingOptions = TrainingOptions(batch=None)
    train: int = Field(default=40, ge=4, le=1000, strict=True)
    """Training states, evenly spaced on the line h₂ = 0 from h₁ = 0 to 1.6."""
    train_coupling: float | None = Field(
        default=None, ge=-100, le=100, allow_inf_nan=False, exclude_if=_is_unset
    )
    """h₂/J of a second line of training states, a quarter as many, with the phase that the string
    order parameter gives them; None is the line h₂ = 0 alone."""
    engine: Annotated[str, AfterValidator(checked(ENGINES.find))] = "statevector"
    seeds: int = Field(default=5, ge=1, le=1000, json_schema_extra={"sweep": False})
    """How many repetitions, each with its own initial weights and batches."""
    root_seed: int = Field(default=0, ge=0, json_schema_extra={"sweep": False})

    @model_validator(mode="after")
    def _fits(self) -> PhaseRecognitionOptions:
        if self.training.noise != "ideal":
            raise ValueError("`training.noise` must be 'ideal': this study has no device")
        if self.engine != "exact":
            self.model.ansatz.only_gates(
                f"the engine {self.engine!r} takes gates only, unlike the engine 'exact'"
            )
        if self.training.needs_gates is not None:
            self.model.ansatz.only_gates(self.training.needs_gates)
        self.training.only_whole()
        ansatz = self.model.ansatz
        self.training.require_layers(ansatz.depth, ANSATZES[ansatz.name].is_tree)
        if self.training.normalise is not None:
            raise ValueError("`training.normalise` must be left out: this study has no noise")
        try:
            qubits = num_qubits(self.model, 2**self.qubits)
            num_weights(self.model, 2**self.qubits)
        except InputError as error:
            raise ValueError(str(error)) from None
        if qubits != self.qubits:
            raise ValueError(
                "`model.feature_map.name` must be 'amplitude', which prepares a ground state of "
                f"{self.qubits} qubits on {self.qubits} qubits, but "
                f"{self.model.feature_map.name!r} would take {qubits}"
            )
        return self


class PhaseRecognition:
    """The study ``phase_recognition``."""

    name = "phase_recognition"
    summary = "a phase learnt on a line, recognised on the plane: ground states of a spin chain"
    Options: type[BaseModel] = PhaseRecognitionOptions

    def points(self, combinations: Sequence[BaseModel]) -> list[Point]:
        """A point for each place in the plane, model, training and seed."""
        points: dict[str, Point] = {}
        for options in combinations:
            if isinstance(options, PhaseRecognitionOptions):
                settings = flatten(options.model_dump(mode="json", exclude={"seeds"}))
                for seed in range(options.seeds):
                    point = Point(self.name, {**settings, "seed": seed})
                    points.setdefault(point.id, point)
        return list(points.values())

    def steps(self, points: Sequence[Point]) -> list[Step]:
        """Train once for each model and seed, then measure all places with it."""
        trained: dict[str, tuple[Step, list[Point]]] = {}
        for point in points:
            step = self._train_step(point.settings)
            trained.setdefault(step.key, (step, []))[1].append(point)
        measured = [
            Step(
                self.name,
                "measure",
                step.settings,
                (step.key,),
                tuple(asked),
                f"recognise {len(asked)} states, seed {step.settings['seed']}",
            )
            for step, asked in trained.values()
        ]
        return [*(step for step, _ in trained.values()), *measured]

    def _train_step(self, settings: Mapping[str, Json]) -> Step:
        names = ["qubits", "model.", "training.", "train", "train_coupling"]
        names += ["engine", "root_seed", "seed"]
        title = f"train {settings['model.ansatz.name']} on the line, seed {settings['seed']}"
        return Step(self.name, "train", pick(settings, names), title=title)

    def perform(self, step: Step, artifacts: Mapping[str, bytes]) -> Outcome:
        """Train, or ask the trained model about each place."""
        if step.kind == "train":
            return Outcome(artifact=_trained(step.settings))
        (weights,) = (artifacts[key] for key in step.needs)
        return Outcome(records=tuple(_recognised(step, weights)))

    def context(self, points: Sequence[Point]) -> Json:
        """Nothing but the records is needed."""
        return {}

    def plan_rows(self, points: Sequence[Point], artifacts: Mapping[str, bytes]) -> list[Json]:
        """A row for each model: no circuit is transpiled."""
        models = {_train_key(point.settings): point.settings for point in points}
        return [
            {
                "model": settings["model.ansatz.name"],
                "qubits": settings["qubits"],
                "weights": num_weights(_model_options(settings), 2 ** int(settings["qubits"])),
            }
            for settings in models.values()
        ]

    def cost(self, step: Step, artifacts: Mapping[str, bytes]) -> Cost:
        """Rough: a training step takes 20 ms at eight qubits, a ground state 10."""
        size = 2.0 ** (int(step.settings["qubits"]) - 8)
        work = len(step.points) * 0.01
        if step.kind == "train":
            work = float(step.settings["training.steps"]) * 0.02
        return Cost(seconds=1.0 + work * size, memory_mib=100.0)


def _train_key(settings: Mapping[str, Json]) -> str:
    return str(pick(settings, ("qubits", "model.")))


def _model_options(settings: Mapping[str, Json]) -> ModelOptions:
    return ModelOptions.model_validate(nested(settings, "model"))


def _trained(settings: Mapping[str, Json]) -> bytes:
    qubits = int(settings["qubits"])
    options = _model_options(settings)
    engine, model = find_engine(settings["engine"]), build_model(options, 2**qubits, 2)
    states, labels = _training_rows(settings)

    def cut(depth: int) -> Trainee:
        layers = options.ansatz.model_copy(update={"depth": depth})
        fewer = build_model(options.model_copy(update={"ansatz": layers}), 2**qubits, 2)
        return Trainee(engine.prepare(fewer, IDEAL), fewer)

    found = train(
        engine.prepare(model, IDEAL),
        encode(options, states),
        labels,
        len(model.weights),
        TrainingOptions.model_validate(nested(settings, "training")),
        seed=_training_seed(settings),
        structure=structure_of(options, model),
        circuit=model,
        cuts=cut,
    )
    return trained_to_bytes(found)


def _training_rows(settings: Mapping[str, Json]) -> tuple[Floats, NDArray[np.int64]]:
    """Ground states of the trained lines, (N, 2^n), and their phases: 0 is the cluster phase."""
    qubits = int(settings["qubits"])
    fields = np.linspace(0.0, LARGEST_TRAINED_FIELD, settings["train"])
    states = [_ground(qubits, float(field), 0.0)[1] for field in fields]
    labels = (fields >= TRANSITION).astype(np.int64)
    coupling = settings.get("train_coupling")
    if coupling is not None:
        more = np.linspace(0.0, LARGEST_TRAINED_FIELD, max(2, int(settings["train"]) // 4))
        second = [_ground(qubits, float(field), float(coupling))[1] for field in more]
        critical = _order(qubits, _ground(qubits, TRANSITION, 0.0)[1])
        orders = np.array([_order(qubits, state) for state in second])
        states += second
        labels = np.concatenate([labels, (orders <= critical).astype(np.int64)])
    return np.array(states), labels


def _order(qubits: int, state: Floats) -> float:
    """The string order parameter over half the ring."""
    return string_order(state, 0, 2 * (qubits // 4))


def _recognised(step: Step, weights: bytes) -> list[Record]:
    settings = step.settings
    qubits, options = int(settings["qubits"]), _model_options(settings)
    model = build_model(options, 2**qubits, 2)
    evaluator = find_engine(settings["engine"]).prepare(model, IDEAL)
    trained = trained_from_bytes(weights)
    critical = _order(qubits, _ground(qubits, TRANSITION, 0.0)[1])
    places = [
        (float(point.settings["field"]), float(point.settings["coupling"])) for point in step.points
    ]
    found = [_ground(qubits, *place) for place in places]
    rows = encode(options, np.array([state for _, state in found]))
    outputs = evaluator.values(rows, trained.weights)[:, 0]
    records = []
    for point, place, (energy, state), output in zip(
        step.points, places, found, outputs, strict=True
    ):
        order = _order(qubits, state)
        values: dict[str, Json] = {
            "output": float(output),
            "string_order": order,
            "energy": energy,
            "agrees": float((output > 0) == (order > critical)),
            "half": "upper" if place[1] >= 0 else "lower",
            "critical_string_order": critical,
            "weights": len(model.weights),
            "training_steps": trained.steps,
        }
        if place[1] == 0:
            values["energy_error"] = abs(energy - closed_ground_energy(qubits, place[0]))
            if abs(place[0] - TRANSITION) >= NEAR - 1e-9:
                values["right"] = float((output > 0) == (place[0] < TRANSITION))
        seeds = {"root": settings["root_seed"], "training": _training_seed(settings)}
        records.append(Record(point, values, provenance(seeds), 0.0))
    return records


def _training_seed(settings: Mapping[str, Json]) -> int:
    return derive(settings["root_seed"], "training", settings["seed"])


@lru_cache(maxsize=4096)
def _ground(qubits: int, field: float, coupling: float) -> tuple[float, Floats]:
    return ground_state(qubits, field, coupling)
