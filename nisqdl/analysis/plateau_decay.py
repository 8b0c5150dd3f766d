"""How gradients vanish with qubits and layers: what was decided of curves, in words."""

from __future__ import annotations

from collections.abc import Sequence

from nisqdl.analysis.decay import CLEAR, SAME, SURE, Fit
from nisqdl.analysis.intervals import MINUS, Estimate
from nisqdl.analysis.plateau_cells import DEPTH, QUBITS, RESOLVED, depth_title
from nisqdl.analysis.plateau_text import MOST_NAMED, factor_text
from nisqdl.analysis.plateaus import Curve, Plateaus
from nisqdl.analysis.verdict import Verdict
from nisqdl.analysis.words import listed


def over_qubits(found: Plateaus, complete: bool) -> Verdict:
    """What is said of the decay with the qubits."""
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


def over_depth(found: Plateaus, complete: bool) -> Verdict | None:
    """What is said of the decay with the layers, where several depths were measured."""
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
