"""How the training rows are dealt: a bar for each client, in parts by class."""

from __future__ import annotations

from collections.abc import Sequence

from nisqdl.analysis.federated import Question
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.style import SERIES, Drawing, left_panels, legend, panels, wrapped

MOST_PANELS, MOST_CLIENTS = 6, 20


def draw(found: Sequence[Question], columns: int) -> Drawing | None:
    shown = _distinct([q for q in found if len(q.clients) <= MOST_CLIENTS])
    if not shown:
        return None
    figure, axes = panels([wrapped(_title(q), columns) for q in shown], columns, height=2.5)
    for panel, question in zip(axes, shown, strict=True):
        counts = question.first_deal
        places = range(len(counts))
        floor = [0] * len(counts)
        for index, series in zip(range(len(counts[0])), SERIES, strict=False):
            heights = [count[index] for count in counts]
            panel.bar(
                places, heights, bottom=floor, color=series.colour, width=0.7,
                label=f"class {index}",
            )  # fmt: skip
            floor = [low + height for low, height in zip(floor, heights, strict=True)]
        names = [client.removeprefix("fake_") for client in question.clients]
        panel.set_xticks(places, labels=names, rotation=35, ha="right")
    for panel in left_panels(axes):
        panel.set_ylabel("training rows")
    legend(figure, axes)
    return Drawing(figure, _caption(shown), _alt(shown))


def _distinct(found: Sequence[Question]) -> list[Question]:
    """One question of each deal; none where a deal has more classes than there are colours."""
    deals = {repr((q.clients, q.first_deal)): q for q in reversed(found)}
    return [q for q in reversed(deals.values()) if 0 < len(q.first_deal[0]) <= len(SERIES)][
        :MOST_PANELS
    ]


def _title(question: Question) -> str:
    concentration = question.settings["concentration"]
    return "same mix of classes" if concentration is None else f"α = {concentration:g}"


def _caption(found: Sequence[Question]) -> str:
    told = []
    for question in found:
        sizes = [sum(counts) for counts in question.first_deal]
        told.append(f"{min(sizes)} to {max(sizes)} rows a client ({_title(question)})")
    return (
        "The deal of the first seed; each seed has another. For each class the clients' shares are "
        f"drawn from a Dirichlet distribution of concentration α: {'; '.join(told)}."
    )


def _alt(found: Sequence[Question]) -> str:
    return (
        "Stacked bars of training rows by class, one bar for each of "
        f"{', '.join(found[0].clients)}, a panel for each of {'; '.join(map(_title, found))}."
    )


FEDERATED_ROWS = FigureKind("federated_rows", "Who has which rows", draw)
