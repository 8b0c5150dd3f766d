"""Functions with trained parameters that agents learn: circuits and their classical twins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from nisqdl.agents.approximators.circuit import CircuitOptions, circuit_model
from nisqdl.agents.approximators.contract import Approximator, Shape
from nisqdl.agents.approximators.network import Network, NetworkOptions
from nisqdl.agents.approximators.quantum import Quantum
from nisqdl.engines.contract import Evaluator
from nisqdl.errors import InputError

ApproximatorOptions: TypeAlias = CircuitOptions | NetworkOptions

ABLATIONS: Mapping[str, Mapping[str, object]] = {
    "no_entangler": {"entangler": "none"},
    "random_circuit": {"trained": False},
    "no_circuit": {"circuit": False},
}
"""What is changed of a circuit's options to see what each of its parts is good for: no two-qubit
gates; a circuit that stays at its random start while input scaling and output weights learn; and
a linear map in the circuit's place, with the same input scaling and output weights."""


def needs_evaluator(options: ApproximatorOptions) -> bool:
    """Whether there is a circuit to prepare an engine for."""
    return isinstance(options, CircuitOptions) and options.circuit


def approximator(
    options: ApproximatorOptions,
    shape: Shape,
    evaluator: Evaluator | None = None,
    shots: int | None = None,
) -> Approximator:
    """The function of these options.

    Args:
        options: Which.
        shape: What it takes and gives.
        evaluator: Where :func:`needs_evaluator`: what evaluates
            :func:`~nisqdl.agents.approximators.circuit.circuit_model` of these options and shape,
            or the ISA model that it was transpiled to, ideal or under noise.
        shots: Outcomes for each value of a circuit; None for exact values.

    Raises:
        InputError: There is an evaluator where none is needed, or the other way round.
    """
    if isinstance(options, NetworkOptions):
        _refuse(evaluator is not None or shots is not None, "A network has no circuit")
        return Network(options, shape)
    if not options.circuit:
        _refuse(evaluator is not None or shots is not None, "Without `circuit` there is none")
        return Quantum.without_circuit(options, shape)
    if evaluator is None:
        raise InputError("A circuit needs an evaluator: prepare an engine for its model.")
    return Quantum.of(options, shape, evaluator, shots)


def _refuse(wrong: bool, why: str) -> None:
    if wrong:
        raise InputError(f"{why}: leave the evaluator and the shots out.")


__all__ = [
    "ABLATIONS",
    "Approximator",
    "ApproximatorOptions",
    "CircuitOptions",
    "NetworkOptions",
    "Shape",
    "approximator",
    "circuit_model",
    "needs_evaluator",
]
