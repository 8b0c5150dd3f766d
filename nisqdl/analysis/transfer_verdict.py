"""What a transfer report says: does training under noise help at home, and elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from nisqdl.analysis.intervals import Estimate
from nisqdl.analysis.outcome import outcome
from nisqdl.analysis.transfer import Question
from nisqdl.analysis.verdict import Verdict
from nisqdl.analysis.words import listed

_SHOWN = (
    "Paired over seeds, with t intervals that hold at 95 % jointly over the sentence's settings "
    "(Bonferroni); a difference is shown from three seeds on if its whole interval is on one side "
    "of 0. What is not shown may still be there."
)

_Gain: TypeAlias = Callable[[Question, float, int], Estimate | None]


def transfer_verdicts(found: Sequence[Question]) -> tuple[Verdict, ...]:
    """What a report says, the device that was trained under first."""
    sayings = (
        _by_scale(
            "At home",
            found,
            lambda q, scale, n: q.at_home(scale, comparisons=n),
            "training under a device's noise was shown to help on that device",
            "training under a device's noise was shown to hurt on that device",
            "no difference that training under a device's noise makes on that device was shown",
            "Test accuracy on a device when trained under its noise minus when trained without "
            "noise, mean over the devices.",
        ),
        _by_scale(
            "Elsewhere",
            found,
            lambda q, scale, n: q.elsewhere(scale, comparisons=n),
            "training under one device's noise was shown to help on the others",
            "training under one device's noise was shown to hurt on the others",
            "no difference that training under one device's noise makes on the others was shown",
            "Test accuracy on a device when trained under another one's noise minus when trained "
            "without noise, mean over all pairs of devices.",
        ),
        _by_scale(
            "Which device's noise",
            found,
            lambda q, scale, n: q.own_noise(scale, comparisons=n),
            "it was shown to be better to train under the very device's noise than another's",
            "it was shown to be worse to train under the very device's noise than another's",
            "no difference between the very device's noise and another's was shown",
            "Test accuracy on a device when trained under its own noise minus when trained under "
            "the others', mean over the devices.",
        ),
        _by_scale(
            "Another date",
            found,
            lambda q, scale, n: q.other_date(scale, comparisons=n),
            "training under the same device's noise of another date was shown to be better than of "
            "the test's",
            "training under the same device's noise of another date was shown to be worse than of "
            "the test's",
            "no difference between a device's noise of another date and of the test's was shown",
            "Test accuracy on a device at one date when trained under its noise of another date "
            "minus when trained under that of the test, mean over all pairs of dates of a device.",
        ),
        _device_by_device(found),
        _scales(found),
        _loss(found),
    )
    return tuple(saying for saying in sayings if saying is not None)


def _by_scale(
    topic: str,
    found: Sequence[Question],
    gain: _Gain,
    up: str,
    down: str,
    open_: str,
    rule: str,
) -> Verdict | None:
    """One sentence over all questions and scales."""
    places = [(q, scale) for q in found for scale in q.trained_scales]
    gains: list[tuple[str, Estimate]] = []
    for question, scale in places:
        one = gain(question, scale, len(places))
        if one is not None:
            gains.append((_where(found, question, f"λ = {scale:g}"), one))
    return outcome(topic, gains, up, down, open_, f"{rule} {_SHOWN}")


def _device_by_device(found: Sequence[Question]) -> Verdict | None:
    """Where it was shown to help or to hurt, device by device."""
    places = [(q, d, scale) for q in found for scale in q.trained_scales for d in q.devices]
    gains: dict[str, Estimate] = {}
    for question, device, scale in places:
        place = (device, scale)
        gain = question.gain(place, place, comparisons=len(places))
        if gain is not None:
            gains[_where(found, question, f"{device}, λ = {scale:g}")] = gain
    if not gains or len(places) == 1:
        return None
    helps = [f"{gain.text()} ({title})" for title, gain in gains.items() if gain.above_zero]
    hurts = [
        f"{gain.reversed().text()} ({title})" for title, gain in gains.items() if gain.below_zero
    ]
    parts = []
    if helps:
        parts.append(f"it was shown to help by {listed(helps)}")
    if hurts:
        parts.append(f"it was shown to hurt by {listed(hurts)}")
    rest = len(gains) - len(helps) - len(hurts)
    if rest:
        parts.append(f"no difference was shown at {rest} of {len(gains)} places")
    rule = (
        "A place is a device and a λ: test accuracy there when trained under that very noise minus "
        f"when trained without. {_SHOWN}"
    )
    return Verdict("Device by device", f"Device by device, {'; '.join(parts)}.", rule, gains)


def _scales(found: Sequence[Question]) -> Verdict | None:
    """Training at another λ than the one of the test."""
    pairs = [
        (q, trained, tested)
        for q in found
        for trained in q.trained_scales
        for tested in q.trained_scales
        if trained != tested
    ]
    gains: list[tuple[str, Estimate]] = []
    for question, trained, tested in pairs:
        one = question.other_scale(trained, tested, comparisons=len(pairs))
        if one is not None:
            words = f"trained at {trained:g}, tested at {tested:g}"
            gains.append((_where(found, question, words), one))
    return outcome(
        "Another λ",
        gains,
        "training at another λ than that of the test was shown to be better",
        "training at another λ than that of the test was shown to be worse",
        "no difference between training at the λ of the test and at another was shown",
        "Test accuracy when trained at one λ minus when trained at the λ of the test, on the same "
        f"device, mean over the devices. {_SHOWN}",
    )


def _loss(found: Sequence[Question]) -> Verdict | None:
    """At home in the loss, which sees more than the accuracy: lower is better."""
    places = [(q, scale) for q in found for scale in q.trained_scales]
    gains: list[tuple[str, Estimate]] = []
    for question, scale in places:
        one = question.at_home(scale, "loss", len(places))
        if one is not None:
            gains.append((_where(found, question, f"λ = {scale:g}"), one.reversed()))
    return outcome(
        "Loss at home",
        gains,
        "in the loss, training under a device's noise was shown to help on that device",
        "in the loss, training under a device's noise was shown to hurt on that device",
        "in the loss, no difference that it makes on that device was shown",
        "Test loss on a device when trained without noise minus when trained under its noise, mean "
        f"over the devices: above 0 is a gain. {_SHOWN}",
    )


def _where(found: Sequence[Question], question: Question, words: str) -> str:
    return words if len(found) == 1 else f"{question.title}, {words}"
