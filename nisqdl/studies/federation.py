"""The work of a federated study: deal the rows out, train in rounds, judge the global model.

Functions of flat settings and artifacts: they run in any process.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nisqdl.baselines.network import Network
from nisqdl.circuits.build import encode, num_weights
from nisqdl.circuits.decoding import predicted_classes
from nisqdl.circuits.structure import structure_of
from nisqdl.datasets.partition import dealt
from nisqdl.datasets.split import Split
from nisqdl.engines import find_engine
from nisqdl.engines.contract import Array, Differentiable
from nisqdl.noise.channels import IDEAL
from nisqdl.seeds import derive, generator
from nisqdl.store.record import Json, Point, Record, content_hash
from nisqdl.studies import qnn
from nisqdl.studies.contract import Cost
from nisqdl.studies.data import split_of
from nisqdl.studies.named import device_named
from nisqdl.studies.provenance import provenance
from nisqdl.studies.settings import nested
from nisqdl.targets.cost import circuit_cost
from nisqdl.training.batches import hold_out_rows
from nisqdl.training.federated.checkpoint import federated_from_bytes, federated_to_bytes
from nisqdl.training.federated.options import ClientTraining, Rounds
from nisqdl.training.federated.rounds import Client, Federated, federate
from nisqdl.training.initialisation import INITIALISATIONS

FEDERATED, NOISELESS, ALIKE = "federated", "federated_noiseless", "federated_alike"
SEPARABLE, LOCAL = "federated_separable", "local"
POOLED, POOLED_NOISELESS = "pooled", "pooled_noiseless"
LOGISTIC, MLP = "logistic_regression", "mlp"

CLASSICAL = (LOGISTIC, MLP)

TITLES = {
    FEDERATED: "federated QNN",
    NOISELESS: "federated QNN, trained without noise",
    ALIKE: "federated QNN, all clients on one device",
    SEPARABLE: "federated QNN without entangler",
    LOCAL: "each client alone",
    POOLED: "QNN on pooled rows, first device",
    POOLED_NOISELESS: "QNN on pooled rows, trained without noise",
    LOGISTIC: "federated logistic regression",
    MLP: "federated MLP",
}

GRIDS: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    LOGISTIC: tuple({"hidden": 0, "learning_rate": r} for r in (0.01, 0.03, 0.1, 0.3)),
    MLP: tuple({"hidden": h, "learning_rate": r} for h in (4, 16) for r in (0.01, 0.03, 0.1, 0.3)),
}
"""What the classical learners are tuned over; the quantum one has what the file says."""

HELD_OUT = 0.25
"""Share of each client's rows on which the classical learners' candidates are compared."""

FLOAT_BYTES = 8
"""A number as it travels."""

Labels = npt.NDArray[np.int64]


def trained(settings: Mapping[str, Json], isas: Sequence[bytes]) -> bytes:
    """The global weights round by round; of each client alone, one path for each."""
    split = split_of(settings)
    options = qnn.model_options(settings)
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
    rows = encode(qnn.model_options(settings), split.test_features)
    devices = _device_evaluators(settings, isas)
    ideal = _noiseless(settings)
    own = results if len(results) > 1 else results * len(settings["clients"])
    right: dict[tuple[int, str], list[npt.NDArray[np.bool_]]] = {}
    targets: list[str] = list(settings["clients"])
    if settings["learner"] == ALIKE:
        targets = [settings["device"]] * len(targets)
    for result, target in zip(own, targets, strict=True):
        key = id(result), target
        if key not in right:
            right[key] = [_right(devices[target], rows, w, split) for w in result.weights]
    paths = [right[id(result), target] for result, target in zip(own, targets, strict=True)]
    without = [
        [float(np.mean(_right(ideal, rows, w, split))) for w in result.weights]
        for result in results
    ]
    values: dict[str, Json] = {
        **_scores(paths, split, settings),
        "ideal_curve": np.mean(without, axis=0).tolist(),
        "ideal_accuracy": float(np.mean([path[-1] for path in without])),
        "weights": int(results[0].weights.shape[1]),
        "fidelities": _fidelities(settings, isas),
        **_traffic(settings, results, split),
    }
    return Record(point, values, _provenance(point), time.perf_counter() - start)


def fitted(point: Point) -> Record:
    """The record of a classical learner: tuned, trained in the same rounds, and judged."""
    start = time.perf_counter()
    settings = point.settings
    split = split_of(settings)
    parts = deal_of(settings, split)
    scores = [_validated(settings, candidate, split, parts) for candidate in _grid(settings)]
    chosen = _grid(settings)[int(np.argmax(scores))]  # of equally good ones, the first
    network, result = _networked(settings, chosen, split, parts)
    path = [_right(network, split.test_features, w, split) for w in result.weights]
    values: dict[str, Json] = {
        **_scores([path] * len(parts), split, settings),
        "weights": network.num_weights,
        "chosen": dict(chosen),
        "tried": len(scores),
        "validation_accuracy": max(scores),
        **_traffic(settings, (result,), split),
    }
    return Record(point, values, _provenance(point), time.perf_counter() - start)


def cost(kind: str, settings: Mapping[str, Json], needed: Sequence[bytes]) -> Cost:
    """What training or judging is expected to take: one evaluation is timed."""
    split = split_of(settings)
    options = qnn.model_options(settings)
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
    return Cost(seconds=seconds, memory_mib=4 ** zeros.size.bit_length() * 8e-3 + 50)


def deal_of(settings: Mapping[str, Json], split: Split) -> tuple[npt.NDArray[np.int64], ...]:
    """The training rows of each client; the same for every learner of a seed."""
    return dealt(
        split.train_labels,
        len(settings["clients"]),
        settings["concentration"],
        derive(settings["root_seed"], "deal", settings["seed"]),
    )


def training_seed(settings: Mapping[str, Json]) -> int:
    """The root of a training's seeds."""
    return derive(settings["root_seed"], "training", settings["seed"])


