"""What a gradient_variance report says: decay, causes and price, each with its rule."""

from __future__ import annotations

import math
from collections.abc import Callable

from nisqdl.analysis.intervals import Estimate
from nisqdl.analysis.plateau_causes import DesignRatio, Ratio
from nisqdl.analysis.plateau_cells import DEPTH, QUBITS, depth_title
from nisqdl.analysis.plateau_decay import over_depth, over_qubits
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
from nisqdl.analysis.plateaus import Plateaus
from nisqdl.analysis.trainability import AFFORDABLE
from nisqdl.analysis.trainability_verdict import trainable_verdict
from nisqdl.analysis.verdict import Verdict
from nisqdl.analysis.words import counted


def plateau_verdicts(found: Plateaus, complete: bool = True) -> tuple[Verdict, ...]:
    """What a report says of a run, the answer to "can it still be trained?" first.

    Args:
        found: The run's numbers.
        complete: Whether all points ran; before that nothing is decided.
    """
    sayings: list[Verdict | None] = [trainable_verdict(found, complete)]
    sayings += [over_qubits(found, complete), over_depth(found, complete)]
    sayings += [_cause(found, cause) for cause in ("cost", "entangler", "noise")]
    sayings += [growth_verdict(found.growths, complete), _expressibility(found)]
    sayings += [_price(found), _methods(found)]
    return tuple(saying for saying in sayings if saying is not None)


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
