"""Rows dealt out to clients, each with a mix of classes of its own."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nisqdl.errors import InputError
from nisqdl.seeds import generator

Rows = npt.NDArray[np.int64]

LEAST_ROWS = 2
"""Rows of a client that can still hold one of them out."""

MOST_DRAWS = 1000
"""So often is a deal drawn anew in which a client has too few rows."""


def dealt(
    labels: npt.NDArray[np.int64],
    clients: int,
    concentration: float | None,
    seed: int,
    least: int = LEAST_ROWS,
) -> tuple[Rows, ...]:
    """The rows of each client, ascending; every row is dealt to one client.

    Label skew as in Li et al. 2022 (arXiv:2102.02079): for each class the shares of the clients
    are drawn from a symmetric Dirichlet distribution, Dir(α, …, α), and the class's rows, shuffled,
    are cut by them. α → 0 leaves each class with one client, α → ∞ gives all clients the same
    mix. Deals in which a client has fewer than ``least`` rows are drawn again.

    Args:
        labels: Classes of the rows, (N,).
        clients: K, at least 1.
        concentration: α above 0; ``None`` is infinite: numbers of a class differ by one at most.
        seed: Root of the draws.
        least: Rows that every client must have.

    Raises:
        InputError: There are too few rows, or no deal was found that leaves every client enough.
    """
    if clients * least > len(labels):
        raise InputError(
            f"{clients} clients need {least} training rows each, but there are {len(labels)}: "
            "raise `dataset.train`, or take fewer clients."
        )
    for draw in range(MOST_DRAWS):
        rng = generator(seed, "deal", draw)
        parts: list[list[Rows]] = [[] for _ in range(clients)]
        for place, label in enumerate(np.unique(labels)):
            rows = rng.permutation(np.flatnonzero(labels == label))
            counts = _counts(len(rows), _shares(rng, clients, concentration), place)
            for part, some in zip(parts, np.split(rows, np.cumsum(counts)[:-1]), strict=True):
                part.append(some)
        found = tuple(np.sort(np.concatenate(part)).astype(np.int64) for part in parts)
        if min(map(len, found)) >= least:
            return found
    raise InputError(
        f"No deal of {len(labels)} rows to {clients} clients at `concentration` {concentration:g} "
        f"was found in {MOST_DRAWS} that leaves each {least} rows: raise `concentration` or "
        "`dataset.train`, or take fewer clients."
    )


def _shares(
    rng: np.random.Generator, clients: int, concentration: float | None
) -> npt.NDArray[np.float64]:
    if concentration is None:
        return np.full(clients, 1 / clients)
    return rng.dirichlet(np.full(clients, concentration))


def _counts(rows: int, shares: npt.NDArray[np.float64], first: int) -> npt.NDArray[np.int64]:
    """Whole numbers by largest remainder; ties go round the clients, from ``first`` on."""
    exact = rows * shares
    counts = np.floor(exact).astype(np.int64)
    # Rounded: equal shares must tie, whatever their last bits.
    remainders = np.round(exact - counts, 9)
    turn = (np.arange(len(shares)) - first) % len(shares)
    order = np.lexsort((turn, -remainders))
    counts[order[: rows - int(counts.sum())]] += 1
    return counts