def _first_weights(settings: Mapping[str, Json], split: Split) -> Array:
    """The same for every quantum learner of a seed: drawn as centralised training draws them."""
    options = qnn.model_options(settings)
    initialisation = INITIALISATIONS[settings["training.initialisation"]]
    return initialisation.draw(
        num_weights(options, split.num_features),
        generator(training_seed(settings), "weights"),
        structure_of(options, qnn.logical_model(settings), None),
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
        target: qnn.evaluator({**settings, "target": target}, isa)
        for target, isa in zip(targets, isas, strict=True)
    }


def _noiseless(settings: Mapping[str, Json]) -> Differentiable:
    return find_engine(settings["engine"]).prepare(qnn.logical_model(settings), IDEAL)


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
        found = circuit_cost(qnn.isa_model(isa), device_named(target))
        by_target[target] = found.expected_fidelity * found.readout_fidelity
    return [by_target[target] for target in settings["clients"]]


def _right(
    evaluator: Differentiable, rows: Array, weights: Array, split: Split
) -> npt.NDArray[np.bool_]:
    """Which test rows are told rightly."""
    return np.asarray(predicted_classes(evaluator.values(rows, weights)) == split.test_labels)


def _scores(
    paths: Sequence[Sequence[npt.NDArray[np.bool_]]], split: Split, settings: Mapping[str, Json]
) -> dict[str, Json]:
    """Accuracies from which test rows each client's model tells rightly after each round.

    ``own_accuracies`` weigh the classes as each client's own rows have them: the accuracy on new
    rows of its own kind.
    """
    curve = np.array([[np.mean(right) for right in path] for path in paths])
    found: dict[str, Json] = {
        "accuracy": float(curve[:, -1].mean()),
        "curve": curve.mean(axis=0).tolist(),
        "accuracies": curve[:, -1].tolist(),
        "rows": content_hash(split.test_features.tolist()),
    }
    if "concentration" not in settings:
        return found
    counts = [
        np.bincount(split.train_labels[part], minlength=split.num_classes)
        for part in deal_of(settings, split)
    ]
    recalls = [
        np.array([path[-1][split.test_labels == k].mean() for k in range(split.num_classes)])
        for path in paths
    ]
    own = [float(c @ r / c.sum()) for c, r in zip(counts, recalls, strict=True)]
    return {
        **found,
        "own_accuracies": own,
        "own_accuracy": float(np.mean(own)),
        "client_rows": [int(c.sum()) for c in counts],
        "client_classes": [c.tolist() for c in counts],
    }


