"""Does it pay to train one QNN on many devices, without moving the data?

Clients have rows of their own (label skew by a Dirichlet distribution) and a device of their own:
the model is one and the same logical circuit, transpiled onto each client's device and trained
under that device's exact noise, and its weights are averaged in rounds. Beside it always stand
training on pooled rows, each client alone, devices that are all alike, training without noise,
the model without entangler, and classical networks that are federated in the same way.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from nisqdl.catalog import checked
from nisqdl.circuits.build import num_qubits
from nisqdl.circuits.entanglers import DEVICE
from nisqdl.circuits.options import ModelOptions
from nisqdl.datasets.options import DatasetOptions
from nisqdl.datasets.partition import LEAST_ROWS
from nisqdl.engines import ENGINES
from nisqdl.noise.options import NoiseOptions
from nisqdl.store.record import Json, Point
from nisqdl.studies import federation, qnn
from nisqdl.studies.contract import Cost, Outcome, Step
from nisqdl.studies.data import data_identity, dataset_options, describe_data
from nisqdl.studies.federated_networks import fitted
from nisqdl.studies.federated_scores import (
    ALIKE,
    CLASSICAL,
    FEDERATED,
    LOCAL,
    NOISELESS,
    POOLED,
    POOLED_NOISELESS,
    SEPARABLE,
    TITLES,
)
from nisqdl.studies.named import device_named, recipe_hash, snapshot_of
from nisqdl.studies.settings import flatten, pick
from nisqdl.targets.summary import device_summary
from nisqdl.training.federated.options import ClientTraining, Rounds


def _finite(value: Any) -> Any:
    """Infinity, which no record can hold, is the same as null."""
    return None if isinstance(value, float) and value == math.inf else value


MOST_CLIENTS = 100


class FederatedOptions(BaseModel):
    """One combination of the options of a ``federated`` experiment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: DatasetOptions
    model: ModelOptions = ModelOptions()
    clients: tuple[Annotated[str, AfterValidator(checked(device_named))], ...]
    """The device of each client; a device may serve several."""
    concentration: Annotated[
        Annotated[float, Field(gt=0, allow_inf_nan=False)] | None, BeforeValidator(_finite)
    ] = None
    """α of the Dirichlet distribution of each class over the clients; ``None`` (or infinity) gives
    all clients the same mix of classes."""
    weighting: Literal["samples", "fidelity"] = "samples"
    """What a client counts in the mean: its rows, or these times its circuit's expected fidelity
    on its device, readout included. Weighting by rows, the published one, is always in."""
    federation: Rounds = Rounds()
    training: ClientTraining = ClientTraining()
    noise: NoiseOptions = NoiseOptions()
    engine: Annotated[str, AfterValidator(checked(ENGINES.find))] = "exact"
    seeds: int = Field(default=5, ge=1, le=10_000, json_schema_extra={"sweep": False})
    """How many repetitions: each has its own split, deal of rows, first weights and batches."""
    root_seed: int = Field(default=0, ge=0, json_schema_extra={"sweep": False})

    @field_validator("engine")
    @classmethod
    def _simulates_noise(cls, engine: str) -> str:
        if not (ENGINES[engine].takes_gate_noise and ENGINES[engine].here):
            able = [e.name for e in ENGINES.values() if e.takes_gate_noise and e.here]
            raise ValueError(
                f"must train and test under each device's noise, on this machine: use "
                f"{' or '.join(able)} instead of {engine!r}"
            )
        return engine

    @field_validator("clients")
    @classmethod
    def _are_several(cls, clients: tuple[str, ...]) -> tuple[str, ...]:
        if not 2 <= len(clients) <= MOST_CLIENTS:
            raise ValueError(
                f"must name the devices of 2 to {MOST_CLIENTS} clients, but names {len(clients)}"
            )
        return clients

    @model_validator(mode="after")
    def _have_rows(self) -> FederatedOptions:
        if len(self.clients) * LEAST_ROWS > self.dataset.train:
            raise ValueError(
                f"{len(self.clients)} clients need {LEAST_ROWS} training rows each, but "
                f"`dataset.train` is {self.dataset.train}; raise it, or take fewer clients"
            )
        return self

    @model_validator(mode="after")
    def _one_model_for_all(self) -> FederatedOptions:
        if self.model.entangler == DEVICE:
            raise ValueError(
                f"`model.entangler` must be the same on all devices, but is {DEVICE!r}, which "
                "depends on the device: weights of different circuits have no mean"
            )
        return self

    @model_validator(mode="after")
    def _fits(self) -> FederatedOptions:
        if self.dataset.features is None:
            return self
        qubits = num_qubits(self.model, self.dataset.features)
        for client in self.clients:
            if qubits > device_named(client).num_qubits:
                raise ValueError(
                    f"the model needs {qubits} qubits, but the client {client} has "
                    f"{device_named(client).num_qubits}; use fewer features or a larger device"
                )
        return self


_DATA = ("dataset.", "data", "root_seed", "seed")
_TRAINING = ("training.", "federation.", "learner", "concentration", "clients")


