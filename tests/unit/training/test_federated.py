"""Federated averaging: conservation of the mean, and the two cases in which it is centralised."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from nisqdl.baselines.network import Network
from nisqdl.engines.contract import Array
from nisqdl.errors import InputError
from nisqdl.seeds import generator
from nisqdl.training.federated.checkpoint import federated_from_bytes, federated_to_bytes
from nisqdl.training.federated.options import ClientTraining, Rounds
from nisqdl.training.federated.rounds import Client, averaged, federate, participants
from nisqdl.training.loop import Progress, train
from nisqdl.training.losses import LOSSES
from nisqdl.training.losses.contract import Labels
from nisqdl.training.objective import Objective, loss_and_pull
from nisqdl.training.options import TrainingOptions

MODEL = Network(features=3, hidden=2, classes=3)


def rows(count: int, seed: int) -> tuple[Array, Labels]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, 3)), rng.integers(0, 3, count)


def client(features: Array, labels: Labels, merit: float = 1.0, seed: int = 0) -> Client:
    return Client(MODEL, features, labels, merit, seed)


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 8), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_the_mean_conserves(count: int, size: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    weights, merits = rng.normal(size=(count, size)), rng.uniform(0.1, 5, count)
    mean = averaged(weights, merits)
    slow = np.zeros(size)
    for one, merit in zip(weights, merits, strict=True):
        slow += merit * one
    # The total, weighted by merit, is the same before and after.
    np.testing.assert_allclose(merits.sum() * mean, slow, atol=1e-12)
    assert (mean <= weights.max(axis=0) + 1e-12).all()
    assert (mean >= weights.min(axis=0) - 1e-12).all()
    np.testing.assert_allclose(averaged(weights, 7 * merits), mean, atol=1e-12)
    order = rng.permutation(count)
    np.testing.assert_allclose(averaged(weights[order], merits[order]), mean, atol=1e-12)
    alike = np.tile(weights[0], (count, 1))
    np.testing.assert_allclose(averaged(alike, merits), weights[0], atol=1e-12)
    assert averaged(weights[:1], merits[:1]).tolist() == weights[0].tolist()


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "spsa"])
@pytest.mark.parametrize("batch", [None, 5])
def test_one_client_is_centralised_training_bit_by_bit(optimizer: str, batch: int | None) -> None:
    features, labels = rows(13, 1)
    rounds = Rounds(rounds=4, local_epochs=2)
    training = ClientTraining(optimizer=optimizer, learning_rate=0.1, batch=batch)
    first = MODEL.first_weights(generator(3))
    found = federate([client(features, labels, 4.2, seed=9)], first, training, rounds, seed=5)
    per_round = 2 * (1 if batch is None else 3)
    path = [first]

    def keep(progress: Progress) -> None:
        assert progress.state is not None
        if progress.step % per_round == 0:
            path.append(progress.state.search.weights)

    options = TrainingOptions(
        optimizer=optimizer, learning_rate=0.1, batch=batch, steps=4 * per_round
    )
    train(MODEL, features, labels, MODEL.num_weights, options, 9, keep, start=first)
    assert found.weights.tolist() == np.array(path).tolist()


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_one_full_step_a_round_is_gradient_descent_on_all_rows(count: int, seed: int) -> None:
    """FedSGD: Σ (n_k/n) (w − η ∇L_k) = w − η ∇L, however the rows are dealt out."""
    features, labels = rows(20, seed)
    rng = np.random.default_rng(seed)
    deal = rng.permutation(20)
    cuts = np.sort(rng.choice(np.arange(1, 20), count - 1, replace=False))
    clients = [
        client(features[part], labels[part], len(part), number)
        for number, part in enumerate(np.split(deal, cuts))
    ]
    first = MODEL.first_weights(rng)
    training = ClientTraining(optimizer="sgd", learning_rate=0.5, batch=None)
    found = federate(clients, first, training, Rounds(rounds=6), seed=0)
    loss, pull = loss_and_pull(LOSSES["cross_entropy"], labels)
    weights = first
    for number in range(6):
        _, gradient = Objective(MODEL, features, loss, pull, number).value_and_gradient(weights)
        weights = weights - 0.5 * gradient
        np.testing.assert_allclose(found.weights[number + 1], weights, atol=1e-12)


def test_clients_go_on_with_their_own_optimizer_and_batches() -> None:
    features, labels = rows(12, 4)
    parts = (np.arange(5), np.arange(5, 12))
    clients = [client(features[p], labels[p], len(p), seed) for seed, p in enumerate(parts)]
    training = ClientTraining(batch=3)
    two = federate(clients, np.zeros(MODEL.num_weights), training, Rounds(rounds=2), 1)
    one = federate(clients, np.zeros(MODEL.num_weights), training, Rounds(rounds=1), 1)
    again = federate(clients, np.zeros(MODEL.num_weights), training, Rounds(rounds=2), 1)
    assert two.weights.tolist() == again.weights.tolist()
    assert two.weights[1].tolist() == one.weights[1].tolist()
    # Restarted in between, Adam has forgotten, so the second round differs.
    fresh = federate(clients, one.weights[1], training, Rounds(rounds=1), 1)
    assert two.weights[2].tolist() != fresh.weights[1].tolist()


def test_who_takes_part_is_drawn_as_stated() -> None:
    rounds = Rounds(participation=0.5, dropout=0.3)
    asked, returned = np.zeros(6), np.zeros(6)
    for number in range(2000):
        chosen, back = participants(6, rounds, 11, number)
        assert len(chosen) == 3
        assert set(back) <= set(chosen)
        assert (chosen, back) == participants(6, rounds, 11, number)
        asked[list(chosen)] += 1
        returned[list(back)] += 1
    # Binomial with p = 0.5 and 0.35: five standard deviations.
    assert np.abs(asked / 2000 - 0.5).max() < 5 * np.sqrt(0.25 / 2000)
    assert np.abs(returned / 2000 - 0.35).max() < 5 * np.sqrt(0.35 * 0.65 / 2000)
    assert participants(6, Rounds(), 0, 0) == ((0, 1, 2, 3, 4, 5),) * 2
    assert len(participants(6, Rounds(participation=0.01), 0, 0)[0]) == 1


def test_a_round_from_which_nobody_comes_back_changes_nothing() -> None:
    features, labels = rows(4, 2)
    rounds = Rounds(rounds=30, dropout=0.9)
    found = federate(
        [client(features, labels)], np.ones(MODEL.num_weights), ClientTraining(), rounds, 0
    )
    for number, back in enumerate(found.returned):
        same = found.weights[number].tolist() == found.weights[number + 1].tolist()
        assert same == (not back)
    assert 0 < sum(map(len, found.returned)) < 30


def test_results_come_back_from_bytes_exactly() -> None:
    features, labels = rows(6, 3)
    start = MODEL.first_weights(generator(1))
    found = federate([client(features, labels)], start, ClientTraining(), Rounds(rounds=3), 0)
    content = federated_to_bytes((found, found))
    one, two = federated_from_bytes(content)
    assert one.weights.tolist() == found.weights.tolist() == two.weights.tolist()
    assert (one.asked, one.returned) == (found.asked, found.returned)
    assert federated_to_bytes((one, two)) == content
    for damaged in (b"", b"[{}]", content[:-5], b"3"):
        with pytest.raises(InputError, match="cannot be read"):
            federated_from_bytes(damaged)


def test_what_cannot_be_federated_is_refused() -> None:
    features, labels = rows(4, 2)
    zeros = np.zeros(MODEL.num_weights)
    for clients in ([], [client(features, labels, merit=0.0)]):
        with pytest.raises(InputError, match="merit above 0"):
            federate(clients, zeros, ClientTraining(), Rounds(), 0)
    with pytest.raises(ValidationError, match="use adam, sgd, spsa instead of cobyla"):
        ClientTraining(optimizer="cobyla")
    with pytest.raises(ValidationError, match="instead of qng"):
        ClientTraining(optimizer="qng")
    with pytest.raises(ValidationError, match="Did you mean 'adam'"):
        ClientTraining(optimizer="adm")
    for wrong in ({"rounds": 0}, {"participation": 0.0}, {"dropout": 1.0}, {"local_epochs": 0}):
        with pytest.raises(ValidationError):
            Rounds.model_validate(wrong)
