"""What is said of a reproduction: which published values are met, and by how much not."""

from __future__ import annotations

from collections.abc import Sequence

from nisqdl.analysis.intervals import Estimate
from nisqdl.analysis.published import Published
from nisqdl.analysis.reproduction import Comparison
from nisqdl.analysis.statistics import Measured
from nisqdl.analysis.verdict import Verdict
from nisqdl.analysis.words import counted

MOST_NAMED = 3
"""So many values that are not met are named in a sentence; the table has them all."""

RULE = (
    "Met: ours is within the tolerance of the published value, and no side of our 95 % interval is "
    "longer than the tolerance; a bound is met if our whole interval keeps to it. Where a "
    "tolerance, or how much was computed, was chosen after a first run, it is said under what is "
    "different here."
)


def reproduction_verdict(
    published: Published, found: Sequence[Comparison], complete: bool
) -> Verdict:
    """The one sentence of a reproduction.

    Args:
        published: What was declared.
        found: Its comparisons, at least one.
        complete: Whether all points ran.
    """
    missed = [one for one in found if one.fails]
    opened = [one for one in found if not one.met and not one.fails]
    work = published.title.split(",")[0]
    if not complete:
        sentence = f"Not every point ran yet, so nothing is said of {work}."
    elif not missed and not opened:
        every = {1: "The one value", 2: "Both values"}.get(len(found), f"All {len(found)} values")
        sentence = f"{every} of {work} {_are(len(found))} met."
    else:
        met = len(found) - len(missed) - len(opened)
        sentence = f"{met} of {counted(len(found), 'value')} of {work} {_are(met)} met"
        for words, some in (("not met", missed), ("not met, for a known reason", opened)):
            if some:
                named = "; ".join(missed_text(one) for one in some[:MOST_NAMED])
                more = f"; {len(some) - MOST_NAMED} more" if len(some) > MOST_NAMED else ""
                sentence += f"; {words}: {named}{more}"
        sentence += "."
    numbers = {
        comparison_title(one): Estimate(
            one.ours.value, one.ours.low, one.ours.high, one.ours.records, one.ours.arm
        )
        for one in found
        if one.ours is not None
    }
    return Verdict("Reproduction", sentence, RULE, numbers)


def comparison_title(one: Comparison) -> str:
    """``variance of the first derivative, qubits = 4``."""
    if one.asked.over is None:
        return one.asked.what
    return f"{one.asked.what}, {one.asked.over.rpartition('.')[2]} = {value_name(one.at)}"


def missed_text(one: Comparison) -> str:
    if one.ours is None:
        return f"{comparison_title(one)} (no record)"
    why = "" if one.resolved else ", not resolved"
    return f"{comparison_title(one)} ({measured_text(one.ours)} against {expected_text(one)}{why})"


def verdict_word(one: Comparison) -> str:
    """``met``, ``not met``, ``not resolved`` or ``no record``."""
    if one.ours is None:
        return "no record"
    if one.met:
        return "met"
    if not one.fails:
        return "not met, reason known"
    return "not met" if one.resolved else "not resolved"


def expected_text(one: Comparison) -> str:
    """``0.0209 ± 0.001``, ``at least 0.85``."""
    if one.expected is not None:
        return f"{figure_text(one.expected)} ± {figure_text(one.tolerance, 2)}"
    bounds = (("at least", one.asked.at_least), ("at most", one.asked.at_most))
    texts = [f"{words} {figure_text(bound)}" for words, bound in bounds if bound is not None]
    return " and ".join(texts)


def measured_text(ours: Measured) -> str:
    """``0.0211 (0.0208 to 0.0214)``; the value alone where it is exact."""
    told = figure_text(ours.value)
    if ours.low == ours.value == ours.high:
        return told
    return f"{told} ({figure_text(ours.low)} to {figure_text(ours.high)})"


def figure_text(value: float, digits: int = 4) -> str:
    """A number of so many digits, powers of ten written out: ``0.02092``, ``3.1·10⁻⁷``."""
    if value != 0 and abs(value) < 1e-3:
        mantissa, power = f"{value:.{digits - 1}e}".split("e")
        if "." in mantissa:
            mantissa = mantissa.rstrip("0").rstrip(".")
        return f"{mantissa}·10{str(int(power)).translate(_SUPERSCRIPTS)}".replace("-", "−")
    return f"{value:.{digits}g}".replace("-", "−")


def value_name(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
