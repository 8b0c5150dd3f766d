"""Expressibility against the gradient's variance: the relation of Holmes et al. 2022."""

from __future__ import annotations

from nisqdl.analysis.expressibility import Circuit, Expressed
from nisqdl.analysis.intervals import MINUS
from nisqdl.report.figures.expressed_circuits import depth_looks
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.style import GREY, INK, Drawing, legend, panels

MOST_NAMED = 24


def draw(found: Expressed, columns: int) -> Drawing | None:
    known = [c for c in found.circuits if c.variance]
    sizes = sorted({c.settings["qubits"] for c in known})
    if len(known) < 2:
        return None
    figure, axes = panels([f"{n} qubits" for n in sizes], columns, height=3.6)
    looks = depth_looks(known)
    for panel, size in zip(axes, sizes, strict=True):
        some = [c for c in known if c.settings["qubits"] == size]
        for depth, look in looks.items():
            chosen = [c for c in some if c.settings["model.ansatz.depth"] == depth]
            if chosen:
                panel.plot(
                    [c.expressibility.mean for c in chosen], [c.variance or 0 for c in chosen],
                    linestyle="none", marker=look.marker, color=look.colour, label=f"L = {depth}",
                )  # fmt: skip
        panel.axvline(some[0].haar[0], color=GREY, linestyle=(0, (4, 2)), linewidth=1, zorder=1,
                      label="Haar, so many pairs")  # fmt: skip
        panel.set_xscale("log")
        panel.set_yscale("log", base=2)
        panel.set_xlabel("divergence from Haar (right: less expressible)")
        shallow = min(looks)
        for circuit in [c for c in some if c.settings["model.ansatz.depth"] == shallow][
            :MOST_NAMED
        ]:
            panel.annotate(
                _short(circuit), (circuit.expressibility.mean, circuit.variance or 0),
                xytext=(4, 2), textcoords="offset points", fontsize=6.5, color=INK,
            )  # fmt: skip
    axes[0].set_ylabel("mean gradient variance")
    legend(figure, axes)
    return Drawing(figure, _caption(found, known), _alt(sizes))


def _short(circuit: Circuit) -> str:
    return str(circuit.settings["model.ansatz.name"]).removeprefix("sim_")


def _caption(found: Expressed, known: list[Circuit]) -> str:
    told = found.correlation
    head = (
        "Mean variance of a gradient component against the divergence of the circuit's states "
        f"from Haar, for {len(known)} circuits"
    )
    if told is None or told.low is None or told.high is None:
        return f"{head}."
    value = f"{told.mean:.2f} ({told.low:.2f} to {told.high:.2f})".replace("-", MINUS)
    return f"{head}: a rank correlation of {value}. The shallowest are named."


def _alt(sizes: list[int]) -> str:
    return (
        "Gradient variance against expressibility, both on logarithmic axes, a mark for each "
        f"circuit, a panel for each of {', '.join(map(str, sizes))} qubits, a colour a depth."
    )


EXPRESSED_GRADIENTS = FigureKind("expressed_gradients", "Expressibility against gradients", draw)
