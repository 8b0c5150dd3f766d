"""The work on one echo: the circuit U†U on a device, and how often it comes back."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from nisqdl.circuits.feature_maps import FEATURE_MAPS
from nisqdl.circuits.model import Model
from nisqdl.circuits.observables import parse_observable
from nisqdl.engines import find_engine
from nisqdl.engines.runtime.request import Request, measured_from_bytes
from nisqdl.engines.twin import Model as TwinModel
from nisqdl.engines.twin import noise_curve
from nisqdl.errors import NisqdlError
from nisqdl.noise.applied import channels_for
from nisqdl.noise_scale import SCALES
from nisqdl.seeds import derive, generator
from nisqdl.store.record import Json, Point, Record
from nisqdl.studies import device_twin, hardware
from nisqdl.studies.named import device_named, recipe_named
from nisqdl.studies.provenance import provenance
from nisqdl.targets.cost import circuit_cost
from nisqdl.targets.serial import isa_from_bytes, isa_to_bytes
from nisqdl.targets.transpile import transpile_model

if TYPE_CHECKING:
    from nisqdl.engines.contract import Array, Evaluator
    from nisqdl.targets.isa import IsaModel


def echo_model(feature_map: str, qubits: int) -> Model:
    """U†U of a feature map, measured by 2|0…0⟩⟨0…0| − 1.

    A barrier keeps the transpiler from cancelling U† with U. The observable is a reflection: its
    values, from −1 to 1, have the variance of a Pauli string, and P(0…0) is (1 + value)/2.
    """
    from qiskit.circuit import ParameterVector, QuantumCircuit

    lay = FEATURE_MAPS[feature_map]
    features = tuple(ParameterVector("x", lay.num_encoded(qubits)))
    there = QuantumCircuit(qubits)
    for _ in range(lay.repetitions):
        lay.lay(there, features)
    circuit = there.copy()
    circuit.barrier()
    circuit.compose(there.inverse(), inplace=True)
    return Model(circuit, features, (), (parse_observable("reflection", qubits),))


def transpile(settings: Mapping[str, Json]) -> bytes:
    """The ISA model of these settings, serialised."""
    isa = transpile_model(
        echo_model(settings["feature_map"], settings["qubits"]),
        device_named(settings["target"]),
        schedule=settings["scheduled"],
        seed=derive(settings["root_seed"], "transpile") % 2**31,
        fractional=settings.get("fractional", False),
    )
    return isa_to_bytes(isa)


def measure(points: Sequence[Point], isa: bytes) -> Iterator[Record]:
    """A record for each point: P(0…0), with its standard error where there are shots."""
    model = _isa(isa)
    settings = points[0].settings
    costs = circuit_values(model, settings)
    calibration = {"device": model.device, "snapshot": settings["snapshot"]}
    for point in points:
        start = time.perf_counter()
        yield Record(
            point,
            values={**returned(_value(point, isa), point.settings["shots"]), **costs},
            provenance=provenance({"root": point.settings["root_seed"]}, calibration),
            seconds=time.perf_counter() - start,
        )


def request(settings: Mapping[str, Json], isa: bytes) -> Request:
    """What a device is asked for."""
    return Request(
        isa=_isa(isa),
        bindings=sample(settings),
        execution=hardware.execution_of(settings),
        backend=hardware.backend_of(settings["target"]),
    )


def measured(point: Point, isa: bytes, content: bytes, learned: bytes | None = None) -> Record:
    """The record of a point that a device has measured, with what its twin predicts.

    ``twin_curve`` holds the twin's P(0…0) at each λ of :data:`nisqdl.noise_scale.SCALES`, under
    the calibration of the run; readout errors are in it unless the client has corrected them.
    """
    start, settings = time.perf_counter(), point.settings
    model, found = _isa(isa), measured_from_bytes(content)
    run = found.snapshot or device_named(settings["target"])
    execution = hardware.execution_of(settings)
    channels = device_twin.modelled_channels(settings, execution)
    recipe = recipe_named(settings["noise.recipe"])
    twin = TwinModel(
        find_engine("exact"), model, recipe, channels, sample(settings), np.zeros(0)
    )  # fmt: skip
    probability = float(1 + found.values[0, 0]) / 2
    # The client's Estimator adds the errors of an observable's terms as if each had shots of its
    # own, which makes them too small: no mitigation is more certain than the outcomes themselves.
    share = min(max(probability, 0.0), 1.0)
    binomial = math.sqrt(share * (1 - share) / execution.effective_shots)
    values: dict[str, Json] = {
        "probability": probability,
        "probability_stderr": max(float(found.stderr[0, 0]) / 2, binomial),
        "unphysical": found.unphysical,
        "qpu_seconds": found.qpu_seconds,
    }
    try:
        curve = (1 + noise_curve(twin, run)[:, 0, 0]) / 2
        values["twin_probability"] = float(curve[SCALES.index(1.0)])
        values["twin_curve"] = curve.tolist()
    except NisqdlError as error:
        values["twin_refused"] = str(error)
    calibration = {
        "device": model.device,
        "snapshot": settings["snapshot"],
        **hardware.provenance_of(found),
        **hardware.learning_told(learned),
    }
    return Record(
        point,
        values={**values, **circuit_values(model, settings)},
        provenance=provenance({"root": settings["root_seed"]}, calibration),
        seconds=time.perf_counter() - start,
    )


def sample(settings: Mapping[str, Json]) -> Array:
    """The drawn sample's encoded features, (1, E)."""
    lay = FEATURE_MAPS[settings["feature_map"]]
    # NumPy's old generator: published runs of this circuit drew from it.
    drawn = np.random.RandomState(settings["seed"]).random_sample((1, settings["qubits"]))
    return lay.encode(2 * np.pi * drawn)


