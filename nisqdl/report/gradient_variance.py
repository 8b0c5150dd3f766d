"""The content of a gradient_variance report: verdicts, figures, tables, and where it is from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nisqdl.analysis.plateau_causes import Ratio
from nisqdl.analysis.plateau_cells import (
    DEPTH,
    QUBITS,
    RESOLVED,
    Cell,
    depth_title,
    noise_title,
)
from nisqdl.analysis.plateau_decay import decay_text, deepest, widest
from nisqdl.analysis.plateau_growth import Growth
from nisqdl.analysis.plateau_text import count_text, ratio_value_text, seconds_text, small_text
from nisqdl.analysis.plateau_verdict import PRICE_RULE, plateau_verdicts
from nisqdl.analysis.plateaus import Curve, Plateaus, plateaus
from nisqdl.analysis.verdict import Verdict
from nisqdl.analysis.words import counted, listed
from nisqdl.report.cells import DASH
from nisqdl.report.devices import device_sections
from nisqdl.report.document import Block, DataTable, Document, Paragraph, Picture, Section
from nisqdl.report.figures import gradient_map
from nisqdl.report.figures.plateau_figures import PLATEAU_FIGURES
from nisqdl.report.opening import answer, is_complete, status_line
from nisqdl.report.picture import picture, pictures
from nisqdl.report.provenance import provenance_section
from nisqdl.report.run_data import RunData
from nisqdl.report.style import look
from nisqdl.store.record import Json

MOST_MAPS = 3

MOST_ROWS = 60
"""Rows of a table on the page; records have everything."""


def gradient_variance_document(
    run: RunData, name: str, planned: int | None
) -> tuple[Document, Verdict]:
    """The report of a run and its first verdict.

    Args are those of :data:`nisqdl.report.Content`.

    Raises:
        InputError: There is no record yet.
    """
    found = plateaus(run.records)
    complete = is_complete(run, planned)
    told = plateau_verdicts(found, complete)
    context = run.context if isinstance(run.context, Mapping) else {}
    drawn = pictures(PLATEAU_FIGURES.values(), found)
    sections = [
        Section("findings", "Key numbers", tuple(_findings(found))),
        Section("figures", "Figures", (*drawn, *_maps(found, context))),
        Section("price", "Price", (_price_table(found), Paragraph(PRICE_RULE, quiet=True))),
        Section("circuits", "Every curve and circuit", tuple(_everything(found))),
        Section("rules", "Rules", tuple(_rules(told))),
        *device_sections(context.get("devices") or []),
        provenance_section(run, context.get("datasets") or [], name),
    ]
    document = Document(
        title=f"{name}: can it still be trained?",
        status=status_line(
            run, planned, counted(len(found.cells), "circuit"), listed(found.noises())
        ),
        answers=(answer(told),),
        sections=tuple(sections),
    )
    return document, told[0]


def _findings(found: Plateaus) -> list[Block]:
    blocks = _curve_tables(found, deepest(found.over_qubits), widest(found.over_depth))
    if found.ratios:
        heads = ("what", "circuit", "control", "variance against the control's")
        rows = [_ratio_row(found, ratio) for ratio in found.ratios]
        blocks += _table("Causes, told apart by controls", heads, rows)
    return blocks


def _curve_tables(
    found: Plateaus, over_qubits: Sequence[Curve], over_depth: Sequence[Curve]
) -> list[Block]:
    blocks: list[Block] = []
    if over_qubits:
        heads = ("circuit", "qubits", "variance at the most qubits", "decay with qubits")
        rows = [_curve_row(found, curve, "") for curve in over_qubits]
        blocks += _table("How the gradient's variance falls with the qubits", heads, rows)
    if over_depth:
        heads = ("circuit", "layers", "variance at the most layers", "decay with layers")
        rows = [_curve_row(found, curve, DEPTH) for curve in over_depth]
        blocks += _table("How it falls with the layers", heads, rows)
    return blocks


def _rules(told: Sequence[Verdict]) -> list[Block]:
    texts = [
        "The gradient's variance is E[(∂C)²] over random angles, its mean over all parameters; "
        "where angles are uniform the mean of ∂C is 0. In brackets: 95 % intervals, of samples by "
        "the studentised bootstrap, of walks by their standard errors; none where exact.",
        *dict.fromkeys(f"{v.topic}: {v.rule}" for v in told if v.rule != PRICE_RULE),
    ]
    return [Paragraph(text, quiet=True) for text in texts]


def _curve_row(found: Plateaus, curve: Curve, without: str) -> tuple[str, ...]:
    title = found.title(curve.last, without)
    if curve.axis != QUBITS:
        title = f"{title}, {curve.settings[QUBITS]} qubits"
    return title, ", ".join(map(str, curve.x())), _variance_text(curve.last), decay_text(curve)


def _ratio_row(found: Plateaus, ratio: Ratio) -> tuple[str, ...]:
    qubits = counted(ratio.cell.settings[QUBITS], "qubit")
    cell, control = found.title(ratio.cell), found.title(ratio.control)
    return ratio.cause, f"{cell}, {qubits}", control, ratio_value_text(ratio)


def _variance_text(cell: Cell, name: str = "var_grad_mean") -> str:
    row = cell.main
    low, high = (small_text(float(row[f"{name}_{end}"])) for end in ("low", "high"))
    value, error = float(row[name]), float(row[f"{name}_stderr"])
    if error == 0:
        return small_text(value)
    if value == 0:
        return f"not seen, at most {high}"
    unresolved = "" if error <= RESOLVED * value else ", not resolved"
    return f"{small_text(value)} ({low} to {high}){unresolved}"


def _maps(found: Plateaus, context: Mapping[str, Json]) -> list[Picture]:
    """Where gradient survives, on the first devices' maps."""
    pictures = []
    for index, device in enumerate((context.get("devices") or [])[:MOST_MAPS]):
        with look():
            drawing = gradient_map.draw(found, device)
        if drawing is not None:
            title = f"Where on {device['name']} gradient survives"
            pictures.append(picture(f"gradient_map-{index + 1}", title, drawing, None))
    return pictures


