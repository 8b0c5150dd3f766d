"""A report's section on device twins: hardware beside the noise model of its calibration."""

from __future__ import annotations

from collections.abc import Sequence

from nisqdl.analysis.device_twin import Twins
from nisqdl.analysis.intervals import number
from nisqdl.analysis.twin_verdict import suspicion_text, twin_verdict
from nisqdl.report.cells import DASH
from nisqdl.report.document import Block, DataTable, Paragraph, Section
from nisqdl.report.figures.twin_values import TWIN_VALUES
from nisqdl.report.picture import picture
from nisqdl.report.style import look

MOST_DRAWN = 4
_MOST_SUSPICIONS = 8


def twin_sections(
    found: Sequence[Twins], suffix: str = "", of: str = "", first: Sequence[Block] = ()
) -> list[Section]:
    """One section on all groups; none for a run without hardware.

    Args:
        found: The groups.
        suffix: What tells this section and its figures from others of the report.
        of: What its title says besides.
        first: What stands first in it.
    """
    if not found:
        return []
    blocks: list[Block] = list(first)
    for index, twins in enumerate(found[:MOST_DRAWN]):
        with look():
            wide, narrow = TWIN_VALUES.draw(twins, 2), TWIN_VALUES.draw(twins, 1)
        if wide is not None:
            own = f"{suffix}-{index + 1}" if len(found) > 1 else suffix
            title = f"{TWIN_VALUES.title}: {twins.title}"
            blocks.append(picture(f"{TWIN_VALUES.name}{own}", title, wide, narrow))
    blocks.append(_table(found))
    for twins in found:
        if twins.misfits and twins.suspicions:
            told = "; ".join(map(suspicion_text, twins.suspicions[:_MOST_SUSPICIONS]))
            blocks.append(Paragraph(f"What would explain the misfit on {twins.title}: {told}."))
    rules = dict.fromkeys(twin_verdict(twins).rule for twins in found)
    blocks += [Paragraph(rule, quiet=True) for rule in rules]
    return [Section(f"twins{suffix}", f"Hardware and its twin{of}", tuple(blocks))]


def _table(found: Sequence[Twins]) -> DataTable:
    """A column a group."""
    score = found[0].score
    names = (
        "circuits", f"{score} measured", f"{score} predicted", "measured − predicted",
        "noise scale λ̂", "χ² per degree of freedom", "missed by the model (RMS)",
        "circuits with a misfit shown", "drift of predictions since submission (RMS)",
        "unphysical values", "QPU seconds",
    )  # fmt: skip
    columns = [_column(twins) for twins in found]
    rows = tuple((name, *cells) for name, *cells in zip(names, *columns, strict=True))
    heads = ("", *(twins.title for twins in found))
    return DataTable("Hardware beside its device twin", heads, rows)


def _column(twins: Twins) -> tuple[str, ...]:
    return (
        str(len(twins.circuits)),
        number(twins.measured, twins.digits),
        number(twins.predicted, twins.digits),
        twins.difference.signed(twins.digits),
        DASH if twins.scale is None else twins.scale.text(2),
        DASH if twins.reduced is None else number(twins.reduced, 2),
        DASH if twins.excess is None else number(twins.excess),
        str(twins.misfits),
        number(twins.drift, 4),
        str(twins.unphysical),
        DASH if twins.qpu_seconds is None else f"{twins.qpu_seconds:.1f}",
    )
