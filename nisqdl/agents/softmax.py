"""Softmax policies: probabilities, draws and slopes of logits."""

from __future__ import annotations

import numpy as np

from nisqdl.agents.approximators.contract import Array
from nisqdl.environments.dynamics import Integers


def log_probabilities(logits: Array) -> Array:
    """Of each action, from logits (B, A)."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    logs: Array = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return logs


def drawn(logits: Array, draws: Array) -> Integers:
    """The action that each uniform number (B,) picks."""
    cumulative = np.cumsum(np.exp(log_probabilities(logits)), axis=1)
    picked: Integers = (cumulative[:, :-1] <= draws[:, None]).sum(axis=1)
    return picked


def log_slopes(logits: Array, actions: Integers) -> Array:
    """∂ log π(action) / ∂ logits, shape (B, A): 1 at the action, minus the probabilities."""
    slopes = -np.exp(log_probabilities(logits))
    slopes[np.arange(len(actions)), actions] += 1
    return slopes


def entropies_and_slopes(logits: Array) -> tuple[Array, Array]:
    """Entropies (B,) in nats, and their derivatives by logits (B, A)."""
    logs = log_probabilities(logits)
    shares = np.exp(logs)
    entropies = -(shares * logs).sum(axis=1)
    return entropies, -shares * (logs + entropies[:, None])


def best(outputs: Array) -> Integers:
    """The action of the largest output; the first of equals."""
    index: Integers = outputs.argmax(axis=1)
    return index
