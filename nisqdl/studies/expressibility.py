"""How much can a circuit express, how much does it entangle, and do its gradients survive that?

A point is one circuit without a device and one seed. The circuit is the ansatz alone on |0…0⟩.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field, model_validator

from nisqdl.circuits.build import build_without_features
from nisqdl.circuits.observables import parse_observable
from nisqdl.circuits.options import ModelOptions
from nisqdl.errors import NisqdlError
from nisqdl.seeds import derive
from nisqdl.store.record import Json, Point, Record
from nisqdl.studies.contract import Cost, Outcome, Step
from nisqdl.studies.gradient_variance import CircuitOptions
from nisqdl.studies.provenance import provenance
from nisqdl.studies.settings import flatten, nested

MOST_QUBITS = 14
"""Past it, pairs of states take too long."""

CHAIN_QUBITS = 8
"""Up to so many qubits the gradient's variance comes with it, exactly."""


class ExpressibilityOptions(BaseModel):
    """One combination of the options of an ``expressibility`` experiment.

    Attributes:
        model: The circuit.
        qubits: Its qubits.
        observable: Whose gradient is looked at; see ``nisqdl list observables``.
        pairs: Pairs of states whose fidelities make the histogram (Sim et al. 2019: 5000).
        bins: Of the histogram (Sim et al. 2019: 75).
        seeds: So many independent histograms.
        root_seed: Root of all chance.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: CircuitOptions = CircuitOptions()
    qubits: int = Field(default=4, ge=1, le=MOST_QUBITS, strict=True)
    observable: str = "Z0"
    pairs: int = Field(default=5000, ge=100, le=10_000_000)
    bins: int = Field(default=75, ge=2, le=10_000)
    seeds: int = Field(default=1, ge=1, le=1000, json_schema_extra={"sweep": False})
    root_seed: int = Field(default=0, ge=0, json_schema_extra={"sweep": False})

    @model_validator(mode="after")
    def _fits(self) -> ExpressibilityOptions:
        if self.model.entangler == "device":
            raise ValueError("the entangler 'device' needs a device: name another one")
        try:
            parse_observable(self.observable, self.qubits)
        except NisqdlError as error:
            raise ValueError(str(error).replace("model.observables", "observable")) from None
        return self


class ExpressibilityStudy:
    """The study ``expressibility``."""

    name = "expressibility"
    summary = "expressibility, entangling capability and gradient variance of circuits"
    Options: type[BaseModel] = ExpressibilityOptions

    def points(self, combinations: Sequence[BaseModel]) -> list[Point]:
        """One point for each combination and seed."""
        points: dict[str, Point] = {}
        for options in combinations:
            if isinstance(options, ExpressibilityOptions):
                settings = flatten(options.model_dump(mode="json", exclude={"seeds"}))
                for seed in range(options.seeds):
                    point = Point(self.name, {**settings, "seed": seed})
                    points.setdefault(point.id, point)
        return list(points.values())

    def steps(self, points: Sequence[Point]) -> list[Step]:
        """One a point."""
        return [
            Step(self.name, "measure", p.settings, (), (p,), f"measure {_title(p.settings)}")
            for p in points
        ]

    def perform(self, step: Step, artifacts: Mapping[str, bytes]) -> Outcome:
        return Outcome(records=tuple(_measured(point) for point in step.points))

    def context(self, points: Sequence[Point]) -> Json:
        return {}

    def plan_rows(self, points: Sequence[Point], artifacts: Mapping[str, bytes]) -> list[Json]:
        return []

    def cost(self, step: Step, artifacts: Mapping[str, bytes]) -> Cost:
        """Measured: a point takes a fraction of a second, but for the most qubits."""
        started = time.perf_counter()
        _measured(step.points[0])
        return Cost(seconds=time.perf_counter() - started, memory_mib=300)


def _measured(point: Point) -> Record:
    from nisqdl.engines.entanglement import (
        EXACT_QUBITS,
        entangling_capability,
        exact_entangling_capability,
    )
    from nisqdl.engines.expressibility import expressibility

    start = time.perf_counter()
    settings = point.settings
    given = {**nested(settings, "model"), "observables": (settings["observable"],)}
    model = build_without_features(ModelOptions.model_validate(given), settings["qubits"])
    seed = derive(settings["root_seed"], "expressibility", settings["seed"])
    found = expressibility(model, seed, pairs=settings["pairs"], bins=settings["bins"], threads=1)
    if settings["qubits"] <= EXACT_QUBITS:
        entangled = exact_entangling_capability(model)
    else:
        entangled = entangling_capability(model, seed, samples=settings["pairs"], threads=1)
    values: dict[str, Json] = {
        "expressibility": found.divergence,
        "expressibility_stderr": found.stderr,
        "haar_floor": found.haar_floor,
        "haar_floor_sd": found.haar_floor_sd,
        "entangling": entangled.mean,
        "entangling_stderr": entangled.stderr,
        "parameters": len(model.weights),
        "two_qubit_gates": sum(len(gate.qubits) == 2 for gate in model.circuit.data),
    }
    if settings["qubits"] <= CHAIN_QUBITS:
        from nisqdl.engines.pauli_paths.variance import gradient_variance

        moments = gradient_variance(model.circuit, model.observables[0], threads=1)
        # Parameters on which nothing depends have a gradient of 0 and count.
        values["var_grad_mean"] = float(moments.gradient.sum()) / len(model.weights)
        values["second_moment"] = moments.second_moment
    seeds = {"root": settings["root_seed"], "expressibility": seed}
    return Record(point, values, provenance(seeds), time.perf_counter() - start)


def _title(settings: Mapping[str, Json]) -> str:
    return (
        f"{settings['model.ansatz.name']} ×{settings['model.ansatz.depth']}, "
        f"{settings['qubits']} qubits, seed {settings['seed']}"
    )
