"""The client's local mode on a part of a device: what mitigation does, before anything is paid.

The same options are really applied by the client (TREX, ZNE, twirling, decoupling pulses); only
the qubits are Qiskit Aer's. The client twirls and measures *every* qubit of its backend, so that a
backend as wide as a device does not fit any memory: here it has the circuit's active qubits only,
with the device's gates among them and the noise channels that all our engines take.

What such a device has not: crosstalk, coherent errors and idle noise, so dynamical decoupling is
carried out and has nothing to win.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nisqdl.engines.runtime.learned import LayerModel
from nisqdl.engines.runtime.request import JobFacts, Learned, Measured, Request
from nisqdl.errors import CapacityError, NisqdlError
from nisqdl.noise.inert import refuse_inert
from nisqdl.targets.reports import FRACTIONAL_GATES

if TYPE_CHECKING:
    from qiskit_aer import AerSimulator

    from nisqdl.engines.runtime.adapter import Values
    from nisqdl.noise.channels import NoiseChannels
    from nisqdl.targets.device import Device

MATRIX_QUBITS = 9
"""Up to here a density matrix; beyond, one state vector a shot, with noise drawn at random."""

MOST_QUBITS = 20
"""A state vector for each of thousands of shots takes hours beyond this."""

LOCAL_JOB = "local"
"""The job id of what ran here."""


def measure_locally(
    request: Request, device: Device, noise: NoiseChannels, seed: int, method: str | None = None
) -> Measured:
    """What the client measures on a simulated part of a device.

    Args:
        request: What is asked; its circuit unscheduled.
        device: The device that the circuit was transpiled for.
        noise: The noise of the circuit's qubits; idle noise is left out, there are no delays.
        seed: Of twirls and shots. The same seed gives the same values.
        method: Aer's simulation method; ``None`` chooses by the number of qubits.

    Returns:
        Values and standard errors as the client states them. No device was used:
        ``qpu_seconds`` is ``None``, and there is no calibration of a run's time.

    Raises:
        CapacityError: It has too many qubits.
        InputError: The circuit's gates are not the noise's, or it has delays.
    """
    from nisqdl.engines.runtime.adapter import estimator, pub_of, values_from
    from nisqdl.engines.runtime.learning import with_noise
    from nisqdl.engines.runtime.outcomes import outcome_values, sampler, sampler_pub

    width = request.isa.num_qubits
    started = _now()
    backend = _backend(request, device, noise, method)
    here = _moved(request)
    if request.execution.primitive == "sampler":
        sample = sampler(backend, request.execution)
        sample.options.simulator.seed_simulator = seed
        outcomes = sample.run([sampler_pub(here, slice(None), width)]).result()
        (found,) = outcome_values(outcomes, [here], LOCAL_JOB)
        return _measured(request, found, started)
    client = estimator(backend, request.execution)
    client.options.simulator.seed_simulator = seed
    if request.execution.learns_noise:
        with_noise(client, here, width)
    # Noise that was learned for mitigation would otherwise be injected besides the device's own.
    client.options.simulator.layer_noise_model = []
    with warnings.catch_warnings():
        # It says that ZNE's fit did not converge and the next extrapolator was taken.
        warnings.filterwarnings("ignore", module=r"qiskit_mitigation\b")
        job = client.run([pub_of(here, slice(None), width)])
        shape = (len(request.bindings), len(request.isa.observables))
        (found,) = values_from(job.result(), [shape], LOCAL_JOB)
    if found.values.shape != shape:
        raise NisqdlError(f"The client must give values {shape}, but gave {found.values.shape}.")
    return _measured(request, found, started)


def learn_locally(
    request: Request, device: Device, noise: NoiseChannels, seed: int, method: str | None = None
) -> Learned:
    """The noise that the client learns of a request's layers on a simulated part of a device.

    Args and errors as of :func:`measure_locally`; the request's bindings do not matter.
    """
    from nisqdl.engines.runtime.adapter import estimator, finalized
    from nisqdl.engines.runtime.learning import layers_of, learned_from, learner

    width, started = request.isa.num_qubits, _now()
    backend = _backend(request, device, noise, method)
    here, client = _moved(request), estimator(backend, request.execution)
    layers = layers_of(client, here, width)
    if not layers:
        return Learned(LayerModel((), 1.0), request.backend, (), None, None)
    learn = learner(backend, request.execution)
    learn.options.simulator.seed_simulator = seed
    learn.options.simulator.layer_noise_model = []
    job = learn.run(layers)
    model = learned_from(job.result(), client, here, width, LOCAL_JOB)
    facts = JobFacts(LOCAL_JOB, started, started, _now(), None, finalized(request.execution))
    return Learned(model, request.backend, (facts,), None, None)


def _measured(request: Request, found: Values, started: str) -> Measured:
    from nisqdl.engines.runtime.adapter import finalized, unphysical

    return Measured(
        values=found.values,
        stderr=found.stderr,
        backend=request.backend,
        jobs=(JobFacts(LOCAL_JOB, started, started, _now(), None, finalized(request.execution)),),
        qpu_seconds=None,
        unphysical=unphysical(request.isa, found.values),
        snapshot=None,
    )


def _moved(request: Request) -> Request:
    """The request with its circuit's qubits as the whole device."""
    isa = replace(request.isa, physical_qubits=tuple(range(request.isa.num_qubits)))
    return replace(request, isa=isa)


def _backend(
    request: Request, device: Device, noise: NoiseChannels, method: str | None
) -> AerSimulator:
    """The simulated part of the device, if it fits and its noise would act."""
    width = request.isa.num_qubits
    if width > MOST_QUBITS:
        raise CapacityError(
            f"Local mode takes circuits of at most {MOST_QUBITS} qubits, but this one uses "
            f"{width}. Use fewer features or qubits, or the engine exact without mitigation."
        )
    refuse_inert(request.isa.circuit, noise)
    return _simulator(request, device, noise, method)


def local_seconds(circuits: int, qubits: int) -> float:
    """Seconds that so many circuits are expected to take, on one core, roughly."""
    return circuits * 4e-3 * (1.0 + 4.0 ** (qubits - 6))


def _simulator(
    request: Request, device: Device, noise: NoiseChannels, method: str | None
) -> AerSimulator:
    from qiskit_aer import AerSimulator

    from nisqdl.noise.aer import aer_noise_model
    from nisqdl.targets.target import restricted_target

    if method is None:
        small = request.isa.num_qubits <= MATRIX_QUBITS
        method = "density_matrix" if small else "statevector"
    fractional = not request.isa.circuit.count_ops().keys().isdisjoint(FRACTIONAL_GATES)
    target = restricted_target(device, request.isa.physical_qubits, fractional)
    model = aer_noise_model(replace(noise, idle={}))
    # Aer takes no gate that its noise model does not name, be it noiseless.
    model.add_basis_gates([name for name in target.operation_names if name in device.basis_gates])
    return AerSimulator(
        target=target,
        noise_model=model,
        method=method,
        max_parallel_threads=1,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