def returned(value: float, shots: int | None) -> dict[str, Json]:
    """P(0…0) from the reflection's value, with its standard error where there are shots."""
    probability = (1 + value) / 2
    found: dict[str, Json] = {"probability": probability}
    if shots is not None:
        spread = max(0.0, probability * (1 - probability))
        found["probability_stderr"] = math.sqrt(spread / shots)
    return found


def circuit_values(model: IsaModel, settings: Mapping[str, Json]) -> dict[str, Json]:
    """What the circuit costs on its device."""
    cost = circuit_cost(model, device_named(settings["target"]))
    return {
        "two_qubit_gates": cost.two_qubit_gates,
        "depth": cost.depth,
        "duration_ns": cost.duration_ns,
        "expected_fidelity": cost.expected_fidelity,
        "readout_fidelity": cost.readout_fidelity,
        "physical_qubits": list(model.physical_qubits),
    }


def circuit_row(settings: Mapping[str, Json], isa: bytes) -> Json:
    """What one transpiled circuit costs, for plans."""
    model = _isa(isa)
    cost = circuit_cost(model, device_named(settings["target"]))
    return {
        "model": title(settings),
        "target": settings["target"],
        "qubits": list(model.physical_qubits),
        "depth": cost.depth,
        "two_qubit_gates": cost.two_qubit_gates,
        "duration_us": cost.duration_ns / 1000,
        "expected_fidelity": cost.expected_fidelity,
    }


def needs_schedule(settings: Mapping[str, Json]) -> bool:
    """Whether the noise acts during idle times, so that the circuit has to be scheduled."""
    if settings["engine"] == hardware.ENGINE:
        return False  # the device waits by itself
    channels = settings["noise.channels"]
    recipe = recipe_named(settings["noise.recipe"])
    return recipe.restricted(None if channels is None else tuple(channels)).needs_schedule


def title(settings: Mapping[str, Json]) -> str:
    """The circuit in a few words, for progress and plans."""
    return f"echo of {settings['feature_map']}, {settings['qubits']} qubits"


def _value(point: Point, isa: bytes) -> float:
    settings = point.settings
    evaluator = _evaluator(settings, isa)
    features, weights = sample(settings), np.zeros(0)
    if settings["shots"] is None:
        return float(evaluator.values(features, weights)[0, 0])
    rng = generator(settings["root_seed"], "shots", point.id)
    return float(evaluator.estimates(features, weights, settings["shots"], rng)[0, 0])


def _evaluator(settings: Mapping[str, Json], isa: bytes) -> Evaluator:
    model = _isa(isa)
    channels = settings["noise.channels"]
    noise = channels_for(
        recipe_named(settings["noise.recipe"]),
        device_named(settings["target"]),
        model.physical_qubits,
        settings["noise.scale"],
        None if channels is None else tuple(channels),
    )
    return find_engine(settings["engine"]).prepare(model, noise)


@lru_cache(maxsize=64)
def _isa(isa: bytes) -> IsaModel:
    return isa_from_bytes(isa)
