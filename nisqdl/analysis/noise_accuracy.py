"""What a noise_accuracy run found, question by question and device by device.

How the choice of a configuration is kept from flattering it: depth, entangler and training are
chosen by mean *training* accuracy under the device's noise; what is reported of the chosen one
is its accuracy on test samples, which had no part in the choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nisqdl.analysis.grid import Baseline, Configuration, Grid, grids
from nisqdl.analysis.intervals import (
    Estimate,
    holm,
    mean_over_seeds,
    p_above_zero,
    paired_difference,
    slope_over_seeds,
)
from nisqdl.analysis.ways_found import WaysFound, ways_on
from nisqdl.errors import TooEarlyError
from nisqdl.store.record import Record

ALPHA = 0.05


@dataclass(frozen=True)
class Against:
    """The chosen QNN of one device beside one classical learner.

    Attributes:
        baseline: The learner.
        difference: QNN minus learner, paired over seeds; intervals hold jointly over all such
            comparisons of the report. ``None`` if they share no seed.
    """

    baseline: Baseline
    difference: Estimate | None


@dataclass(frozen=True)
class DeviceFinding:
    """What was found on one device for one question. Differences are paired over seeds.

    Attributes:
        target: The target as in the experiment file.
        title: The device's name for people.
        best: The configuration chosen by mean training accuracy at the reference scale.
        accuracy: Its test accuracy there.
        training_accuracy: Its training accuracy there: what it was chosen by.
        ideal_accuracy: Its test accuracy at λ = 0; ``None`` where that was not swept.
        noise_cost: Test accuracy at the reference scale minus at λ = 0.
        slope: Change of test accuracy per unit of λ, over all scales.
        paying_depth: The smallest depth not shown to be worse than the chosen one, all else
            equal; ``None`` where depth is not swept.
        depth_gains: For each smaller depth: chosen depth minus that one, with Holm's p value.
        training_gain: Trained with the noise minus trained without, at the reference scale.
        unentangled: The configuration without entangler, chosen in the same way; ``None`` where
            not swept.
        entangled: The configuration with an entangler, chosen in the same way.
        entangling_gain: ``entangled`` minus ``unentangled`` at the reference scale.
        ways: Every way of training beside the others, at the chosen depth and entangler; ``None``
            where only plain ones were tried.
        against: The chosen one beside each classical learner.
        costs: Means of what one circuit of the chosen configuration takes, by column.
    """

    target: str
    title: str
    best: Configuration
    accuracy: Estimate
    training_accuracy: Estimate
    ideal_accuracy: Estimate | None
    noise_cost: Estimate | None
    slope: Estimate | None
    paying_depth: int | None
    depth_gains: tuple[tuple[int, Estimate, float], ...]
    training_gain: Estimate | None
    unentangled: Configuration | None
    entangled: Configuration | None
    entangling_gain: Estimate | None
    ways: WaysFound | None
    against: tuple[Against, ...]
    costs: dict[str, float]


@dataclass(frozen=True)
class Finding:
    """What was found for one question: one data set, one variant of the other options.

    Attributes:
        grid: The question's points.
        devices: One finding a device, in the order of the run.
        pending: Devices of which nothing was measured at the reference scale yet.
        comparisons: How many QNN–classical intervals hold jointly, over the whole report.
    """

    grid: Grid
    devices: tuple[DeviceFinding, ...]
    pending: tuple[str, ...]
    comparisons: int

    def baselines(self) -> list[Baseline]:
        """Each learner once, in the order of the grid; those with a budget from small to large."""
        found = {a.baseline.title: a.baseline for d in self.devices for a in d.against}
        names = self.grid.baseline_names()
        return sorted(found.values(), key=lambda b: (names.index(b.learner), b.budget or 0.0))


COST_COLUMNS = (
    "weights", "qubits", "two_qubit_gates", "depth", "duration_ns", "expected_fidelity",
    "readout_fidelity", "training_steps",
)  # fmt: skip


def findings(records: Sequence[Record]) -> tuple[Finding, ...]:
    """Everything that a report of these records says, in numbers.

    Raises:
        TooEarlyError: There is no QNN record from which anything could be said.
    """
    questions = grids(records)
    devices = sum(len(grid.targets) for grid in questions)
    classical = sum(len(grid.targets) * len(grid.baseline_names()) for grid in questions)
    found = [_finding(grid, devices, classical) for grid in questions]
    told = tuple(finding for finding in found if finding.devices)
    if not told:
        raise TooEarlyError(
            "The run has no QNN record at its reference noise scale yet, so there is nothing to "
            "report; resume it with `nisqdl run`."
        )
    return told


def _finding(grid: Grid, devices: int, classical: int) -> Finding:
    found = {t: _device(grid, t, max(1, devices), max(1, classical)) for t in grid.targets}
    return Finding(
        grid=grid,
        devices=tuple(finding for finding in found.values() if finding is not None),
        pending=tuple(grid.device_title(t) for t, finding in found.items() if finding is None),
        comparisons=classical,
    )


def choose(
    grid: Grid, target: str, configurations: Sequence[Configuration]
) -> Configuration | None:
    """The configuration of highest mean training accuracy at the reference scale.

    Ties go to fewer two-qubit gates, then to the shallower one. Where a run is not complete,
    only the configurations with the most seeds take part, so that luck is not rewarded.

    Returns:
        ``None`` if none of them ran.
    """
    scale = grid.reference_scale
    trained = {
        c: grid.by_seed(target, c, scale, "train_accuracy")
        for c in configurations
        if grid.by_seed(target, c, scale)
    }
    most = max((len(values) for values in trained.values()), default=0)
    if most == 0:
        return None

    def merit(configuration: Configuration) -> tuple[float, float, int]:
        # Rounded: sums in another order must not decide a tie.
        accuracy = round(mean_over_seeds(list(trained[configuration].values())).mean, 12)
        gates = grid.estimate(target, configuration, scale, "two_qubit_gates")
        return accuracy, -(gates.mean if gates else 0.0), -configuration.depth

    return max((c for c in trained if len(trained[c]) == most), key=merit)


def _device(grid: Grid, target: str, devices: int, classical: int) -> DeviceFinding | None:
    scale = grid.reference_scale
    everything = grid.configurations()
    best = choose(grid, target, everything)
    accuracy = grid.estimate(target, best, scale) if best else None
    training_accuracy = grid.estimate(target, best, scale, "train_accuracy") if best else None
    if best is None or accuracy is None or training_accuracy is None:
        return None
    gains = _depth_gains(grid, target, best)
    entangled = choose(grid, target, [c for c in everything if c.entangler != "none"])
    unentangled = choose(grid, target, [c for c in everything if c.entangler == "none"])
    costs = {name: grid.estimate(target, best, scale, name) for name in COST_COLUMNS}
    return DeviceFinding(
        target=target,
        title=grid.device_title(target),
        best=best,
        accuracy=accuracy,
        training_accuracy=training_accuracy,
        ideal_accuracy=grid.estimate(target, best, 0.0),
        noise_cost=_noise_cost(grid, target, best, devices),
        slope=_slope(grid, target, best, devices),
        paying_depth=_paying_depth(grid, best, gains),
        depth_gains=gains,
        training_gain=training_gain(grid, target, best, scale, devices),
        unentangled=unentangled,
        entangled=entangled,
        entangling_gain=_gain(grid, target, entangled, unentangled, devices),
        ways=ways_on(grid, target, best, devices),
        against=_against(grid, target, best, classical),
        costs={name: cost.mean for name, cost in costs.items() if cost is not None},
    )


def _noise_cost(grid: Grid, target: str, best: Configuration, comparisons: int) -> Estimate | None:
    if 0.0 not in grid.scales or grid.reference_scale == 0.0:
        return None
    return paired_difference(
        grid.by_seed(target, best, grid.reference_scale),
        grid.by_seed(target, best, 0.0),
        comparisons=comparisons,
    )


def _slope(grid: Grid, target: str, best: Configuration, comparisons: int) -> Estimate | None:
    curves: dict[int, dict[float, float]] = {}
    for scale in grid.scales:
        for seed, accuracy in grid.by_seed(target, best, scale).items():
            curves.setdefault(seed, {})[scale] = accuracy
    # Seeds whose curve is not complete yet would be fitted over another range of λ.
    whole = {seed: curve for seed, curve in curves.items() if len(curve) == len(grid.scales)}
    return slope_over_seeds(whole, comparisons=comparisons)


def _depth_gains(
    grid: Grid, target: str, best: Configuration
) -> tuple[tuple[int, Estimate, float], ...]:
    chosen = grid.by_seed(target, best, grid.reference_scale)
    smaller = []
    for depth in grid.depths:
        if depth < best.depth:
            shallow = replace(best, depth=depth)
            other = grid.by_seed(target, shallow, grid.reference_scale)
            gain = paired_difference(chosen, other)
            if gain is not None:
                smaller.append((depth, gain))
    p_values = holm([p_above_zero(gain) for _, gain in smaller])
    return tuple((depth, gain, p) for (depth, gain), p in zip(smaller, p_values, strict=True))


def _paying_depth(
    grid: Grid, best: Configuration, gains: Sequence[tuple[int, Estimate, float]]
) -> int | None:
    if len(grid.depths) < 2:
        return None
    return next((depth for depth, _, p in gains if p > ALPHA), best.depth)


def training_gain(
    grid: Grid, target: str, configuration: Configuration, scale: float, comparisons: int = 1
) -> Estimate | None:
    """Accuracy when trained with the device's noise minus when trained without, at one scale.

    ``None`` unless the run has both trainings there.
    """
    return paired_difference(
        grid.by_seed(target, replace(configuration, training="target"), scale),
        grid.by_seed(target, replace(configuration, training="ideal"), scale),
        comparisons=comparisons,
    )


def _gain(
    grid: Grid,
    target: str,
    first: Configuration | None,
    second: Configuration | None,
    comparisons: int,
) -> Estimate | None:
    if first is None or second is None:
        return None
    scale = grid.reference_scale
    return paired_difference(
        grid.by_seed(target, first, scale),
        grid.by_seed(target, second, scale),
        comparisons=comparisons,
    )


def _against(grid: Grid, target: str, best: Configuration, comparisons: int) -> tuple[Against, ...]:
    accuracy = grid.by_seed(target, best, grid.reference_scale)
    weights = grid.estimate(target, best, grid.reference_scale, "weights")
    found = []
    for name in grid.baseline_names():
        baseline = grid.baseline(name, weights.mean if weights else None)
        difference = paired_difference(accuracy, baseline.accuracy, comparisons=comparisons)
        found.append(Against(baseline, difference))
    return tuple(found)
