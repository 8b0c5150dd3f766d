"""Accuracy under each client's device: the global model, the client's own, and alike devices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nisqdl.analysis.federated import LOCAL, NOISELESS, Question
from nisqdl.analysis.intervals import Estimate, share_over_seeds
from nisqdl.report.figures.federated_rounds import MOST_PANELS
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.style import (
    SERIES,
    Drawing,
    Series,
    interval_arms,
    left_panels,
    legend,
    panels,
    spread_shifts,
    wrapped,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_CLIENTS = 20


def draw(found: Sequence[Question], columns: int) -> Drawing | None:
    shown = [q for q in found if len(q.clients) <= MOST_CLIENTS][:MOST_PANELS]
    if not shown:
        return None
    figure, axes = panels([wrapped(q.title, columns) for q in shown], columns, height=3.1)
    for panel, question in zip(axes, shown, strict=True):
        series = _series(question)
        for (label, estimates), look, shift in zip(
            series.items(), SERIES, spread_shifts(len(series), 5.0), strict=False
        ):
            _dots(panel, estimates, look, label, shift)
        names = [client.removeprefix("fake_") for client in question.clients]
        panel.set_xticks(range(len(names)), labels=names, rotation=35, ha="right")
        panel.set_xlim(-0.6, len(names) - 0.4)
    for panel in left_panels(axes):
        panel.set_ylabel("test accuracy on the device")
    legend(figure, axes)
    return Drawing(figure, _caption(shown[0]), _alt(shown))


def _series(question: Question) -> dict[str, tuple[Estimate, ...]]:
    found = {"federated QNN": question.main.client_accuracies}
    for name, title in ((LOCAL, "each client alone"), (NOISELESS, "federated without noise")):
        if name in question.learners:
            found[title] = question.learners[name].client_accuracies
    if all(device in question.alike for device in question.clients):
        found["all clients on this device"] = tuple(
            share_over_seeds(list(question.alike[device].by_seed("accuracy").values()))
            for device in question.clients
        )
    return found


def _dots(
    axes: Axes, estimates: Sequence[Estimate], look: Series, label: str, shift: float
) -> None:
    from matplotlib.transforms import ScaledTranslation

    figure = axes.get_figure()
    assert figure is not None
    moved = axes.transData + ScaledTranslation(shift / 72, 0, figure.dpi_scale_trans)
    places = range(len(estimates))
    axes.errorbar(
        places, [e.mean for e in estimates], yerr=interval_arms(estimates), color=look.colour,
        marker=look.marker, linestyle="none", label=label, transform=moved,
    )  # fmt: skip
    for place, estimate in zip(places, estimates, strict=True):
        low, high = estimate.arms
        axes.update_datalim([(place, estimate.mean - low), (place, estimate.mean + high)])
    axes.autoscale_view(scalex=False)


def _caption(question: Question) -> str:
    own = question.main.client_accuracies
    best = max(range(len(own)), key=lambda c: own[c].mean)
    worst = min(range(len(own)), key=lambda c: own[c].mean)
    return (
        "Accuracy on the same held-out rows under each client's device after the last round, with "
        f"95 % intervals over seeds. With {question.title} the global model is at its best on "
        f"{question.clients[best]} ({own[best].text()}) and at its worst on "
        f"{question.clients[worst]} ({own[worst].text()})."
    )


def _alt(found: Sequence[Question]) -> str:
    return (
        "Test accuracy by client device, a panel for each of "
        f"{'; '.join(question.title for question in found)}; markers with bars for the federated "
        "QNN, each client alone, a federation trained without noise, and one whose clients all "
        "have the device."
    )


FEDERATED_CLIENTS = FigureKind("federated_clients", "Accuracy on each client's device", draw)
