"""Sensitivity to noise: how values change with the noise scale λ."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nisqdl.engines.contract import Array, Engine
from nisqdl.errors import InputError

if TYPE_CHECKING:
    from nisqdl.circuits.model import Model
    from nisqdl.noise.channels import NoiseChannels
    from nisqdl.targets.isa import IsaModel

_STEP = 0.02
"""Step of the stencils, as a share of max(λ, 1): truncation and rounding are both below 1e-9."""

_CENTRAL = {-3: -1 / 60, -2: 3 / 20, -1: -3 / 4, 1: 3 / 4, 2: -3 / 20, 3: 1 / 60}
_FORWARD = {0: -49 / 20, 1: 6.0, 2: -15 / 2, 3: 20 / 3, 4: -15 / 4, 5: 6 / 5, 6: -1 / 6}


def noise_slope(
    engine: Engine,
    model: Model | IsaModel,
    noise_at: Callable[[float], NoiseChannels],
    scale: float,
    features: Array,
    weights: Array,
) -> Array:
    """∂values/∂λ at noise scale λ, shape (B, O), with features (B, F) and weights (W,) held.

    Exact values are analytic in λ wherever no error is clipped (readout at 0.5, gate errors at
    the completely depolarizing channel), so a difference of sixth order gives the derivative to
    about 1e-8: central where 3 steps fit above λ = 0, else forward. Any exact engine will do.

    Args:
        engine: Evaluates the model.
        model: Its noise must be what ``noise_at`` describes.
        noise_at: The noise at a scale, e.g. ``lambda s: channels_for(recipe, device, qubits, s)``.
        scale: λ ≥ 0.
        features, weights: Where the slope is taken.

    Raises:
        InputError: λ is negative.
    """
    if scale < 0:
        raise InputError(f"`scale` must be at least 0, but is {scale}.")
    step = _STEP * max(scale, 1.0)
    stencil = _CENTRAL if scale >= 3 * step else _FORWARD
    slope: Array = sum(
        factor * engine.prepare(model, noise_at(scale + count * step)).values(features, weights)
        for count, factor in stencil.items()
    )  # type: ignore[assignment]
    return slope / step
