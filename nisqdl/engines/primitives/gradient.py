"""Qiskit Machine Learning's estimator gradient, in reverse mode on the exact engines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from qiskit.primitives.containers.observables_array import ObservablesArray

from nisqdl.engines.contract import Array
from nisqdl.engines.primitives.estimator import ExactEstimator
from nisqdl.engines.primitives.programs import CircuitContent, Program
from nisqdl.engines.primitives.requests import Request, answered
from nisqdl.errors import InputError

try:
    from qiskit_machine_learning.gradients import BaseEstimatorGradient, EstimatorGradientResult
except ImportError:
    raise InputError(
        "ExactGradient needs the package qiskit-machine-learning, which is not installed; install "
        "it with: pip install 'nisqdl[qml]'."
    ) from None

if TYPE_CHECKING:
    from qiskit.circuit import Parameter, QuantumCircuit


class ExactGradient(BaseEstimatorGradient):  # type: ignore[misc]
    """Exact gradients of what an :class:`nisqdl.ExactEstimator` estimates, for ``EstimatorQNN``.

    All samples and observables of equal circuits are differentiated in one pass back through the
    circuit, whatever the number of parameters; noise and readout error are the estimator's.
    Parameters may be shared between gates, and angles may be any differentiable
    ``ParameterExpression``. It is exact also where the estimator draws shots; for gradients with
    shot noise give the estimator to Qiskit's ``ParamShiftEstimatorGradient``.

    Args:
        estimator: Whose values are differentiated; ``None`` is an ideal one.

    Raises:
        InputError: It is no ``ExactEstimator``.
    """

    def __init__(self, estimator: ExactEstimator | None = None) -> None:
        chosen = ExactEstimator() if estimator is None else estimator
        if not isinstance(chosen, ExactEstimator):
            raise InputError(
                f"`estimator` must be a nisqdl.ExactEstimator, but is {type(chosen).__name__}; "
                "use a gradient of qiskit_machine_learning for other estimators."
            )
        super().__init__(chosen)

    def _run(
        self,
        circuits: Sequence[QuantumCircuit],
        observables: Sequence[Any],
        parameter_values: Sequence[Sequence[float]] | Array,
        parameters: Sequence[Sequence[Parameter]],
        **options: Any,
    ) -> EstimatorGradientResult:
        from qiskit.providers import Options

        _check_options(options)
        values = [np.asarray(row, dtype=float) for row in parameter_values]
        requests, entries = _requests(circuits, observables, values)

        def slopes(program: Program, rows: Array) -> Array:
            return program.jacobian(rows)[1]

        jacobians = answered(requests, self._estimator.programs, slopes, merge_rows=True)
        gradients: list[Array] = [np.empty(0)] * len(values)
        for members, jacobian in zip(entries, jacobians, strict=True):
            order = {p: i for i, p in enumerate(circuits[members[0]].parameters)}
            for number, row in zip(members, jacobian, strict=True):
                gradients[number] = row[[order[p] for p in parameters[number]]]
        return EstimatorGradientResult(
            gradients=gradients,
            metadata=[{"parameters": wanted} for wanted in parameters],
            options=Options(**options),
        )


def _requests(
    circuits: Sequence[QuantumCircuit], observables: Sequence[Any], values: Sequence[Array]
) -> tuple[list[Request], list[list[int]]]:
    """One request for each circuit object, and the numbers of its entries."""
    members: dict[int, list[int]] = {}
    for number, circuit in enumerate(circuits):
        members.setdefault(id(circuit), []).append(number)
    coerced: dict[int, Any] = {}
    for observable in observables:
        if id(observable) not in coerced:
            coerced[id(observable)] = ObservablesArray.coerce_observable(observable)
    requests = []
    for numbers in members.values():
        place = {key: i for i, key in enumerate(dict.fromkeys(id(observables[n]) for n in numbers))}
        requests.append(
            Request(
                content=CircuitContent.of(circuits[numbers[0]]),
                rows=np.stack([values[number] for number in numbers]),
                observables=tuple(coerced[key] for key in place),
                row_of=np.arange(len(numbers)),
                observable_of=np.array([place[id(observables[number])] for number in numbers]),
            )
        )
    return requests, list(members.values())


def _check_options(options: dict[str, Any]) -> None:
    for name, value in options.items():
        if name not in ("shots", "precision"):
            raise InputError(
                f"ExactGradient has no option {name!r}; set it where the estimator is made."
            )
        if value:
            raise InputError(
                f"ExactGradient is exact, but the option `{name}` is {value}; for gradients with "
                "shot noise use qiskit_machine_learning's ParamShiftEstimatorGradient with an "
                "ExactEstimator."
            )
