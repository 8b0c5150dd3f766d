"""Expressibility and entangling capability of each circuit."""

from __future__ import annotations

from collections.abc import Sequence

from nisqdl.analysis.expressibility import Circuit, Expressed
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.style import GREY, SERIES, Drawing, Series, interval_arms, legend, panels


def draw(found: Expressed, columns: int) -> Drawing | None:
    sizes = {c.settings["qubits"] for c in found.circuits}
    names = list(dict.fromkeys(_name(found, c) for c in found.circuits))
    if len(sizes) > 1 or len(names) < 2:
        return None
    names.sort(key=_in_order)
    titles = ["divergence from Haar", "entangling capability"]
    figure, (above, below) = panels(titles, 1, height=2.5, share=False)
    figure.set_size_inches(figure.get_figwidth() if columns == 1 else 7.6, figure.get_figheight())
    looks = depth_looks(found.circuits)
    for depth, look in looks.items():
        some = [c for c in found.circuits if c.settings["model.ansatz.depth"] == depth]
        x = [names.index(_name(found, c)) for c in some]
        for panel, values in (
            (above, [c.expressibility for c in some]),
            (below, [c.entangling for c in some]),
        ):
            panel.errorbar(
                x, [v.mean for v in values], yerr=interval_arms(values), linestyle="none",
                color=look.colour, marker=look.marker, label=f"L = {depth}",
            )  # fmt: skip
    floor = found.circuits[0].haar[0]
    above.axhline(floor, color=GREY, linestyle=(0, (4, 2)), label="Haar, so many pairs", zorder=1)
    above.set_yscale("log")
    for panel in (above, below):
        panel.set_xticks(range(len(names)), labels=[n.removeprefix("sim_") for n in names])
    below.set_xlabel("circuit of Sim et al. 2019" if names[0].startswith("sim_") else "circuit")
    legend(figure, [above, below])
    alike = sum(c.like_haar for c in found.circuits)
    caption = (
        f"Divergence of the fidelities of random pairs from Haar's (small: expressible) and mean "
        f"Meyer-Wallach entanglement, with 95 % intervals: {alike} of {len(found.circuits)} "
        "circuits cannot be told from Haar."
    )
    alt = f"Two panels over {len(names)} circuits, a mark for each depth."
    return Drawing(figure, caption, alt)


def depth_looks(circuits: Sequence[Circuit]) -> dict[int, Series]:
    """The same look for the same depth in every figure."""
    depths = sorted({int(c.settings["model.ansatz.depth"]) for c in circuits})
    return {depth: SERIES[i % len(SERIES)] for i, depth in enumerate(depths)}


def _name(found: Expressed, circuit: Circuit) -> str:
    return found.title(circuit).rpartition(" ×")[0] or found.title(circuit)


def _in_order(name: str) -> tuple[str, int]:
    head, _, number = name.rpartition("_")
    return (head, int(number)) if number.isdigit() else (name, 0)


EXPRESSED_CIRCUITS = FigureKind("expressed_circuits", "Expressibility and entanglement", draw)
