"""Train here, test there: does training under one device's noise help on it, and elsewhere?

Every combination of device and λ is both a place to train and a place to test. Training without
noise always takes part. The weights belong to the logical model: on each device another ISA circuit
realises it, and weights that were trained on one are measured on another as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from nisqdl.catalog import checked
from nisqdl.circuits.ansatzes import ANSATZES
from nisqdl.circuits.build import num_qubits
from nisqdl.circuits.entanglers import DEVICE
from nisqdl.circuits.options import ModelOptions
from nisqdl.datasets.options import DatasetOptions
from nisqdl.engines import ENGINES
from nisqdl.errors import InputError
from nisqdl.noise.options import NoiseOptions
from nisqdl.store.record import Json, Point, content_hash
from nisqdl.studies import qnn, qnn_training
from nisqdl.studies.contract import Cost, Outcome, Step
from nisqdl.studies.data import data_identity, dataset_options, describe_data
from nisqdl.studies.named import device_named
from nisqdl.studies.settings import flatten, pick
from nisqdl.targets.summary import device_summary
from nisqdl.training.options import TrainingOptions

NO_NOISE = "no noise"
"""Where a model is trained that is trained without noise."""

TRAINED_ON, TRAINED_SCALE = "trained_on", "trained_scale"
"""Settings of a point: the device and the λ under whose noise its weights were trained."""


_DATA = ("dataset.", "data", "root_seed", "seed")
"""Settings that decide a point's rows."""


