"""Ways of training a QNN for a noisy device, and their names.

A way is the noise during training, its scale λ, and whether measured values are normalised; and
where a run varies them, the first weights, and whether the circuit is trained layer by layer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from nisqdl.store.record import Json

_NOISE_SETTINGS = ("training.noise", "training.noise_scale", "training.normalise")
_START, _SCHEDULE, _GROWTH = "training.initialisation", "training.schedule", "training.growth."
PLAIN_WAYS = frozenset({"ideal", "target", "device"})
"""Those with a figure and a verdict of their own."""

_NOISE = {
    "target": "with the noise",
    "ideal": "without noise",
    "injected": "with injected errors",
    "device": "on the device",
}
_NORMALISED = {"batch": "normalised by the batch", "train": "normalised by the training rows"}


def is_of_way(name: str) -> bool:
    """Whether a setting belongs to the way of training."""
    return name in (*_NOISE_SETTINGS, _START, _SCHEDULE) or name.startswith(_GROWTH)


def varied_ways(rows: Sequence[Mapping[str, Json]]) -> tuple[str, ...]:
    """The settings of ways of training that differ between points; how circuits grow, among those
    that do."""
    names = dict.fromkeys(name for row in rows for name in row if is_of_way(name))
    found = []
    for name in names:
        grows = name.startswith(_GROWTH)
        values = {row.get(name) for row in rows if name in row or not grows}
        if len(values) > 1:
            found.append(name)
    return tuple(found)


def way_of(settings: Mapping[str, Json], varied: Collection[str] = ()) -> str:
    """The way of training of a point: ``"ideal"``, ``"target ×2"``, ``"injected, batch"``.

    Args:
        settings: Of the point.
        varied: Settings that differ in the run; the first weights and how a circuit grows are part
            of a way only there.
    """
    parts = [str(settings.get("training.noise"))]
    scale, normalise = (settings.get(name) for name in _NOISE_SETTINGS[1:])
    if scale is not None and scale != 1:
        parts[0] += f" ×{scale:g}"
    if normalise is not None:
        parts.append(str(normalise))
    if _START in varied and settings.get(_START, "uniform") != "uniform":
        parts.append(str(settings[_START]))
    if _SCHEDULE in varied and settings.get(_SCHEDULE) is not None:
        parts.append(str(settings[_SCHEDULE]))
    for name in sorted(varied):
        if name.startswith(_GROWTH) and settings.get(name) is not None:
            parts.append(f"{name.removeprefix(_GROWTH)} {settings[name]}")
    return ", ".join(parts)


def way_title(way: str) -> str:
    """For legends and tables: ``"with the noise at λ = 2 and normalised by the batch"``."""
    trained, *others = way.split(", ")
    noise, _, scale = trained.partition(" ×")
    text = _NOISE.get(noise, f"with noise {noise}")
    if scale:
        text += f" at λ = {scale}"
    growth = " ".join(other for other in others if " " in other)
    for other in others:
        if other in _NORMALISED:
            text += f" and {_NORMALISED[other]}"
        elif other == "layerwise":
            text = f"layer by layer{f' ({growth})' if growth else ''} {text}"
        elif " " not in other:
            text += f" from {other} angles"
    return text


def training_text(way: str) -> str:
    """How a QNN was trained, in a sentence."""
    return f"trained {way_title(way)}"
