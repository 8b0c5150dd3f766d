"""Variants of a circuit on the same data, side by side: poolings, convolutions, feature maps, …

Where a run sweeps an option of the model that no axis of the grid shows, every value of it is a
question of its own (:mod:`nisqdl.analysis.grid`); here they are one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nisqdl.analysis.grid import BASELINE_TITLES, Configuration
from nisqdl.analysis.intervals import Estimate, paired_difference
from nisqdl.analysis.noise_accuracy import DeviceFinding, Finding
from nisqdl.analysis.noise_accuracy_verdict import beaten_by, beats_all
from nisqdl.analysis.verdict import Verdict
from nisqdl.analysis.words import counted, listed

DYNAMIC = "_dynamic"
"""What the name of a pooling ends with that measures in the circuit instead of at its end."""


@dataclass(frozen=True)
class Variants:
    """Questions that differ in one option of the model.

    Attributes:
        option: The option's name, for people (``"pooling"``).
        found: Value → what was found for it, in the order of the run.
    """

    option: str
    found: Mapping[str, Finding]

    @property
    def first(self) -> Finding:
        """One of them: all have the same data, devices, depths and scales."""
        return next(iter(self.found.values()))

    @property
    def dataset(self) -> str:
        return str(self.first.grid.dataset.get("dataset.name", "the data set"))

    @property
    def devices(self) -> dict[str, str]:
        """Targets with their names for people."""
        return {d.target: d.title for one in self.found.values() for d in one.devices}

    @property
    def scales(self) -> tuple[float, ...]:
        """The reference scale and the largest."""
        grid = self.first.grid
        return tuple(dict.fromkeys((grid.reference_scale, grid.scales[-1])))

    def on(self, target: str) -> dict[str, DeviceFinding]:
        """What was found on one device, by variant."""
        return {
            name: device
            for name, one in self.found.items()
            for device in one.devices
            if device.target == target
        }

    @property
    def dynamic_pairs(self) -> list[tuple[str, str]]:
        """(measured in the circuit, deferred) of each kind of pooling that is there in both."""
        return [
            (name, name.removesuffix(DYNAMIC))
            for name in self.found
            if name.endswith(DYNAMIC) and name.removesuffix(DYNAMIC) in self.found
        ]


def variants_of(found: Sequence[Finding]) -> Variants | None:
    """The questions as variants; ``None`` if they differ in their data, or in several options, or
    in one that is not the model's."""
    names = {name for one in found for name in one.grid.variant}
    if len(found) < 2 or len(names) != 1:
        return None
    (name,) = names
    data = [dict(one.grid.dataset) for one in found]
    if not name.startswith("model.") or any(other != data[0] for other in data):
        return None
    return Variants(name.rpartition(".")[2], {str(one.grid.variant[name]): one for one in found})


def variants_verdicts(variants: Variants, complete: bool) -> tuple[Verdict, ...]:
    """What is said of all variants together, the answer to "is it worth it?" first."""
    sayings = (
        _against_classical(variants, complete),
        _chosen(variants),
        _dynamic(variants),
        _noise_cost(variants),
    )
    return tuple(saying for saying in sayings if saying is not None)


def dynamic_gain(
    variants: Variants, pair: tuple[str, str], target: str, scale: float, comparisons: int
) -> Estimate | None:
    """Measured in the circuit minus deferred: test accuracy, mean over depths, paired by seed."""
    by_seed = [_over_depths(variants.found[name], target, scale) for name in pair]
    return paired_difference(by_seed[0], by_seed[1], comparisons=comparisons)


def _over_depths(finding: Finding, target: str, scale: float) -> dict[int, float]:
    grid = finding.grid
    places = [c for c in grid.configurations() if c.entangler != "none"]
    known = [grid.by_seed(target, place, scale) for place in places]
    shared = set.intersection(*(set(values) for values in known)) if known else set()
    return {seed: sum(values[seed] for values in known) / len(known) for seed in sorted(shared)}


def _against_classical(variants: Variants, complete: bool) -> Verdict:
    grid = variants.first.grid
    learners = [BASELINE_TITLES.get(n, n) for n in grid.baseline_names()]
    each = [(name, d) for name, one in variants.found.items() for d in one.devices]
    numbers = {
        f"{name} on {d.title}: QNN − {a.baseline.title}": a.difference
        for name, d in each
        for a in d.against
        if a.difference is not None
    }
    rule = (
        f"An advantage is claimed only if, with one {variants.option} on one device at λ = "
        f"{grid.reference_scale:g}, test accuracy of the chosen QNN minus that of every classical "
        "learner, paired over seeds, has its whole interval above 0. The intervals hold at 95 % "
        f"jointly over all {max(1, variants.first.comparisons)} such comparisons (Bonferroni), "
        "and need three seeds or more."
    )
    about = f"On {variants.dataset}"
    winners = [f"{name} on {d.title}" for name, d in each if beats_all(d)]
    if not learners:
        sentence = f"{about}, no classical learner was run, so none is compared."
    elif winners and complete:
        sentence = f"{about}, the QNN with {variants.option} {listed(winners)} beats "
        sentence += f"{listed(learners)}."
    else:
        sentence = (
            f"{about}, no advantage of a QNN over {listed(learners, 'or')} was shown with any of "
            f"{len(variants.found)} kinds of {variants.option}{_beaten(each)}."
        )
        if not complete:
            sentence += " The run is not complete, so no advantage could be claimed yet."
    return Verdict("Against classical learners", sentence, rule, numbers)


