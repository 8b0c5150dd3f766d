"""What is said of whether a model can be trained, with the number that says so."""

from __future__ import annotations

from nisqdl.analysis.plateau_cells import DEPTH, QUBITS, depth_title
from nisqdl.analysis.plateau_text import MOST_NAMED, count_text, setting_text
from nisqdl.analysis.plateaus import Plateaus
from nisqdl.analysis.trainability import AFFORDABLE, EASY, Way, ways
from nisqdl.analysis.verdict import Verdict
from nisqdl.analysis.words import counted


def trainable_verdict(found: Plateaus, complete: bool) -> Verdict:
    """The answer to "can it still be trained?", for the largest circuits."""
    told = ways(found.cells)
    size = counted(told[0].cell.settings[QUBITS], "qubit")
    if not complete:
        sentence = "Not every point ran yet, so whether it can be trained is not said."
        return Verdict(_TRAINABLE, sentence, _TRAINABLE_RULE, {})
    parts: list[str] = []
    for answer, head in _ANSWERS:
        some = sorted((w for w in told if w.answer == answer), key=lambda w: w.shots)
        if some:
            texts = [_way_text(found, way) for way in some[:MOST_NAMED]]
            if len(some) > MOST_NAMED:
                texts.append(f"{len(some) - MOST_NAMED} more")
            head = head if not parts else f"{head[0].upper()}{head[1:]}"
            parts.append(f"{head}: {'; '.join(texts)}")
    sentence = f"At {size}, {'. '.join(parts)}."
    return Verdict(_TRAINABLE, sentence, _TRAINABLE_RULE, {})


def _way_text(found: Plateaus, way: Way) -> str:
    if way.answer == "not resolved":
        return found.title(way.cell)
    price = f"{count_text(way.shots)} shots a component"
    if way.cell.value == 0:
        price = "no gradient at all"
    told = f"{found.title(way.cell)} ({price}"
    if way.answer != "not trainable":
        return f"{told})"
    if way.instead is None:
        return f"{told}; no single change that was measured helps)"
    other, name = way.instead
    shots = count_text(max(2.0, 1 / other.value))
    value = depth_title(other.settings) if name == DEPTH else setting_text(other, name)
    return f"{told}; trainable with {value} instead, {shots} shots)"


_TRAINABLE = "Can it be trained"
_ANSWERS = (
    ("not trainable", "not trainable"),
    ("with more shots", f"trainable with more than {EASY:,.0f} shots".replace(",", " ")),
    ("trainable", "trainable"),
    ("not resolved", "not resolved by these samples"),
)
_TRAINABLE_RULE = (
    "The circuits of most qubits, of each kind the deepest. Trainable: at most "
    f"{EASY:,.0f} shots show one gradient component at a signal-to-noise ratio of 1; ".replace(
        ",", " "
    )
    + f"not trainable: more than {AFFORDABLE:,.0f}. ".replace(",", " ")
    + "What is named instead differs in one thing (observable, entangler, depth, initialisation or "
    "noise) and was measured; of several the one of fewest shots. Gradients at random angles are "
    "meant: they say how training starts, not how it ends."
)
