"""Sentences on accuracy under noise: against classical learners, the best QNN, what noise costs, …

An advantage over classical learners is printed only where the whole corrected interval of the QNN
minus *every* one of them is above 0.
"""

from __future__ import annotations

from collections.abc import Sequence

from nisqdl.analysis.grid import BASELINE_TITLES, DEPTH, ENTANGLER, TRAINING, Grid
from nisqdl.analysis.intervals import Estimate
from nisqdl.analysis.noise_accuracy import DeviceFinding, Finding
from nisqdl.analysis.verdict import Verdict
from nisqdl.analysis.ways import training_text
from nisqdl.analysis.ways_verdict import robustness_verdict, ways_verdict
from nisqdl.analysis.words import counted, listed


def verdicts(finding: Finding, complete: bool = True) -> tuple[Verdict, ...]:
    """What a report says of one question, the answer to "is it worth it?" first.

    Args:
        finding: The question's numbers.
        complete: Whether all points ran; before that no advantage is claimed.
    """
    sayings = [_against_classical(finding, complete), _best_configurations(finding)]
    for saying in (
        _noise_cost(finding), _depth(finding), _entangler(finding), _training(finding),
        robustness_verdict(finding),
    ):  # fmt: skip
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


def _against_classical(finding: Finding, complete: bool) -> Verdict:
    grid = finding.grid
    names = [BASELINE_TITLES.get(n, n) for n in grid.baseline_names()]
    numbers = {
        f"{d.title}: QNN − {a.baseline.title}": a.difference
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
        return Verdict(_CLASSICAL, sentence, rule, numbers)
    winners = [d for d in finding.devices if beats_all(d)]
    if winners and complete:
        where = listed([d.title for d in winners])
        sentence = f"On {grid.title}, the best QNN under the noise of {where} beats {listed(names)}"
        return Verdict(_CLASSICAL, sentence + f": {_smallest_gains(winners)}.", rule, numbers)
    sentence = (
        f"On {grid.title}, no advantage of the QNN over {listed(names, 'or')} was shown"
        f"{_beaten(finding)}."
    )
    if not complete:
        sentence += " The run is not complete, so no advantage could be claimed yet."
    elif len(grid.seeds) < 3:
        sentence += " With fewer than three seeds none could be."
    return Verdict(_CLASSICAL, sentence, rule, numbers)


def _smallest_gains(winners: Sequence[DeviceFinding]) -> str:
    texts = []
    for device in winners:
        gains = [(a.difference, a.baseline.title) for a in device.against if a.difference]
        gain, title = min(gains, key=lambda pair: pair[0].mean)
        texts.append(f"on {device.title} by {gain.text()} over {title}, the nearest of them")
    return "; ".join(texts)


def _beaten(finding: Finding) -> str:
    beaten = [(d, beaten_by(d)) for d in finding.devices]
    beaten = [(d, by) for d, by in beaten if by]
    if not beaten:
        return ""
    if len(beaten) == len(finding.devices):
        where = "every device" if len(beaten) > 1 else beaten[0][0].title
        always = [b for b in beaten[0][1] if all(b in by for _, by in beaten)]
        if always:
            verb = "was" if len(always) == 1 else "were"
            return f"; {listed(always)} {verb} shown to be better on {where}"
    parts = [f"{listed(list(by))} on {d.title}" for d, by in beaten]
    return f"; shown to be better than it: {', '.join(parts)}"


def _best_configurations(finding: Finding) -> Verdict:
    grid = finding.grid
    trainings = {d.best.training for d in finding.devices}
    parts = [
        f"{d.title} {d.accuracy.text()} with {d.best.circuit_text}"
        + (f", {training_text(d.best.training)}" if len(trainings) > 1 else "")
        for d in finding.devices
    ]
    same = ""
    if len(trainings) == 1 and len(grid.trainings) > 1:
        every = "all " if len(finding.devices) > 1 else ""
        same = f"; {every}{training_text(*trainings)}"
    sentence = (
        f"The best QNN of each device under {grid.noise} (λ = {grid.reference_scale:g}), in test "
        f"accuracy: {'; '.join(parts)}{same}."
    )
    rule = (
        f"{_chosen(grid)} by mean training accuracy under {grid.noise}, ties "
        "going to fewer two-qubit gates; the accuracy printed is that on test samples, which had "
        f"no part in the choice, with its 95 % t interval over {counted(len(grid.seeds), 'seed')}."
    )
    return Verdict("Best QNN", sentence, rule, {d.title: d.accuracy for d in finding.devices})


def _chosen(grid: Grid) -> str:
    swept = {DEPTH: "depth", ENTANGLER: "entangler", TRAINING: "training"}
    names = [word for column, word in swept.items() if len(grid.qnn.distinct(column)) > 1]
    if not names:
        return "Only one configuration was run; it counts as chosen"
    return f"{listed(names).capitalize()} {'is' if len(names) == 1 else 'are'} chosen"


def _noise_cost(finding: Finding) -> Verdict | None:
    scale, noise = finding.grid.reference_scale, finding.grid.noise
    return _outcome(
        "Cost of noise",
        [(d, d.noise_cost) for d in finding.devices],
        f"{noise} (λ = {scale:g}) was shown to raise accuracy",
        f"{noise} (λ = {scale:g}) was shown to cost accuracy",
        f"no cost of {noise} (λ = {scale:g}) was shown",
        f"Test accuracy of the chosen QNN at λ = {scale:g} minus at λ = 0, paired over seeds. "
        f"{_SHOWN}",
    )


def _depth(finding: Finding) -> Verdict | None:
    by_depth: dict[int, list[str]] = {}
    for device in finding.devices:
        if device.paying_depth is not None:
            by_depth.setdefault(device.paying_depth, []).append(device.title)
    if not by_depth:
        return None
    # Of what is beyond the deepest nothing is known.
    deepest = by_depth.pop(finding.grid.depths[-1], None)
    parts = [f"beyond {d} on {listed(titles)}" for d, titles in sorted(by_depth.items())]
    sayings = [f"not shown to pay {', '.join(parts)}"] if parts else []
    if deepest:
        tried = f"shown to pay up to {finding.grid.depths[-1]}, the deepest that was tried"
        sayings.append(f"{tried}, on {listed(deepest)}")
    sentence = f"Depth was {'; it was '.join(sayings)}."
    rule = (
        "The smallest depth that was not shown to be worse than the chosen one, entangler and "
        "training equal: one-sided t tests paired over seeds, Holm-corrected, at 5 %. Not shown "
        "to be worse does not mean equal: more seeds may show a difference."
    )
    numbers = {
        f"{d.title}: depth {d.best.depth} − {depth}": gain
        for d in finding.devices
        for depth, gain, _ in d.depth_gains
    }
    return Verdict("Depth", sentence, rule, numbers)


def _entangler(finding: Finding) -> Verdict | None:
    return _outcome(
        "Entangler",
        [(d, d.entangling_gain) for d in finding.devices],
        "entangling was shown to help",
        "entangling was shown to hurt",
        "no difference between entangling and not entangling was shown",
        "The best QNN with an entangler minus the best without, both chosen by mean training "
        f"accuracy under {finding.grid.noise}; test accuracy, paired over seeds. {_SHOWN}",
    )


def _training(finding: Finding) -> Verdict | None:
    if finding.grid.compares_ways:
        return ways_verdict(finding)
    noise = finding.grid.noise
    return _outcome(
        "Training",
        [(d, d.training_gain) for d in finding.devices],
        f"training with {noise} was shown to help",
        f"training with {noise} was shown to hurt",
        f"no difference between training with and without {noise} was shown",
        "Trained with the noise minus trained without, at the chosen depth and entangler under "
        f"{noise}; test accuracy, paired over seeds. {_SHOWN}",
    )


def _outcome(
    topic: str,
    gains: Sequence[tuple[DeviceFinding, Estimate | None]],
    above: str,
    below: str,
    neither: str,
    rule: str,
) -> Verdict | None:
    """One sentence over all devices, by what was shown on each; ``None`` without numbers."""
    known = [(device.title, gain) for device, gain in gains if gain is not None]
    if not known:
        return None
    up = [f"{title} by {gain.text()}" for title, gain in known if gain.above_zero]
    down = [f"{title} by {gain.reversed().text()}" for title, gain in known if gain.below_zero]
    rest = [title for title, gain in known if not gain.above_zero and not gain.below_zero]
    parts = [
        f"{text} on {listed(titles)}"
        for text, titles in ((above, up), (below, down), (neither, rest))
        if titles
    ]
    sentence = "; ".join(parts)
    return Verdict(topic, f"{sentence[0].upper()}{sentence[1:]}.", rule, dict(known))


_CLASSICAL = "Against classical learners"

_SHOWN = (
    "A difference is shown if its whole interval (95 % jointly over devices, three seeds or more) "
    "is on one side of 0; what is not shown may still be there."
)