def _beaten(each: Sequence[tuple[str, DeviceFinding]]) -> str:
    """How often each learner was shown to be better."""
    counts: dict[str, int] = {}
    for _, device in each:
        for title in beaten_by(device):
            plain = title.split(" of at most")[0]
            counts[plain] = counts.get(plain, 0) + 1
    if not counts:
        return ""
    parts = [f"{name} in {count}" for name, count in counts.items()]
    return f"; of {counted(len(each), 'case')}, {listed(parts)} was shown to be better"


def _chosen(variants: Variants) -> Verdict:
    """The variant of the highest training accuracy on each device, and what differs from it."""
    several = max(1, len(variants.devices) * (len(variants.found) - 1))
    scale = variants.first.grid.reference_scale
    parts, numbers = [], {}
    for target, title in variants.devices.items():
        here = variants.on(target)
        best = max(here, key=lambda name: round(here[name].training_accuracy.mean, 12))
        worse = []
        for name, device in here.items():
            gain = paired_difference(
                variants.found[best].grid.by_seed(target, here[best].best, scale),
                variants.found[name].grid.by_seed(target, device.best, scale),
                comparisons=several,
            )
            if name == best or gain is None:
                continue
            numbers[f"{title}: {best} − {name}"] = gain
            if gain.above_zero:
                worse.append(f"{name} (by {gain.text()})")
        told = listed(worse) if worse else "none of the others"
        parts.append(
            f"on {title} {best} is chosen, {here[best].accuracy.text()} at depth "
            f"{here[best].best.depth}, and {told} was shown to be worse"
        )
    sentence = f"By training accuracy at λ = {scale:g}: {'; '.join(parts)}."
    rule = (
        f"Of each {variants.option} the depth of highest mean training accuracy under the "
        f"device's noise, and of these the {variants.option}; test accuracy is printed, which had "
        "no part in the choice. Differences are paired over seeds; intervals hold at 95 % jointly "
        f"over {counted(several, 'comparison')}."
    )
    return Verdict(variants.option.capitalize(), sentence, rule, numbers)


def _dynamic(variants: Variants) -> Verdict | None:
    pairs = variants.dynamic_pairs
    if not pairs:
        return None
    several = len(pairs) * len(variants.devices) * len(variants.scales)
    numbers = {
        (pair[1], title, scale): gain
        for pair in pairs
        for target, title in variants.devices.items()
        for scale in variants.scales
        if (gain := dynamic_gain(variants, pair, target, scale, several)) is not None
    }
    shown = [
        f"{name} on {title} at λ = {scale:g} {'gains' if gain.above_zero else 'loses'} "
        f"{(gain if gain.above_zero else gain.reversed()).text()}"
        for (name, title, scale), gain in numbers.items()
        if gain.above_zero or gain.below_zero
    ]
    rest = len(numbers) - len(shown)
    told = listed(shown) if shown else ""
    if rest:
        whole = f"the other {rest}" if shown else f"{counted(rest, 'case')}"
        no = f"in none of {whole} was a difference shown"
        told = f"{told}; {no}" if told else no
    sentence = (
        f"Measured in the circuit instead of at its end, two-qubit gates become time: {told}."
    )
    rule = (
        "Test accuracy with the qubit that is given up measured in the circuit minus that with "
        "the deferred measurement, which is the same without noise; mean over depths, paired over "
        f"seeds. Intervals hold at 95 % jointly over {counted(len(numbers), 'comparison')}. What "
        "a device takes to act on an outcome is in no calibration and not counted."
    )
    told_numbers = {
        f"{name} on {title}, λ = {scale:g}": gain for (name, title, scale), gain in numbers.items()
    }
    return Verdict("Dynamic pooling", sentence, rule, told_numbers)


def _noise_cost(variants: Variants) -> Verdict | None:
    known = [
        (f"{name} on {d.title}", d.noise_cost)
        for name, one in variants.found.items()
        for d in one.devices
        if d.noise_cost is not None
    ]
    if not known:
        return None
    cost = [f"{where} by {gain.reversed().text()}" for where, gain in known if gain.below_zero]
    scale = variants.first.grid.reference_scale
    told = f"was shown for {listed(cost)}" if cost else "was shown for none"
    sentence = f"That {variants.first.grid.noise} (λ = {scale:g}) costs accuracy {told}."
    rule = (
        f"Test accuracy of the chosen QNN at λ = {scale:g} minus at λ = 0, paired over seeds. "
        "Shown if its whole interval, jointly over variants and devices, is below 0."
    )
    return Verdict("Cost of noise", sentence, rule, dict(known))


def curve(finding: Finding, device: DeviceFinding, scale: float) -> list[tuple[int, Estimate]]:
    """Test accuracy against depth at one scale, entangler and training as chosen."""
    best = device.best
    places = [Configuration(d, best.entangler, best.training) for d in finding.grid.depths]
    found = [(c.depth, finding.grid.estimate(device.target, c, scale)) for c in places]
    return [(depth, estimate) for depth, estimate in found if estimate is not None]