def _price_table(found: Plateaus) -> DataTable:
    heads = (
        "circuit", "qubits", "shots for one component", "shots for one step", "circuits a step",
        "bare QPU time for one component", "QPU time for one component", "QPU time for one step",
    )  # fmt: skip
    rows = []
    for price in found.prices[:MOST_ROWS]:
        times = (price.seconds, price.usage, price.step_usage)
        rows.append(
            (
                found.title(price.cell),
                str(price.cell.settings[QUBITS]),
                count_text(price.shots) if price.cell.resolved else "not resolved",
                count_text(price.step_shots) if price.cell.resolved else "not resolved",
                str(price.step_circuits),
                *(DASH if time is None else seconds_text(time) for time in times),
            )
        )
    caption = "What it takes to see one gradient component at a signal-to-noise ratio of 1"
    return DataTable(caption, heads, tuple(rows))


def _everything(found: Plateaus) -> list[Block]:
    few = {id(curve) for curve in (*deepest(found.over_qubits), *widest(found.over_depth))}
    blocks = _curve_tables(
        found,
        [curve for curve in found.over_qubits if id(curve) not in few],
        [curve for curve in found.over_depth if id(curve) not in few],
    )
    heads = (
        "circuit", "noise", "qubits", "layers", "weights", "two-qubit gates", "depth",
        "Var C", "first weight", "mean", "largest", "method",
    )  # fmt: skip
    rows = [_circuit_row(found, cell) for cell in found.cells]
    blocks += _table("Variance of the cost and of its gradient", heads, rows)
    if found.growths:
        grown = [row for growth in found.growths for row in _growth_rows(found, growth)]
        names = (*heads[:7], "mean", "largest")
        blocks += _table("While the circuit grows layer by layer", names, grown)
    return blocks


def _growth_rows(found: Plateaus, growth: Growth) -> list[tuple[str, ...]]:
    title = found.title(growth.last, DEPTH, "phase", "target", "noise.scale")
    names = ("qubits", "layers", "parameters", "two_qubit_gates", "depth")
    return [
        (
            title,
            noise_title(cell),
            *(str(cell.main.get(name, DASH)) for name in names),
            _variance_text(cell),
            small_text(float(cell.main["var_grad_max"])),
        )
        for cell in growth.cells
    ]


def _circuit_row(found: Plateaus, cell: Cell) -> tuple[str, ...]:
    row = cell.main
    cost = row.get("var_c")
    return (
        f"{found.title(cell, DEPTH, 'target', 'noise.scale')}, {depth_title(cell.settings)}",
        noise_title(cell),
        *(
            str(row.get(name, DASH))
            for name in ("qubits", "layers", "parameters", "two_qubit_gates", "depth")
        ),
        DASH if cost is None else small_text(float(cost)),
        _variance_text(cell, "var_grad_first"),
        _variance_text(cell),
        small_text(float(row["var_grad_max"])),
        str(row["method"]),
    )


def _table(caption: str, heads: Sequence[str], rows: Sequence[tuple[str, ...]]) -> list[Block]:
    """A table, cut where it would be too long to read, which is said."""
    blocks: list[Block] = [DataTable(caption, tuple(heads), tuple(rows[:MOST_ROWS]))]
    if len(rows) > MOST_ROWS:
        text = f"{len(rows) - MOST_ROWS} more rows are in the run's records (`nisqdl export`)."
        blocks.append(Paragraph(text, quiet=True))
    return blocks
