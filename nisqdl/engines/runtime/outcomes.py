"""The client's Sampler: observables of Z strings from the outcomes themselves.

Nothing is mitigated, and nothing is assumed of the strings: an outcome gives the whole observable,
so that the standard errors are right for sums of strings that share their shots, and a projector
of 2ⁿ strings costs no more than one. Only the circuit's own qubits are measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nisqdl.engines.runtime.adapter import Values, bound_circuit
from nisqdl.engines.runtime.options import Execution
from nisqdl.errors import InputError, NisqdlError
from nisqdl.store.record import Json

if TYPE_CHECKING:
    from qiskit.providers import BackendV2
    from qiskit.quantum_info import SparsePauliOp
    from qiskit_ibm_runtime import Batch, Session
    from qiskit_ibm_runtime.executor_sampler import Sampler
    from qiskit_ibm_runtime.options_models import SamplerOptions

    from nisqdl.engines.runtime.request import Request

REGISTER = "outcome"
"""The classical register of what is measured; bit ``i`` is the compact circuit's qubit ``i``."""


def sampler(
    mode: BackendV2 | Batch | Session, execution: Execution, tags: Sequence[str] = ()
) -> Sampler:
    """The client's Sampler with these options; arguments as of the adapter's ``estimator``."""
    from qiskit_ibm_runtime.executor_sampler import Sampler

    return Sampler(mode=mode, options=_options(execution, tags))


def sampler_pub(request: Request, rows: slice, num_qubits: int) -> tuple[Any, ...]:
    """A pub of the circuit at these rows of the bindings, its own qubits measured.

    Raises:
        InputError: An observable has strings with X or Y.
    """
    from qiskit.circuit import ClassicalRegister

    for operator in request.isa.observables:
        if operator.paulis.x.any():
            raise InputError(
                "`execution.primitive: sampler` measures observables of Z strings only, but the "
                f"circuit for {request.isa.device} has one with X or Y; use the estimator for it"
            )
    circuit, values = bound_circuit(request, rows, num_qubits)
    places = request.isa.physical_qubits
    register = ClassicalRegister(len(places), REGISTER)
    circuit.add_register(register)
    circuit.measure(places, register)
    return (circuit,) if values is None else (circuit, values)


def outcome_values(result: Any, parts: Sequence[Request], job_id: str) -> list[Values]:
    """The parts' values out of a job's decoded result, a pub each.

    Raises:
        NisqdlError: The result is not what was asked for.
    """
    found = []
    try:
        pubs = [getattr(pub.data, REGISTER) for pub in result]
        for outcomes, part in zip(pubs, parts, strict=True):
            bits = outcomes.to_bool_array(order="little")
            rows, qubits = len(part.bindings), part.isa.num_qubits
            bits = np.broadcast_to(bits, (rows, *bits.shape[-2:]))
            if bits.shape[-1] != qubits:
                raise ValueError(f"{bits.shape[-1]} bits an outcome, not {qubits}")
            found.append(_values(bits, part.isa.observables))
    except (AttributeError, TypeError, ValueError) as error:
        raise NisqdlError(
            f"The result of job {job_id} is not what was asked for ({error}); look at it on the "
            "service's page, and report it with the version of qiskit-ibm-runtime."
        ) from error
    return found


def finalized_sampler(execution: Execution) -> Json:
    """The options as the client finalises them, for records."""
    from qiskit_ibm_runtime.executor_sampler.finalize_options import finalize_sampler_options

    final = finalize_sampler_options(_options(execution, ())).model_dump(mode="json")
    shown = ("default_shots", "max_execution_time", "dynamical_decoupling", "twirling")
    return {"primitive": "sampler", **{name: final[name] for name in shown}}


def _options(execution: Execution, tags: Sequence[str]) -> SamplerOptions:
    from qiskit_ibm_runtime.options_models import SamplerOptions

    options = SamplerOptions()
    options.default_shots = execution.effective_shots
    options.max_execution_time = execution.max_execution_time
    options.environment.job_tags = list(tags)
    options.twirling.enable_gates = execution.twirls_gates
    options.twirling.enable_measure = execution.twirls_measurements
    if execution.twirling.num_randomizations is not None:
        options.twirling.num_randomizations = execution.twirling.num_randomizations
    if execution.dynamical_decoupling is not None:
        options.dynamical_decoupling.enable = True
        options.dynamical_decoupling.sequence_type = execution.dynamical_decoupling.sequence
    return options


def _values(bits: np.ndarray[Any, Any], observables: Sequence[SparsePauliOp]) -> Values:
    """Means and standard errors (B, O) of outcomes (B, shots, qubits)."""
    values = np.empty((len(bits), len(observables)))
    stderr = np.empty_like(values)
    shots = bits.shape[1]
    for row, outcomes in enumerate(bits):
        seen, counts = np.unique(outcomes, axis=0, return_counts=True)
        for column, operator in enumerate(observables):
            odd = (seen.astype(np.int64) @ operator.paulis.z.T.astype(np.int64)) % 2
            each = (1 - 2 * odd) @ operator.coeffs.real
            mean = float(counts @ each / shots)
            spread = float(counts @ (each - mean) ** 2 / shots)
            values[row, column] = mean
            # Where every shot agrees, the one that could have differed is the error.
            least = float(np.abs(operator.coeffs).sum()) / shots
            stderr[row, column] = max(np.sqrt(spread / shots), least)
    return Values(values, stderr)
