"""Sentences about ways of training: which help, and which lose less to the noise."""

from __future__ import annotations

from nisqdl.analysis.intervals import Estimate, signed_number
from nisqdl.analysis.noise_accuracy import DeviceFinding, Finding
from nisqdl.analysis.verdict import Verdict
from nisqdl.analysis.ways import training_text, way_title
from nisqdl.analysis.ways_found import WaysFound
from nisqdl.analysis.words import listed


def ways_verdict(finding: Finding) -> Verdict | None:
    """Which ways of training help: at the reference scale, at the largest, and without noise."""
    grid = finding.grid
    scales = dict.fromkeys([grid.reference_scale, grid.scales[-1], grid.scales[0]])
    numbers: dict[str, Estimate] = {}
    parts = []
    for device in finding.devices:
        if device.ways is None or not device.ways.gains:
            continue
        said = [text for scale in scales if (text := _shown_ways(device.ways, scale))]
        parts.append(f"{_on(device, finding)}{'; '.join(said) or 'no way was shown to differ'}")
        numbers |= {
            f"{device.title}, {way_title(way)}, λ = {scale:g}": gain
            for way, gains in device.ways.gains.items()
            for scale, gain in gains.items()
        }
    if not parts:
        return None
    reference = _reference_way(finding)
    rule = (
        f"Test accuracy of each way of training minus that of the QNN {reference}, depth and "
        f"entangler as chosen, paired over seeds. {_SHOWN}"
    )
    if any("normalised" in way_title(way) for way in grid.trainings):
        rule = f"{rule} {_NORMALISED_RULE}"
    sentence = f"Against the QNN {reference}: {'. '.join(parts)}."
    return Verdict("Ways of training", sentence, rule, numbers)


def robustness_verdict(finding: Finding) -> Verdict | None:
    """Which ways of training were shown to lose less, or more, to the noise."""
    grid = finding.grid
    parts = []
    numbers: dict[str, Estimate] = {}
    for device in finding.devices:
        if device.ways is None or not device.ways.kept:
            continue
        kept = device.ways.kept
        numbers |= {f"{device.title}, {way_title(way)}": one for way, one in kept.items()}
        judged = (
            ("less", [(way, one) for way, one in kept.items() if one.above_zero]),
            ("more", [(way, one.reversed()) for way, one in kept.items() if one.below_zero]),
        )
        said = [
            f"{verdict} if trained "
            + listed([f"{way_title(way)} (by {one.text()})" for way, one in ways])
            for verdict, ways in judged
            if ways
        ]
        parts.append(f"{_on(device, finding)}{', '.join(said) or 'no way was shown to lose less'}")
    if not parts:
        return None
    reference = _reference_way(finding)
    rule = (
        f"Test accuracy at λ = {grid.scales[0]:g} minus at {grid.scales[-1]:g} of the QNN "
        f"{reference}, minus the same of each way; paired over seeds. A difference is shown if its "
        "whole interval (95 % jointly over ways and devices, three seeds or more) is on one side "
        "of 0. A gain that is there without noise already is none of robustness."
    )
    sentence = (
        f"From λ = {grid.scales[0]:g} to {grid.scales[-1]:g}, the QNN lost, compared with one "
        f"{reference}: {'. '.join(parts)}."
    )
    return Verdict("Robustness", sentence, rule, numbers)


def _shown_ways(found: WaysFound, scale: float) -> str:
    """What was shown at one scale; empty where nothing was."""
    known = [(way, gains[scale]) for way, gains in found.gains.items() if scale in gains]
    judged = (
        ("better", [(way, gain) for way, gain in known if gain.above_zero]),
        ("worse", [(way, gain) for way, gain in known if gain.below_zero]),
    )
    said = [
        f"{verdict} if trained "
        + listed([f"{way_title(way)} ({signed_number(gain.mean)})" for way, gain in ways])
        for verdict, ways in judged
        if ways
    ]
    return f"at λ = {scale:g} {', '.join(said)}" if said else ""


def _on(device: DeviceFinding, finding: Finding) -> str:
    return f"on {device.title} " if len(finding.devices) > 1 else ""


def _reference_way(finding: Finding) -> str:
    ways = [device.ways for device in finding.devices if device.ways is not None]
    return training_text(ways[0].configuration.training)


_SHOWN = (
    "A difference is shown if its whole interval (95 % jointly over all ways, noise scales and "
    "devices, three seeds or more) is on one side of 0."
)

_NORMALISED_RULE = (
    "Normalised by the batch, as published, a prediction depends on the rows that are predicted "
    "together; normalised by the training rows, which are measured under the same noise, it does "
    "not. Normalised values are decoded by a softmax, others by their share, which is part of the "
    "difference."
)
