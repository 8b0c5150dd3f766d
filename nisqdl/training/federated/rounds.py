"""Federated averaging: clients train on their own rows, and only their weights travel.

McMahan, Moore, Ramage, Hampson & Agüera y Arcas 2017 (arXiv:1602.05629), algorithm 1: in each round
a share of the clients gets the global weights, trains for some epochs on its own rows, and sends
weights back; the new global weights are their mean, weighted by the clients' merits (there the
numbers of their rows). Each client has an evaluator of its own, so that each may have another
device's noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nisqdl.engines.contract import Array, Differentiable
from nisqdl.errors import InputError
from nisqdl.seeds import derive, generator
from nisqdl.training.batches import Batches
from nisqdl.training.federated.options import ClientTraining, Rounds
from nisqdl.training.losses import LOSSES
from nisqdl.training.losses.contract import Labels
from nisqdl.training.objective import Objective, loss_and_pull
from nisqdl.training.optimizers import OPTIMIZERS
from nisqdl.training.optimizers.contract import Settings, State, StepwiseOptimizer


@dataclass(frozen=True, eq=False)
class Client:
    """One that has rows and a device, and shows neither.

    Attributes:
        evaluator: The model under the noise that it trains with.
        features: Its rows, (N, F).
        labels: Their classes, (N,).
        merit: Its weight in the mean, above 0, up to a common factor.
        seed: Root of the seeds of its batches and of what its optimizer draws.
    """

    evaluator: Differentiable
    features: Array
    labels: Labels
    merit: float
    seed: int


@dataclass(frozen=True, eq=False)
class Federated:
    """What came of it.

    Attributes:
        weights: The global weights before the first round and after each, (R + 1, W).
        asked: For each round, the clients that got the weights.
        returned: For each round, those of them that sent theirs back.
    """

    weights: Array
    asked: tuple[tuple[int, ...], ...]
    returned: tuple[tuple[int, ...], ...]


def averaged(weights: Array, merits: Array) -> Array:
    """The mean (W,) of weights (C, W), weighted by merits (C,) above 0.

    Angles are averaged as numbers: clients begin a round at the same ones, so that theirs do not
    differ by whole turns.
    """
    return np.asarray((merits / merits.sum()) @ weights, dtype=np.float64)


def federate(
    clients: Sequence[Client], first: Array, training: ClientTraining, rounds: Rounds, seed: int
) -> Federated:
    """Train over all rounds; the same arguments give the same result, bit by bit.

    One client alone goes the path of :func:`nisqdl.training.loop.train` with its seed, bit by bit.

    Args:
        clients: At least one.
        first: The global weights before the first round, (W,).
        training: How each client trains.
        rounds: How rounds go.
        seed: Root of the draws of who is asked and who drops out.

    Raises:
        InputError: There is no client, or a merit is not above 0.
        NisqdlError: A loss or gradient is not finite.
    """
    if not clients or any(not (client.merit > 0) for client in clients):
        raise InputError("A federation needs clients, each with a merit above 0.")
    trainings = [_Local(client, training, rounds) for client in clients]
    path, asked, returned = [first], [], []
    for number in range(rounds.rounds):
        chosen, back = participants(len(clients), rounds, seed, number)
        if back:
            found = np.array([trainings[c].round(path[-1]) for c in back])
            path.append(averaged(found, np.array([clients[c].merit for c in back])))
        else:
            path.append(path[-1])
        asked.append(chosen)
        returned.append(back)
    return Federated(np.array(path), tuple(asked), tuple(returned))


def participants(
    clients: int, rounds: Rounds, seed: int, number: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Who is asked in a round (0, 1, …), and who of them sends weights back; both ascending."""
    count = max(1, round(rounds.participation * clients))
    order = generator(seed, "participants", number).permutation(clients)
    chosen = sorted(int(client) for client in order[:count])
    stays = generator(seed, "dropout", number).random(clients) >= rounds.dropout
    return tuple(chosen), tuple(client for client in chosen if stays[client])


class _Local:
    """A client's training, which goes on from round to round from other weights.

    One that drops out does so before it trains: its optimizer has not moved on.
    """

    def __init__(self, client: Client, training: ClientTraining, rounds: Rounds) -> None:
        optimizer = OPTIMIZERS.find(training.optimizer, "training.optimizer")
        assert isinstance(optimizer, StepwiseOptimizer)  # the options say so
        self._optimizer = optimizer
        self._client = client
        self._loss = LOSSES.find(training.loss, "training.loss")
        size = training.batch if optimizer.uses_batches else None
        self._batches = Batches(len(client.labels), size, client.seed)
        self._steps = rounds.local_epochs * self._batches.per_epoch
        self._settings = Settings(
            training.learning_rate, rounds.rounds * self._steps, derive(client.seed, "optimizer")
        )
        self._state: State | None = None

    def round(self, weights: Array) -> Array:
        """The weights after this client's epochs, from the global ones."""
        if self._state is None:
            state = self._optimizer.start(weights, self._objective(0), self._settings)
        else:
            state = State(self._state.step, weights, self._state.memory)
        for _ in range(self._steps):
            state, _ = self._optimizer.step(state, self._objective(state.step), self._settings)
        self._state = state
        return state.weights

    def _objective(self, step: int) -> Objective:
        batch = self._batches.at(step)
        rows = slice(None) if batch is None else batch
        loss, pull = loss_and_pull(self._loss, self._client.labels[rows])
        return Objective(self._client.evaluator, self._client.features[rows], loss, pull, step)
