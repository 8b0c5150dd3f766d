"""The geometry of a circuit's states: how fast they change with the weights, and in which ways.

A rotation's derivative is the state with its angle turned by π, halved: exp(−i(θ + π)P/2) is
−iP exp(−iθP/2). So all derivatives are samples of one batch, eight to a pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nisqdl.engines.contract import Array
from nisqdl.engines.statevector.slot_angles import slots_depending_on
from nisqdl.errors import CapacityError, InputError

if TYPE_CHECKING:
    from nisqdl.engines.statevector.ensemble import StateEnsemble


def quantum_fisher(ensemble: StateEnsemble, features: Array, weights: Array) -> Array:
    """The quantum Fisher information of each sample's state, (B, W, W).

    Four times the Fubini-Study metric: 4 Re(⟨∂ᵢψ|∂ⱼψ⟩ − ⟨∂ᵢψ|ψ⟩⟨ψ|∂ⱼψ⟩), as in Stokes et al. 2020
    (arXiv:1909.02108). The mean over the samples preconditions a quantum natural gradient.

    Args:
        features: (B, F).
        weights: (W,).

    Raises:
        InputError: The shapes are not the model's.
        CapacityError: A state for each angle does not fit the memory.
    """
    model = ensemble.model
    expected = (len(model.features), len(model.weights))
    if features.ndim != 2 or (features.shape[1], *weights.shape) != expected:
        raise InputError(
            f"`features` and `weights` must be of shapes (samples, {expected[0]}) and "
            f"({expected[1]},), but are of shapes {features.shape} and {weights.shape}."
        )
    result = np.empty((len(features), len(weights), len(weights)))
    for number, sample in enumerate(features):
        result[number] = _of_sample(ensemble, sample, weights)
    return result


def _of_sample(ensemble: StateEnsemble, sample: Array, weights: Array) -> Array:
    program, slots = ensemble.execution.program, ensemble.slots
    trained = slots_depending_on(program, ensemble.model.weights)[slots.order].astype(bool)
    rows = np.flatnonzero(trained)
    _check_memory(len(rows) + 1, program.dimensions, ensemble.execution.memory_gib)
    inputs = np.concatenate([sample, weights])[np.newaxis]
    angles = slots.at(inputs)
    shifted = np.repeat(angles, len(rows) + 1, axis=1)
    shifted[rows, np.arange(1, len(rows) + 1)] += np.pi
    states = np.stack(list(ensemble.execution.states(slots.numbers_at(shifted))))
    derivatives = states[1:] * _factors(angles[rows, 0], slots.is_phase[slots.order][rows])
    along = derivatives @ states[0].conj()
    metric = _real_products(derivatives) - _real_products(along[:, np.newaxis])

    turns = np.zeros((len(angles), len(rows)))
    turns[slots.order[rows], np.arange(len(rows))] = 1.0
    jacobian = slots.derivatives(np.repeat(inputs, len(rows), axis=0), turns)[:, len(sample) :]
    found: Array = 4.0 * jacobian.T @ metric @ jacobian
    return found


def _factors(angles: Array, is_phase: npt.NDArray[np.bool_]) -> npt.NDArray[np.complex128]:
    """What takes the turned states to the derivatives, (K, 1), up to a multiple of the state.

    The kernels take a rotation's angle to [−π, π], which may change the sign of its operator. A
    phase e^{iα} on half of the rows has the derivative i/2 (ψ − Zψ), with Zψ the turned state.
    """
    half_turns = np.round((angles + np.pi) / (2 * np.pi)) - np.round(angles / (2 * np.pi))
    of_rotations = 0.5 * (1.0 - 2.0 * (half_turns % 2))
    return np.where(is_phase, -0.5j, of_rotations)[:, np.newaxis]


def _real_products(vectors: npt.NDArray[np.complex128]) -> Array:
    """Re⟨a|b⟩ of all pairs of rows."""
    parts = np.concatenate([vectors.real, vectors.imag], axis=1)
    products: Array = parts @ parts.T
    return products


def _check_memory(states: int, dimensions: int, memory_gib: float) -> None:
    gib = 3 * states * 2.0 ** (dimensions + 4 - 30)  # the states, their derivatives, real parts
    if gib > memory_gib:
        raise CapacityError(
            f"The quantum Fisher information needs about {gib:.3g} GiB for {states} states of "
            f"{dimensions} qubits, but may use {memory_gib:g} GiB; give it more (`memory_gib`), or "
            "use fewer qubits or weights."
        )
