"""Qiskit's estimator on the exact engines: exact values under noise, or sampled as on a device."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from qiskit.primitives import BaseEstimatorV2, DataBin, PrimitiveJob, PrimitiveResult, PubResult
from qiskit.primitives.containers.estimator_pub import EstimatorPub

from nisqdl.engines.contract import Array
from nisqdl.engines.primitives.noise import NoiseLike, noise_source
from nisqdl.engines.primitives.programs import CircuitContent, Program, Programs
from nisqdl.engines.primitives.requests import Request, answered, parameter_rows
from nisqdl.engines.primitives.seeding import Seeds, checked_shots
from nisqdl.errors import InputError

if TYPE_CHECKING:
    from qiskit.circuit import QuantumCircuit
    from qiskit.primitives.containers import EstimatorPubLike

NAME = "nisqdl exact"
"""What results call the simulator."""


class ExactEstimator(BaseEstimatorV2):  # type: ignore[misc]
    """Expectation values under any noise model; a Qiskit ``BaseEstimatorV2``.

    Pubs broadcast as with Qiskit's ``StatevectorEstimator``. Circuits may be plain, or laid out on
    a wide device with observables from ``apply_layout``: only what the observables feel is
    simulated. Every circuit is lowered once, and the rows of a pub are evaluated together.

    Values are exact, with standard errors of 0, unless shots or a precision are asked for; then
    outcomes are drawn for every group of terms that commute qubit by qubit, a given precision p
    meaning ⌈1/p²⌉ shots for each group (as in Qiskit's ``BackendEstimatorV2``), and the standard
    errors are those that the outcomes show. ``EstimatorQNN`` always asks for a precision: give it
    ``default_precision=0`` for exact values.

    Args:
        noise_model: An Aer ``NoiseModel``, :class:`nisqdl.DeviceNoise`, nisqdl's ``NoiseChannels``
            on the circuit's qubits, or ``None`` for ideal gates. It is read now; later changes to
            it are not seen.
        shots: What is drawn for each group where no precision is asked for; ``None`` is exact.
        seed: Every evaluation gets its own numbers, derived from this; the same seed and order of
            calls repeat them. ``None`` takes the system's entropy.
        readout: Whether values carry the noise model's readout error, each measured factor X, Y
            or Z through its qubit's confusion (Aer's estimators leave it out).
        memory_gib: What states may take.
        require_isa: Whether a circuit is refused that is not made of the noise model's gates on
            its qubits, so that its noise would be inert.

    Raises:
        InputError: An argument is not one of these.
    """

    def __init__(
        self,
        noise_model: NoiseLike = None,
        *,
        shots: int | None = None,
        seed: np.random.Generator | int | None = None,
        readout: bool = True,
        memory_gib: float = 1.0,
        require_isa: bool = True,
    ) -> None:
        self._shots = None if shots is None else checked_shots(shots)
        self._seeds = Seeds.of(seed, "estimator")
        self._programs = Programs(noise_source(noise_model, require_isa), readout, memory_gib)

    @property
    def default_precision(self) -> float:
        """1/√shots, or 0 where values are exact."""
        return 0.0 if self._shots is None else 1.0 / math.sqrt(self._shots)

    @property
    def programs(self) -> Programs:
        """The circuits lowered so far, which a gradient shares."""
        return self._programs

    def run(
        self, pubs: Iterable[EstimatorPubLike], *, precision: float | None = None
    ) -> PrimitiveJob[PrimitiveResult[PubResult]]:
        """Estimate; see Qiskit's ``BaseEstimatorV2.run``.

        Args:
            pubs: (circuit, observables, parameter values, precision), the last two as needed.
            precision: For pubs without their own; 0 is exact.

        Returns:
            A job. Each pub's data are ``evs`` and ``stds``; its metadata ``target_precision``,
            ``shots`` (0 where exact), ``circuit_metadata`` and ``simulator``.

        Raises:
            InputError: In the job's result: noise would be inert, or the circuit has what the
                engine does not take.
            CapacityError: In the job's result: a circuit does not fit the memory.
        """
        given = self.default_precision if precision is None else precision
        coerced = [EstimatorPub.coerce(pub, given) for pub in pubs]
        job = PrimitiveJob(self._result, coerced, self._seeds.next_call())
        job._submit()
        return job

    def _result(self, pubs: list[EstimatorPub], seed: int) -> PrimitiveResult[PubResult]:
        rng = np.random.default_rng(seed)
        shots = [self._shots_for(pub.precision) for pub in pubs]
        contents: dict[int, CircuitContent] = {}
        requests = [_request(pub, contents) for pub in pubs]
        answers: dict[int, Array] = {}
        for count in sorted(set(shots)):
            members = [number for number, own in enumerate(shots) if own == count]
            chosen = [requests[number] for number in members]
            answers.update(zip(members, self._answers(chosen, count, rng), strict=True))
        results = [
            _pub_result(pub, answers[number], shots[number]) for number, pub in enumerate(pubs)
        ]
        return PrimitiveResult(results, metadata={"version": 2})

    def _answers(
        self, requests: list[Request], shots: int, rng: np.random.Generator
    ) -> list[Array]:
        """Values and standard errors, (N, 2), of each request."""

        def exact(program: Program, rows: Array) -> Array:
            values = program.evaluator.values(*program.inputs(rows))
            return np.stack([values, np.zeros_like(values)], axis=2)

        def sampled(program: Program, rows: Array) -> Array:
            inputs = program.inputs(rows)
            found = program.evaluator.estimates_with_errors(*inputs, shots, rng)
            return np.stack(found, axis=2)

        return answered(requests, self._programs, sampled if shots else exact, merge_rows=not shots)

    def _shots_for(self, precision: float) -> int:
        """0 is exact."""
        if precision == 0:
            return 0
        if self._shots is not None and precision == self.default_precision:
            return self._shots  # rounding in 1/p² might add one
        if not (math.isfinite(precision) and precision > 0):
            raise InputError(
                f"`precision` must be a finite number of at least 0, but is {precision}."
            )
        return math.ceil(1.0 / precision**2)


def _request(pub: EstimatorPub, contents: dict[int, CircuitContent]) -> Request:
    """A pub's values, in the order of its flattened shape."""
    circuit: QuantumCircuit = pub.circuit
    if id(circuit) not in contents:
        contents[id(circuit)] = CircuitContent.of(circuit)
    observables = pub.observables.sparse_observables_array()
    return Request(
        content=contents[id(circuit)],
        rows=parameter_rows(pub),
        observables=tuple(observables.reshape(-1)),
        row_of=_places(pub.parameter_values.shape, pub.shape),
        observable_of=_places(observables.shape, pub.shape),
    )


def _places(shape: tuple[int, ...], broadcast: tuple[int, ...]) -> Any:
    """Where each entry of the broadcast shape comes from, (N,)."""
    numbers = np.arange(math.prod(shape), dtype=np.int64).reshape(shape)
    return np.broadcast_to(numbers, broadcast).reshape(-1)


def _pub_result(pub: EstimatorPub, answer: Array, shots: int) -> PubResult:
    pairs = answer.reshape(*pub.shape, 2)
    return PubResult(
        DataBin(evs=pairs[..., 0], stds=pairs[..., 1], shape=pub.shape),
        metadata={
            "target_precision": pub.precision,
            "shots": shots,
            "circuit_metadata": pub.circuit.metadata,
            "simulator": NAME,
        },
    )
