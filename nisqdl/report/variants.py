"""The part of a noise_accuracy report where variants of a circuit are told together."""

from __future__ import annotations

from collections.abc import Sequence

from nisqdl.analysis.grid import BASELINE_TITLES
from nisqdl.analysis.intervals import Estimate, number, share_over_seeds
from nisqdl.analysis.noise_accuracy import DeviceFinding
from nisqdl.analysis.variants import Variants
from nisqdl.analysis.verdict import Verdict
from nisqdl.report.cells import DASH
from nisqdl.report.document import Block, DataTable, Paragraph, Section
from nisqdl.report.figures.variants import VARIANTS
from nisqdl.report.picture import picture
from nisqdl.report.style import look


def variant_sections(variants: Variants, sayings: Sequence[Verdict]) -> list[Section]:
    """One figure, what each variant costs, and the classical learners beside all of them."""
    with look():
        wide, narrow = VARIANTS.draw(variants, 2), VARIANTS.draw(variants, 1)
    blocks: list[Block] = []
    if wide is not None:
        title = f"Accuracy by {variants.option}"
        blocks.append(picture(VARIANTS.name, title, wide, narrow))
    blocks.append(_table(variants))
    blocks += [Paragraph(f"{saying.topic}: {saying.rule}", quiet=True) for saying in sayings]
    alone = f"To see one {variants.option} with all figures, run it alone."
    blocks.append(Paragraph(alone, quiet=True))
    sections = [Section("variants", f"By {variants.option}", tuple(blocks))]
    if variants.first.grid.baseline_names():
        tables = (_learner_table(variants), _difference_table(variants))
        sections.append(Section("baselines", "Classical learners", tables))
    return sections


def _table(variants: Variants) -> DataTable:
    """A row for each variant and device: how good it is, and what one circuit takes."""
    low, high = variants.scales[0], variants.scales[-1]
    rows = []
    for name, finding in variants.found.items():
        for device in finding.devices:
            last = finding.grid.estimate(device.target, device.best, high)
            rows.append(
                (
                    name,
                    device.title,
                    str(device.best.depth),
                    *((_text(device.ideal_accuracy),) if low != 0 else ()),
                    device.accuracy.text(),
                    *((_text(last),) if high != low else ()),
                    *_costs(device),
                )
            )
    heads = (
        variants.option, "device", "depth", *(("λ = 0",) if low != 0 else ()), f"λ = {low:g}",
        *((f"λ = {high:g}",) if high != low else ()),
        "weights", "two-qubit gates", "duration", "gate fidelity", "readout fidelity",
    )  # fmt: skip
    caption = (
        f"Test accuracy of each {variants.option} at the depth chosen by training accuracy, and "
        "what one circuit takes at λ = 1; readout counts measurements in the circuit, too"
    )
    return DataTable(caption, heads, tuple(rows))


def _costs(device: DeviceFinding) -> tuple[str, ...]:
    def shown(column: str, digits: int = 0, unit: float = 1.0) -> str:
        value = device.costs.get(column)
        return DASH if value is None else number(value / unit, digits)

    return (
        shown("weights"),
        shown("two_qubit_gates"),
        f"{shown('duration_ns', 2, 1000.0)} µs",
        shown("expected_fidelity", 3),
        shown("readout_fidelity", 3),
    )


def _learner_table(variants: Variants) -> DataTable:
    """Each learner once; those with a budget at the budgets of all variants."""
    found: dict[str, tuple[str, ...]] = {}
    for finding in variants.found.values():
        for baseline in finding.baselines():
            weights = [f"{w:g}" for w in baseline.rows.distinct("weights") if w is not None]
            found[baseline.title] = (
                baseline.title,
                _mean(list(baseline.accuracy.values())),
                _mean(list(baseline.rows.by_seed("train_accuracy").values())),
                f"{weights[0]} to {weights[-1]}" if len(weights) > 1 else "".join(weights) or DASH,
            )
    columns = ("learner", "test accuracy", "training accuracy", "weights")
    caption = "Classical learners on the same features and splits"
    return DataTable(caption, columns, tuple(sorted(found.values())))


def _difference_table(variants: Variants) -> DataTable:
    names = variants.first.grid.baseline_names()
    rows = []
    for name, finding in variants.found.items():
        for device in finding.devices:
            gains = {a.baseline.learner: a.difference for a in device.against}
            cells = [_judged(gains.get(learner)) for learner in names]
            rows.append((f"{name} on {device.title}", *cells))
    caption = (
        f"Test accuracy of the QNN at λ = {variants.first.grid.reference_scale:g} minus that of "
        "each classical learner, paired over seeds; intervals hold at 95 % jointly over "
        f"{max(1, variants.first.comparisons)} comparisons"
    )
    heads = (variants.option, *(BASELINE_TITLES.get(name, name) for name in names))
    return DataTable(caption, heads, tuple(rows))


def _judged(gain: Estimate | None) -> str:
    if gain is None:
        return DASH
    shown = "" if gain.above_zero or gain.below_zero else ", not shown"
    return f"{gain.signed()}{shown}"


def _mean(values: list[float]) -> str:
    return share_over_seeds(values).text() if values else DASH


def _text(estimate: Estimate | None) -> str:
    return estimate.text() if estimate else DASH
