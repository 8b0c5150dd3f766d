"""What steps of a reinforcement experiment are expected to take, and a plan's rows."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import numpy as np

from nisqdl.store.record import Json
from nisqdl.studies import measured_policy
from nisqdl.studies.contract import Cost, Step
from nisqdl.studies.learning import Paused, train
from nisqdl.studies.named import device_named
from nisqdl.studies.reinforcement_functions import acting_function, isa_model, place_of
from nisqdl.targets.cost import circuit_cost


def plan_row(settings: Mapping[str, Json], isa: bytes | None) -> Json:
    """A learner with its circuit, for plans."""
    row: dict[str, Json] = {
        "environment": settings["environment.name"],
        "agent": settings["agent.name"],
        "learner": settings["learner"],
        "candidates": len(settings["candidates"]),
    }
    if isa is not None:
        cost = circuit_cost(isa_model(isa), device_named(settings["target"]))
        row |= {
            "target": settings["target"],
            "qubits": list(isa_model(isa).physical_qubits),
            "depth": cost.depth,
            "two_qubit_gates": cost.two_qubit_gates,
            "duration_us": cost.duration_ns / 1000,
            "expected_fidelity": cost.expected_fidelity,
        }
    return row


def cost(step: Step, artifacts: Sequence[bytes]) -> Cost:
    """What a step is expected to take, from a second of it; artifacts not made yet are empty."""
    settings = step.settings
    if step.kind in ("try", "learn"):
        noisy = settings["training.noise"] == "target"
        seconds = _seconds_to_learn(settings, artifacts[-1] if noisy else None)
        return Cost(seconds / (settings["training.links"] if step.kind == "learn" else 1), 100)
    if step.kind == "execute":
        return measured_policy.cost_here(settings, artifacts[0])
    if step.kind == "judge":
        return Cost(sum(_seconds_to_act(p.settings, artifacts) for p in step.points), 100)
    return Cost(seconds=1.0, memory_mib=50)


def _seconds_to_learn(settings: Mapping[str, Json], isa: bytes | None) -> float:
    """Extrapolated from about a second; early episodes may be shorter than later ones."""
    candidate = settings.get("candidate", {"rate": 1.0, "hidden": [64]})

    def timed(seconds: float) -> float:
        started = time.perf_counter()

        def over(used: float) -> bool:
            return time.perf_counter() - started >= seconds

        try:
            train(settings, candidate, isa, 0, pause=over)
        except Paused as paused:
            return (time.perf_counter() - started) / max(paused.used, 1e-6)
        return time.perf_counter() - started

    timed(0.0)  # the first call may compile
    return timed(1.0)


def _seconds_to_act(settings: Mapping[str, Json], artifacts: Sequence[bytes]) -> float:
    if settings["measures"] == "learning":
        return 0.01
    isa = artifacts[2] if len(artifacts) > 2 else None
    function = acting_function(settings, {"rate": 1.0, "hidden": [64]}, isa)
    place, source = place_of(settings), np.random.default_rng(0)
    parameters = function.first_parameters(source)
    rows = np.zeros(
        (settings["episodes"] * (place.rules.sizes.agents or 1), function.shape.features)
    )
    function.outputs(rows, parameters, source)
    started = time.perf_counter()
    function.outputs(rows, parameters, source)
    return (time.perf_counter() - started) * place.rules.sizes.horizon
