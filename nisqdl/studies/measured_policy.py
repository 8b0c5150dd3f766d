"""The work on one policy on a device: measured once at every observation, then judged by that.

A step of an episode cannot wait for a job. Where an environment shows few different observations,
one request measures the circuit at all of them, and the judged episodes are played from the values.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from nisqdl.agents.acting import actor
from nisqdl.agents.measured import Measured, observations_met
from nisqdl.engines.runtime.estimate import estimate
from nisqdl.engines.runtime.local import local_seconds
from nisqdl.engines.runtime.request import Measured as OnDevice
from nisqdl.engines.runtime.request import Request, bound_rows, measured_from_bytes
from nisqdl.environments.dynamics import Observations
from nisqdl.environments.policy import episode_tape
from nisqdl.errors import InputError, NisqdlError
from nisqdl.store.record import Json, Point, Record
from nisqdl.studies import device_twin, hardware, judging, learning
from nisqdl.studies.contract import Cost
from nisqdl.studies.named import device_named
from nisqdl.studies.provenance import provenance
from nisqdl.studies.reinforcement_functions import (
    acting_role,
    circuit_function,
    isa_model,
    place_of,
)
from nisqdl.studies.reinforcement_parts import Place
from nisqdl.training.checkpoint import trained_from_bytes

if TYPE_CHECKING:
    from nisqdl.agents.learn import Learned
    from nisqdl.engines.contract import Array
    from nisqdl.targets.isa import IsaModel

MOST_OBSERVATIONS = 32
"""So many different observations are measured; random actions meet all of so few."""

_EXPLORED = 1000
"""Random episodes in which observations are looked for."""


def require_few(place: Place) -> None:
    """That an environment shows few different observations.

    Raises:
        ValueError: It shows more; one sentence with the field.
    """
    try:
        _observations(place)
    except InputError:
        raise ValueError(
            f"{place.about.name} shows too many different observations to be measured once; "
            f"`engine: runtime` takes environments with at most {MOST_OBSERVATIONS}, e.g. "
            "cognitive_radio or frozen_lake: take one of them, or leave `engine` out and simulate "
            "the device's noise"
        ) from None


def request(settings: Mapping[str, Json], isa: bytes, choice: bytes, learned: bytes) -> Request:
    """A learned circuit at all observations; at zeros for an estimate, before it has learned."""
    rows = _observations(place_of(settings))
    if learning.is_learned(learned):
        function = circuit_function(settings, learning.choice_of(choice).candidate)
        parameters = learning.learned_of(learned).parameters[acting_role(settings)]
        bindings = bound_rows(*function.inputs(rows, parameters))
    else:
        weights = trained_from_bytes(learned).weights
        bindings = bound_rows(np.zeros((len(rows), len(isa_model(isa).features))), weights)
    return Request(
        isa=isa_model(isa),
        bindings=bindings,
        execution=hardware.execution_of(settings),
        backend=hardware.backend_of(settings["target"]),
    )


def cost_here(settings: Mapping[str, Json], isa: bytes) -> Cost:
    """What local mode is expected to take: by the number of circuits that Aer runs."""
    model = isa_model(isa)
    rows = len(_observations(place_of(settings)))
    bindings = np.zeros((rows, len(model.features) + len(model.weights)))
    asked = Request(model, bindings, hardware.execution_of(settings), str(settings["target"]))
    circuits = estimate([asked], device_named(settings["target"])).circuits
    return Cost(
        seconds=local_seconds(circuits, model.num_qubits),
        memory_mib=300 + 4**model.num_qubits / 2**14,
    )


def judge(
    points: Sequence[Point],
    isa: bytes,
    choice: bytes,
    learned: bytes,
    measured: bytes,
    noise: bytes | None = None,
) -> Iterator[Record]:
    """The record of a circuit that a device has measured: what it earns in the judged episodes.

    ``circuits`` holds the measured values, a row for each observation, beside what the exact
    engine predicts under the calibration of the run; ``twin`` what the predicted ones earn.

    Args:
        points: Those that were measured alike.
        isa: The circuit that ran.
        choice: What tuning chose.
        learned: What was trained.
        measured: What came back.
        noise: The learned noise of its layers, where mitigation needs it.
    """
    found = measured_from_bytes(measured)
    if not np.isfinite(found.values).all():
        raise NisqdlError(
            f"{found.backend} gave no value at some observation of "
            f"{learning.title(points[0].settings)}; measure it again (another "
            "`execution.repetition`), or without extrapolation."
        )
    candidate, result = learning.choice_of(choice).candidate, learning.learned_of(learned)
    for point in points:
        start, settings = time.perf_counter(), point.settings
        calibration = {
            "device": isa_model(isa).device,
            "snapshot": settings["snapshot"],
            **hardware.provenance_of(found),
            **hardware.learning_told(noise),
        }
        yield Record(
            point,
            _values(point, isa_model(isa), candidate, result, found),
            provenance(judging.seeds_of(settings), calibration),
            time.perf_counter() - start,
        )


def _values(
    point: Point, isa: IsaModel, candidate: Mapping[str, Json], learned: Learned, found: OnDevice
) -> dict[str, Json]:
    settings = point.settings
    execution, place = hardware.execution_of(settings), place_of(settings)
    function, rows = circuit_function(settings, candidate), _observations(place)
    parameters = learned.parameters[acting_role(settings)]

    def played(values: Array) -> dict[str, Json]:
        source = judging.acting_source(settings)
        policy = Measured(function, rows, values)
        act = actor(policy, parameters, settings["acting"], source)
        return judging.earned(place, settings, act)

    def scores(values: Array) -> dict[str, Json]:
        return {"return_mean": played(values)["return_mean"]}

    angles, weights = function.inputs(rows, parameters)
    told = device_twin.paired(settings, isa, angles, weights, found, execution, scores)
    if "circuits" in told:
        told["ideal_return_mean"] = played(np.array(told["circuits"]["ideal"]))["return_mean"]
    return {
        **played(found.values),
        "observations": len(rows),
        "shots": execution.effective_shots,
        "stderr": device_twin.mean_error(found.stderr),  # corrected where there is a twin
        "unphysical": found.unphysical,
        "qpu_seconds": found.qpu_seconds,
        **told,
    }


@lru_cache(maxsize=32)
def _observations(place: Place) -> Observations:
    """All observations, the same for every seed."""
    tape = episode_tape(place.rules, _EXPLORED, 0)
    return observations_met(place.rules, tape, np.random.default_rng(0), MOST_OBSERVATIONS)
