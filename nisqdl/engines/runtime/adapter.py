"""The one module that touches the client's Estimator: requests to jobs, and jobs to values.

Its neighbours ``outcomes`` and ``learning`` are that for the Sampler and the noise learner.

``executor_estimator`` prepares pubs on this machine and sends them to the program "executor"; its
result carries how it is decoded, so that a job found again by its id alone gives values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nisqdl.circuits.control_flow import waits
from nisqdl.engines.runtime.folding import folded
from nisqdl.engines.runtime.options import Execution
from nisqdl.errors import InputError, NisqdlError
from nisqdl.store.record import Json

if TYPE_CHECKING:
    from qiskit.circuit import QuantumCircuit
    from qiskit.providers import BackendV2
    from qiskit_ibm_runtime import Batch, RuntimeJobV2, Session
    from qiskit_ibm_runtime.executor_estimator import Estimator
    from qiskit_ibm_runtime.options_models import EstimatorOptions

    from nisqdl.engines.contract import Array
    from nisqdl.engines.runtime.request import Request
    from nisqdl.targets.isa import IsaModel


@dataclass(frozen=True)
class Values:
    """What one pub gave.

    Attributes:
        values, stderr: Shape (B, O).
    """

    values: Array
    stderr: Array


def estimator(
    mode: BackendV2 | Batch | Session, execution: Execution, tags: Sequence[str] = ()
) -> Estimator:
    """The client's Estimator with these options.

    Args:
        mode: Where it sends its jobs: a backend, or a batch or session on one.
        execution: How circuits run.
        tags: The tags of its jobs.
    """
    from qiskit_ibm_runtime.executor_estimator import Estimator

    return Estimator(mode=mode, options=client_options(execution, tags))


def client_options(execution: Execution, tags: Sequence[str] = ()) -> EstimatorOptions:
    """The client's options for ours, before it fills in what the resilience level decides."""
    from qiskit_ibm_runtime.options_models import EstimatorOptions

    options = EstimatorOptions()
    options.default_shots = execution.effective_shots
    options.max_execution_time = execution.max_execution_time
    options.environment.job_tags = list(tags)
    options.resilience_level = execution.resilience_level
    options.resilience.measure_mitigation = execution.measure_mitigation
    zne = execution.extrapolation
    options.resilience.zne_mitigation = zne is not None
    if zne is not None:
        options.resilience.zne.amplifier = zne.amplifier
        options.resilience.zne.noise_factors = list(zne.noise_factors)
        options.resilience.zne.extrapolator = list(zne.extrapolator)
    if execution.pec is not None:
        options.resilience.pec_mitigation = True
        options.resilience.pec.max_overhead = execution.pec.max_overhead
        gain = execution.pec.noise_gain
        options.resilience.pec.noise_gain = "auto" if gain is None else gain
    twirling = execution.twirling
    options.twirling.enable_gates = True if execution.learns_noise else twirling.gates
    options.twirling.enable_measure = execution.twirls_measurements
    if twirling.num_randomizations is not None:
        options.twirling.num_randomizations = twirling.num_randomizations
    if execution.dynamical_decoupling is not None:
        options.dynamical_decoupling.enable = True
        options.dynamical_decoupling.sequence_type = execution.dynamical_decoupling.sequence
    return options


def finalized(execution: Execution) -> Json:
    """The options as the client finalises them, for records."""
    if execution.primitive == "sampler":
        from nisqdl.engines.runtime.outcomes import finalized_sampler

        return finalized_sampler(execution)
    from qiskit_ibm_runtime.executor_estimator.finalize_options import finalize_estimator_options

    final = finalize_estimator_options(client_options(execution)).model_dump(mode="json")
    shown = ("default_shots", "resilience_level", "max_execution_time", "dynamical_decoupling")
    resilience = {
        name: final["resilience"][name] for name in ("measure_mitigation", "zne_mitigation", "zne")
    }
    if execution.pec is not None:
        resilience["pec"] = final["resilience"]["pec"]
    return {
        **{name: final[name] for name in shown},
        "resilience": resilience,
        "twirling": final["twirling"],
    }


