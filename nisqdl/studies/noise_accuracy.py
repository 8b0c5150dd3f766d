"""How accurate is a QNN on a noisy device: which depth, which entangler, what does noise cost?

Points are combinations of data set, model, target, noise scale, training and seed. What was
transpiled once serves all seeds, and what was trained once serves all noise scales and shots.
Classical baselines on the same features and splits, and the QNN without entangler, are always in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import BaseModel

from nisqdl.engines.runtime.request import Request
from nisqdl.store.record import Json, Point
from nisqdl.studies import (
    classical,
    device_training,
    hardware,
    measured_qnn,
    preparation,
    qnn,
    qnn_training,
)
from nisqdl.studies.contract import Cost, Outcome, Step
from nisqdl.studies.data import data_identity, dataset_options, describe_data
from nisqdl.studies.named import device_named
from nisqdl.studies.noise_accuracy_options import NoiseAccuracyOptions
from nisqdl.studies.settings import flatten, pick
from nisqdl.targets.summary import device_summary

_DATA = ("dataset.", "data", "root_seed", "seed")
"""Settings that decide a point's rows."""


class NoiseAccuracy:
    """The study ``noise_accuracy``."""

    name = "noise_accuracy"
    summary = "accuracy under device noise against depth, entangler, noise scale and training"
    Options: type[BaseModel] = NoiseAccuracyOptions

    def points(self, combinations: Sequence[BaseModel]) -> list[Point]:
        """QNN points, those of the control without entangler, and the classical baselines."""
        options = [c for c in combinations if isinstance(c, NoiseAccuracyOptions)]
        points: dict[str, Point] = {}
        for combination in [*options, *map(_without_entangler, options)]:
            for seed in range(combination.seeds):
                point = self._qnn_point(combination, seed)
                points.setdefault(point.id, point)
        for combination in options:
            for settings in classical.settings_beside(combination):
                point = Point(self.name, settings)
                points.setdefault(point.id, point)
        return list(points.values())

    def _qnn_point(self, options: NoiseAccuracyOptions, seed: int) -> Point:
        settings = flatten(options.model_dump(mode="json", exclude={"seeds"}))
        return Point(
            self.name,
            {
                "learner": "qnn",
                **settings,
                **qnn.identity(settings),
                "data": data_identity(options.dataset),
                "seed": seed,
            },
        )

    def steps(self, points: Sequence[Point]) -> list[Step]:
        """Transpile once for each circuit and target, train once for each seed, then measure."""
        transpile: dict[str, Step] = {}
        train: dict[str, Step] = {}
        on_device: dict[str, Step] = {}
        learn: dict[str, Step] = {}
        execute: dict[str, Step] = {}
        measured: dict[tuple[str, ...], tuple[list[Step], list[Point]]] = {}
        classical_steps = []
        for point in points:
            if point.settings["learner"] != "qnn":
                classical_steps.append(self._baseline_step(point))
                continue
            circuit = self._transpile_step(point.settings)
            circuit = transpile.setdefault(circuit.key, circuit)
            learning = self._learn_step(point.settings, circuit)
            if learning is not None:
                learning = learn.setdefault(learning.key, learning)
            if point.settings["training.noise"] == "device":
                chain = device_training.chain(self.name, point.settings, circuit, learning)
                on_device.update({step.key: step for step in chain})
                training = chain[-1]
            else:
                circuits = [
                    self._transpile_step(own)
                    for own in qnn_training.training_circuits(point.settings)
                ]
                for one in circuits:
                    transpile.setdefault(one.key, one)
                parts = self._train_steps(point.settings, circuits)
                train.update({step.key: step for step in parts})
                training = train[parts[-1].key]
            needs = [circuit, training]
            if point.settings["engine"] == hardware.ENGINE:
                run = self._execute_step(point.settings, [*needs, *_given(learning)])
                needs += [execute.setdefault(run.key, run), *_given(learning)]
            group = (*(step.key for step in needs), str(point.settings["engine"]))
            measured.setdefault(group, (needs, []))[1].append(point)
        measure = [self._measure_step(*group) for group in measured.values()]
        return [
            *transpile.values(),
            *classical_steps,
            *train.values(),
            *learn.values(),
            *on_device.values(),
            *execute.values(),
            *measure,
        ]

    def _transpile_step(self, settings: Mapping[str, Json]) -> Step:
        return Step(
            self.name,
            "transpile",
            {
                **pick(settings, ("model.", "dataset.", "data", "target", "snapshot", "root_seed")),
                "scheduled": qnn.needs_schedule(settings),
                **hardware.uses_fractional_gates(settings),
            },
            title=f"transpile {qnn.title(settings)} for {settings['target']}",
        )

    def _train_steps(self, settings: Mapping[str, Json], circuits: Sequence[Step]) -> list[Step]:
        """The training in its parts; each but the last leaves a state. One where none is kept."""
        names = [*_DATA, "model.", "training.", "engine"]
        noisy = bool(circuits)
        if noisy:
            names += ["target", "snapshot", "noise.recipe", "noise.channels", "recipe"]
        elif settings["model.entangler"] == "device":
            names += ["target", "snapshot"]
        place = f" on {settings['target']}" if noisy else ", ideal"
        told = f"train {qnn.title(settings)}{place}, seed {settings['seed']}"
        kept = {**pick(settings, names), "engine": _training_engine(settings)}
        needs = tuple(circuit.key for circuit in circuits)
        every, steps = settings.get("training.checkpoint_every"), int(settings["training.steps"])
        parts: list[Step] = []
        for until in range(int(every), steps, int(every)) if every else ():
            before = (parts[-1].key,) if parts else ()
            title = f"{told}, to step {until}"
            own = {**kept, "until": until}
            parts.append(Step(self.name, "train", own, needs=(*needs, *before), title=title))
        before = (parts[-1].key,) if parts else ()
        return [*parts, Step(self.name, "train", kept, needs=(*needs, *before), title=told)]

    def _learn_step(self, settings: Mapping[str, Json], circuit: Step) -> Step | None:
        if settings["engine"] != hardware.ENGINE:
            return None
        names = ("model.", "dataset.", "data")
        return hardware.learn_step(self.name, settings, names, circuit, qnn.title(settings))

    def _execute_step(self, settings: Mapping[str, Json], needs: Sequence[Step]) -> Step:
        names = [*_DATA, "model.", "target", "snapshot", "shots", "execution."]
        live = hardware.is_live(settings["target"])
        if not live:
            names += ["noise.", "recipe"]
        return Step(
            self.name,
            "execute",
            pick(settings, names),
            needs=tuple(step.key for step in needs),
            title=f"run {qnn.title(settings)} on {settings['target']}, seed {settings['seed']}",
            remote=live,
        )

    def _measure_step(self, needs: list[Step], points: list[Point]) -> Step:
        settings = points[0].settings
        return Step(
            self.name,
            "measure",
            pick(settings, [*_DATA, "model.", "target", "engine"]),
            needs=tuple(step.key for step in needs),
            points=tuple(points),
            title=f"measure {qnn.title(settings)} on {settings['target']}, seed {settings['seed']}",
        )

    def _baseline_step(self, point: Point) -> Step:
        return Step(
            self.name,
            "baseline",
            point.settings,
            points=(point,),
            title=f"fit {point.settings['learner']}, seed {point.settings['seed']}",
        )

    def perform(self, step: Step, artifacts: Mapping[str, bytes]) -> Outcome:
        """Do one step; see the modules ``qnn``, ``qnn_training`` and ``classical`` beside this."""
        needed = [artifacts[key] for key in step.needs]
        if step.kind == "transpile":
            return Outcome(artifact=qnn.transpile(step.settings))
        if step.kind == device_training.BEGIN:
            return Outcome(artifact=device_training.begun(step.settings, *needed))
        if step.kind == "train" and step.settings["training.noise"] == "device":
            return Outcome(artifact=device_training.gone_on(step.settings, *needed))
        if step.kind == "train":
            count = len(qnn_training.training_circuits(step.settings))
            isa, before = needed[:count], needed[count:]
            until = step.settings.get("until")
            state = before[0] if before else None
            return Outcome(artifact=qnn_training.train_part(step.settings, isa, state, until))
        if step.kind in ("execute", hardware.LEARN, device_training.MEASURE):
            asked = self.request(step, artifacts)
            return Outcome(artifact=hardware.run_here(step.settings, asked))
        if step.kind == "measure" and step.settings["engine"] == hardware.ENGINE:
            return Outcome(records=tuple(measured_qnn.records(step.points, *needed)))
        if step.kind == "measure":
            return Outcome(records=tuple(qnn.measure(step.points, *needed)))
        return Outcome(records=(classical.fit(step.points[0]),))

    def request(self, step: Step, artifacts: Mapping[str, bytes]) -> Request:
        """What a device is asked for; see :mod:`nisqdl.studies.hardware`."""
        isa, *more = (artifacts[key] for key in step.needs if key in artifacts)
        if step.kind == hardware.LEARN:
            return hardware.learning_request(step.settings, preparation.isa_model(isa))
        state, learned = more[0], more[1] if len(more) > 1 else None
        if step.kind == device_training.MEASURE:
            asked = hardware.training_request(step.settings, isa, state)
        else:
            asked = hardware.request(step.settings, isa, state)
        return hardware.with_learned(asked, learned)

    def context(self, points: Sequence[Point]) -> Json:
        """The devices' calibrations and the data sets, for the report."""
        quantum = [point.settings for point in points if point.settings["learner"] == "qnn"]
        targets = dict.fromkeys(str(settings["target"]) for settings in quantum)
        return {
            "devices": [
                {"target": target, **device_summary(device_named(target))} for target in targets
            ],
            "datasets": describe_data(
                [dataset_options(settings) for settings in quantum], quantum[0]["root_seed"]
            ),
        }

    def plan_rows(self, points: Sequence[Point], artifacts: Mapping[str, bytes]) -> list[Json]:
        """A row for each transpiled circuit."""
        steps = [step for step in self.steps(points) if step.kind == "transpile"]
        return [qnn.circuit_row(step.settings, artifacts[step.key]) for step in steps]

    def cost(self, step: Step, artifacts: Mapping[str, bytes]) -> Cost:
        """Estimated from one timed evaluation of the step's own circuit."""
        on_device = step.settings.get("training.noise") == "device"
        if step.kind == hardware.LEARN:
            return Cost(seconds=5.0, memory_mib=300.0)
        if step.kind == "execute":
            return hardware.cost_here(step.settings, *(artifacts[key] for key in step.needs[:1]))
        if step.kind == "measure" and step.settings["engine"] == hardware.ENGINE:
            return Cost(seconds=0.2, memory_mib=50.0)
        if step.kind == "train" and not on_device:
            noisy = step.settings["training.noise"] in qnn_training.NOISY_TRAININGS
            return qnn.cost(step, [artifacts[key] for key in step.needs[: int(noisy)]])
        if step.kind == "measure":
            return qnn.cost(step, [artifacts[key] for key in step.needs])
        return Cost(seconds=1.0, memory_mib=50.0)


def _given(step: Step | None) -> list[Step]:
    return [] if step is None else [step]


def _training_engine(settings: Mapping[str, Json]) -> str:
    """What trains: a device measures what the exact engine has trained."""
    return "exact" if settings["engine"] == hardware.ENGINE else str(settings["engine"])


def _without_entangler(options: NoiseAccuracyOptions) -> NoiseAccuracyOptions:
    """The control that every report has: the same QNN, separable."""
    return options.model_copy(
        update={"model": options.model.model_copy(update={"entangler": "none"})}
    )
