"""How often does a device come back? A feature map's circuit, followed by its inverse.

Without noise U†U|0…0⟩ is |0…0⟩ for certain, so the share of outcomes 0…0 needs no reference to be
judged by: what is missing is noise. It is the diagonal of a quantum kernel. A point is one number
of qubits, one drawn sample x and one noise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from nisqdl.catalog import checked
from nisqdl.circuits.feature_maps import FEATURE_MAPS
from nisqdl.circuits.observables import PROJECTOR_QUBITS
from nisqdl.circuits.options import FeatureMapName
from nisqdl.engines import ENGINES
from nisqdl.engines.runtime.options import Execution
from nisqdl.engines.runtime.request import Request
from nisqdl.noise.options import NoiseOptions
from nisqdl.store.record import Json, Point
from nisqdl.studies import echo_circuit, hardware
from nisqdl.studies.contract import Cost, Outcome, Step
from nisqdl.studies.named import device_named, recipe_hash, snapshot_of
from nisqdl.studies.settings import flatten, pick
from nisqdl.targets.serial import isa_from_bytes
from nisqdl.targets.summary import device_summary


def _is_none(value: object) -> bool:
    return value is None


_SAMPLED = {"primitive": "sampler"}
_MITIGATION = frozenset(
    {"primitive", "resilience_level", "measure_mitigation", "zne_mitigation", "zne", "pec"}
)


class EchoOptions(BaseModel):
    """One combination of the options of an ``echo`` experiment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    feature_map: FeatureMapName = "zz_chain"
    qubits: int = Field(default=4, ge=2, le=PROJECTOR_QUBITS, strict=True)
    target: Annotated[str, AfterValidator(checked(device_named))]
    noise: NoiseOptions = NoiseOptions()
    shots: int | None = Field(default=None, ge=1, le=100_000_000)
    """Shots of each circuit; ``None`` is exact."""
    engine: Annotated[str, AfterValidator(checked(ENGINES.find))] = "exact"
    execution: Execution | None = Field(default=None, exclude_if=_is_none)
    """How the client runs the circuits; only with ``engine: runtime``: on the device where the
    target is a live one, else in local mode, on a snapshot's noise. What asks for no mitigation
    takes the Sampler: P(0…0) is a share of outcomes, and its 2ⁿ Pauli strings say no more."""
    seeds: int = Field(default=1, ge=1, le=1000, json_schema_extra={"sweep": False})
    """How many samples x are drawn: features uniform on [0, 2π), by NumPy's ``RandomState(seed)``
    for the seeds 0, 1, …"""
    root_seed: int = Field(default=0, ge=0, json_schema_extra={"sweep": False})

    @model_validator(mode="before")
    @classmethod
    def _runtime_executes(cls, document: Any) -> Any:
        if isinstance(document, Mapping) and document.get("engine") == hardware.ENGINE:
            asked = document.get("execution") or {}
            mitigates = not _MITIGATION.isdisjoint(asked)
            return {**document, "execution": asked if mitigates else {**_SAMPLED, **asked}}
        return document

    @model_validator(mode="after")
    def _device_runs_it(self) -> EchoOptions:
        hardware.require_runnable(
            self.engine, self.execution, self.target, self.noise.scale, self.shots
        )
        return self

    @model_validator(mode="after")
    def _fits(self) -> EchoOptions:
        device = device_named(self.target)
        if self.qubits > device.num_qubits:
            raise ValueError(
                f"`qubits` is {self.qubits}, but {self.target} has {device.num_qubits}; use fewer, "
                "or a larger device"
            )
        lay = FEATURE_MAPS[self.feature_map]
        if lay.num_qubits(self.qubits) != self.qubits:
            fitting = [m.name for m in FEATURE_MAPS.values() if m.num_qubits(8) == 8]
            raise ValueError(
                f"the feature map {self.feature_map!r} does not take one qubit a feature; use "
                f"{', '.join(fitting)}"
            )
        if self.noise.scale > 0 and not ENGINES[self.engine].takes_gate_noise:
            raise ValueError(
                f"the engine {self.engine!r} takes no gate noise, but `noise.scale` is "
                f"{self.noise.scale:g}; use exact or aer, or scale 0"
            )
        return self


