"""The content of a noise_accuracy report: verdict, key numbers, figures, and where it is from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nisqdl.analysis.device_twin import Twins, twins_of
from nisqdl.analysis.grid import BASELINE_TITLES
from nisqdl.analysis.intervals import number, wilson
from nisqdl.analysis.noise_accuracy import Finding, findings
from nisqdl.analysis.noise_accuracy_verdict import verdicts
from nisqdl.analysis.twin_verdict import twin_verdict
from nisqdl.analysis.variants import variants_of, variants_verdicts
from nisqdl.analysis.verdict import Verdict
from nisqdl.analysis.words import counted, listed
from nisqdl.report.devices import device_sections
from nisqdl.report.document import (
    Answer,
    Block,
    Document,
    Paragraph,
    Section,
)
from nisqdl.report.figures import FIGURES
from nisqdl.report.noise_accuracy_tables import (
    baseline_table,
    best_table,
    difference_table,
    overview_table,
    ways_tables,
)
from nisqdl.report.opening import answer, is_complete, rules, status_line
from nisqdl.report.picture import pictures
from nisqdl.report.provenance import provenance_section
from nisqdl.report.run_data import RunData
from nisqdl.report.twins import twin_sections
from nisqdl.report.variants import variant_sections

MOST_DRAWN = 4
"""So many questions of one run are answered on top and get figures; a page with more would be too
large to open. A table has them all."""


def noise_accuracy_document(
    run: RunData, name: str, planned: int | None
) -> tuple[Document, Verdict]:
    """The report of a run and the verdict on its first question.

    Args are those of :data:`nisqdl.report.Content`.

    Raises:
        InputError: There is no QNN record yet.
    """
    found = findings(run.records)
    complete = is_complete(run, planned)
    variants = variants_of(found)
    sections: list[Section] = []
    if variants is not None:
        told = [variants_verdicts(variants, complete)]
        sections += variant_sections(variants, told[0])
    else:
        told = [verdicts(finding, complete) for finding in found]
        sections += (
            []
            if len(found) == 1
            else [Section("overview", "All questions", (overview_table(found),))]
        )
        for index, (finding, sayings) in enumerate(zip(found, told, strict=True)):
            sections += _question(finding, sayings, index, len(found))
    twins = twins_of(run.records)
    sections += twin_sections(twins)
    context = run.context if isinstance(run.context, Mapping) else {}
    sections += device_sections(context.get("devices") or [])
    sections.append(provenance_section(run, context.get("datasets") or [], name))
    document = Document(
        title=f"{name}: accuracy under noise",
        status=_status(run, found, planned),
        answers=(*map(answer, told[:MOST_DRAWN]), *map(_twin_answer, twins)),
        sections=tuple(sections),
    )
    return document, told[0][0]


def _twin_answer(twins: Twins) -> Answer:
    return Answer(twin_verdict(twins).sentence, ())


def _status(run: RunData, found: Sequence[Finding], planned: int | None) -> str:
    seeds = max(len(finding.grid.seeds) for finding in found)
    devices = list(dict.fromkeys(d.title for finding in found for d in finding.devices))
    pending = list(dict.fromkeys(title for finding in found for title in finding.pending))
    waiting = f" (nothing yet from {listed(pending)})" if pending else ""
    return status_line(run, planned, counted(seeds, "seed"), f"{listed(devices)}{waiting}")


def _question(
    finding: Finding, sayings: Sequence[Verdict], index: int, questions: int
) -> list[Section]:
    suffix = f"-{index + 1}" if questions > 1 else ""
    about = f": {finding.grid.title}" if questions > 1 else ""
    key = Section(
        f"findings{suffix}",
        f"Key numbers{about}",
        (best_table(finding), *ways_tables(finding), *_reading(finding), *rules(sayings)),
    )
    if index < MOST_DRAWN:
        drawn: tuple[Block, ...] = pictures(FIGURES.values(), finding, suffix)
    else:
        drawn = (Paragraph(f"Figures are drawn for the first {MOST_DRAWN} questions of a run."),)
    sections = [key]
    if drawn:
        sections.append(Section(f"figures{suffix}", f"Figures{about}", drawn))
    if finding.grid.baseline_names():
        blocks: list[Block] = [baseline_table(finding), *_absent(finding)]
        title = f"Classical learners{about}"
        blocks.append(difference_table(finding))
        sections.append(Section(f"baselines{suffix}", title, tuple(blocks)))
    return sections


def _reading(finding: Finding) -> list[Paragraph]:
    """How the numbers are to be read, and what a single seed still allows to say."""
    devices = len(finding.devices)
    joint = f", jointly over {devices} devices for differences" if devices > 1 else ""
    texts = [
        f"In brackets: 95 % intervals by Student's t over seeds{joint}. A seed is a split of the "
        "data and a start of the weights, so intervals speak of new splits of the same data set, "
        "not of other data. Expected fidelity: of the gates alone, at λ = 1."
    ]
    samples = finding.grid.dataset.get("dataset.test")
    if len(finding.grid.seeds) == 1 and isinstance(samples, int) and samples > 0:
        for device in finding.devices:
            low, high = wilson(device.accuracy.mean * samples, samples)
            texts.append(
                f"One seed has no interval over seeds; of its {samples} test samples alone, the "
                f"accuracy on {device.title} has the 95 % interval {number(low)} to "
                f"{number(high)} (Wilson)."
            )
    return [Paragraph(text, quiet=True) for text in texts]


def _absent(finding: Finding) -> list[Paragraph]:
    """Why a learner that is always compared is not there."""
    absent = [t for n, t in BASELINE_TITLES.items() if n not in finding.grid.baseline_names()]
    if not absent:
        return []
    said = f"No {listed(absent, 'or')} is compared: none has as few weights as the QNN, or its "
    return [Paragraph(f"{said}points did not run yet.", quiet=True)]
