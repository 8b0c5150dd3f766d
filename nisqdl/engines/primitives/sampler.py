"""Qiskit's sampler on the exact engines: outcomes drawn from exact distributions under noise."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from qiskit.primitives import (
    BaseSamplerV2,
    BitArray,
    DataBin,
    PrimitiveJob,
    PrimitiveResult,
    SamplerPubResult,
)
from qiskit.primitives.containers.sampler_pub import SamplerPub

from nisqdl.engines.contract import Array
from nisqdl.engines.primitives.estimator import NAME
from nisqdl.engines.primitives.measurements import Measurements
from nisqdl.engines.primitives.noise import NoiseLike, noise_source
from nisqdl.engines.primitives.programs import CircuitContent, Programs
from nisqdl.engines.primitives.requests import MOST_ROWS, parameter_rows
from nisqdl.engines.primitives.seeding import Seeds, checked_shots
from nisqdl.errors import InputError

if TYPE_CHECKING:
    from qiskit.primitives.containers import SamplerPubLike


class ExactSampler(BaseSamplerV2):  # type: ignore[misc]
    """Outcomes of measurements under any noise model; a Qiskit ``BaseSamplerV2``.

    Results have the shape and the classical registers of Qiskit's ``StatevectorSampler``; bits that
    are never measured are 0. Circuits may be plain, or laid out on a wide device. Measurements
    must come last.

    Args:
        noise_model: As in :class:`nisqdl.ExactEstimator`; its readout error acts on every
            measurement.
        shots: Where a run or pub does not say (Qiskit's ``default_shots``).
        seed: Every evaluation gets its own numbers, derived from this; the same seed and order of
            calls repeat them. ``None`` takes the system's entropy.
        memory_gib: What states may take.
        require_isa: As in :class:`nisqdl.ExactEstimator`.

    Raises:
        InputError: An argument is not one of these.
    """

    def __init__(
        self,
        noise_model: NoiseLike = None,
        *,
        shots: int = 1024,
        seed: np.random.Generator | int | None = None,
        memory_gib: float = 1.0,
        require_isa: bool = True,
    ) -> None:
        self._shots = checked_shots(shots)
        self._seeds = Seeds.of(seed, "sampler")
        source = noise_source(noise_model, require_isa)
        self._programs = Programs(source, readout=False, memory_gib=memory_gib)

    @property
    def default_shots(self) -> int:
        """Shots where a run or pub does not say."""
        return self._shots

    def run(
        self, pubs: Iterable[SamplerPubLike], *, shots: int | None = None
    ) -> PrimitiveJob[PrimitiveResult[SamplerPubResult]]:
        """Draw outcomes; see Qiskit's ``BaseSamplerV2.run``.

        Args:
            pubs: (circuit, parameter values, shots), the last two as needed.
            shots: For pubs without their own.

        Returns:
            A job. Each pub's data have a ``BitArray`` for each classical register; its metadata
            ``shots``, ``circuit_metadata`` and ``simulator``.

        Raises:
            InputError: In the job's result: something follows a measurement, or noise would be
                inert.
            CapacityError: In the job's result: a circuit does not fit the memory.
        """
        given = self._shots if shots is None else checked_shots(shots)
        coerced = [SamplerPub.coerce(pub, given) for pub in pubs]
        if any(not pub.circuit.cregs for pub in coerced):
            warnings.warn(
                "A circuit has no classical registers, so its result will be empty; add "
                "measurements to it.",
                UserWarning,
                stacklevel=2,
            )
        job = PrimitiveJob(self._result, coerced, self._seeds.next_call())
        job._submit()
        return job

    def _result(self, pubs: list[SamplerPub], seed: int) -> PrimitiveResult[SamplerPubResult]:
        rng = np.random.default_rng(seed)
        contents: dict[int, CircuitContent] = {}
        together: dict[Hashable, list[int]] = {}
        for number, pub in enumerate(pubs):
            if id(pub.circuit) not in contents:
                contents[id(pub.circuit)] = CircuitContent.of(pub.circuit)
            together.setdefault((contents[id(pub.circuit)].key, pub.shots), []).append(number)
        results: dict[int, SamplerPubResult] = {}
        for numbers in together.values():
            chosen = [pubs[number] for number in numbers]
            key = contents[id(chosen[0].circuit)].key
            results.update(zip(numbers, self._sampled(chosen, key, rng), strict=True))
        ordered = [results[number] for number in range(len(pubs))]
        return PrimitiveResult(ordered, metadata={"version": 2})

    def _sampled(
        self, pubs: Sequence[SamplerPub], key: Hashable, rng: np.random.Generator
    ) -> list[SamplerPubResult]:
        """Results of pubs that have the same circuit and shots."""
        before = self._programs.noise.acts_before_measurements
        measurements = Measurements.of(pubs[0].circuit, idle_is_zero=not before)
        rows = [parameter_rows(pub) for pub in pubs]
        memory = _Memory.empty(measurements, sum(map(len, rows)), pubs[0].shots)
        if measurements.targets:
            content = CircuitContent(measurements.circuit, key)
            self._draw(measurements, content, np.concatenate(rows), memory, rng)
        results, first = [], 0
        for pub, own in zip(pubs, rows, strict=True):
            data = memory.part(first, first + len(own), pub.shape)
            results.append(SamplerPubResult(data, metadata=_metadata(pub)))
            first += len(own)
        return results

    def _draw(
        self,
        measurements: Measurements,
        content: CircuitContent,
        rows: Array,
        memory: _Memory,
        rng: np.random.Generator,
    ) -> None:
        """Fill the memory with the outcomes at all rows (R, P)."""
        from qiskit.quantum_info import SparseObservable

        qubits, measured = measurements.qubits, tuple(sorted(set(measurements.targets)))
        terms = [("Z" * len(qubits), list(qubits), 1.0)]
        string = SparseObservable.from_sparse_list(terms, num_qubits=content.circuit.num_qubits)
        for first in range(0, len(rows), MOST_ROWS):
            part = rows[first : first + MOST_ROWS]
            program = self._programs.find(content, [string], part, measured)
            if measurements.repeated and program.noise.at_end:
                raise InputError(
                    "The circuit measures a qubit more than once, but the noise model has quantum "
                    "errors on measurements, which would change what comes after; measure each "
                    "qubit once."
                )
            drawn = program.evaluator.outcomes(*program.inputs(part), memory.shots, rng)
            if not qubits:
                drawn = repeat(np.zeros((memory.shots, 0), dtype=bool), len(part))
            for number, outcomes in enumerate(drawn, start=first):
                read = measurements.read(outcomes, program.noise.readout, rng)
                for register, array in zip(measurements.registers, memory.arrays, strict=True):
                    array[number] = register.packed(read)


@dataclass(frozen=True, eq=False)
class _Memory:
    """Outcomes of every register at R rows, each (R, shots, bytes)."""

    measurements: Measurements
    shots: int
    arrays: tuple[npt.NDArray[np.uint8], ...]

    @classmethod
    def empty(cls, measurements: Measurements, rows: int, shots: int) -> _Memory:
        """All bits 0."""
        shapes = [(rows, shots, register.num_bytes) for register in measurements.registers]
        return cls(measurements, shots, tuple(np.zeros(s, dtype=np.uint8) for s in shapes))

    def part(self, first: int, stop: int, shape: tuple[int, ...]) -> DataBin:
        """What one pub of this shape gets."""
        found = {
            register.name: BitArray(
                array[first:stop].reshape(*shape, self.shots, register.num_bytes),
                len(register.sources),
            )
            for register, array in zip(self.measurements.registers, self.arrays, strict=True)
        }
        return DataBin(**found, shape=shape)


def _metadata(pub: SamplerPub) -> dict[str, object]:
    return {
        "shots": pub.shots,
        "circuit_metadata": pub.circuit.metadata,
        "simulator": NAME,
    }
