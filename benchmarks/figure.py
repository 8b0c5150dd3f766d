"""The figure: how many times nisqdl's CPU time each peer takes, problem by problem."""

from __future__ import annotations

from pathlib import Path

from benchmarks.bounds import Row, single_thread
from benchmarks.peers import PEERS

_COLOURS = {
    "aer": "#0072b2", "qiskit-ml": "#56b4e9", "pennylane-mixed": "#cc79a7",
    "lightning": "#e69f00", "tensorcircuit": "#009e73", "qulacs": "#d55e00",
}  # fmt: skip
_MARKERS = dict(zip(_COLOURS, "osD^vP", strict=True))


def draw_ratios(rows: list[Row], path: Path) -> None:
    """One line a problem, one marker a peer; hollow where its time was extrapolated."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams.update({"svg.hashsalt": "nisqdl", "font.size": 9})
    import matplotlib.pyplot as plt

    problems = list(
        dict.fromkeys((row["workload"], int(row["qubits"]), row["size"]) for row in rows)
    )
    figure, axes = plt.subplots(figsize=(7.5, 0.26 * len(problems) + 1.4), layout="constrained")
    shown: set[str] = set()
    for line, problem in enumerate(problems):
        timed = single_thread(rows, *problem)
        own = timed.get("nisqdl")
        if own is None:
            continue
        for peer in PEERS:
            if peer == "nisqdl" or peer not in timed:
                continue
            ratio = float(timed[peer]["cpu_min_s"]) / float(own["cpu_min_s"])
            hollow = timed[peer]["extrapolated"] == "True"
            axes.plot(
                ratio, line, _MARKERS[peer], color=_COLOURS[peer], markersize=6,
                fillstyle="none" if hollow else "full", label=None if peer in shown else peer,
            )  # fmt: skip
            shown.add(peer)
    axes.axvline(1, color="black", linewidth=1)
    axes.set_xscale("log")
    axes.set_yticks(range(len(problems)), [f"{w}  n = {n}  {size}" for w, n, size in problems])
    axes.invert_yaxis()
    axes.set_xlabel("CPU time of one thread, times nisqdl's (hollow: extrapolated)")
    axes.grid(axis="x", color="#dddddd")
    axes.set_axisbelow(True)
    handles, names = axes.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=6, frameon=False)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
