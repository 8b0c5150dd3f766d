"""The work of a federated study: deal the rows out, train in rounds, judge the global model.

Functions of flat settings and artifacts: they run in any process.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import numpy as np

from nisqdl.circuits.build import encode, num_qubits, num_weights
from nisqdl.circuits.structure import structure_of
from nisqdl.datasets.split import Split
from nisqdl.engines import find_engine
from nisqdl.engines.contract import Array, Differentiable
from nisqdl.noise.channels import IDEAL
from nisqdl.seeds import derive, generator
from nisqdl.store.record import Json, Point, Record
from nisqdl.studies import preparation
from nisqdl.studies.contract import Cost
from nisqdl.studies.data import split_of
from nisqdl.studies.federated_scores import (
    ALIKE,
    LOCAL,
    NOISELESS,
    POOLED,
    POOLED_NOISELESS,
    Rightly,
    deal_of,
    provenance_of,
    scores_of,
    told_rightly,
    traffic_of,
    training_seed,
)
from nisqdl.studies.named import device_named
from nisqdl.studies.settings import nested
from nisqdl.targets.cost import circuit_cost
from nisqdl.training.federated.checkpoint import federated_from_bytes, federated_to_bytes
from nisqdl.training.federated.options import ClientTraining, Rounds
from nisqdl.training.federated.rounds import Client, federate
from nisqdl.training.initialisation import INITIALISATIONS


def trained(settings: Mapping[str, Json], isas: Sequence[bytes]) -> bytes:
    """The global weights round by round; of each client alone, one path for each."""
    split = split_of(settings)
    options = preparation.model_options(settings)
    rows = encode(options, split.train_features)
    first = _first_weights(settings, split)
    training = ClientTraining.model_validate(nested(settings, "training"))
    rounds = Rounds.model_validate(nested(settings, "federation"))
    seed = training_seed(settings)
    learner = settings["learner"]
    evaluators = _trainers(settings, isas)
    if learner in (POOLED, POOLED_NOISELESS):
        everybody = Client(evaluators[0], rows, split.train_labels, 1.0, seed)
        return federated_to_bytes((federate([everybody], first, training, rounds, seed),))
    merits = _merits(settings, isas)
    clients = [
        Client(evaluator, rows[part], split.train_labels[part], merit, derive(seed, "client", c))
        for c, (evaluator, part, merit) in enumerate(
            zip(evaluators, deal_of(settings, split), merits, strict=True)
        )
    ]
    if learner == LOCAL:
        return federated_to_bytes(
            tuple(federate([client], first, training, rounds, seed) for client in clients)
        )
    return federated_to_bytes((federate(clients, first, training, rounds, seed),))


def judged(point: Point, weights: bytes, isas: Sequence[bytes]) -> Record:
    """The record of a quantum learner: its path judged on the test rows under every device."""
    start = time.perf_counter()
    settings = point.settings
    split = split_of(settings)
    results = federated_from_bytes(weights)
    rows = encode(preparation.model_options(settings), split.test_features)
    devices = _device_evaluators(settings, isas)
    ideal = _noiseless(settings)
    own = results if len(results) > 1 else results * len(settings["clients"])
    right: dict[tuple[int, str], list[Rightly]] = {}
    targets: list[str] = list(settings["clients"])
    if settings["learner"] == ALIKE:
        targets = [settings["device"]] * len(targets)
    for result, target in zip(own, targets, strict=True):
        key = id(result), target
        if key not in right:
            right[key] = [told_rightly(devices[target], rows, w, split) for w in result.weights]
    paths = [right[id(result), target] for result, target in zip(own, targets, strict=True)]
    without = [
        [float(np.mean(told_rightly(ideal, rows, w, split))) for w in result.weights]
        for result in results
    ]
    values: dict[str, Json] = {
        **scores_of(paths, split, settings),
        "ideal_curve": np.mean(without, axis=0).tolist(),
        "ideal_accuracy": float(np.mean([path[-1] for path in without])),
        "weights": int(results[0].weights.shape[1]),
        "fidelities": _fidelities(settings, isas),
        **traffic_of(settings, results, split),
    }
    return Record(point, values, provenance_of(point), time.perf_counter() - start)


def cost(kind: str, settings: Mapping[str, Json], needed: Sequence[bytes]) -> Cost:
    """What training or judging is expected to take: one evaluation is timed."""
    split = split_of(settings)
    options = preparation.model_options(settings)
    rounds = Rounds.model_validate(nested(settings, "federation"))
    training = ClientTraining.model_validate(nested(settings, "training"))
    isas = needed[-len(dict.fromkeys(settings["clients"])) :]
    evaluator = _trainers(settings, isas)[0]
    zeros = np.zeros(num_weights(options, split.num_features))
    count = len(split.train_labels)
    batch = min(training.batch or count, count)
    rows = encode(options, split.train_features)
    if kind == "train":
        times = rounds.rounds * rounds.local_epochs * -(-count // batch)
        rows = rows[:batch]
    else:
        rows = encode(options, split.test_features)
        times = (rounds.rounds + 1) * (len(settings["clients"]) + 1)
    evaluator.values_and_gradient(rows, zeros, np.ones_like)  # the first call may compile
    started = time.perf_counter()
    if kind == "train":
        evaluator.values_and_gradient(rows, zeros, np.ones_like)
    else:
        evaluator.values(rows, zeros)
    seconds = (time.perf_counter() - started) * times
    qubits = num_qubits(options, split.num_features)
    return Cost(seconds=seconds, memory_mib=4**qubits * len(rows) * 8 * 4 / 2**20)


def _first_weights(settings: Mapping[str, Json], split: Split) -> Array:
    """The same for every quantum learner of a seed: drawn as centralised training draws them."""
    options = preparation.model_options(settings)
    initialisation = INITIALISATIONS[settings["training.initialisation"]]
    return initialisation.draw(
        num_weights(options, split.num_features),
        generator(training_seed(settings), "weights"),
        structure_of(options, preparation.logical_model(settings), None),
    )


def _trainers(settings: Mapping[str, Json], isas: Sequence[bytes]) -> list[Differentiable]:
    """What each client trains: under its own device's noise, one device's, or none."""
    clients: list[str] = list(settings["clients"])
    if settings["learner"] in (NOISELESS, POOLED_NOISELESS):
        return [_noiseless(settings)] * len(clients)
    devices = _device_evaluators(settings, isas)
    if settings["learner"] == ALIKE:
        clients = [settings["device"]] * len(clients)
    return [devices[target] for target in clients]


def _device_evaluators(
    settings: Mapping[str, Json], isas: Sequence[bytes]
) -> dict[str, Differentiable]:
    targets = dict.fromkeys(settings["clients"])
    return {
        target: preparation.evaluator({**settings, "target": target}, isa)
        for target, isa in zip(targets, isas, strict=True)
    }


def _noiseless(settings: Mapping[str, Json]) -> Differentiable:
    return find_engine(settings["engine"]).prepare(preparation.logical_model(settings), IDEAL)


def _merits(settings: Mapping[str, Json], isas: Sequence[bytes]) -> list[float]:
    rows = [float(len(part)) for part in deal_of(settings, split_of(settings))]
    if settings.get("weighting") != "fidelity":
        return rows
    fidelities = _fidelities(settings, isas)
    return [count * fidelity for count, fidelity in zip(rows, fidelities, strict=True)]


def _fidelities(settings: Mapping[str, Json], isas: Sequence[bytes]) -> list[float]:
    """Of each client's circuit on its device as calibrated: gates and readout."""
    by_target = {}
    for target, isa in zip(dict.fromkeys(settings["clients"]), isas, strict=True):
        found = circuit_cost(preparation.isa_model(isa), device_named(target))
        by_target[target] = found.expected_fidelity * found.readout_fidelity
    return [by_target[target] for target in settings["clients"]]
