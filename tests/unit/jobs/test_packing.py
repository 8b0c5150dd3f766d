"""Packing: every row once, no job too large, the same jobs for the same requests."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.circuit import Parameter, QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from nisqdl.engines.runtime.estimate import estimate
from nisqdl.engines.runtime.limits import MAX_INSTRUCTIONS, MAX_SECONDS, Load
from nisqdl.engines.runtime.options import Execution, Twirling, Zne
from nisqdl.engines.runtime.request import Request
from nisqdl.jobs.packing import pack, part_of, tag_of
from nisqdl.targets.isa import IsaModel
from nisqdl.targets.snapshots import find_device

LIMIT = 1000
LIMITS = Load(LIMIT, MAX_INSTRUCTIONS, MAX_SECONDS)


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
    parcels = pack(requests, limits=LIMITS)
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
    assert [p.content for p in pack({k: requests[k] for k in keys}, limits=LIMITS)] == [
        p.content for p in parcels
    ]
    assert len({p.content for p in parcels}) == len(parcels)


def test_what_fits_travels_together() -> None:
    requests = {"a": request(2, 10, 1), "b": request(3, 10, 1), "c": request(2, 11, 1)}
    assert [len(parcel.pieces) for parcel in pack(requests, limits=LIMITS)] in ([2, 1], [1, 2])


def test_no_job_takes_longer_than_three_hours() -> None:
    """berlin waits 4 ms between two executions: 10 million of them would take eleven hours."""
    berlin = find_device("berlin")
    asked = {"a": request(2000, 4096, 1)}
    parcels = pack(asked, berlin)
    times = [
        estimate([part_of(asked[p.key], p) for p in parcel.pieces], berlin).qpu_seconds
        for parcel in parcels
    ]
    assert len(parcels) == 4
    assert max(times) < MAX_SECONDS
    assert sum(times) > 3 * 0.8 * MAX_SECONDS
    assert len(pack(asked)) == 1


def test_no_job_has_more_control_instructions_than_fit() -> None:
    """Counted by hand: 40 cz on a qubit of 5 each, folded 1 + 3 + 5 times, and 3 readouts of 10."""
    circuit = QuantumCircuit(2)
    for _ in range(40):
        circuit.cz(0, 1)
    isa = IsaModel(circuit, (), (), (SparsePauliOp("ZZ"),), (80, 92), "torino@2025-02-26")
    execution = Execution(
        shots=100, resilience_level=2, twirling=Twirling(num_randomizations=100), zne=Zne()
    )
    asked = {"a": Request(isa, np.zeros((500, 0)), execution, "ibm_torino")}
    each = 100 * (9 * 40 * 5 + 3 * 10)
    fit = MAX_INSTRUCTIONS // each
    assert [p.pieces[0].stop - p.pieces[0].start for p in pack(asked)] == [
        *[fit] * (500 // fit), 500 % fit,
    ]  # fmt: skip


def test_tags_tell_attempts_apart() -> None:
    assert tag_of("0123456789abcdef", 1) == "nisqdl-0123456789abcdef"
    assert tag_of("0123456789abcdef", 3) == "nisqdl-0123456789abcdef-3"
