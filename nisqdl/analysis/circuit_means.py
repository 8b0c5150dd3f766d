"""Several drawn circuits of one kind as one row: means, with the scatter between circuits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from nisqdl.analysis.intervals import mean_over_seeds
from nisqdl.store.record import Json

_LISTS = ("layer_variances", "qubit_variances")


def mean_row(rows: Sequence[Mapping[str, Json]]) -> Mapping[str, Json]:
    """The row of one circuit as it is; of several the mean of each moment, over circuits.

    Moments come with ``<name>_stderr``, ``_low`` and ``_high``, which then say how far the mean
    over *drawn circuits* may be off (Student's interval); each circuit's own error is in that
    scatter. Lists by layer and by qubit are averaged; other values are those of the first row.
    """
    if len(rows) == 1:
        return rows[0]
    found = dict(rows[0])
    found.pop("parameter_variances", None)
    for name in [key.removesuffix("_stderr") for key in rows[0] if key.endswith("_stderr")]:
        told = mean_over_seeds([float(row[name]) for row in rows])
        found[name], found[f"{name}_stderr"] = told.mean, told.spread / len(rows) ** 0.5
        found[f"{name}_low"], found[f"{name}_high"] = told.low, told.high
    for name in _LISTS:
        lists = [row[name] for row in rows if name in row]
        if len(lists) == len(rows) and len({len(values) for values in lists}) == 1:
            found[name] = np.mean(lists, axis=0).tolist()
    for name, extreme in (("var_grad_max", max), ("var_grad_min", min)):
        if all(name in row for row in rows):
            found[name] = extreme(float(row[name]) for row in rows)
    found["circuits"] = len(rows)
    return found
