"""What a record says of a hardware point's device twin: predicted beside measured.

The prediction is the exact engine's under the calibration of the run's time. Where the client has
corrected readout errors (TREX), they are not in the prediction either; zero-noise extrapolation is
not imitated, so that λ̂ says how much noise it has left.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from nisqdl.engines import find_engine
from nisqdl.engines.runtime.options import Execution
from nisqdl.engines.runtime.request import Measured
from nisqdl.engines.twin import Model, Twin, shared_shots, twin
from nisqdl.errors import NisqdlError
from nisqdl.store.record import Json
from nisqdl.studies.named import device_named, recipe_named
from nisqdl.studies.settings import nested
from nisqdl.targets.transpile import scheduled

if TYPE_CHECKING:
    from nisqdl.engines.contract import Array
    from nisqdl.targets.device import Device
    from nisqdl.targets.isa import IsaModel

_DIGITS = 6


def paired(
    settings: Mapping[str, Json],
    isa: IsaModel,
    rows: Array,
    weights: Array,
    found: Measured,
    execution: Execution,
    scores: Callable[[Array], Mapping[str, Json]],
) -> dict[str, Json]:
    """The values ``twin`` and ``circuits`` of a record, or ``twin_refused`` with the reason.

    The client's Estimator takes the strings of an observable as if each had shots of its own. Its
    standard errors are corrected for that, by what the model says of the strings, and ``stderr`` is
    their mean then; ``stderr_stated`` is the mean of what the client stated.

    Args:
        settings: The point's; its noise recipe and channels say what is modelled.
        isa: The circuit that ran.
        rows, weights: Encoded features (B, E) and weights (W,) at which it ran.
        found: What came back.
        execution: How it ran.
        scores: Accuracies and the like of values (B, O).
    """
    made_for = device_named(settings["target"])
    try:
        model = _model(settings, isa, rows, weights, execution)
        run = found.snapshot or made_for
        stderr = corrected(found.stderr, model, run, execution)
        pair = twin(model, found.values, stderr, run, made_for)
    except NisqdlError as error:
        return {"twin_refused": str(error)}
    return {
        "stderr": mean_error(stderr),
        "stderr_stated": mean_error(found.stderr),
        "twin": {**scores(pair.predicted), **_told(pair, execution)},
        "circuits": {
            "measured": _rounded(found.values),
            "stderr": _rounded(stderr),
            "predicted": _rounded(pair.predicted),
            "ideal": _rounded(pair.ideal),
        },
    }


def training_errors(
    settings: Mapping[str, Json], isa: IsaModel, bindings: Array, found: Measured
) -> Array:
    """Standard errors (V·B, O) of one round of a training on a device, corrected as in records.

    Args:
        settings: The training's.
        isa: The circuit that ran.
        bindings: Features and weights (V·B, E + W), all rows of one weight vector together.
        found: What came back for them.
    """
    execution = Execution.model_validate(nested(settings, "execution"))
    device, width = device_named(settings["target"]), len(isa.features)
    vectors = bindings[:, width:]
    starts = np.flatnonzero((np.diff(vectors, axis=0) != 0).any(axis=1)) + 1
    errors = []
    for rows, stated in zip(
        np.split(bindings, starts), np.split(found.stderr, starts), strict=True
    ):
        model = _model(settings, isa, rows[:, :width], rows[0, width:], execution)
        errors.append(corrected(stated, model, device, execution))
    return np.concatenate(errors)


def corrected(stderr: Array, model: Model, device: Device, execution: Execution) -> Array:
    """The standard errors that the client stated, corrected for strings that share their shots."""
    if execution.primitive != "estimator":
        return stderr
    return stderr * shared_shots(model, model.noise(device, 1.0))


def _model(
    settings: Mapping[str, Json],
    isa: IsaModel,
    rows: Array,
    weights: Array,
    execution: Execution,
) -> Model:
    recipe, channels = (
        recipe_named(settings["noise.recipe"]),
        modelled_channels(settings, execution),
    )
    if recipe.restricted(channels).needs_schedule:  # a device waits without being told to
        isa = scheduled(isa, device_named(settings["target"]))
    return Model(find_engine("exact"), isa, recipe, channels, rows, weights)


def mean_error(stderr: Array) -> float | None:
    """The mean of those that are finite; an extrapolation may come without one."""
    known = stderr[np.isfinite(stderr)]
    return float(known.mean()) if known.size else None


def modelled_channels(settings: Mapping[str, Json], execution: Execution) -> tuple[str, ...] | None:
    """What is modelled; ``None`` is the recipe's own channels."""
    given = settings["noise.channels"]
    if not execution.mitigates_readout:
        return None if given is None else tuple(given)
    modelled = recipe_named(settings["noise.recipe"]).channels if given is None else given
    return tuple(channel for channel in modelled if channel != "readout")


def _told(pair: Twin, execution: Execution) -> dict[str, Json]:
    told: dict[str, Json] = {
        "drift": pair.drift,
        "readout_modelled": not execution.mitigates_readout,
    }
    unmodelled = [
        name
        for name, used in (
            ("zero-noise extrapolation", execution.extrapolation is not None),
            ("probabilistic error cancellation", execution.pec is not None),
        )
        if used
    ]
    if unmodelled:
        told["unmitigated"] = unmodelled
    if pair.fit is None:
        return told
    fit = pair.fit
    return {
        **told,
        "noise_scale": fit.scale,
        "noise_scale_error": fit.error if math.isfinite(fit.error) else None,
        "noise_scale_low": fit.low,
        "noise_scale_high": fit.high,
        "chi_square": fit.chi_square,
        "freedom": fit.freedom,
        "excess": fit.excess,
        "excess_shown": fit.excess_shown,
        "suspects": [[one.qubit, one.part, one.extra, one.gain] for one in pair.suspects],
    }


def _rounded(values: Array) -> list[list[float | None]]:
    """Rows for JSON; what is no number is ``None``."""
    return [[round(float(v), _DIGITS) if v == v else None for v in row] for row in values]