class Echo:
    """The study ``echo``."""

    name = "echo"
    summary = "how often a circuit and its inverse come back to |0…0⟩: a device beside its noise"
    Options: type[BaseModel] = EchoOptions

    def points(self, combinations: Sequence[BaseModel]) -> list[Point]:
        """A point for each combination and drawn sample."""
        points: dict[str, Point] = {}
        for options in combinations:
            if isinstance(options, EchoOptions):
                settings = flatten(options.model_dump(mode="json", exclude={"seeds"}))
                settings["snapshot"] = snapshot_of(options.target)
                settings["recipe"] = recipe_hash(options.noise.recipe)
                for seed in range(options.seeds):
                    point = Point(self.name, {**settings, "seed": seed})
                    points.setdefault(point.id, point)
        return list(points.values())

    def steps(self, points: Sequence[Point]) -> list[Step]:
        """Transpile each circuit once for its target; all samples and noise scales share it."""
        transpile: dict[str, Step] = {}
        learn: dict[str, Step] = {}
        execute: dict[str, Step] = {}
        measured: dict[tuple[str, ...], list[Point]] = {}
        for point in points:
            circuit = self._transpile_step(point.settings)
            needs = [transpile.setdefault(circuit.key, circuit).key]
            if point.settings["engine"] == hardware.ENGINE:
                learning = hardware.learn_step(
                    self.name,
                    point.settings,
                    ("feature_map", "qubits"),
                    circuit,
                    echo_circuit.title(point.settings),
                )
                learned = () if learning is None else (learning.key,)
                if learning is not None:
                    learn.setdefault(learning.key, learning)
                run = self._execute_step(point.settings, (circuit.key, *learned))
                needs += [execute.setdefault(run.key, run).key, *learned]
            measured.setdefault((point.settings["engine"], *needs), []).append(point)
        return [
            *transpile.values(),
            *learn.values(),
            *execute.values(),
            *(self._measure_step(tuple(needs), some) for (_, *needs), some in measured.items()),
        ]

    def _transpile_step(self, settings: Mapping[str, Json]) -> Step:
        names = ("feature_map", "qubits", "target", "snapshot", "root_seed")
        return Step(
            self.name,
            "transpile",
            {
                **pick(settings, names),
                "scheduled": echo_circuit.needs_schedule(settings),
                **hardware.uses_fractional_gates(settings),
            },
            title=f"transpile {echo_circuit.title(settings)} for {settings['target']}",
        )

    def _execute_step(self, settings: Mapping[str, Json], needs: tuple[str, ...]) -> Step:
        names = [
            "feature_map", "qubits", "target", "snapshot", "shots", "seed", "execution.",
        ]  # fmt: skip
        live = hardware.is_live(settings["target"])
        if not live:
            names += ["noise.", "recipe", "root_seed"]
        return Step(
            self.name,
            "execute",
            pick(settings, names),
            needs=needs,
            title=f"run {echo_circuit.title(settings)} on {settings['target']}",
            remote=live,
        )

    def _measure_step(self, needs: tuple[str, ...], points: list[Point]) -> Step:
        settings = points[0].settings
        return Step(
            self.name,
            "measure",
            pick(settings, ("feature_map", "qubits", "target", "engine", "root_seed")),
            needs=needs,
            points=tuple(points),
            title=f"measure {echo_circuit.title(settings)} on {settings['target']}",
        )

    def perform(self, step: Step, artifacts: Mapping[str, bytes]) -> Outcome:
        """Do one step; see :mod:`nisqdl.studies.echo_circuit`."""
        if step.kind == "transpile":
            return Outcome(artifact=echo_circuit.transpile(step.settings))
        if step.kind in ("execute", hardware.LEARN):
            asked = self.request(step, artifacts)
            return Outcome(artifact=hardware.run_here(step.settings, asked))
        isa, *measured = (artifacts[key] for key in step.needs)
        if measured:
            return Outcome(records=(echo_circuit.measured(step.points[0], isa, *measured),))
        return Outcome(records=tuple(echo_circuit.measure(step.points, isa)))

    def request(self, step: Step, artifacts: Mapping[str, bytes]) -> Request:
        """What a device is asked for: the circuit at its drawn sample."""
        isa, *learned = (artifacts[key] for key in step.needs if key in artifacts)
        if step.kind == hardware.LEARN:
            return hardware.learning_request(step.settings, isa_from_bytes(isa))
        asked = echo_circuit.request(step.settings, isa)
        return hardware.with_learned(asked, learned[0] if learned else None)

    def context(self, points: Sequence[Point]) -> Json:
        """The devices' calibrations, for the report."""
        targets = dict.fromkeys(str(point.settings["target"]) for point in points)
        return {
            "devices": [
                {"target": target, **device_summary(device_named(target))} for target in targets
            ]
        }

    def plan_rows(self, points: Sequence[Point], artifacts: Mapping[str, bytes]) -> list[Json]:
        """A row for each transpiled circuit."""
        steps = [step for step in self.steps(points) if step.kind == "transpile"]
        return [echo_circuit.circuit_row(step.settings, artifacts[step.key]) for step in steps]

    def cost(self, step: Step, artifacts: Mapping[str, bytes]) -> Cost:
        """By the size of the density matrix, as measured on a slow core."""
        states = 4.0 ** step.settings["qubits"] * len(step.points)
        return Cost(seconds=0.1 + 3e-7 * states, memory_mib=50 + 16 * 8 * states / 2**20)
