"""Packing: every row once, no job too large, the same jobs for the same requests."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.circuit import Parameter, QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from nisqdl.engines.runtime.options import Execution
from nisqdl.engines.runtime.request import Request
from nisqdl.jobs.packing import pack, tag_of
from nisqdl.targets.isa import IsaModel

LIMIT = 1000


def request(rows: int, shots: int, bases: int) -> Request:
    angle = Parameter("a")
    circuit = QuantumCircuit(1)
    circuit.rz(angle, 0)
    observables = tuple(SparsePauliOp(label) for label in "ZXY"[:bases])
    isa = IsaModel(circuit, (angle,), (), observables, (0,), "torino@2025-02-26")
    execution = Execution(shots=shots, resilience_level=0)
    return Request(isa, np.zeros((rows, 1)), execution, "ibm_torino")


sizes = st.tuples(st.integers(1, 40), st.sampled_from([1, 7, 100]), st.integers(1, 3))


@settings(deadline=None, max_examples=60)
@given(st.lists(sizes, min_size=1, max_size=8), st.randoms())
def test_every_row_travels_once_within_the_limit(parts: list[tuple[int, int, int]], rng) -> None:  # type: ignore[no-untyped-def]
    requests = {f"step{index}": request(*part) for index, part in enumerate(parts)}
    parcels = pack(requests, LIMIT)
    seen: list[tuple[str, int]] = []
    for parcel in parcels:
        assert 0 < parcel.executions <= LIMIT
        counted = 0
        for piece in parcel.pieces:
            asked, shots, bases = parts[int(piece.key[4:])]
            assert parcel.execution.shots == shots
            assert 0 <= piece.start < piece.stop <= asked
            counted += (piece.stop - piece.start) * shots * bases
            seen += [(piece.key, row) for row in range(piece.start, piece.stop)]
        assert counted == parcel.executions
    assert sorted(seen) == sorted(
        (k, row) for k, r in requests.items() for row in range(len(r.bindings))
    )
    keys = list(requests)
    rng.shuffle(keys)
    assert [p.content for p in pack({k: requests[k] for k in keys}, LIMIT)] == [
        p.content for p in parcels
    ]
    assert len({p.content for p in parcels}) == len(parcels)


def test_what_fits_travels_together() -> None:
    requests = {"a": request(2, 10, 1), "b": request(3, 10, 1), "c": request(2, 11, 1)}
    assert [len(parcel.pieces) for parcel in pack(requests, LIMIT)] in ([2, 1], [1, 2])


def test_tags_tell_attempts_apart() -> None:
    assert tag_of("0123456789abcdef", 1) == "nisqdl-0123456789abcdef"
    assert tag_of("0123456789abcdef", 3) == "nisqdl-0123456789abcdef-3"
