"""One mitigated measurement of a trained QNN for a time on the device, and its errors."""

from __future__ import annotations

import time
from collections.abc import Mapping

import numpy as np

from nisqdl.circuits.build import encode
from nisqdl.circuits.decoding import predicted_classes
from nisqdl.circuits.options import ModelOptions
from nisqdl.datasets.scores import accuracy
from nisqdl.engines import find_engine
from nisqdl.engines.runtime.estimate import affordable_shots, estimate
from nisqdl.engines.runtime.local import learn_locally, measure_locally
from nisqdl.engines.runtime.options import Execution
from nisqdl.engines.runtime.request import Request, bound_rows, learned_to_bytes
from nisqdl.errors import InputError
from nisqdl.noise.applied import channels_for
from nisqdl.noise.channels import IDEAL
from nisqdl.seeds import derive
from nisqdl.store.record import Json, Point, Record
from nisqdl.studies import hardware
from nisqdl.studies.data import split_of
from nisqdl.studies.named import device_named, recipe_named
from nisqdl.studies.provenance import provenance
from nisqdl.studies.settings import nested
from nisqdl.targets.cost import circuit_cost
from nisqdl.targets.isa import IsaModel
from nisqdl.targets.serial import isa_from_bytes
from nisqdl.training.checkpoint import trained_from_bytes


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


def measured(point: Point, isa: bytes, weights: bytes) -> Record:
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
    request = affordable_request(settings, model, trained.weights)
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


def affordable_request(settings: Mapping[str, Json], isa: IsaModel, weights: np.ndarray) -> Request:
    """What is asked of a circuit, with the shots that fit the time."""
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
