"""The ratios that are to be reached, and whether a run reached them."""

from __future__ import annotations

from dataclasses import dataclass

Row = dict[str, str]
"""A line of measurements.csv."""


@dataclass(frozen=True)
class Bound:
    """nisqdl is to be so many times as fast as a peer, in CPU time of one thread.

    Attributes:
        against: The peer, or ``""`` for the fastest of all.
    """

    workload: str
    size: str
    qubits: tuple[int, ...]
    against: str
    at_least: float
    aim: float | None


BOUNDS = (
    Bound("W1", "", (8, 12, 16), "", 1, 5),
    Bound("W2", "last", (4, 6, 8), "aer", 1000, 20_000),
    Bound("W2", "last", (4, 6, 8), "tensorcircuit", 30, 100),
    Bound("W2R", "", (4, 6), "tensorcircuit", 5, 15),
    Bound("W2R", "", (8,), "tensorcircuit", 3, 10),
    Bound("W3", "", (8, 10, 12), "", 5, 20),
    Bound("W4", "", (6,), "aer", 1000, None),
)


@dataclass(frozen=True)
class Finding:
    """A bound at one problem: the ratio, and of which peer (``""``: none was measured)."""

    bound: Bound
    qubits: int
    size: str
    peer: str
    ratio: float
    extrapolated: bool

    @property
    def verdict(self) -> str:
        if not self.peer:
            return "not measured"
        if self.ratio < self.bound.at_least:
            return "**missed**"
        if self.bound.aim is None or self.ratio < self.bound.aim:
            return "met"
        return "met, and the aim"


def findings(rows: list[Row]) -> list[Finding]:
    """Every bound at every problem that it concerns and that was measured."""
    found = []
    for bound in BOUNDS:
        cases = {
            (int(row["qubits"]), row["size"]): None
            for row in rows
            if row["workload"] == bound.workload
            and int(row["qubits"]) in bound.qubits
            and bound.size in ("", row["size"])
        }
        found += [_finding(bound, *case, rows) for case in cases]
    return found


def single_thread(rows: list[Row], workload: str, qubits: int, size: str) -> dict[str, Row]:
    """The rows of one problem on one thread by peer, those with seconds only."""
    return {
        row["peer"]: row
        for row in rows
        if (row["workload"], int(row["qubits"]), row["size"]) == (workload, qubits, size)
        and row["threads"] == "1"
        and row["cpu_min_s"]
    }


def _finding(bound: Bound, qubits: int, size: str, rows: list[Row]) -> Finding:
    timed = single_thread(rows, bound.workload, qubits, size)
    own = timed.pop("nisqdl", None)
    others = {name: row for name, row in timed.items() if bound.against in ("", name)}
    if own is None or not others:
        return Finding(bound, qubits, size, "", float("nan"), False)
    best = min(others.values(), key=lambda row: float(row["cpu_min_s"]))
    ratio = float(best["cpu_min_s"]) / float(own["cpu_min_s"])
    return Finding(bound, qubits, size, best["peer"], ratio, best["extrapolated"] == "True")
