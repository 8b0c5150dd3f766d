"""Sentences that a report prints for its questions, each with its rule and its numbers.

A verdict never claims more than its intervals allow: an advantage over classical learners is
printed only where the whole corrected interval of the QNN minus *every* one of them is above 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nisqdl.analysis.grid import BASELINE_TITLES, DEPTH, ENTANGLER, TRAINING, Grid
from nisqdl.analysis.intervals import Estimate, number
from nisqdl.analysis.noise_accuracy import DeviceFinding, Finding


@dataclass(frozen=True)
class Verdict:
    """One sentence with what it rests on.

    Attributes:
        sentence: What is said.
        rule: What had to hold for it to be said.
        numbers: The estimates it rests on, by what they are.
    """

    sentence: str
    rule: str
    numbers: Mapping[str, Estimate]


def verdicts(finding: Finding, complete: bool = True) -> tuple[Verdict, ...]:
    """What a report says of one question, the answer to "is it worth it?" first.

    Args:
        finding: The question's numbers.
        complete: Whether all points ran; before that no advantage is claimed.
    """
    sayings = [_against_classical(finding, complete), _best_configurations(finding)]
    for saying in (_noise_cost(finding), _depth(finding), _entangler(finding), _training(finding)):
        if saying is not None:
            sayings.append(saying)
    return tuple(sayings)


def beats_all(device: DeviceFinding) -> bool:
    """Whether the chosen QNN is above every classical learner with its whole interval."""
    return bool(device.against) and all(
        a.difference is not None and a.difference.above_zero for a in device.against
    )


def beaten_by(device: DeviceFinding) -> tuple[str, ...]:
    """The classical learners whose whole interval is above the chosen QNN."""
    return tuple(
        a.baseline.title
        for a in device.against
        if a.difference is not None and a.difference.below_zero
    )


def listed(words: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _against_classical(finding: Finding, complete: bool) -> Verdict:
    grid = finding.grid
    names = [BASELINE_TITLES.get(n, n) for n in grid.baseline_names()]
    numbers = {
        f"{d.target}: QNN − {a.baseline.title}": a.difference
        for d in finding.devices
        for a in d.against
        if a.difference is not None
    }
    rule = (
        "An advantage is claimed only if, on a device at λ = "
        f"{grid.reference_scale:g}, test accuracy of the chosen QNN minus that of every classical "
        "learner, paired over seeds, has its whole interval above 0. The intervals hold at 95 % "
        f"jointly over all {max(1, finding.comparisons)} such comparisons of this report "
        "(Bonferroni), and need three seeds or more."
    )
    if not names:
        sentence = f"On {grid.title}, no classical learner was run, so none is compared."
        return Verdict(sentence, rule, numbers)
    winners = [d for d in finding.devices if beats_all(d)]
    if winners and complete:
        where = listed([d.target for d in winners])
        sentence = f"On {grid.title}, the best QNN under the noise of {where} beats {listed(names)}"
        return Verdict(sentence + f": {_smallest_gains(winners)}.", rule, numbers)
    sentence = (
        f"On {grid.title}, no advantage of the QNN over {_or(names)} was shown{_beaten(finding)}."
    )
    if not complete:
        sentence += " The run is not complete, so no advantage could be claimed yet."
    elif len(grid.seeds) < 3:
        sentence += " With fewer than three seeds none could be."
    return Verdict(sentence, rule, numbers)


def _or(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _smallest_gains(winners: Sequence[DeviceFinding]) -> str:
    texts = []
    for device in winners:
        gains = [(a.difference, a.baseline.title) for a in device.against if a.difference]
        gain, title = min(gains, key=lambda pair: pair[0].mean)
        texts.append(f"on {device.target} by {gain.text()} over {title}, the nearest of them")
    return "; ".join(texts)


def _beaten(finding: Finding) -> str:
    beaten = [(d, beaten_by(d)) for d in finding.devices]
    beaten = [(d, by) for d, by in beaten if by]
    if not beaten:
        return ""
    if len(beaten) == len(finding.devices):
        where = "every device" if len(beaten) > 1 else beaten[0][0].target
        always = [b for b in beaten[0][1] if all(b in by for _, by in beaten)]
        if always:
            verb = "was" if len(always) == 1 else "were"
            return f"; {listed(always)} {verb} shown to be better on {where}"
    parts = [f"{listed(list(by))} on {d.target}" for d, by in beaten]
    return f"; shown to be better than it: {', '.join(parts)}"


def _best_configurations(finding: Finding) -> Verdict:
    grid = finding.grid
    parts = [f"{d.target} {d.accuracy.text()} at {d.best.text}" for d in finding.devices]
    sentence = (
        f"Test accuracy of the best QNN under each device's noise (λ = "
        f"{grid.reference_scale:g}): {'; '.join(parts)}."
    )
    rule = (
        f"{_chosen(grid)} by mean training accuracy under the device's noise, ties "
        "going to fewer two-qubit gates; the accuracy printed is that on test samples, which had "
        f"no part in the choice, with its 95 % t interval over {len(grid.seeds)} seed(s)."
    )
    return Verdict(sentence, rule, {d.target: d.accuracy for d in finding.devices})


def _chosen(grid: Grid) -> str:
    swept = {DEPTH: "depth", ENTANGLER: "entangler", TRAINING: "training"}
    names = [word for column, word in swept.items() if len(grid.qnn.distinct(column)) > 1]
    if not names:
        return "Only one configuration was run; nothing had to be chosen"
    return f"{listed(names).capitalize()} {'is' if len(names) == 1 else 'are'} chosen"


def _noise_cost(finding: Finding) -> Verdict | None:
    costs = [(d, d.noise_cost) for d in finding.devices if d.noise_cost is not None]
    if not costs:
        return None
    parts = []
    for device, cost in costs:
        if cost.below_zero:
            parts.append(f"{number(-cost.mean)} on {device.target} ({_swapped(cost)})")
        elif cost.above_zero:
            parts.append(f"nothing on {device.target}, which gains {cost.text()}")
        else:
            parts.append(f"nothing that was shown on {device.target} ({_swapped(cost)})")
    scale = finding.grid.reference_scale
    sentence = f"The device's noise (λ = {scale:g}) costs in accuracy: {'; '.join(parts)}."
    rule = (
        f"Test accuracy of the chosen QNN at λ = {scale:g} minus at λ = 0, paired over seeds; "
        "a cost is said to be shown if its whole interval (95 % jointly over devices) is beyond 0."
    )
    return Verdict(sentence, rule, {d.target: cost for d, cost in costs})


def _swapped(cost: Estimate) -> str:
    if cost.low is None or cost.high is None:
        return f"{number(-cost.mean)}, one seed, no interval"
    return f"{number(-cost.high)} to {number(-cost.low)}"


def _depth(finding: Finding) -> Verdict | None:
    told = [d for d in finding.devices if d.paying_depth is not None]
    if not told:
        return None
    parts = []
    for device in told:
        depth, best = device.paying_depth, device.best.depth
        if depth == best:
            parts.append(f"{device.target} {best}, the chosen one")
        else:
            parts.append(f"{device.target} {depth} (chosen: {best})")
    sentence = (
        f"The smallest depth not shown to be worse than the chosen one: {'; '.join(parts)}."
    )
    rule = (
        "Entangler and training are those of the chosen configuration; one-sided t tests paired "
        "over seeds, Holm-corrected, at 5 %. Not shown to be worse does not mean equal: more "
        "seeds may show a difference."
    )
    numbers = {
        f"{d.target}: depth {d.best.depth} − {depth}": gain
        for d in told
        for depth, gain, _ in d.depth_gains
    }
    return Verdict(sentence, rule, numbers)


def _entangler(finding: Finding) -> Verdict | None:
    gains = [(d, d.entangling_gain) for d in finding.devices if d.entangling_gain is not None]
    return _differences(
        gains,
        "The best entangled QNN against the best without entangler",
        "Both are chosen by mean training accuracy under the device's noise; test accuracy, "
        "paired over seeds, 95 % jointly over devices.",
    )


def _training(finding: Finding) -> Verdict | None:
    gains = [(d, d.training_gain) for d in finding.devices if d.training_gain is not None]
    return _differences(
        gains,
        "Training with the device's noise against training without it",
        "Test accuracy under the device's noise at the chosen depth and entangler, paired over "
        "seeds, 95 % jointly over devices.",
    )


def _differences(
    gains: Sequence[tuple[DeviceFinding, Estimate]], subject: str, rule: str
) -> Verdict | None:
    if not gains:
        return None
    parts = []
    for device, gain in gains:
        if gain.above_zero:
            word = "better"
        elif gain.below_zero:
            word = "worse"
        else:
            word = "no difference shown"
        parts.append(f"{device.target} {gain.signed()}, {word}")
    return Verdict(f"{subject}: {'; '.join(parts)}.", rule, {d.target: g for d, g in gains})
