"""An environment under its baselines: what they reach, and one episode of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from nisqdl.analysis.episodes import mean_return
from nisqdl.report.style import NARROW, SERIES, WIDTH, Drawing
from nisqdl.store.record import Json

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PLACES = 40
"""Episodes of more steps are drawn as means at so many places or a few more."""


def draw(environment: Mapping[str, Json], columns: int = 2) -> Drawing:
    """Draw an environment's summary.

    Args:
        environment: As ``nisqdl.environments.summary.environment_summary`` gives it.
        columns: Panels a row: 2 for wide pages, 1 for phones.
    """
    from matplotlib.figure import Figure

    baselines = environment["baselines"]
    top = 0.75 + 0.27 * len(baselines)
    if columns == 1:
        figure = Figure(figsize=(NARROW, top + 5.4), layout="constrained")
        grid = figure.add_gridspec(3, 1, height_ratios=[top, 2.7, 2.7])
        places = grid[0, 0], grid[1, 0], grid[2, 0]
    else:
        figure = Figure(figsize=(WIDTH, top + 2.9), layout="constrained")
        grid = figure.add_gridspec(2, 2, height_ratios=[top, 2.9])
        places = grid[0, :], grid[1, 0], grid[1, 1]
    returns, followed, so_far = (figure.add_subplot(place) for place in places)
    _draw_returns(returns, environment, columns)
    _draw_episode(followed, environment, "followed", environment["portrait"], smooth=True)
    _draw_episode(so_far, environment, "return_so_far", "return so far", smooth=False)
    return Drawing(figure, _caption(environment), _alt(environment))


def _draw_returns(panel: Axes, environment: Mapping[str, Json], columns: int) -> None:
    """One row a baseline; the first on top."""
    baselines = environment["baselines"]
    first, last = environment["seeds"]
    title = f"Return of {last - first + 1} episodes"
    if columns > 1:
        title += f" (seeds {first} to {last}), 95 % intervals"
    panel.set_title(title)
    for row, (baseline, series) in enumerate(zip(baselines, SERIES, strict=False)):
        found = mean_return(baseline["returns"])
        below, above = found.arms
        panel.errorbar(
            [found.mean], [row], xerr=[[below], [above]],
            color=series.colour, marker=series.marker, linestyle="none", markersize=5.5,
        )  # fmt: skip
    panel.set_yticks(range(len(baselines)), labels=[_label(b) for b in baselines])
    for tick, series in zip(panel.get_yticklabels(), SERIES, strict=False):
        tick.set_color(series.colour)
    panel.set_ylim(len(baselines) - 0.5, -0.5)
    panel.grid(axis="x")
    panel.grid(axis="y", visible=False)
    panel.tick_params(axis="y", length=0)
    panel.margins(x=0.04)


def _draw_episode(
    panel: Axes, environment: Mapping[str, Json], key: str, label: str, smooth: bool
) -> None:
    """One line a baseline; long episodes of jumping values as means of a few steps each."""
    longest = max(len(b["episode"][key]) for b in environment["baselines"])
    block = max(1, longest // _PLACES) if smooth else 1
    panel.set_title(label[0].upper() + label[1:])
    means = f", means of {block}" if block > 1 else ""
    panel.set_xlabel(f"step of the episode of seed {environment['seeds'][0]}{means}")
    for baseline, series in zip(environment["baselines"], SERIES, strict=False):
        values = np.array(baseline["episode"][key], dtype=float)
        starts = np.arange(0, len(values), block)
        counts = np.diff(np.append(starts, len(values)))
        panel.plot(
            starts + (counts - 1) / 2, np.add.reduceat(values, starts) / counts,
            color=series.colour, linestyle=series.dash, linewidth=1.1, marker=series.marker,
            markersize=3.5, markevery=max(1, len(starts) // 8),
        )  # fmt: skip
    drawn = {value for baseline in environment["baselines"] for value in baseline["episode"][key]}
    if len(drawn) == 1:  # else the axis is all rounding
        panel.set_ylim(min(drawn) - 1, min(drawn) + 1)


def _label(baseline: Mapping[str, Json]) -> str:
    name = _named(baseline)
    seen = {"future": " (sees the future)", "hidden": " (sees hidden state)", "bound": " (bound)"}
    return name + seen.get(baseline["sees"], "")


def _named(baseline: Mapping[str, Json]) -> str:
    name: str = baseline["name"].replace("_", " ")
    return name


def _caption(environment: Mapping[str, Json]) -> str:
    told = ", ".join(
        f"{_named(baseline)} {mean_return(baseline['returns']).text(1)}"
        for baseline in environment["baselines"]
    )
    first, last = environment["seeds"]
    return (
        f"Returns on {environment['name']} over the same {last - first + 1} episodes: {told}."
        f" Below, the episode of seed {first}."
    )


def _alt(environment: Mapping[str, Json]) -> str:
    return (
        "Above, a dot with an interval for the return of each baseline; below, lines over the"
        f" steps of one episode: {environment['portrait']}, and the return so far."
    )
