"""Ways of training a QNN for a noisy device, and their names.

A way is the noise during training, its scale λ, and whether measured values are normalised.
"""

from __future__ import annotations

from collections.abc import Mapping

from nisqdl.store.record import Json

WAY_SETTINGS = ("training.noise", "training.noise_scale", "training.normalise")
PLAIN_WAYS = frozenset({"ideal", "target", "device"})
"""Those with a figure and a verdict of their own."""

_NOISE = {
    "target": "with the noise",
    "ideal": "without noise",
    "injected": "with injected errors",
    "device": "on the device",
}
_NORMALISED = {"batch": "normalised by the batch", "train": "normalised by the training rows"}


def way_of(settings: Mapping[str, Json]) -> str:
    """The way of training of a point: ``"ideal"``, ``"target ×2"``, ``"injected, batch"``."""
    way = str(settings.get("training.noise"))
    scale, normalise = (settings.get(name) for name in WAY_SETTINGS[1:])
    if scale is not None and scale != 1:
        way += f" ×{scale:g}"
    return way if normalise is None else f"{way}, {normalise}"


def way_title(way: str) -> str:
    """For legends and tables: ``"with the noise at λ = 2 and normalised by the batch"``."""
    trained, _, normalise = way.partition(", ")
    noise, _, scale = trained.partition(" ×")
    text = _NOISE.get(noise, f"with noise {noise}")
    if scale:
        text += f" at λ = {scale}"
    return f"{text} and {_NORMALISED[normalise]}" if normalise else text


def training_text(way: str) -> str:
    """How a QNN was trained, in a sentence."""
    return f"trained {way_title(way)}"
