"""What a run's device twins say, in a sentence."""

from __future__ import annotations

from nisqdl.analysis.device_twin import CHANCE, Suspicion, Twins
from nisqdl.analysis.intervals import Estimate, number
from nisqdl.analysis.verdict import Verdict
from nisqdl.analysis.words import counted

TWIN_TOPIC = "Twin of"
"""How the topic of a twin's verdict begins."""


def twin_verdict(found: Twins) -> Verdict:
    """What the twins of one group say, in one sentence."""
    gain = found.difference
    if gain.above_zero or gain.below_zero:
        against = (
            f"measured {found.score} is {'above' if gain.above_zero else 'below'} the predicted"
        )
    else:
        against = f"no difference between measured and predicted {found.score} was shown"
    told = (
        f"{found.title} beside its twin under the calibration of the run: {against}, "
        f"{number(found.measured, found.digits)} against "
        f"{number(found.predicted, found.digits)}, a difference of {gain.signed(found.digits)}"
    )
    if found.scale is not None and _tells(found.scale):
        told += f"; its values are told best by λ̂ = {found.scale.text(2)}"
    elif found.scale is not None:
        told += f"; its values hardly tell a noise scale, λ̂ = {found.scale.text(2)}"
    if found.excess is not None:
        many = f"{found.misfits} of {counted(len(found.circuits), 'circuit')}"
        told += (
            f"; the model misses {number(found.excess)} of root mean square, shown in {many}"
            if found.misfits
            else "; nothing was shown that the model misses"
        )
    if found.misfits and found.suspicions:
        first = found.suspicions[0]
        told += f", best explained by qubit {first.qubit} ({first.part})"
    readout = "" if found.readout_modelled else "; readout was mitigated, so it is not in the twin"
    left = (
        f" The twin is that of the circuit without {' and '.join(found.unmitigated)}, so that "
        "λ̂ says how much noise this has left, and predicted values are to be exceeded."
        if found.unmitigated
        else ""
    )
    rule = (
        "The twin is the exact engine under the calibration reported for the start of the job. λ̂ "
        "multiplies all its error rates; it is fitted to each circuit's values by weighted least "
        "squares, and averaged over circuits by its errors and the variance between circuits, with "
        "Hartung and Knapp's interval, never narrower than these errors allow. A circuit's "
        "misfit is shown if its residuals exceed their standard errors at 2.5 %, one-sided. A part "
        "of a qubit explains misfit if χ² of all circuits falls by "
        f"{CHANCE:g} or more when that part alone is scaled{readout}. IBM's client merges "
        "neighbouring gates of one qubit, which the twin does not: many of these beside few of two "
        f"qubits lower λ̂.{left}"
    )
    numbers = {"measured − predicted": gain}
    if found.scale is not None:
        numbers["λ̂"] = found.scale
    return Verdict(f"{TWIN_TOPIC} {found.title}", f"{told}.", rule, numbers)


def _tells(scale: Estimate) -> bool:
    """Whether an interval of λ̂ excludes no noise at all, or twice the calibrated."""
    return (scale.low or 0.0) > 0 or (scale.high is not None and scale.high < 2)


def suspicion_text(one: Suspicion) -> str:
    """``qubit 92, reads 1 for 0 (λ higher by 2.1; explains 40 % of χ²)``."""
    way = "higher" if one.extra > 0 else "lower"
    return (
        f"qubit {one.qubit}, {one.part} (λ {way} by {number(abs(one.extra), 1)}; explains "
        f"{100 * one.share:.0f} % of χ²)"
    )
