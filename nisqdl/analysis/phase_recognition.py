"""What a phase_recognition run found: a phase diagram by a network and by the order parameter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from nisqdl.analysis.intervals import MINUS, Estimate, share_over_seeds
from nisqdl.analysis.table import Table
from nisqdl.analysis.verdict import Verdict
from nisqdl.analysis.words import counted, listed
from nisqdl.store.record import Record

Floats: TypeAlias = npt.NDArray[np.float64]

FIELD, COUPLING, SECOND_LINE = "field", "coupling", "train_coupling"

RULE = (
    "The phase by the order parameter: cluster where the string order parameter of the ring is "
    "above its value at the known transition, h₁ = 1 on the line h₂ = 0; by the network: cluster "
    "where the output of one training is above 0. On the line the phases are known exactly; "
    "fields within 0.1 of the transition, which is not sharp in a finite ring, do not count. "
    "Intervals: 95 %, over the seeds of the training."
)


@dataclass(frozen=True)
class Diagram:
    """One model's phase diagram.

    Attributes:
        title: What tells this model from the run's others; empty where there is one.
        qubits: Spins of the ring.
        weights: Weights of the model.
        seeds: Number of trainings.
        fields, couplings: The places, ascending: h₁ (F,) and h₂ (C,).
        output: The network's output, mean over seeds, (C, F); NaN where no record is.
        order: The string order parameter, (C, F).
        critical: Its value at the transition.
        agreement: Share of places at which network and order parameter agree.
        right: Share of places on the line h₂ = 0 at which the network is right; ``None`` where
            the run has none.
        energy_error: The largest deviation from the energy's closed form on the line.
        trained: h₂ of the lines of training states.
    """

    title: str
    qubits: int
    weights: int
    seeds: int
    fields: Floats
    couplings: Floats
    output: Floats
    order: Floats
    critical: float
    agreement: Estimate
    right: Estimate | None
    energy_error: float | None
    trained: tuple[float, ...]

    @property
    def trained_text(self) -> str:
        """``h₂ = 0 alone``, ``h₂ = 0 and −1.6``."""
        if len(self.trained) == 1:
            return "h₂ = 0 alone"
        return f"h₂ = {listed([f'{line:g}'.replace('-', MINUS) for line in self.trained])}"


def diagrams(records: Sequence[Record]) -> tuple[Diagram, ...]:
    """A diagram for each model and training of a run, those trained on one line first."""
    table = Table.from_records(records)
    varied = [
        name
        for name in table.settings()
        if name not in (FIELD, COUPLING, SECOND_LINE, "seed") and len(table.distinct(name)) > 1
    ]
    found = [
        _diagram(
            part,
            [
                f"{name.rpartition('.')[2]} {value}"
                for name, value in zip(varied, key[1:], strict=True)
            ],
        )
        for key, part in table.groups([SECOND_LINE, *varied])
    ]
    return tuple(sorted(found, key=lambda diagram: len(diagram.trained)))


def phase_verdict(found: Diagram, complete: bool) -> Verdict:
    """How well the network recognises the phase."""
    if not complete:
        sentence = "Not every point ran yet, so nothing is said of the phases."
    else:
        line = "" if found.right is None else f"; on the line it is right at {_share(found.right)}"
        sentence = (
            f"Trained on {found.trained_text}, the network{_of(found)} and the string order "
            f"parameter agree on the phase at {_share(found.agreement)} of "
            f"{counted(found.output.size, 'place')} in the plane{line}."
        )
    numbers = {"agreement": found.agreement}
    if found.right is not None:
        numbers["right on the line"] = found.right
    return Verdict("Phase", sentence, RULE, numbers)


def _diagram(rows: Table, words: list[str]) -> Diagram:
    fields = np.array(sorted(float(value) for value in rows.distinct(FIELD)))
    couplings = np.array(sorted(float(value) for value in rows.distinct(COUPLING)))
    output = np.full((len(couplings), len(fields)), np.nan)
    order = output.copy()
    for (coupling, field), group in rows.groups([COUPLING, FIELD]):
        place = np.searchsorted(couplings, coupling), np.searchsorted(fields, field)
        output[place] = np.mean([row["output"] for row in group.rows])
        order[place] = group.rows[0]["string_order"]
    errors = [row["energy_error"] for row in rows.rows if row.get("energy_error") is not None]
    first = rows.rows[0]
    second = first.get(SECOND_LINE)
    return Diagram(
        title=", ".join(words),
        qubits=int(first["qubits"]),
        weights=int(first["weights"]),
        seeds=len(rows.distinct("seed")),
        fields=fields,
        couplings=couplings,
        output=output,
        order=order,
        critical=float(first["critical_string_order"]),
        agreement=_by_seed(rows, "agrees"),
        right=_by_seed(rows, "right") if any("right" in row for row in rows.rows) else None,
        energy_error=max(errors) if errors else None,
        trained=(0.0,) if second is None else (0.0, float(second)),
    )


def _by_seed(rows: Table, value: str) -> Estimate:
    """The share over places, with its interval over seeds."""
    shares = [
        float(np.mean([row[value] for row in part.rows if row.get(value) is not None]))
        for _, part in rows.groups(["seed"])
        if any(row.get(value) is not None for row in part.rows)
    ]
    return share_over_seeds(shares)


def _share(found: Estimate) -> str:
    told = f"{100 * found.mean:.1f} %"
    if found.low is None or found.high is None:
        return told
    return f"{told} ({100 * found.low:.1f} to {100 * found.high:.1f})"


def _of(found: Diagram) -> str:
    return f" ({found.title})" if found.title else ""