def pub_of(request: Request, rows: slice, num_qubits: int) -> tuple[Any, ...]:
    """A broadcast pub: every observable at these rows of the bindings, shape (O, B).

    Args:
        request: What is asked.
        rows: Which bindings.
        num_qubits: The width of the device.
    """
    if waits(request.isa.circuit):
        raise InputError(
            f"The circuit for {request.isa.device} must have no gates that wait for an outcome, "
            "which the client's Estimator does not take, but has; use the Sampler "
            "(`execution.primitive: sampler`) or the deferred form of the pooling."
        )
    circuit, values = bound_circuit(request, rows, num_qubits)
    places = request.isa.physical_qubits
    observables = [[op.apply_layout(places, num_qubits)] for op in request.isa.observables]
    return (circuit, observables) if values is None else (circuit, observables, values)


def bound_circuit(
    request: Request, rows: slice, num_qubits: int
) -> tuple[QuantumCircuit, Array | None]:
    """The circuit on the device, and its parameters' values (B, P) in its own order."""
    isa = request.isa
    fold = folded(isa.circuit, (*isa.features, *isa.weights), request.bindings[rows])
    circuit = on_device(replace(isa, circuit=fold.circuit), num_qubits)
    column = {parameter: index for index, parameter in enumerate(fold.parameters)}
    order = [column[parameter] for parameter in circuit.parameters]
    return circuit, fold.bindings[:, order] if order else None


def on_device(isa: IsaModel, num_qubits: int) -> QuantumCircuit:
    """The compact circuit at its place among all qubits of the device.

    Raises:
        InputError: The circuit has explicit delays, or the device has not that many qubits.
    """
    from qiskit.circuit import QuantumCircuit

    if max(isa.physical_qubits) >= num_qubits:
        raise InputError(
            f"The circuit for {isa.device} must fit {num_qubits} qubits, but uses qubit "
            f"{max(isa.physical_qubits)}; transpile it for this device."
        )
    if "delay" in isa.circuit.count_ops():
        raise InputError(
            f"The circuit for {isa.device} must have no explicit delays on hardware, but has; "
            "transpile it without a schedule."
        )
    circuit = QuantumCircuit(num_qubits)
    circuit.add_register(*isa.circuit.cregs)
    circuit.compose(
        isa.circuit,
        qubits=list(isa.physical_qubits),
        clbits=list(range(isa.circuit.num_clbits)),
        inplace=True,
    )
    return circuit


def values_of(job: RuntimeJobV2, shapes: Sequence[tuple[int, int]]) -> list[Values]:
    """What a finished job gave for its pubs.

    Args:
        job: A finished job of :func:`estimator`.
        shapes: (B, O) of each pub, in order.

    Raises:
        NisqdlError: The result is not what was asked for.
    """
    return values_from(decoded(job), shapes, job.job_id())


def decoded(job: RuntimeJobV2) -> Any:
    """A finished job's result, decoded by the client.

    Raises:
        NisqdlError: The client cannot read what came back.
    """
    try:
        return job.result()
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise NisqdlError(
            f"The client cannot decode the result of job {job.job_id()} ({error}); look at it on "
            "the service's page, and report it with the version of qiskit-ibm-runtime."
        ) from error


def values_from(result: Any, shapes: Sequence[tuple[int, int]], job_id: str) -> list[Values]:
    """The pubs' values out of a decoded result; see :func:`values_of`."""
    found: list[Values] = []
    try:
        pubs = [(np.asarray(pub.data.evs), np.asarray(pub.data.stds)) for pub in result]
        for (evs, stds), (rows, width) in zip(pubs, shapes, strict=True):
            found.append(Values(_table(evs, rows, width), _table(stds, rows, width)))
    except (AttributeError, TypeError, ValueError) as error:
        raise NisqdlError(
            f"The result of job {job_id} is not what was asked for ({error}); look at it on the "
            "service's page, and report it with the version of qiskit-ibm-runtime."
        ) from error
    return found


def _table(values: np.ndarray[Any, Any], rows: int, width: int) -> Array:
    return np.ascontiguousarray(np.broadcast_to(values, (width, rows)).T, dtype=np.float64)


def ranges(isa: IsaModel) -> Array:
    """The largest |value| that each observable can have, shape (O,): the sum of |coefficients|."""
    return np.array([float(np.abs(op.coeffs).sum()) for op in isa.observables])


def unphysical(isa: IsaModel, values: Array) -> int:
    """How many values (B, O) lie outside what any state can give."""
    return int(np.count_nonzero(np.abs(values) > ranges(isa) * (1 + 1e-9)))
