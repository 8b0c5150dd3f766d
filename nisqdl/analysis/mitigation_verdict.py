"""Sentences on mitigation at equal time on the device: what pays, and from what time on."""

from __future__ import annotations

from collections.abc import Sequence

from nisqdl.analysis.intervals import Estimate, mean_over_seeds
from nisqdl.analysis.mitigation import Question, comparisons_of
from nisqdl.analysis.verdict import Verdict
from nisqdl.analysis.words import listed


def mitigation_verdicts(found: Sequence[Question], complete: bool) -> tuple[Verdict, ...]:
    """What a report says, first of all what pays."""
    count = comparisons_of(found)
    return (
        _what_pays(found, count, complete),
        _from_when(found, count),
        _accuracy(found, count),
        _unphysical(found),
        _stated(found),
    )


def _what_pays(found: Sequence[Question], count: int, complete: bool) -> Verdict:
    sentences: list[str] = []
    numbers: dict[str, Estimate] = {}
    for question in found:
        last = question.times[-1]
        gains = {
            method: gain
            for method in question.methods
            if (gain := question.gain(method, last, "error", count)) is not None
        }
        numbers |= {f"{question.title}: {method}": gain for method, gain in gains.items()}
        where = f"With {last:g} s on {question.title}"
        base = question.cell(question.reference, last)
        lower = {method: gain for method, gain in gains.items() if gain.below_zero}
        if not gains or base is None:
            sentences.append(f"{where} there is nothing to compare {question.reference} with")
        elif not lower:
            sentences.append(
                f"{where} no way was shown to lower the error of a value, which is "
                f"{base.error.text()} with {question.reference}"
            )
        else:
            best = min(lower, key=lambda method: lower[method].mean)
            share = f", the most of the {len(gains)} ways" if len(gains) > 1 else ""
            sentences.append(
                f"{where} {best} lowers the error of a value from {base.error.mean:.3f} by "
                f"{lower[best].reversed().text()}{share}"
            )
    sentence = "; ".join(sentences) + "."
    if not complete:
        sentence += " The run is not complete."
    return Verdict("What pays", sentence, f"{_ERROR} {_SHOWN}", numbers)


def _from_when(found: Sequence[Question], count: int) -> Verdict:
    parts: list[str] = []
    numbers: dict[str, Estimate] = {}
    for question in found:
        for method in question.methods:
            gains = {
                seconds: gain
                for seconds in question.times
                if (gain := question.gain(method, seconds, "error", count)) is not None
            }
            if not gains:
                continue
            numbers |= {f"{question.title}: {method}, {s:g} s": g for s, g in gains.items()}
            better = [f"{s:g}" for s, gain in gains.items() if gain.below_zero]
            worse = [f"{s:g}" for s, gain in gains.items() if gain.above_zero]
            sayings = [f"better at {listed(better)} s"] if better else []
            sayings += [f"worse at {listed(worse)} s"] if worse else []
            said = " and ".join(sayings) or "never shown to be better or worse"
            prefix = f"{question.title}, " if len(found) > 1 else ""
            parts.append(f"{prefix}{method} {said}")
    sentence = f"Against {found[0].reference} for the same time: {'; '.join(parts)}."
    return Verdict("From what time on", sentence, f"{_ERROR} {_SHOWN}", numbers)


def _accuracy(found: Sequence[Question], count: int) -> Verdict:
    shown: list[str] = []
    numbers: dict[str, Estimate] = {}
    for question in found:
        for method in question.methods:
            for seconds in question.times:
                gain = question.gain(method, seconds, "accuracy", count)
                if gain is None:
                    continue
                numbers[f"{question.title}: {method}, {seconds:g} s"] = gain
                if gain.above_zero or gain.below_zero:
                    shown.append(f"{method} at {seconds:g} s by {gain.signed()}")
    sentence = (
        f"Accuracy was shown to differ from that of {found[0].reference}: {'; '.join(shown)}."
        if shown
        else "No way and no time was shown to change the accuracy. (What damps all values alike "
        "changes no class.)"
    )
    return Verdict("Accuracy", sentence, _SHOWN, numbers)


def _unphysical(found: Sequence[Question]) -> Verdict:
    cells = [cell for question in found for cell in question.cells if cell.unphysical.mean > 0]
    if not cells:
        sentence = "Every value was one that some state can give."
    else:
        worst = max(cells, key=lambda cell: cell.unphysical.mean)
        methods = list(dict.fromkeys(cell.method for cell in cells))
        sentence = (
            f"Values that no state can give, beyond ±1, came from {listed(methods)}: at most "
            f"{100 * worst.unphysical.mean:.2g} % of them, with {worst.method} at "
            f"{worst.seconds:g} s. They are kept as they are."
        )
    rule = "A value counts if it is larger than the sum of its observable's coefficients."
    numbers = {f"{cell.method}, {cell.seconds:g} s": cell.unphysical for cell in cells}
    return Verdict("Unphysical values", sentence, rule, numbers)


def _stated(found: Sequence[Question]) -> Verdict:
    """Whether the client's standard errors are those that repetitions show."""
    numbers = {}
    for question in found:
        for method in question.methods:
            cells = [cell for cell in question.cells if cell.method == method]
            ratios = [cell.noise.mean / cell.stated.mean for cell in cells if cell.stated.mean > 0]
            if ratios:
                numbers[f"{question.title}: {method}"] = mean_over_seeds(ratios)
    if not numbers:
        sentence = "The client stated no standard errors."
    else:
        least, most = (pick(e.mean for e in numbers.values()) for pick in (min, max))
        sentence = (
            f"Repetitions scatter {least:.1f} to {most:.1f} times as much as the standard errors "
            "that the client states"
        )
        sentence += "." if most < 1.3 else "; trust repetitions, not what is stated."
    rule = (
        "Root mean square scatter between repetitions over the mean stated error, averaged over "
        "times; 1 is right. An observable that is a sum has terms that scatter together."
    )
    return Verdict("Stated errors", sentence, rule, numbers)


_SHOWN = (
    "Paired over seeds, 95 % jointly over all ways, times and models; a difference is shown if its "
    "whole interval is on one side of 0, from three seeds or more. What is not shown may still be "
    "there."
)

_ERROR = "The error is the root mean square distance of a value from that of a noiseless device."