def _traffic(
    settings: Mapping[str, Json], results: Sequence[Federated], split: Split
) -> dict[str, Json]:
    """Bytes that travelled up to the end of each round: weights down and up; rows that are pooled
    travel once, features and class. A client alone sends nothing."""
    learner, result = settings["learner"], results[0]
    rounds = len(result.asked)
    if learner == LOCAL:
        return {"bytes_down": [0] * (rounds + 1), "bytes_up": [0] * (rounds + 1)}
    if learner in (POOLED, POOLED_NOISELESS):
        moved = len(split.train_labels) * (split.num_features + 1) * FLOAT_BYTES
        return {"bytes_down": [0] * (rounds + 1), "bytes_up": [moved] * (rounds + 1)}
    size = result.weights.shape[1] * FLOAT_BYTES
    return {
        name: [0, *(size * np.cumsum([len(some) for some in who])).tolist()]
        for name, who in (("bytes_down", result.asked), ("bytes_up", result.returned))
    }


def _grid(settings: Mapping[str, Json]) -> tuple[Mapping[str, Any], ...]:
    return GRIDS[settings["learner"]]


def _validated(
    settings: Mapping[str, Json],
    candidate: Mapping[str, Any],
    split: Split,
    parts: Sequence[npt.NDArray[np.int64]],
) -> float:
    """Accuracy on the held-out rows of all clients, trained on the others."""
    seed = training_seed(settings)
    kept, held = [], []
    for number, part in enumerate(parts):
        keep, hold = hold_out_rows(len(part), HELD_OUT, derive(seed, "held", number))
        kept.append(part[keep])
        held.append(part[hold])
    network, result = _networked(settings, candidate, split, kept)
    rows = np.concatenate(held)
    values = network.values(split.train_features[rows], result.weights[-1])
    return float(np.mean(predicted_classes(values) == split.train_labels[rows]))


def _networked(
    settings: Mapping[str, Json],
    candidate: Mapping[str, Any],
    split: Split,
    parts: Sequence[npt.NDArray[np.int64]],
) -> tuple[Network, Federated]:
    """A network trained in the study's rounds on these parts of the training rows."""
    seed = training_seed(settings)
    network = Network(split.num_features, candidate["hidden"], split.num_classes)
    training = ClientTraining.model_validate(
        {**nested(settings, "training"), "learning_rate": candidate["learning_rate"]}
    )
    clients = [
        Client(
            network,
            split.train_features[part],
            split.train_labels[part],
            float(len(part)),
            derive(seed, "client", number),
        )
        for number, part in enumerate(parts)
    ]
    first = network.first_weights(generator(seed, "weights"))
    rounds = Rounds.model_validate(nested(settings, "federation"))
    return network, federate(clients, first, training, rounds, seed)


def _provenance(point: Point) -> dict[str, Json]:
    settings = point.settings
    root, seed = settings["root_seed"], settings["seed"]
    seeds = {
        "root": root,
        "data": derive(root, "data", seed),
        "deal": derive(root, "deal", seed),
        "training": training_seed(settings),
    }
    found: dict[str, Json] = provenance(seeds)
    if "snapshots" in settings:
        names = [device_named(target).name for target in settings["clients"]]
        found["snapshots"] = dict(zip(names, settings["snapshots"], strict=True))
    return found