class TransferOptions(BaseModel):
    """One combination of the options of a ``transfer`` experiment.

    ``target`` and ``noise.scale`` are swept: each of their combinations is trained under and
    tested under.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: DatasetOptions
    model: ModelOptions = ModelOptions()
    target: Annotated[str, AfterValidator(checked(device_named))]
    """A device, or one at a date: ``torino@2025-02-26``."""
    noise: NoiseOptions = NoiseOptions()
    training: TrainingOptions = TrainingOptions(noise="target")
    """``noise`` says how training sees the noise; under which noise is what the study varies."""
    shots: int | None = Field(default=None, ge=1, le=100_000_000)
    """Shots for each sample at the evaluation; ``None`` is exact."""
    engine: Annotated[str, AfterValidator(checked(ENGINES.find))] = "exact"
    seeds: int = Field(default=5, ge=1, le=10_000, json_schema_extra={"sweep": False})
    """How many repetitions: each has its own split, initial weights and batches."""
    root_seed: int = Field(default=0, ge=0, json_schema_extra={"sweep": False})

    @model_validator(mode="before")
    @classmethod
    def _noise_is_the_target_s(cls, document: Any) -> Any:
        """Fills in that training is noisy where the file does not say how."""
        training = document.get("training") if isinstance(document, dict) else None
        if isinstance(training, dict) and "noise" not in training:
            return {**document, "training": {**training, "noise": "target"}}
        return document

    @field_validator("training")
    @classmethod
    def _study_says_where(cls, training: TrainingOptions) -> TrainingOptions:
        if training.noise not in qnn_training.NOISY_TRAININGS:
            raise ValueError(
                f"`noise` must be {' or '.join(qnn_training.NOISY_TRAININGS)}, but is "
                f"{training.noise!r}; training without noise takes part by itself"
            )
        training.only_whole()
        if training.noise_scale != 1:
            raise ValueError(
                "`noise_scale` is what this study varies: leave it out, and name the values in "
                "`noise.scale`"
            )
        return training

    @field_validator("engine")
    @classmethod
    def _simulates_noise(cls, engine: str) -> str:
        if not (ENGINES[engine].takes_gate_noise and ENGINES[engine].here):
            able = [e.name for e in ENGINES.values() if e.takes_gate_noise and e.here]
            raise ValueError(
                "must train and test under the devices' noise, on this machine: use "
                f"{' or '.join(able)} instead of {engine!r}"
            )
        return engine

    @model_validator(mode="after")
    def _one_model_for_all(self) -> TransferOptions:
        ansatz = self.model.ansatz
        self.training.require_layers(ansatz.depth, ANSATZES[ansatz.name].is_tree)
        if self.model.entangler == DEVICE:
            raise ValueError(
                f"`model.entangler` must be the same on all devices, but is {DEVICE!r}, which "
                "depends on the device: its weights mean something else on another one"
            )
        features = self.dataset.features
        if features is not None:
            qubits, has = num_qubits(self.model, features), device_named(self.target).num_qubits
            if qubits > has:
                raise ValueError(
                    f"the model needs {qubits} qubits, but {self.target} has {has}; use fewer "
                    "features or a larger device"
                )
        return self


class Transfer:
    """The study ``transfer``."""

    name = "transfer"
    summary = "train here, test there: devices, dates and noise scales against each other"
    Options: type[BaseModel] = TransferOptions

    def points(self, combinations: Sequence[BaseModel]) -> list[Point]:
        """Where each model is trained, crossed with where it is tested, for each seed.

        Of devices and scales together, those pairs that share one of them: a matrix of devices at
        each scale, and a matrix of scales on each device.

        Raises:
            InputError: No scale is above 0, so that there is no noise to train under.
        """
        if all(o.noise.scale == 0 for o in combinations if isinstance(o, TransferOptions)):
            raise InputError(
                "`noise.scale` must have a value above 0, which is trained under, but is only 0."
            )
        alike: dict[str, list[TransferOptions]] = {}
        for options in combinations:
            if isinstance(options, TransferOptions):
                alike.setdefault(_question(options), []).append(options)
        points: dict[str, Point] = {}
        for places in alike.values():
            for tested in places:
                for trained in (None, *(p for p in places if p.noise.scale > 0)):
                    if trained is None or _share_a_side(trained, tested):
                        for seed in range(tested.seeds):
                            point = self._point(trained, tested, seed)
                            points.setdefault(point.id, point)
        return list(points.values())

    def _point(self, trained: TransferOptions | None, tested: TransferOptions, seed: int) -> Point:
        if trained is None:
            training = tested.training.model_copy(update={"noise": "ideal"})
        else:
            training = tested.training.model_copy(update={"noise_scale": trained.noise.scale})
        options = tested.model_copy(update={"training": training})
        settings = flatten(options.model_dump(mode="json", exclude={"seeds"}))
        return Point(
            self.name,
            {
                **settings,
                **qnn.identity(settings),
                TRAINED_ON: NO_NOISE if trained is None else trained.target,
                TRAINED_SCALE: 0.0 if trained is None else trained.noise.scale,
                "data": data_identity(options.dataset),
                "seed": seed,
            },
        )

    def steps(self, points: Sequence[Point]) -> list[Step]:
        """Transpile for each device, train once for each place and seed, measure on each device."""
        transpile: dict[str, Step] = {}
        train: dict[str, Step] = {}
        measured: dict[tuple[str, str], tuple[Step, Step, list[Point]]] = {}
        for point in points:
            settings = point.settings
            circuit = self._transpile_step(settings)
            circuit = transpile.setdefault(circuit.key, circuit)
            homes = [
                self._transpile_step(own)
                for own in qnn_training.training_circuits(_at_home(settings))
            ]
            for home in homes:
                transpile.setdefault(home.key, home)
            training = self._train_step(settings, homes)
            training = train.setdefault(training.key, training)
            group = (circuit.key, training.key)
            measured.setdefault(group, (circuit, training, []))[2].append(point)
        return [
            *transpile.values(),
            *train.values(),
            *(self._measure_step(*group) for group in measured.values()),
        ]

    def _transpile_step(self, settings: Mapping[str, Json]) -> Step:
        return Step(
            self.name,
            "transpile",
            {
                **pick(settings, ("model.", "dataset.", "data", "target", "snapshot", "root_seed")),
                "scheduled": qnn.needs_schedule(settings),
            },
            title=f"transpile {qnn.title(settings)} for {settings['target']}",
        )

    def _train_step(self, settings: Mapping[str, Json], homes: Sequence[Step]) -> Step:
        names = [*_DATA, "model.", "training.", "engine"]
        noisy = bool(homes)
        if noisy:
            names += ["target", "snapshot", "noise.recipe", "noise.channels", "recipe"]
        place = f" at λ = {settings[TRAINED_SCALE]:g} on {settings[TRAINED_ON]}" if noisy else ""
        return Step(
            self.name,
            "train",
            pick(_at_home(settings) if noisy else settings, names),
            needs=tuple(home.key for home in homes),
            title=f"train {qnn.title(settings)}{place}, seed {settings['seed']}",
        )

    def _measure_step(self, circuit: Step, training: Step, points: list[Point]) -> Step:
        settings = points[0].settings
        return Step(
            self.name,
            "measure",
            pick(settings, [*_DATA, "model.", TRAINED_ON, TRAINED_SCALE, "target", "engine"]),
            needs=(circuit.key, training.key),
            points=tuple(points),
            title=f"measure {qnn.title(settings)} on {settings['target']}, seed {settings['seed']}",
        )

    def perform(self, step: Step, artifacts: Mapping[str, bytes]) -> Outcome:
        """Do one step; see :mod:`nisqdl.studies.qnn`."""
        needed = [artifacts[key] for key in step.needs]
        if step.kind == "transpile":
            return Outcome(artifact=qnn.transpile(step.settings))
        if step.kind == "train":
            return Outcome(artifact=qnn_training.train_weights(step.settings, *needed))
        return Outcome(records=tuple(qnn.measure(step.points, *needed)))

    def context(self, points: Sequence[Point]) -> Json:
        """The devices' calibrations and the data sets, for the report."""
        targets = dict.fromkeys(str(point.settings["target"]) for point in points)
        return {
            "devices": [{"target": t, **device_summary(device_named(t))} for t in targets],
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
        """Estimated from one timed evaluation of the step's own circuit."""
        if step.kind in ("train", "measure"):
            return qnn.cost(step, [artifacts[key] for key in step.needs if key in artifacts])
        return Cost(seconds=1.0, memory_mib=50.0)


def _question(options: TransferOptions) -> str:
    """What is the same for places that are held against each other."""
    noise = options.noise.model_dump(mode="json", exclude={"scale"})
    rest = options.model_dump(mode="json", exclude={"noise", "target"})
    return content_hash({**rest, "noise": noise})


def _share_a_side(trained: TransferOptions, tested: TransferOptions) -> bool:
    return trained.target == tested.target or trained.noise.scale == tested.noise.scale


def _at_home(settings: Mapping[str, Json]) -> dict[str, Json]:
    """The settings on the device that a point's weights were trained on."""
    if settings[TRAINED_ON] == NO_NOISE:
        return dict(settings)
    home = {**settings, "target": settings[TRAINED_ON]}
    return {**home, **qnn.identity(home)}
