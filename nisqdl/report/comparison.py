"""The page of a comparison of two runs."""

from __future__ import annotations

from nisqdl.analysis.compare import Comparison, comparison_sentence
from nisqdl.analysis.intervals import number
from nisqdl.analysis.pairs import plain, value_title
from nisqdl.analysis.words import counted, listed
from nisqdl.report.document import Answer, DataTable, Document, Paragraph, Section
from nisqdl.report.figures import comparison
from nisqdl.report.picture import picture
from nisqdl.report.style import look

_MOST_VALUES = 6


def comparison_document(found: Comparison) -> Document:
    """What two runs say of each other, as a page."""
    first, second = found.names
    with look():
        wide, narrow = comparison.draw(found, 2), comparison.draw(found, 1)
    drawn = picture("comparison", f"{first} against {second}", wide, narrow)
    return Document(
        title=f"{first} against {second}",
        status=_status(found),
        answers=(Answer(comparison_sentence(found), ()),),
        sections=(
            Section("figures", "Figure", (drawn,)),
            Section("differences", "Differences", (difference_table(found), _rule(found))),
            Section("apart", "What sets them apart", (_apart_table(found),)),
        ),
    )


def difference_table(found: Comparison) -> DataTable:
    """A row for all pairs, and for each value of each setting that varies."""
    first, second = found.names
    rows = tuple(
        (
            row.title,
            str(row.pairs),
            number(row.first),
            number(row.second),
            row.difference.signed(),
        )
        for row in found.rows
    )
    heads = ("", "pairs", first, second, "difference")
    return DataTable(f"{found.metric_title}, {first} minus {second}", heads, rows)


def _status(found: Comparison) -> str:
    first, second = found.alone
    alone = ""
    if first or second:
        alone = f"; without a partner: {first} of {found.names[0]}, {second} of {found.names[1]}"
    same = f"; {counted(found.same, 'point')} the same in both, not compared" if found.same else ""
    return f"{counted(len(found.pairs), 'pair')}{same}{alone}; made by nisqdl."


def _rule(found: Comparison) -> Paragraph:
    unit = (
        "a seed's differences are averaged first"
        if found.over == "seed"
        else "there is one seed, so they speak of these circuits and samples alone"
    )
    text = (
        "Records pair where they agree in every setting but those in which the runs have no value "
        f"in common. Intervals are Student's t over {found.over}s ({unit}), 95 % jointly over all "
        "rows (Bonferroni). A difference is shown if its whole interval is on one side of 0."
    )
    return Paragraph(text, quiet=True)


def _apart_table(found: Comparison) -> DataTable:
    rows = tuple(
        (plain(one.setting), _values(one.first), _values(one.second)) for one in found.apart
    )
    return DataTable("Settings without a common value", ("setting", *found.names), rows)


def _values(values: tuple[object, ...]) -> str:
    texts = [value_title(value) for value in values[:_MOST_VALUES]]
    more = len(values) - len(texts)
    return listed(texts) + (f" and {more} more" if more else "")
