"""All learners side by side: the best QNN of each device, it without entangler, the classical."""

from __future__ import annotations

from dataclasses import dataclass

from nisqdl.analysis.intervals import Estimate, share_over_seeds
from nisqdl.analysis.noise_accuracy import Finding
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.style import BLUE, GREY, INK, NARROW, WIDTH, Drawing, interval_arms


@dataclass(frozen=True)
class Row:
    """One learner: what is written at its left, its accuracy and its look."""

    title: str
    accuracy: Estimate
    colour: str
    marker: str


def draw(finding: Finding, columns: int) -> Drawing | None:
    from matplotlib.figure import Figure

    rows = _rows(finding)
    if len(rows) < 2:
        return None
    figure = Figure(
        figsize=(WIDTH if columns > 1 else NARROW, 0.3 * len(rows) + 0.8), layout="constrained"
    )
    axes = figure.subplots()
    for place, row in enumerate(reversed(rows)):
        axes.errorbar(
            row.accuracy.mean, place, xerr=interval_arms([row.accuracy]), color=row.colour,
            marker=row.marker, markersize=6.5, elinewidth=1.8, capsize=3,
        )  # fmt: skip
        axes.annotate(
            f"{row.accuracy.mean:.3f}", (1.0, place), xycoords=("axes fraction", "data"),
            xytext=(6, 0), textcoords="offset points", va="center", fontsize=9,
        )  # fmt: skip
    axes.set_yticks(range(len(rows)), labels=[row.title for row in reversed(rows)])
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(False, axis="y")
    axes.grid(True, axis="x")
    axes.set_xlabel("test accuracy")
    alt = (
        f"Dots with intervals: test accuracy on {finding.grid.title} of "
        + "; ".join(f"{row.title} {row.accuracy.text()}" for row in rows)
        + "."
    )
    return Drawing(figure, _caption(finding, rows), alt)


def _rows(finding: Finding) -> list[Row]:
    grid = finding.grid
    scale = grid.reference_scale
    rows = [Row(f"QNN on {d.title}", d.accuracy, BLUE, "o") for d in finding.devices]
    for device in finding.devices:
        bare = device.unentangled
        accuracy = grid.estimate(device.target, bare, scale) if bare else None
        if accuracy is not None and bare != device.best:
            rows.append(Row(f"QNN without entangler on {device.title}", accuracy, GREY, "s"))
    for baseline in finding.baselines():
        values = list(baseline.accuracy.values())
        if values:
            rows.append(Row(baseline.title, share_over_seeds(values), INK, "D"))
    return rows


def _caption(finding: Finding, rows: list[Row]) -> str:
    classical = [row for row in rows if row.marker == "D"]
    best = max(finding.devices, key=lambda d: d.accuracy.mean)
    told = f"The highest mean of a QNN is {best.accuracy.text()} on {best.title}"
    if classical:
        top = max(classical, key=lambda row: row.accuracy.mean)
        told += f", that of a classical learner {top.accuracy.text()} ({top.title})"
    return (
        f"{told}; QNNs under {finding.grid.noise} (λ = {finding.grid.reference_scale:g}). Overlap "
        "of two intervals does not decide between them: the paired differences of the table do."
    )


LEARNERS = FigureKind("learners", "QNN and classical learners", draw)
