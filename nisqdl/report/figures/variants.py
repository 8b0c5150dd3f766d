"""Accuracy against depth for each variant of a circuit: a panel for each device and noise scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nisqdl.analysis.intervals import share_over_seeds
from nisqdl.analysis.variants import DYNAMIC, Variants, curve
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.style import (
    BASELINE_DASHES,
    SERIES,
    Drawing,
    Series,
    draw_band,
    draw_means,
    left_panels,
    legend,
    panels,
    spread_shifts,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw(variants: Variants, columns: int) -> Drawing | None:
    grid = variants.first.grid
    places = [
        (target, title, scale)
        for scale in variants.scales
        for target, title in variants.devices.items()
    ]
    looks = _looks(list(variants.found))
    figure, axes = panels([f"{title}, λ = {scale:g}" for _, title, scale in places], columns)
    shifts = dict(zip(looks, spread_shifts(len(looks)), strict=True))
    for panel, (target, _, scale) in zip(axes, places, strict=True):
        if len(grid.depths) > 1:
            _draw_depths(panel, variants, target, scale, looks, shifts)
        else:
            _draw_names(panel, variants, target, scale)
        for dash, learner in zip(BASELINE_DASHES, grid.baseline_names(), strict=False):
            baseline = grid.baseline(learner, None)
            values = list(baseline.accuracy.values())
            if values:
                draw_band(panel, share_over_seeds(values), dash, _plain(baseline.title))
    for panel in left_panels(axes):
        panel.set_ylabel("test accuracy")
    legend(figure, axes)
    listing = ", ".join(variants.found)
    drawn = "against depth, a line for each" if len(grid.depths) > 1 else "for each"
    alt = (
        f"Test accuracy on {variants.dataset} {drawn} {variants.option} ({listing}), a panel for "
        "each device and noise scale, horizontal lines for classical learners."
    )
    caption = (
        f"Each {variants.option} under {grid.noise}, with the entangler and training that are "
        "chosen by training accuracy; means with 95 % intervals over seeds. "
        f"{_dynamic_words(variants)}Horizontal: classical learners on the same features."
    )
    return Drawing(figure, caption, alt)


def _draw_depths(
    panel: Axes,
    variants: Variants,
    target: str,
    scale: float,
    looks: Mapping[str, Series],
    shifts: Mapping[str, float],
) -> None:
    """A line for each variant."""
    for name, device in variants.on(target).items():
        known = curve(variants.found[name], device, scale)
        draw_means(
            panel, [float(d) for d, _ in known], [e for _, e in known], looks[name], name,
            shifts[name],
        )  # fmt: skip
    panel.set_xticks(list(variants.first.grid.depths))
    panel.set_xlabel("depth (layers of the ansatz)")


def _draw_names(panel: Axes, variants: Variants, target: str, scale: float) -> None:
    """A dot for each variant, those with fewer weights first."""
    here = variants.on(target)
    names = sorted(here, key=lambda name: (here[name].costs.get("weights", 0.0), name))
    found = [curve(variants.found[name], here[name], scale) for name in names]
    places = [float(place) for place, known in enumerate(found) if known]
    means = [known[0][1] for known in found if known]
    draw_means(panel, places, means, Series(SERIES[0].colour, "o", "none"), "QNN")
    labels = [f"{name} ({here[name].costs.get('weights', 0):g})" for name in names]
    panel.set_xticks(range(len(names)), labels, rotation=35, ha="right")
    panel.set_xlabel(f"{variants.option} (weights)")


def _looks(names: list[str]) -> dict[str, Series]:
    """A colour for each kind; measured in the circuit it is the same, dashed."""
    kinds = list(dict.fromkeys(name.removesuffix(DYNAMIC) for name in names))
    base = {kind: SERIES[i % len(SERIES)] for i, kind in enumerate(kinds)}
    found = {}
    for name in names:
        look = base[name.removesuffix(DYNAMIC)]
        dash = (0, (2, 2)) if name.endswith(DYNAMIC) else "-"
        marker = "X" if name.endswith(DYNAMIC) else look.marker
        found[name] = Series(look.colour, marker, dash)
    return found


def _dynamic_words(variants: Variants) -> str:
    return "Dashed: measured in the circuit. " if variants.dynamic_pairs else ""


def _plain(title: str) -> str:
    return title.split(" of at most")[0]


VARIANTS = FigureKind("variants", "Accuracy by variant", draw)
