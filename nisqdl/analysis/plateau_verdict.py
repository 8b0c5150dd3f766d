"""What a gradient_variance report says: decay, causes and price, each with its rule."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from nisqdl.analysis.decay import CLEAR, SAME, SURE, Fit
from nisqdl.analysis.intervals import MINUS, Estimate
from nisqdl.analysis.plateau_causes import DesignRatio, Ratio
from nisqdl.analysis.plateau_cells import DEPTH, QUBITS, RESOLVED, depth_title
from nisqdl.analysis.plateau_growth import growth_verdict
from nisqdl.analysis.plateau_price import JOB_OVERHEAD_S, LEAST_CIRCUIT_US, USUAL_DELAY_US, Price
from nisqdl.analysis.plateau_text import (
    MOST_NAMED,
    count_text,
    factor_text,
    ratio_value_text,
    seconds_text,
    setting_text,
)
from nisqdl.analysis.plateaus import Curve, Plateaus
from nisqdl.analysis.trainability import AFFORDABLE
from nisqdl.analysis.trainability_verdict import trainable_verdict
from nisqdl.analysis.verdict import Verdict
from nisqdl.analysis.words import counted, listed


def plateau_verdicts(found: Plateaus, complete: bool = True) -> tuple[Verdict, ...]:
    """What a report says of a run, the answer to "can it still be trained?" first.

    Args:
        found: The run's numbers.
        complete: Whether all points ran; before that nothing is decided.
    """
    sayings: list[Verdict | None] = [trainable_verdict(found, complete)]
    sayings += [_over_qubits(found, complete), _over_depth(found, complete)]
    sayings += [_cause(found, cause) for cause in ("cost", "entangler", "noise")]
    sayings += [growth_verdict(found.growths, complete), _expressibility(found)]
    sayings += [_price(found), _methods(found)]
    return tuple(saying for saying in sayings if saying is not None)


def decay_text(curve: Curve) -> str:
    """What was decided of one curve, with its interval."""
    fit = curve.decay.decided
    unit = "qubit" if curve.axis == QUBITS else "layer"
    if fit is None:
        return "not decided with these sizes"
    if fit.kind == "constant":
        return f"no change by a factor of {2**SAME:g}"
    if fit.kind == "polynomial":
        name = "n" if curve.axis == QUBITS else "L"
        return f"polynomial, {name}^{_exponent_text(fit)}"
    factor, low, high = fit.factor
    ends = f"{factor_text(low)} to {factor_text(high)}"
    return f"exponential, divided by {factor_text(factor)} ({ends}) per {unit}"


def _expressibility(found: Plateaus) -> Verdict | None:
    if not found.designs:
        return None
    parts = []
    for test, words in _DESIGN_WORDS:
        some = [ratio for ratio in found.designs if test(ratio)]
        if some:
            texts = [_design_text(found, ratio) for ratio in some[:MOST_NAMED]]
            if len(some) > MOST_NAMED:
                texts.append(f"{len(some) - MOST_NAMED} more")
            parts.append(f"{words}: {'; '.join(texts)}")
    numbers = {
        found.title(r.cell): Estimate(r.value, r.low, r.high, 1, r.high - r.low)
        for r in found.designs
    }
    return Verdict("Expressibility", f"{'. '.join(parts)}.", _DESIGN_RULE, numbers)


def _is_random(ratio: DesignRatio) -> bool:
    return ratio.reached


def _is_above(ratio: DesignRatio) -> bool:
    return ratio.above


def _is_below(ratio: DesignRatio) -> bool:
    return not ratio.reached and not ratio.above


def _design_text(found: Plateaus, ratio: DesignRatio) -> str:
    size = counted(ratio.cell.settings[QUBITS], "qubit")
    return f"{found.title(ratio.cell)}, {size} (× {factor_text(ratio.value)} of a 2-design's)"


def _over_qubits(found: Plateaus, complete: bool) -> Verdict:
    # One depth speaks for all in a sentence: the greatest. The table has the others.
    curves = deepest(found.over_qubits)
    numbers = {found.title(c.last): _estimate(c) for c in curves if c.decay.decided is not None}
    if not curves:
        sentence = "One number of qubits was measured, so nothing is said of how gradients vanish."
    elif not complete:
        sentence = "Not every point ran yet, so how gradients vanish with the qubits is not said."
    else:
        sizes = f"From {min(c.x()[0] for c in curves)} to {max(c.x()[-1] for c in curves)} qubits"
        depths = listed(list(dict.fromkeys(depth_title(c.settings) for c in curves)))
        sentence = f"{sizes} at {depths}, the gradient's variance {_by_kind(found, curves)}."
    return Verdict("Gradient against qubits", sentence, _DECAY_RULE, numbers)


def _over_depth(found: Plateaus, complete: bool) -> Verdict | None:
    curves = widest(found.over_depth)
    if not curves or not complete:
        return None
    told = [curve for curve in curves if curve.decay.decided is not None]
    numbers = {found.title(curve.last, DEPTH): _estimate(curve) for curve in told}
    sizes = sorted({c.last.settings[QUBITS] for c in curves})
    place = listed([str(size) for size in sizes])
    layers = f"{min(c.x()[0] for c in curves)} to {max(c.x()[-1] for c in curves)} layers"
    sentence = f"From {layers} at {place} qubits, it {_by_kind(found, curves)}."
    return Verdict("Gradient against depth", sentence, _DECAY_RULE, numbers)


def deepest(curves: Sequence[Curve]) -> tuple[Curve, ...]:
    """The curves over qubits of the greatest depth of each depth rule."""
    most: dict[str, int] = {}
    for curve in curves:
        rule = curve.settings["depth_rule"]
        most[rule] = max(most.get(rule, 0), curve.settings[DEPTH])
    return tuple(c for c in curves if c.settings[DEPTH] == most[c.settings["depth_rule"]])


def widest(curves: Sequence[Curve]) -> tuple[Curve, ...]:
    """The curves over depth of the most qubits."""
    most = max((curve.settings[QUBITS] for curve in curves), default=0)
    return tuple(curve for curve in curves if curve.settings[QUBITS] == most)


def _by_kind(found: Plateaus, curves: Sequence[Curve]) -> str:
    """Curves gathered by what was decided, the worst first."""
    parts = []
    for kind, head in _HEADS:
        named = [c for c in curves if c.decay.kind == kind]
        named.sort(key=lambda c: -(c.decay.decided.exponent if c.decay.decided else 0.0))
        if not named:
            continue
        texts = [_curve_text(found, c) for c in named[:MOST_NAMED]]
        if len(named) > MOST_NAMED:
            texts.append(f"{len(named) - MOST_NAMED} more (see the table)")
        parts.append(f"{head}: {'; '.join(texts)}")
    return ". It ".join(parts)


def _curve_text(found: Plateaus, curve: Curve) -> str:
    name = found.title(curve.last, DEPTH)
    fit = curve.decay.decided
    if fit is None or fit.kind == "constant":
        return name
    if fit.kind == "polynomial":
        return f"{name} ({'n' if curve.axis == QUBITS else 'L'}^{_exponent_text(fit)})"
    factor, low, high = fit.factor
    unit = "qubit" if curve.axis == QUBITS else "layer"
    ends = f"{factor_text(low)} to {factor_text(high)}"
    return f"{name} (÷ {factor_text(factor)} per {unit}, {ends})"


def _exponent_text(fit: Fit) -> str:
    def signed(value: float) -> str:
        return f"{MINUS if value > 0 else ''}{abs(value):.2f}"

    return f"{signed(fit.exponent)} ({signed(fit.high)} to {signed(fit.low)})"


def _estimate(curve: Curve) -> Estimate:
    fit = curve.decay.decided
    assert fit is not None
    return Estimate(fit.exponent, fit.low, fit.high, len(curve.cells), abs(fit.high - fit.low))


def _cause(found: Plateaus, cause: str) -> Verdict | None:
    ratios = [ratio for ratio in found.ratios if ratio.cause == cause]
    if not ratios:
        return None
    parts = []
    for test, words in ((_is_lower, "lowers"), (_is_higher, "raises")):
        shown = sorted((r for r in ratios if test(r)), key=lambda r: -abs(math.log(r.value)))
        if shown:
            texts = [_ratio_text(found, ratio) for ratio in shown[:MOST_NAMED]]
            if len(shown) > MOST_NAMED:
                texts.append(f"{len(shown) - MOST_NAMED} more")
            parts.append(f"{_CAUSE_SUBJECTS[cause]} {words} it: {'; '.join(texts)}")
    open_ones = [r for r in ratios if not r.lower and not r.higher]
    if open_ones:
        parts.append(f"no difference was shown in {counted(len(open_ones), 'comparison')}")
    numbers = {
        f"{found.title(r.cell)} / {found.title(r.control)}": Estimate(
            r.value, r.low, r.high, 2, abs(r.high - r.low), comparisons=len(ratios)
        )
        for r in ratios
    }
    sentence = ". ".join(f"{part[0].upper()}{part[1:]}" for part in parts) + "."
    rule = (
        f"{_CAUSE_RULES[cause]} The ratio of mean gradient variances at the largest size that both "
        "have resolved; a difference is shown if its whole interval (95 % jointly over "
        f"{counted(len(ratios), 'ratio')}) is on one side of 1."
    )
    return Verdict(_CAUSE_TOPICS[cause], sentence, rule, numbers)


def _is_lower(ratio: Ratio) -> bool:
    return ratio.lower


def _is_higher(ratio: Ratio) -> bool:
    return ratio.higher


def _ratio_text(found: Plateaus, ratio: Ratio) -> str:
    size = f"{ratio.cell.settings[QUBITS]} qubits, {depth_title(ratio.cell.settings)}"
    name = _CAUSE_SETTINGS[ratio.cause]
    rest = found.title(ratio.cell, name, DEPTH)
    beside = setting_text(ratio.cell, name), setting_text(ratio.control, name)
    told = "" if rest in beside else f"{rest}, "
    return f"{beside[0]} against {beside[1]}, {told}{size}: {ratio_value_text(ratio)}"


def _price(found: Plateaus) -> Verdict | None:
    largest = max((price.cell.settings[QUBITS] for price in found.prices), default=0)
    prices = [p for p in found.prices if p.cell.settings[QUBITS] == largest and p.cell.resolved]
    if not prices:
        return None
    low, high = min(prices, key=lambda p: p.shots), max(prices, key=lambda p: p.shots)
    sentence = f"To see one gradient component at {largest} qubits takes {_priced(found, low)}"
    if high is not low:
        sentence += f", and {_priced(found, high)}"
    dear = [price for price in prices if price.shots > AFFORDABLE]
    if dear:
        sentence += f"; more than {count_text(AFFORDABLE)} shots are not affordable: "
        sentence += "; ".join(found.title(price.cell) for price in dear[:MOST_NAMED])
        if len(dear) > MOST_NAMED:
            sentence += f"; {len(dear) - MOST_NAMED} more"
    return Verdict("Price", f"{sentence}.", PRICE_RULE, {})


def _priced(found: Plateaus, price: Price) -> str:
    time = f", {seconds_text(price.usage)} of QPU" if price.usage is not None else ""
    step = f"{count_text(price.step_shots)} for a step of {price.cell.main['parameters']} weights"
    if price.step_usage is not None:
        step += f", {seconds_text(price.step_usage)}"
    return f"{count_text(price.shots)} shots{time} with {found.title(price.cell)} ({step})"


def _methods(found: Plateaus) -> Verdict | None:
    if not found.agreements:
        return None
    quiet = [a for a in found.agreements if not a.cell.settings.get("noise.scale")]
    noisy = [a for a in found.agreements if a.cell.settings.get("noise.scale")]
    parts = []
    if quiet:
        bad = [a for a in quiet if a.deviation > 5]
        most = max(a.deviation for a in quiet)
        agree = f"{counted(len(bad), 'circuit')} differ by more than 5" if bad else "all agree"
        parts.append(
            f"sampling and Pauli paths without noise on gates: {agree} "
            f"(at most {most:.1f} joint standard errors apart, over "
            f"{counted(len(quiet), 'circuit')})"
        )
    if noisy:
        worst = max(abs(a.walked / a.sampled - 1) for a in noisy if a.sampled > 0)
        parts.append(
            f"under noise they differ by at most {100 * worst:.2g} % over "
            f"{counted(len(noisy), 'circuit')}"
        )
    sentence = "; ".join(parts)
    rule = (
        "Both methods give E[(∂C)²] of the same circuits; they agree if they are at most 5 joint "
        "standard errors apart. On few qubits the Pauli paths are followed exactly, noise "
        "included. Where that takes too much memory or there are more than 8 qubits, noise is "
        "replaced by its Pauli twirl, unlike in sampling: that may differ."
    )
    return Verdict("Two methods", f"{sentence[0].upper()}{sentence[1:]}.", rule, {})


_DESIGN_WORDS: tuple[tuple[Callable[[DesignRatio], bool], str], ...] = (
    (_is_random, "As expressive as random circuits, which explains their gradients"),
    (_is_below, "Smaller gradients than random circuits have, so that more than expressibility is "
     "at work"),
    (_is_above, "Not as expressive as random circuits yet, their gradients are larger"),
)  # fmt: skip
_DESIGN_RULE = (
    "The mean gradient variance of the largest circuit of each kind without noise, over that "
    "between two 2-designs, N²/(2(N − 1)(N + 1)²)·Tr O²/N (McClean et al. 2018): as random if the "
    "interval is not outside a factor of 2."
)

_HEADS = (
    ("exponential", "vanishes exponentially"),
    ("polynomial", "falls polynomially"),
    ("constant", f"does not change by a factor of {2**SAME:g}"),
    (None, "falls in a way that these sizes do not decide"),
)

_DECAY_RULE = (
    "Mean over all parameters of E[(∂C)²] (the variance, where angles are uniform), fitted as a "
    "constant, a power and an exponential. One is decided on only if its AICc is lower than every "
    f"other's by {CLEAR:g} or more, and is the lowest in at least {100 * SURE:g} % of resamples of "
    "the measured values; with five sizes or more, and an "
    "exponent whose interval excludes 0; a constant only if the interval excludes a change by a "
    f"factor of {2**SAME:g} over the sizes. Intervals of exponents are 95 %, by parametric "
    "bootstrap with the scatter about the curve. Values whose standard error is above "
    f"{100 * RESOLVED:g} % are drawn, but not fitted. Nothing is said of sizes not measured."
)

PRICE_RULE = (
    "Shots for a signal-to-noise ratio of 1: 1/E[(∂C)²] in all, both circuits of the "
    "parameter-shift rule together, with a variance of at most 1 an outcome; a step takes them for "
    "each weight. Bare QPU time is the circuit's and the readout's durations as calibrated. QPU "
    "time adds what IBM's rule for planning does (IBM Quantum documentation, Workload usage): "
    f"{JOB_OVERHEAD_S:g} s a job of at most 10⁷ runs, and for each run the device's repetition "
    f"delay ({USUAL_DELAY_US:g} µs where it reports none) and at least {LEAST_CIRCUIT_US:g} µs of "
    "circuit. Assumed: no error mitigation, one basis, one set of gradients a job; the queue and "
    "the classical side are not counted."
)

_CAUSE_TOPICS = {"cost": "Global cost", "entangler": "Entangler", "noise": "Noise"}
_CAUSE_SUBJECTS = {
    "cost": "a global cost",
    "entangler": "entangling",
    "noise": "the device's noise",
}
_CAUSE_SETTINGS = {"cost": "observable", "entangler": "model.entangler", "noise": "noise.scale"}
_CAUSE_RULES = {
    "cost": "Observables on every qubit against those on few, all else equal.",
    "entangler": "With an entangler against without, all else equal.",
    "noise": "The same ISA circuit and angles at λ against λ = 0.",
}
