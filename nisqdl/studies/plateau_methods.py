"""The moments of one circuit's gradient, by sampling and by Pauli paths: records of values.

Functions of flat settings and artifacts: they run in any process.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from nisqdl.store.record import Json, Point, Record
from nisqdl.studies.contract import Cost, Step
from nisqdl.studies.plateau import isa_of, noisy_model
from nisqdl.studies.plateau_samples import AT_ONCE, angle_seed, drawn, gradients_of, sampled
from nisqdl.studies.plateau_values import circuit_values
from nisqdl.studies.plateau_walks import walked
from nisqdl.studies.provenance import provenance

METHODS: Mapping[str, Callable[[Mapping[str, Json], bytes | None], dict[str, Json]]] = {
    "sampling": sampled,
    "pauli_paths": walked,
}
"""By name; each gives a record's values."""


def measure(point: Point, isa: bytes | None = None) -> Record:
    """The record of one point.

    Every ``var_grad_…`` is E[(∂C)²] over the initialisation. With uniform angles the gradient's
    mean is 0, so that it is the variance.
    """
    start = time.perf_counter()
    settings = point.settings
    values = METHODS[settings["method"]](settings, isa)
    calibration = {}
    if isa is not None:
        calibration = {"device": isa_of(isa).device, "snapshot": settings["snapshot"]}
    seeds = {"root": settings["root_seed"], "angles": angle_seed(settings)}
    return Record(
        point,
        values={**values, **circuit_values(settings, isa)},
        provenance=provenance(seeds, calibration),
        seconds=time.perf_counter() - start,
    )


def cost(step: Step, artifacts: Sequence[bytes]) -> Cost:
    """What a measuring step is expected to take: a few samples are timed, or the walk itself."""
    settings = step.settings
    isa = artifacts[0] if artifacts else None
    if settings["method"] != "sampling":
        started = time.perf_counter()
        walked(settings, isa)
        return Cost(seconds=time.perf_counter() - started, memory_mib=200)
    model, noise = noisy_model(settings, isa)
    gradients = gradients_of(model, noise)
    features, weights = next(drawn(settings))
    gradients(features[:1], weights[:1])  # the first call may compile
    started = time.perf_counter()
    gradients(features, weights)
    seconds = (time.perf_counter() - started) / len(weights)
    mib = 8 * AT_ONCE * len(model.weights) * 4 / 2**20 + 50
    return Cost(seconds=seconds * settings["samples"], memory_mib=mib)