class FederatedStudy:
    """The study ``federated``."""

    name = "federated"
    summary = "one QNN trained by many devices that keep their data: rounds, noise, communication"
    Options: type[BaseModel] = FederatedOptions

    def points(self, combinations: Sequence[BaseModel]) -> list[Point]:
        """The federated QNN and all that it is held against, for every combination and seed."""
        points: dict[str, Point] = {}
        for options in combinations:
            if isinstance(options, FederatedOptions):
                for learner in learners(options):
                    for seed in range(options.seeds):
                        point = Point(self.name, {**learner, "seed": seed})
                        points.setdefault(point.id, point)
        return list(points.values())

    def steps(self, points: Sequence[Point]) -> list[Step]:
        """Transpile for each device, train each learner and seed, then judge it; or fit a twin."""
        circuits: dict[str, Step] = {}
        made: list[Step] = []
        judged: list[Step] = []
        for point in points:
            settings = point.settings
            title = f"{TITLES[settings['learner']]}, seed {settings['seed']}"
            if settings["learner"] in CLASSICAL:
                judged.append(Step(self.name, "fit", settings, points=(point,), title=title))
                continue
            needs = []
            for target in dict.fromkeys(settings["clients"]):
                step = self._transpile_step(settings, target)
                needs.append(circuits.setdefault(step.key, step).key)
            trained = self._train_step(settings, tuple(needs), title)
            made.append(trained)
            judged.append(
                Step(
                    self.name,
                    "judge",
                    pick(settings, ("learner",)),
                    (trained.key, *needs),
                    (point,),
                    f"judge {title}",
                )
            )
        unique = {step.key: step for step in made}
        return [*circuits.values(), *unique.values(), *judged]

    def _transpile_step(self, settings: Mapping[str, Json], target: str) -> Step:
        placed = {**settings, "target": target, "snapshot": snapshot_of(target)}
        return Step(
            self.name,
            "transpile",
            {
                **pick(placed, ("model.", "dataset.", "data", "target", "snapshot", "root_seed")),
                "scheduled": qnn.needs_schedule(settings),
            },
            title=f"transpile {qnn.title(settings)} for {target}",
        )

    def _train_step(self, settings: Mapping[str, Json], needs: tuple[str, ...], title: str) -> Step:
        names = [*_DATA, *_TRAINING, "model.", "engine", "weighting", "device"]
        names += ["noise.recipe", "noise.channels", "noise.scale", "recipe", "snapshots"]
        return Step(self.name, "train", pick(settings, names), needs, title=f"train {title}")

    def perform(self, step: Step, artifacts: Mapping[str, bytes]) -> Outcome:
        """Do one step; see :mod:`nisqdl.studies.federation` and ``federated_networks``."""
        needed = [artifacts[key] for key in step.needs]
        if step.kind == "transpile":
            return Outcome(artifact=qnn.transpile(step.settings))
        if step.kind == "train":
            return Outcome(artifact=federation.trained(step.settings, needed))
        if step.kind == "fit":
            return Outcome(records=(fitted(step.points[0]),))
        return Outcome(records=(federation.judged(step.points[0], needed[0], needed[1:]),))

    def context(self, points: Sequence[Point]) -> Json:
        """The devices' calibrations and the data sets, for the report."""
        targets = dict.fromkeys(t for point in points for t in point.settings["clients"])
        return {
            "devices": [{"target": t, **device_summary(device_named(t))} for t in targets],
            "datasets": describe_data(
                list(dict.fromkeys(dataset_options(p.settings) for p in points)),
                points[0].settings["root_seed"],
            ),
        }

    def plan_rows(self, points: Sequence[Point], artifacts: Mapping[str, bytes]) -> list[Json]:
        """A row for each transpiled circuit."""
        steps = [step for step in self.steps(points) if step.kind == "transpile"]
        return [qnn.circuit_row(step.settings, artifacts[step.key]) for step in steps]

    def cost(self, step: Step, artifacts: Mapping[str, bytes]) -> Cost:
        """Estimated from one timed evaluation of the step's own circuit."""
        if step.kind in ("train", "judge"):
            settings = step.points[0].settings if step.points else step.settings
            needed = [artifacts[key] for key in step.needs if key in artifacts]
            return federation.cost(step.kind, settings, needed)
        return Cost(seconds=2.0, memory_mib=50.0)


def learners(options: FederatedOptions) -> list[dict[str, Json]]:
    """Settings of the federated QNN of these options, and of what it is held against."""
    settings: dict[str, Json] = {
        **flatten(options.model_dump(mode="json", exclude={"seeds"})),
        "recipe": recipe_hash(options.noise.recipe),
        "snapshots": [snapshot_of(target) for target in options.clients],
        "data": data_identity(options.dataset),
    }
    plain = {**settings, "weighting": "samples"}
    found = [{"learner": FEDERATED, **plain}]
    if options.weighting == "fidelity":
        found.append({"learner": FEDERATED, **settings})
    devices = dict.fromkeys(options.clients)
    if options.noise.scale > 0:
        found.append({"learner": NOISELESS, **plain})
    if options.noise.scale > 0 and len(devices) > 1:
        found += [{"learner": ALIKE, "device": device, **plain} for device in devices]
    found.append({"learner": SEPARABLE, **plain, "model.entangler": "none"})
    alone = _without(plain, "weighting", "federation.participation", "federation.dropout")
    found.append({"learner": LOCAL, **alone})
    pooled = _without(alone, "concentration")
    found.append({"learner": POOLED, **pooled})
    found.append({"learner": POOLED_NOISELESS, **pooled})
    twin = _without(plain, "weighting", "engine", "recipe", "snapshots")
    twin = {k: v for k, v in twin.items() if not k.startswith(("model.", "noise."))}
    twin = _without(twin, "training.learning_rate", "training.initialisation")
    found += [{"learner": learner, **twin} for learner in CLASSICAL]
    return found


def _without(settings: Mapping[str, Json], *names: str) -> dict[str, Json]:
    return {name: value for name, value in settings.items() if name not in names}
