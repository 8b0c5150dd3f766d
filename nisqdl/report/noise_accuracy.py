"""The content of a noise_accuracy report: verdict, key numbers, figures, and where it is from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nisqdl.analysis.device_twin import Twins, twin_verdict, twins_of
from nisqdl.analysis.grid import BASELINE_TITLES, Grid
from nisqdl.analysis.intervals import Estimate, number, share_over_seeds, wilson
from nisqdl.analysis.noise_accuracy import DeviceFinding, Finding, findings
from nisqdl.analysis.table import Table
from nisqdl.analysis.variants import variants_of, variants_verdicts
from nisqdl.analysis.verdict import Verdict, verdicts
from nisqdl.analysis.ways import training_text, way_title
from nisqdl.analysis.words import counted, listed
from nisqdl.report.cells import DASH, minute_text, value_text
from nisqdl.report.devices import device_sections
from nisqdl.report.document import (
    Answer,
    Block,
    DataTable,
    Document,
    Paragraph,
    Picture,
    Section,
)
from nisqdl.report.figures import FIGURES
from nisqdl.report.picture import picture
from nisqdl.report.provenance import provenance_section
from nisqdl.report.run_data import RunData
from nisqdl.report.style import look
from nisqdl.report.twins import twin_sections
from nisqdl.report.variants import variant_sections
from nisqdl.store.record import Json

MOST_DRAWN = 4
"""So many questions of one run are answered on top and get figures; a page with more would be too
large to open. A table has them all."""


def noise_accuracy_document(
    run: RunData, name: str, planned: int | None
) -> tuple[Document, Verdict]:
    """The report of a run and the verdict on its first question.

    Args:
        run: The run as read from its folder.
        name: The run's name, for the title.
        planned: Number of points of the whole experiment; ``None`` where it is not known.

    Raises:
        InputError: There is no QNN record yet.
    """
    found = findings(run.records)
    complete = planned is None or len(run.records) >= planned
    variants = variants_of(found)
    sections: list[Section] = []
    if variants is not None:
        told = [variants_verdicts(variants, complete)]
        sections += variant_sections(variants, told[0])
    else:
        told = [verdicts(finding, complete) for finding in found]
        sections += [] if len(found) == 1 else [_overview(found)]
        for index, (finding, sayings) in enumerate(zip(found, told, strict=True)):
            sections += _question(finding, sayings, index, len(found))
    twins = twins_of(run.records)
    sections += twin_sections(twins)
    context = run.context if isinstance(run.context, Mapping) else {}
    sections += device_sections(context.get("devices") or [])
    sections.append(provenance_section(run, context.get("datasets") or [], name))
    document = Document(
        title=f"{name}: accuracy under noise",
        status=_status(run, found, planned, complete),
        answers=(*(_answer(sayings) for sayings in told[:MOST_DRAWN]), *map(_twin_answer, twins)),
        sections=tuple(sections),
    )
    return document, told[0][0]


def _answer(sayings: Sequence[Verdict]) -> Answer:
    return Answer(sayings[0].sentence, tuple(v.sentence for v in sayings[1:]))


def _twin_answer(twins: Twins) -> Answer:
    return Answer(twin_verdict(twins).sentence, ())


def _status(run: RunData, found: Sequence[Finding], planned: int | None, complete: bool) -> str:
    points = counted(len(run.records), "point")
    if not complete:
        points = f"NOT COMPLETE: {len(run.records)} of {planned} points so far"
    seeds = max(len(finding.grid.seeds) for finding in found)
    devices = list(dict.fromkeys(d.title for finding in found for d in finding.devices))
    pending = list(dict.fromkeys(title for finding in found for title in finding.pending))
    waiting = f" (nothing yet from {listed(pending)})" if pending else ""
    return (
        f"{points}; {counted(seeds, 'seed')}; {listed(devices)}{waiting}. Run begun "
        f"{minute_text(run.created)}; made by nisqdl."
    )


def _overview(found: Sequence[Finding]) -> Section:
    """A row a question: what was chosen on each device, and how good it is there."""
    targets = dict.fromkeys(t for finding in found for t in finding.grid.targets)
    titles = {d.target: d.title for finding in found for d in finding.devices}
    rows = []
    for finding in found:
        cells = {d.target: _overview_cell(d) for d in finding.devices}
        rows.append((finding.grid.title, *(cells.get(t, DASH) for t in targets)))
    scales = listed(sorted({f"{finding.grid.reference_scale:g}" for finding in found}), "or")
    caption = (
        f"Test accuracy of the best QNN of each question under each device's noise (λ = {scales}); "
        "95 % intervals over seeds"
    )
    heads = ("question", *(titles.get(t, t) for t in targets))
    return Section("overview", "All questions", (DataTable(caption, heads, tuple(rows)),))


def _overview_cell(device: DeviceFinding) -> str:
    return f"{device.accuracy.text()}, depth {device.best.depth}, {device.best.entangler}"


def _question(
    finding: Finding, sayings: Sequence[Verdict], index: int, questions: int
) -> list[Section]:
    suffix = f"-{index + 1}" if questions > 1 else ""
    about = f": {finding.grid.title}" if questions > 1 else ""
    rules = [Paragraph(f"{v.topic}: {v.rule}", quiet=True) for v in sayings]
    key = Section(
        f"findings{suffix}",
        f"Key numbers{about}",
        (_best_table(finding), *_ways_tables(finding), *_reading(finding), *rules),
    )
    if index < MOST_DRAWN:
        drawn: tuple[Block, ...] = tuple(_figures(finding, suffix))
    else:
        drawn = (Paragraph(f"Figures are drawn for the first {MOST_DRAWN} questions of a run."),)
    sections = [key]
    if drawn:
        sections.append(Section(f"figures{suffix}", f"Figures{about}", drawn))
    if finding.grid.baseline_names():
        blocks: list[Block] = [_baseline_table(finding), *_absent(finding)]
        title = f"Classical learners{about}"
        blocks.append(_difference_table(finding))
        sections.append(Section(f"baselines{suffix}", title, tuple(blocks)))
    return sections


def _best_table(finding: Finding) -> DataTable:
    """A column a device: what was chosen, how good it is, what it takes."""
    scale = f"λ = {finding.grid.reference_scale:g}"
    last = f"λ = {finding.grid.scales[-1]:g}"
    columns = [_best_column(finding.grid, device) for device in finding.devices]
    names = (
        "depth", "entangler", "training", f"test accuracy at {scale}", "test accuracy at λ = 0",
        f"test accuracy at {last}", "noise costs", "change per unit of λ",
        "smallest depth not shown worse", "gain from entangling", "gain from training with noise",
        "weights", "two-qubit gates", "circuit duration", "expected gate fidelity",
    )  # fmt: skip
    rows = tuple(
        (name, *cells)
        for index, (name, *cells) in enumerate(zip(names, *columns, strict=True))
        if any(cell != DASH for cell in cells) and name not in names[:index]
    )
    heads = ("", *(device.title for device in finding.devices))
    return DataTable(f"The best QNN of each device under its noise ({scale})", heads, rows)


def _best_column(grid: Grid, device: DeviceFinding) -> tuple[str, ...]:
    duration = device.costs.get("duration_ns")
    fidelity = device.costs.get("expected_fidelity")
    return (
        str(device.best.depth),
        device.best.entangler,
        training_text(device.best.training).removeprefix("trained "),
        device.accuracy.text(),
        _text(device.ideal_accuracy),
        _text(grid.estimate(device.target, device.best, grid.scales[-1])),
        _signed(device.noise_cost.reversed() if device.noise_cost else None),
        _signed(device.slope),
        DASH if device.paying_depth is None else str(device.paying_depth),
        _signed(device.entangling_gain),
        _signed(device.training_gain),
        _cost(device, "weights"),
        _cost(device, "two_qubit_gates"),
        DASH if duration is None else f"{duration / 1000:.2f} µs",
        DASH if fidelity is None else number(fidelity),
    )


def _ways_tables(finding: Finding) -> list[DataTable]:
    """A row a way of training, a column a noise scale; a table a device."""
    tables = []
    for device in finding.devices:
        if device.ways is None:
            continue
        scales = finding.grid.scales
        kept = device.ways.kept
        rows = tuple(
            (
                way_title(way),
                *(_text(found.get(scale)) for scale in scales),
                _signed(kept.get(way)),
            )
            for way, found in device.ways.accuracies.items()
        )
        caption = (
            f"Test accuracy on {device.title} by way of training, "
            f"{device.ways.configuration.circuit_text}; in the last column, how much less it loses "
            f"from λ = {scales[0]:g} to {scales[-1]:g} than "
            f"{way_title(device.ways.configuration.training)}"
        )
        heads = ("trained", *(f"λ = {scale:g}" for scale in scales), "loses less")
        tables.append(DataTable(caption, heads, rows))
    return tables


def _text(estimate: Estimate | None) -> str:
    return estimate.text() if estimate else DASH


def _signed(estimate: Estimate | None) -> str:
    return estimate.signed() if estimate else DASH


def _cost(device: DeviceFinding, column: str) -> str:
    return f"{device.costs[column]:g}" if column in device.costs else DASH


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


def _figures(finding: Finding, suffix: str) -> list[Picture]:
    pictures = []
    for kind in FIGURES.values():
        with look():
            wide, narrow = kind.draw(finding, 2), kind.draw(finding, 1)
        if wide is not None:
            pictures.append(picture(f"{kind.name}{suffix}", kind.title, wide, narrow))
    return pictures


def _baseline_table(finding: Finding) -> DataTable:
    rows = []
    for baseline in finding.baselines():
        table = baseline.rows
        rows.append(
            (
                baseline.title,
                _mean_text(table, "accuracy"),
                _mean_text(table, "train_accuracy"),
                _weights_text(table),
                _chosen(table),
            )
        )
    columns = ("learner", "test accuracy", "training accuracy", "weights", "chosen options")
    return DataTable("Classical learners on the same features and splits", columns, tuple(rows))


def _absent(finding: Finding) -> list[Paragraph]:
    """Why a learner that is always compared is not there."""
    absent = [t for n, t in BASELINE_TITLES.items() if n not in finding.grid.baseline_names()]
    if not absent:
        return []
    said = f"No {listed(absent, 'or')} is compared: none has as few weights as the QNN, or its "
    return [Paragraph(f"{said}points did not run yet.", quiet=True)]


def _difference_table(finding: Finding) -> DataTable:
    rows = []
    for device in finding.devices:
        for against in device.against:
            gain = against.difference
            rows.append(
                (
                    f"QNN on {device.title} − {against.baseline.title}",
                    gain.signed() if gain else DASH,
                    _judged(gain),
                )
            )
    many = max(1, finding.comparisons)
    caption = (
        f"QNN under {finding.grid.noise} (λ = {finding.grid.reference_scale:g}) minus classical, "
        f"paired over seeds; intervals hold at 95 % jointly over {counted(many, 'comparison')}"
    )
    return DataTable(caption, ("difference in test accuracy", "mean", "outcome"), tuple(rows))


def _judged(gain: Estimate | None) -> str:
    if gain is None:
        return "not run yet"
    if gain.above_zero:
        return "QNN better"
    return "QNN worse" if gain.below_zero else "no difference shown"


def _weights_text(table: Table) -> str:
    weights = [f"{w:g}" for w in table.distinct("weights") if w is not None]
    return listed(weights, "or") if weights else DASH


def _mean_text(table: Table, column: str) -> str:
    values = list(table.by_seed(column).values())
    return share_over_seeds(values).text() if values else DASH


def _chosen(table: Table) -> str:
    """The options that tuning chose, most frequent first, with the number of seeds of each."""
    counts: dict[str, int] = {}
    for row in table.rows:
        text = _options_text(row.get("chosen"))
        counts[text] = counts.get(text, 0) + 1
    ranked = sorted(counts.items(), key=lambda item: -item[1])
    if len(ranked) == 1:
        return ranked[0][0]
    return "; ".join(f"{text} ({counted(count, 'seed')})" for text, count in ranked)


def _options_text(options: Json) -> str:
    if isinstance(options, Mapping):
        return ", ".join(f"{k} = {value_text(v)}" for k, v in options.items()) or DASH
    return DASH if options is None else value_text(options)
