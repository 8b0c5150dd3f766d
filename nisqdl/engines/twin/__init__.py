"""The device twin: what the exact engine says of a circuit under the calibration of its run.

Beside each measured value stands the value that the noise model predicts. From all of them: the
noise scale λ̂ that tells the measurement best, what changed between the calibration that the
circuit was made for and that of the run, and what the model misses.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from nisqdl.engines.contract import Array
from nisqdl.engines.twin.model import Model
from nisqdl.engines.twin.shared_shots import shared_shots
from nisqdl.engines.twin.suspects import STEP, Suspect, suspects
from nisqdl.noise_scale import SCALES, ScaleFit, fit_scale
from nisqdl.targets.device import Device

_LEAST_SCALE = 1e-6

FEWEST = 3
"""Circuits that a noise scale is fitted to at least."""


@dataclass(frozen=True)
class Twin:
    """A measurement beside its model.

    Attributes:
        predicted: Values (B, O) at λ = 1 under the calibration of the run.
        ideal: Values (B, O) without noise.
        before: Values (B, O) at λ = 1 under the calibration that the circuit was made for.
        fit: λ̂ with its interval, and what it misses; ``None`` where fewer than three circuits
            have finite values, or none of them an error.
        suspects: Parts of qubits by what each explains of that; qubits as the device counts them.
    """

    predicted: Array
    ideal: Array
    before: Array
    fit: ScaleFit | None
    suspects: tuple[Suspect, ...]

    @property
    def drift(self) -> float:
        """Root mean square of how far predictions moved between the two calibrations."""
        return float(np.sqrt(((self.predicted - self.before) ** 2).mean()))


def twin(model: Model, measured: Array, stderr: Array, run: Device, made_for: Device) -> Twin:
    """Pair a measurement with its model.

    Args:
        model: What ran, and how it is modelled.
        measured: Values (B, O); circuits with a value that is not finite do not count for λ̂.
        stderr: Their standard errors (B, O).
        run: The device as calibrated at the time of the run.
        made_for: The device as calibrated when the circuit was made.

    Raises:
        InputError: The calibration of the run lacks a value that the noise needs.
        CapacityError: The circuit does not fit the engine.
    """
    curve = noise_curve(model, run)
    predicted = curve[SCALES.index(1.0)]
    fit, found = _fitted(model, measured, stderr, run, curve)
    return Twin(
        predicted=predicted,
        ideal=curve[SCALES.index(0.0)],
        before=predicted if run == made_for else model.values(model.noise(made_for, 1.0)),
        fit=fit,
        suspects=tuple(replace(one, qubit=model.isa.physical_qubits[one.qubit]) for one in found),
    )


def _fitted(
    model: Model, measured: Array, stderr: Array, run: Device, curve: Array
) -> tuple[ScaleFit | None, tuple[Suspect, ...]]:
    """λ̂ over the circuits that have values, and what explains its residuals."""
    known = np.isfinite(measured).all(axis=1) & np.isfinite(stderr).all(axis=1)
    if known.sum() < FEWEST or not (stderr[known] > 0).any():
        return None, ()
    fit = fit_scale(measured[known], stderr[known], np.array(SCALES), curve[:, known])
    # At λ = 0 no gate has an entry; a part of the noise that has would look like a mistake.
    least = max(fit.scale, _LEAST_SCALE)
    calm, loud = (model.noise(run, least + step) for step in (0.0, STEP))
    some = replace(model, features=model.features[known])
    return fit, suspects(fit, measured[known], calm, loud, some.values)


def noise_curve(model: Model, device: Device) -> Array:
    """Exact values at each of :data:`SCALES`, (S, B, O)."""
    return np.stack([model.values(model.noise(device, scale)) for scale in SCALES])


__all__ = ["SCALES", "Model", "ScaleFit", "Suspect", "Twin", "noise_curve", "shared_shots", "twin"]
