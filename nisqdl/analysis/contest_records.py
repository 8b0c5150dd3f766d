"""Contests out of the records of a comparison."""

from __future__ import annotations

from collections.abc import Sequence

from nisqdl.analysis.contest import CLASSICAL, CONTROL, QUANTUM, Contest, Learner
from nisqdl.store.record import Json, Record


def contests(records: Sequence[Record]) -> tuple[Contest, ...]:
    """A contest for each data set, noise and budget of a run's records."""
    groups: dict[str, list[Record]] = {}
    for record in records:
        groups.setdefault(str(record.point.settings["contest"]), []).append(record)
    return tuple(_contest(group) for group in groups.values())


def _contest(records: Sequence[Record]) -> Contest:
    settings = records[0].point.settings
    kinds = (QUANTUM, CONTROL, CLASSICAL)
    places = {
        str(r.point.settings["learner"]): kinds.index(r.point.settings["kind"]) for r in records
    }
    labels = sorted(places, key=lambda label: (places[label], label))
    return Contest(
        dataset={k: v for k, v in settings.items() if k.startswith("dataset.")},
        learners=tuple(
            _learner([r for r in records if r.point.settings["learner"] == label])
            for label in labels
        ),
        candidates=int(settings["tuning.candidates"]),
        folds=int(settings["tuning.folds"]),
        noise=next(
            (
                str(r.point.settings["noise"])
                for r in records
                if r.point.settings.get("noise") is not None
            ),
            "no noise",
        ),
        same_rows=len(records) > 1
        and len({r.values.get("rows", r.point.id) for r in records}) == 1,
    )


def _learner(records: Sequence[Record]) -> Learner:
    settings = records[0].point.settings

    def by_split(name: str) -> dict[int, Json]:
        return {int(r.point.settings["seed"]): r.values[name] for r in records}

    values = records[0].values
    return Learner(
        label=str(settings["learner"]),
        kind=str(settings["kind"]),
        of=settings.get("control_of"),
        size_of=(settings.get("size_of") or {}).get("learner"),
        scores=by_split("accuracy"),
        train=by_split("train_accuracy"),
        seconds={int(r.point.settings["seed"]): r.seconds for r in records},
        weights=by_split("weights"),
        tried=min(int(r.values["tried"]) for r in records),
        possible=int(values["possible"]),
        chosen=by_split("chosen"),
        leaked=max(int(r.values["leaked"]) for r in records),
        circuit={
            name: max(int(r.values[name]) for r in records)
            for name in ("qubits", "two_qubit_gates", "cone", "log2_bond")
            if name in values
        },
    )
