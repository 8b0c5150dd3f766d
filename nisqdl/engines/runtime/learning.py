"""Learn the noise of a circuit's layers with the client's noise learner, for PEC and PEA.

The client-side learner (``executor_noise_learner``, with the package qiskit-noise-learning) runs
each layer of two-qubit gates in pairs, at several depths and in several bases, through the same
program "executor" as the Estimator, and fits a Pauli-Lindblad model with two-qubit terms (van den
Berg et al., Nature Physics 19, 1116 (2023)). The layers are those that the Estimator itself finds
in its pubs, so that PEC and PEA find each again by its reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nisqdl.engines.runtime.adapter import client_options, pub_of
from nisqdl.engines.runtime.learned import LayerModel, LayerNoise
from nisqdl.engines.runtime.options import Execution, Pec
from nisqdl.errors import NisqdlError

if TYPE_CHECKING:
    from qiskit.circuit import CircuitInstruction
    from qiskit.providers import BackendV2
    from qiskit_ibm_runtime import Batch, Session
    from qiskit_ibm_runtime.executor_estimator import Estimator
    from qiskit_ibm_runtime.executor_noise_learner import NoiseLearnerV3

    from nisqdl.engines.runtime.request import Request


def learner(
    mode: BackendV2 | Batch | Session, execution: Execution, tags: Sequence[str] = ()
) -> NoiseLearnerV3:
    """The client's learner with these options.

    Args:
        mode: Where it sends its jobs.
        execution: How noise is learned, and the bound of its time.
        tags: The tags of its jobs.
    """
    from qiskit_ibm_runtime.executor_noise_learner import NoiseLearnerV3
    from qiskit_ibm_runtime.options_models import NoiseLearnerV3Options

    options = NoiseLearnerV3Options()
    options.layer_pair_depths = list(execution.learning.depths)
    options.num_randomizations = execution.learning.num_randomizations
    options.shots_per_randomization = execution.learning.shots_per_randomization
    options.max_execution_time = execution.max_execution_time
    options.environment.job_tags = list(tags)
    return NoiseLearnerV3(mode=mode, options=options)


def detached(execution: Execution) -> Estimator:
    """An Estimator that prepares and never runs; it needs no device."""
    from qiskit_aer import AerSimulator
    from qiskit_ibm_runtime.executor_estimator import Estimator

    return Estimator(mode=AerSimulator(), options=client_options(execution))


def layers_of(client: Estimator, request: Request, num_qubits: int) -> list[CircuitInstruction]:
    """The distinct layers of two-qubit gates of a request's circuit, as the Estimator boxes them.

    None where the circuit has no two-qubit gates: then there is no noise to learn.
    """
    return list(client.find_unique_layers([pub_of(request, slice(0, 1), num_qubits)]))


def learned_from(
    result: Any, client: Estimator, request: Request, num_qubits: int, job_id: str
) -> LayerModel:
    """The layers' models out of a learning job's decoded result.

    Args:
        result: What the client decoded.
        client: An Estimator with the options under which the circuit will run.
        request: What was learned for.
        num_qubits: The width of the device.
        job_id: For the sentence if it fails.

    Raises:
        NisqdlError: The result is not that of these layers.
    """
    layers = layers_of(client, request, num_qubits)
    try:
        maps = result.to_pauli_lindblad_maps()
        pairs = list(zip(layers, maps, strict=True))
    except (AttributeError, TypeError, ValueError) as error:
        raise NisqdlError(
            f"The result of job {job_id} is not the noise that was to be learned ({error}); look "
            "at it on the service's page, and report it with the version of qiskit-ibm-runtime."
        ) from error
    found = LayerModel(
        tuple(
            LayerNoise(
                ref=reference(layer),
                qubits=noise.num_qubits,
                terms=tuple(
                    (paulis, tuple(int(q) for q in qubits), float(rate))
                    for paulis, qubits, rate in noise.to_sparse_list()
                    if rate != 0
                ),
            )
            for layer, noise in pairs
        ),
        gamma=1.0,
    )
    return replace(found, gamma=_gamma(replace(request, learned=found), num_qubits))


def _gamma(request: Request, num_qubits: int) -> float:
    """The circuit's γ, as the client's own preparation of full cancellation says it."""
    from qiskit_ibm_runtime.executor_estimator.prepare import prepare

    execution = request.execution.model_copy(
        update={"pec": Pec(noise_gain=0.0), "zne": None, "zne_mitigation": False, "shots": 1}
    )
    asked = replace(request, execution=execution)
    client = detached(execution)
    with_noise(client, asked, num_qubits)
    program, _ = prepare([pub_of(asked, slice(0, 1), num_qubits)], client.options)
    return float(program.passthrough_data["qiskit_mitigation"][0]["pec_gamma"])


def with_noise(client: Estimator, request: Request, num_qubits: int) -> None:
    """Give an Estimator what was learned of a request's layers.

    Raises:
        NisqdlError: A layer's noise was not learned.
    """
    from qiskit.quantum_info import PauliLindbladMap

    assert request.learned is not None
    known = {layer.ref: layer for layer in request.learned.layers}
    model = []
    for layer in layers_of(client, request, num_qubits):
        found = known.get(reference(layer))
        if found is None:
            raise NisqdlError(
                f"The noise of layer {reference(layer)} of the circuit for {request.isa.device} "
                "was not learned: the client boxes the circuit otherwise than when it was. Submit "
                "it to another folder with --out."
            )
        terms = list(found.terms)
        model.append((layer, PauliLindbladMap.from_sparse_list(terms, num_qubits=found.qubits)))
    client.options.resilience.layer_noise_model = model


def reference(layer: CircuitInstruction) -> str:
    """The client's name of a layer."""
    from samplomatic.annotations import InjectNoise
    from samplomatic.utils import get_annotation

    return str(get_annotation(layer.operation, InjectNoise).ref)
