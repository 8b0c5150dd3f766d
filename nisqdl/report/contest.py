"""The content of a comparison's report: the claim, ranks, differences, budgets and circuits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from nisqdl.analysis.claim import claims, paired_text, simulable
from nisqdl.analysis.contest import (
    CLASSICAL,
    QUANTUM,
    Contest,
    Learner,
    accuracy_estimate,
    unsound,
)
from nisqdl.analysis.contest_records import contests
from nisqdl.analysis.intervals import number
from nisqdl.analysis.verdict import Verdict
from nisqdl.analysis.words import counted
from nisqdl.report.cells import DASH, value_text
from nisqdl.report.devices import device_sections
from nisqdl.report.document import Block, DataTable, Document, Paragraph, Section
from nisqdl.report.figures.contest_differences import CONTEST_DIFFERENCES
from nisqdl.report.figures.contest_ranks import CONTEST_RANKS
from nisqdl.report.opening import answer, is_complete, rules, status_line
from nisqdl.report.picture import pictures
from nisqdl.report.provenance import provenance_section
from nisqdl.report.run_data import RunData

MOST_DRAWN = 4
"""So many contests of one run get figures."""


def contest_document(run: RunData, name: str, planned: int | None) -> tuple[Document, Verdict]:
    """The report of a run and the claim of its first contest.

    Args are those of :data:`nisqdl.report.Content`.
    """
    found = contests(run.records)
    complete = is_complete(run, planned)
    told = [claims(contest, complete) for contest in found]
    sections: list[Section] = []
    for index, (contest, sayings) in enumerate(zip(found, told, strict=True)):
        sections += _contest(contest, sayings, index, len(found))
    context = run.context if isinstance(run.context, Mapping) else {}
    sections += device_sections(context.get("devices") or [])
    sections.append(provenance_section(run, context.get("datasets") or [], name))
    document = Document(
        title=f"{name}: quantum or classical?",
        status=_status(run, found, planned),
        answers=tuple(answer(t) for t in told),
        sections=tuple(sections),
    )
    return document, told[0][0]


def _status(run: RunData, found: Sequence[Contest], planned: int | None) -> str:
    first = found[0]
    learners = counted(len(first.learners), "learner")
    splits = counted(len(first.splits), "split")
    return status_line(run, planned, f"{learners} on {splits}, {first.noise}")


def _contest(contest: Contest, sayings: Sequence[Verdict], index: int, count: int) -> list[Section]:
    suffix = f"-{index + 1}" if count > 1 else ""
    about = f": {contest.title}" if count > 1 else ""
    sections = []
    if index < MOST_DRAWN:
        drawn = pictures((CONTEST_RANKS, CONTEST_DIFFERENCES), contest, suffix)
        if drawn:
            sections.append(Section(f"figures{suffix}", f"Figures{about}", drawn))
    sections += [
        Section(
            f"learners{suffix}",
            f"Learners{about}",
            (_learner_table(contest), _budget_table(contest)),
        ),
        Section(
            f"differences{suffix}",
            f"Differences{about}",
            (_difference_table(contest), *_soundness(contest), *rules(sayings)),
        ),
        Section(f"circuits{suffix}", f"Circuits{about}", (_circuit_table(contest),)),
    ]
    return sections


def _learner_table(contest: Contest) -> DataTable:
    rows = [
        (
            learner.title,
            learner.kind if learner.kind != "control" else "separable control",
            accuracy_estimate(contest, learner).text(),
            number(float(np.mean(list(learner.train.values())))),
            _weights(learner),
            _seconds(float(np.mean(list(learner.seconds.values())))),
        )
        for learner in sorted(contest.learners, key=lambda learner: -learner.mean)
    ]
    heads = (
        "learner", "kind", "test accuracy", "training accuracy", "weights (median, range)",
        "wall time a split",
    )  # fmt: skip
    caption = "Means over splits, 95 % intervals; wall time with tuning, on the machine of the run"
    return DataTable(caption, heads, tuple(rows))


def _weights(learner: Learner) -> str:
    low, high = min(learner.weights.values()), max(learner.weights.values())
    return learner.usual_weights + (f" ({low:g} to {high:g})" if low < high else "")


def _seconds(value: float) -> str:
    return f"{value:.0f} s" if value >= 10 else f"{value:.2g} s"


def _budget_table(contest: Contest) -> DataTable:
    rows = tuple(
        (learner.title, f"{learner.tried} of {learner.possible}", _chosen(learner))
        for learner in contest.learners
    )
    tried = counted(contest.candidates, "candidate")
    folds = f"{contest.folds}-fold cross-validation on the training rows"
    caption = f"Tuning: up to {tried} each, chosen by {folds}"
    return DataTable(caption, ("learner", "candidates tried", "chosen most often"), rows)


def _chosen(learner: Learner) -> str:
    counts: dict[str, int] = {}
    for chosen in learner.chosen.values():
        text = ", ".join(f"{k} = {value_text(v)}" for k, v in sorted(chosen.items())) or DASH
        counts[text] = counts.get(text, 0) + 1
    if not counts:
        return DASH
    top = max(counts, key=lambda text: counts[text])
    return f"{top} ({counts[top]} of {len(learner.chosen)} splits)"


def _difference_table(contest: Contest) -> DataTable:
    rows = []
    for model in contest.of_kind(QUANTUM):
        control = contest.control_of(model)
        for other in (*contest.of_kind(CLASSICAL), *([control] if control else [])):
            pair = contest.difference(model, other, contest.pairs)
            if pair is not None:
                p = min(1.0, 2 * min(pair.p_above, pair.p_below))
                rows.append((f"{model.label} − {other.title}", paired_text(pair), f"{p:.3f}"))
    caption = (
        "Differences of test accuracy, paired over splits; intervals hold jointly over "
        f"{counted(max(1, contest.pairs), 'comparison')}, p values are two-sided and of each alone"
    )
    return DataTable(caption, ("difference", "mean (interval; effect)", "p"), tuple(rows))


def _soundness(contest: Contest) -> list[Block]:
    reasons = unsound(contest)
    if not reasons:
        return [Paragraph("The contest is sound: nothing forbids a claim but the numbers.")]
    return [Paragraph(f"No advantage could be claimed here: {'; '.join(reasons)}.")]


def _circuit_table(contest: Contest) -> DataTable:
    rows = []
    for learner in contest.learners:
        circuit = learner.circuit
        if circuit:
            easy = "easy" if simulable(circuit) else "not shown"
            rows.append(
                (
                    learner.label,
                    *(str(circuit[k]) for k in ("qubits", "two_qubit_gates", "cone")),
                    f"2^{circuit['log2_bond']}",
                    easy,
                )
            )
    heads = (
        "circuit", "qubits", "two-qubit gates", "largest causal cone", "bond dimension at most",
        "to simulate",
    )  # fmt: skip
    noise = "" if contest.noise == "no noise" else "; noise makes them easier still"
    caption = f"The largest circuits over the splits, and what bounds their simulation{noise}"
    return DataTable(caption, heads, tuple(rows))
