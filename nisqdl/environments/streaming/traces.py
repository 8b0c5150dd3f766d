"""Bandwidth over time, second by second: synthetic Markov levels, or the user's own files."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from nisqdl.environments.dynamics import Floats
from nisqdl.environments.streaming.options import StreamingOptions
from nisqdl.errors import InputError

SECONDS = 600
"""Length of a trace; it begins again at its end."""
_LARGEST_FILE_MB = 50
_FASTEST_MBPS = 1e6
_LONGEST_S = 1e6


def synthetic_traces(options: StreamingOptions, draws: Floats) -> Floats:
    """Mbit/s in each second of a walk over the levels.

    Args:
        options: The levels.
        draws: Uniform numbers, shape (copies, seconds); the first picks the first level.
    """
    levels = np.geomspace(options.low_mbps, options.high_mbps, options.levels)
    place = (draws[:, 0] * options.levels).astype(np.int64)
    places = [place]
    for draw in draws.T[1:]:
        up, down = draw >= (1 + options.stay) / 2, draw < (1 - options.stay) / 2
        place = np.clip(place + up - down, 0, options.levels - 1)
        places.append(place)
    traces: Floats = levels[np.stack(places, axis=1)]
    return traces


def read_traces(path: str) -> Floats:
    """The traces of a file, or of all files in a folder in the order of their names.

    Each line has the second at which a bandwidth begins and the bandwidth in Mbit/s, divided by
    blanks; the last one lasts as long as the one before it. Times may have fractions: each
    second of the result has the mean bandwidth of that second. Shorter traces are repeated.

    Returns:
        Mbit/s, shape (traces, SECONDS).

    Raises:
        InputError: Something is not as it must be; says the file and line.
    """
    place = Path(path)
    if not place.exists():
        raise InputError(
            f"The traces {path!r} (streaming.traces) do not exist below {Path.cwd()}: correct"
            " the path."
        )
    files = [place]
    if place.is_dir():
        files = sorted(
            file for file in place.iterdir() if file.is_file() and not file.name.startswith(".")
        )
        if not files:
            raise InputError(f"The folder {path!r} (streaming.traces) must hold files of traces.")
    return np.stack([_read(file) for file in files])


def _read(file: Path) -> Floats:
    times, rates = [], []
    for number, line in enumerate(_lines(file), start=1):
        cells = line.split()
        if not cells:
            continue
        where = f"{file}, line {number}"
        if len(cells) != 2:
            raise InputError(
                f"{where} must have two numbers, seconds and Mbit/s, but has {len(cells)}"
                f" {'cell' if len(cells) == 1 else 'cells'}: divide them by a blank."
            )
        times.append(_number(where, "the time in seconds", cells[0], _LONGEST_S))
        rates.append(_number(where, "the bandwidth in Mbit/s", cells[1], _FASTEST_MBPS))
        if len(times) > 1 and times[-1] <= times[-2]:
            raise InputError(
                f"{where} must be later than the line before it ({times[-2]:g} s), but is"
                f" {times[-1]:g} s: sort the lines."
            )
    if len(times) < 2:
        raise InputError(f"{file} must have at least two lines of seconds and Mbit/s.")
    if not any(rates):
        raise InputError(f"{file} must have a bandwidth above 0 somewhere: nothing ever arrives.")
    return _second_by_second(np.array(times), np.array(rates), file)


def _second_by_second(times: Floats, rates: Floats, file: Path) -> Floats:
    """Mean rate of each second; the trace repeats."""
    edges = np.append(times - times[0], 2 * times[-1] - times[-2] - times[0])
    length = math.floor(edges[-1] + 1e-9)
    if length < 1:
        raise InputError(f"{file} must last at least one second, but lasts {edges[-1]:g}.")
    delivered = np.concatenate([[0.0], np.cumsum(rates * np.diff(edges))])
    each = np.diff(np.interp(np.arange(length + 1), edges, delivered))
    if not each.any():
        raise InputError(f"{file} must have a bandwidth above 0 in its {length} whole seconds.")
    return np.resize(each, max(SECONDS, length))[:SECONDS] if length <= SECONDS else each[:SECONDS]


def _number(where: str, what: str, cell: str, largest: float) -> float:
    try:
        value = float(cell) if "_" not in cell else math.nan
    except ValueError:
        value = math.nan
    if not 0 <= value <= largest:
        raise InputError(
            f"{where}: {what} must be a number from 0 to {largest:g}, but is {cell!r}: correct it."
        )
    return value


def _lines(file: Path) -> list[str]:
    try:
        if file.stat().st_size > _LARGEST_FILE_MB * 1e6:
            raise InputError(
                f"The trace {file} must have at most {_LARGEST_FILE_MB} MB: keep fewer lines."
            )
        return file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise InputError(f"{file} must be UTF-8 text, but is not: is it a trace?") from None
    except OSError as error:
        raise InputError(f"The trace {file} cannot be read: {error.strerror}.") from None
