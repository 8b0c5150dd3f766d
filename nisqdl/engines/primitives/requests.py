"""What is asked of circuits: values of observables at rows of parameters, and how it is answered.

Requests of equal circuits are answered together, in blocks in which every observable is wanted at
every row: one lowering and one call of the kernels for a block.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nisqdl.engines.contract import Array
from nisqdl.engines.primitives.programs import CircuitContent, Program, Programs, observable_key

if TYPE_CHECKING:
    from qiskit.quantum_info import SparseObservable

Indices: TypeAlias = npt.NDArray[np.int64]

MOST_BLOCKS = 8
"""With more different sets of rows, all observables are evaluated at all rows: values that nobody
wants cost less than lowering the circuit again and again."""

MOST_ROWS = 4096
"""Rows evaluated at once."""


@dataclass(frozen=True, eq=False)
class Request:
    """N values: observable ``observable_of[i]`` at row ``row_of[i]``.

    Attributes:
        rows: (R, P), in the order of the circuit's parameters.
        observables: Length O.
        row_of, observable_of: (N,).
    """

    content: CircuitContent
    rows: Array
    observables: tuple[SparseObservable, ...]
    row_of: Indices
    observable_of: Indices


Answer: TypeAlias = Callable[[Program, Array], Array]
"""From a program and rows (R, P) to what is wanted of its observables, (R, O, …)."""


def parameter_rows(pub: Any) -> Array:
    """A pub's parameter values as rows (R, P), in the order of its circuit's parameters."""
    circuit, values = pub.circuit, pub.parameter_values
    if not circuit.num_parameters:
        return np.empty((math.prod(values.shape), 0))
    rows: Array = values.as_array(circuit.parameters)
    return rows.reshape(-1, circuit.num_parameters)


def answered(
    requests: Sequence[Request], programs: Programs, answer: Answer, *, merge_rows: bool
) -> list[Array]:
    """The answers to each request, (N, …).

    Args:
        merge_rows: Whether equal rows are the same question, as they are for exact values.
    """
    results: list[Array | None] = [None] * len(requests)
    together: dict[Hashable, list[int]] = {}
    for number, request in enumerate(requests):
        together.setdefault(request.content.key, []).append(number)
    for numbers in together.values():
        joint, places = _joined([requests[number] for number in numbers], merge_rows)
        found = _table(joint, programs, answer)
        wanted = found[joint.row_of, joint.observable_of]
        for number, place in zip(numbers, places, strict=True):
            results[number] = wanted[place]
    return [result for result in results if result is not None]


def _joined(requests: Sequence[Request], merge_rows: bool) -> tuple[Request, list[slice]]:
    """All requests of one circuit as one, and where each one's values are."""
    rows = np.concatenate([request.rows for request in requests])
    offsets = np.cumsum([0] + [len(request.rows) for request in requests])
    place_of_row = np.arange(len(rows))
    if merge_rows and len(rows) > 1 and rows.shape[1]:
        rows, place_of_row = np.unique(rows, axis=0, return_inverse=True)
        place_of_row = place_of_row.reshape(-1)
    known: dict[tuple[object, ...], int] = {}
    observables: list[SparseObservable] = []
    row_of, observable_of = [], []
    for request, offset in zip(requests, offsets, strict=False):
        own = np.array([_number(one, known, observables) for one in request.observables], dtype=int)
        row_of.append(place_of_row[request.row_of + offset])
        observable_of.append(own[request.observable_of])
    ends = np.cumsum([0] + [len(request.row_of) for request in requests]).tolist()
    places = [slice(start, stop) for start, stop in pairwise(ends)]
    joint = Request(
        requests[0].content, rows, tuple(observables), np.concatenate(row_of),
        np.concatenate(observable_of),
    )  # fmt: skip
    return joint, places


def _number(
    observable: SparseObservable,
    known: dict[tuple[object, ...], int],
    observables: list[SparseObservable],
) -> int:
    key = observable_key(observable)
    if key not in known:
        known[key] = len(observables)
        observables.append(observable)
    return known[key]


def _table(request: Request, programs: Programs, answer: Answer) -> Array:
    """Answers (R, O, …), wrong where they are not wanted."""
    table: Array | None = None
    for rows, observables in _blocks(request):
        chosen = tuple(request.observables[o] for o in observables)
        program = programs.find(request.content, chosen, request.rows[rows])
        for first in range(0, len(rows), MOST_ROWS):
            part = rows[first : first + MOST_ROWS]
            found = answer(program, request.rows[part])
            if table is None:
                shape = (len(request.rows), len(request.observables), *found.shape[2:])
                table = np.full(shape, np.nan)
            table[np.ix_(part, observables)] = found
    if table is None:
        return np.empty((len(request.rows), len(request.observables)))
    return table


def _blocks(request: Request) -> Iterator[tuple[Indices, Indices]]:
    """(rows, observables), every one of which is wanted together."""
    wanted = np.zeros((len(request.observables), len(request.rows)), dtype=bool)
    wanted[request.observable_of, request.row_of] = True
    groups: dict[bytes, list[int]] = {}
    for number, row in enumerate(wanted):
        groups.setdefault(row.tobytes(), []).append(number)
    if len(groups) > MOST_BLOCKS:
        used = wanted.any(axis=0)
        yield np.flatnonzero(used), np.flatnonzero(wanted.any(axis=1))
        return
    for members in groups.values():
        rows = np.flatnonzero(wanted[members[0]])
        if len(rows):
            yield rows, np.array(members, dtype=np.int64)
