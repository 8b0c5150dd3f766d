"""The tree of a QCNN: which qubits each stage convolves, which are given up, and which stay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from nisqdl.catalog import Table
from nisqdl.errors import InputError

Pair: TypeAlias = tuple[int, int]
Pooled: TypeAlias = tuple[Pair, ...]
"""(given up, stays) in time order."""


@dataclass(frozen=True)
class Stage:
    """One stage: a convolution of neighbours, then a pooling.

    Attributes:
        convolved: Pairs in time order: neighbours 0–1, 2–3, …, then 1–2, 3–4, …, and last with
            first where the boundary is periodic.
        pooled: Pairs (given up, stays).
        remaining: The qubits that stay, ascending in the order of the line.
    """

    convolved: tuple[Pair, ...]
    pooled: Pooled
    remaining: tuple[int, ...]


@dataclass(frozen=True)
class Tree:
    """Which qubit of each pair is given up.

    Attributes:
        name: Name in experiment files.
        summary: One line for people.
        pool: Pairs (given up, stays), from the qubits that are left, in the order of the line.
    """

    name: str
    summary: str
    pool: Callable[[tuple[int, ...]], Pooled]


def most_stages(num_qubits: int) -> int:
    """Stages after which one qubit is left."""
    return max(num_qubits - 1, 0).bit_length()


def stages(num_qubits: int, depth: int, tree: str, periodic: bool) -> tuple[Stage, ...]:
    """The stages of a QCNN of this depth.

    Args:
        num_qubits: Qubits at the start.
        depth: Number of stages; each about halves the qubits.
        tree: A name of ``TREES``.
        periodic: Whether the last qubit and the first are neighbours.

    Raises:
        InputError: There are more stages than the qubits can be halved.
    """
    if depth > most_stages(num_qubits):
        raise InputError(
            f"model.ansatz.depth of a qcnn on {num_qubits} qubits must be at most "
            f"{most_stages(num_qubits)}, where one qubit is left, but is {depth}."
        )
    found: list[Stage] = []
    active = tuple(range(num_qubits))
    for _ in range(depth):
        pooled = TREES[tree].pool(active)
        given_up = {source for source, _ in pooled}
        remaining = tuple(qubit for qubit in active if qubit not in given_up)
        found.append(Stage(_neighbours(active, periodic), pooled, remaining))
        active = remaining
    return tuple(found)


def _neighbours(active: tuple[int, ...], periodic: bool) -> tuple[Pair, ...]:
    line = list(pairwise(active))
    closing = [(active[-1], active[0])] if periodic and len(active) > 1 else []
    return (*line[0::2], *line[1::2], *closing)


def _inner(active: tuple[int, ...]) -> Pooled:
    pairs = list(zip(active[0::2], active[1::2], strict=False))
    return tuple(
        (first, second) if number % 2 == 0 else (second, first)
        for number, (first, second) in enumerate(pairs)
    )


def _first(active: tuple[int, ...]) -> Pooled:
    return tuple(zip(active[1::2], active[0::2], strict=False))


def _halves(active: tuple[int, ...]) -> Pooled:
    half = len(active) // 2
    return tuple(zip(active[:half], active[half:], strict=False))


TREES: Table[Tree] = Table(
    "tree",
    {
        "inner": Tree(
            "inner",
            "of neighbouring pairs the facing qubits stay: the next stage finds them side by side",
            _inner,
        ),
        "first": Tree("first", "the first qubit of each pair stays (Hur et al. 2022)", _first),
        "halves": Tree(
            "halves", "the second half stays, each pooled from its image in the first "
            "(Qiskit ML's tutorial 11)", _halves,
        ),
    },
)  # fmt: skip
