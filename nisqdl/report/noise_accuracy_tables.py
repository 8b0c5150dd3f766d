"""Tables of a noise_accuracy report: the best QNN, ways of training, classical learners, …"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nisqdl.analysis.grid import Grid
from nisqdl.analysis.intervals import Estimate, number, share_over_seeds
from nisqdl.analysis.noise_accuracy import DeviceFinding, Finding
from nisqdl.analysis.table import Table
from nisqdl.analysis.ways import training_text, way_title
from nisqdl.analysis.words import counted, listed
from nisqdl.report.cells import DASH, value_text
from nisqdl.report.document import DataTable
from nisqdl.store.record import Json


def overview_table(found: Sequence[Finding]) -> DataTable:
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
    return DataTable(caption, heads, tuple(rows))


def _overview_cell(device: DeviceFinding) -> str:
    return f"{device.accuracy.text()}, depth {device.best.depth}, {device.best.entangler}"


def best_table(finding: Finding) -> DataTable:
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


def ways_tables(finding: Finding) -> list[DataTable]:
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


def baseline_table(finding: Finding) -> DataTable:
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


def difference_table(finding: Finding) -> DataTable:
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


def _text(estimate: Estimate | None) -> str:
    return estimate.text() if estimate else DASH


def _signed(estimate: Estimate | None) -> str:
    return estimate.signed() if estimate else DASH


def _cost(device: DeviceFinding, column: str) -> str:
    return f"{device.costs[column]:g}" if column in device.costs else DASH


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
