"""The two methods beside each other: Pauli paths over sampling, circuit by circuit."""

from __future__ import annotations

import math

from nisqdl.analysis.plateau_cells import noise_title
from nisqdl.analysis.plateaus import Agreement, Plateaus
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.style import INK, SERIES, Drawing, legend, panels


def draw(found: Plateaus, columns: int) -> Drawing | None:
    known = [a for a in found.agreements if a.sampled > 0 and a.walked > 0]
    if not known:
        return None
    figure, (panel,) = panels(["Pauli paths / sampling"], columns, height=3.1)
    panel.axhline(1, color=INK, linewidth=1, zorder=1)
    noises = list(dict.fromkeys(noise_title(a.cell) for a in known))
    for noise, look in zip(noises, SERIES, strict=False):
        some = [a for a in known if noise_title(a.cell) == noise]
        panel.errorbar(
            [a.sampled for a in some], [a.walked / a.sampled for a in some],
            yerr=[_arm(a) for a in some], color=look.colour, marker=look.marker, linestyle="none",
            label=noise,
        )  # fmt: skip
    panel.set_xscale("log", base=2)
    panel.set_xlabel("gradient variance by sampling")
    panel.set_ylabel("ratio")
    legend(figure, [panel])
    worst = max(known, key=lambda a: abs(a.walked / a.sampled - 1))
    caption = (
        f"Both methods on the same {len(known)} circuits, with two joint standard errors: the "
        f"largest difference is {100 * (worst.walked / worst.sampled - 1):+.2g} %, "
        f"{worst.deviation:.1f} joint standard errors, with {noise_title(worst.cell)}."
    )
    alt = (
        "The ratio of the gradient variance by Pauli paths to that by sampling against the latter, "
        f"a mark for each of {len(known)} circuits, a colour for each of {'; '.join(noises)}."
    )
    return Drawing(figure, caption, alt)


def _arm(agreement: Agreement) -> float:
    """Two standard errors of the ratio."""
    ratio = agreement.walked / agreement.sampled
    relative = math.hypot(
        agreement.sampled_stderr / agreement.sampled, agreement.walked_stderr / agreement.walked
    )
    return 2.0 * ratio * relative


METHOD_AGREEMENT = FigureKind("method_agreement", "Two methods, one number", draw)
