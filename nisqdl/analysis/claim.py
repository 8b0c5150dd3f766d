"""The claim gate: what a comparison of quantum and classical models allows to be said.

An advantage is claimed for a quantum model only if it beats *every* classical learner over the
splits, tested with the overlap of the training sets taken into account, corrected for the number of
quantum models; and only if the contest was sound: enough splits, no test row among the training
rows, the same tuning budget for all, strong classical learners in. Simulations in the tests measure
how often it is fooled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nisqdl.analysis.contest import (
    CLASSICAL,
    ERROR_RATE,
    QUANTUM,
    Contest,
    Learner,
    accuracy_estimate,
    unsound,
)
from nisqdl.analysis.intervals import Estimate, holm, number, signed_number
from nisqdl.analysis.resampled import Paired
from nisqdl.analysis.verdict import Verdict
from nisqdl.analysis.words import counted, listed

EASY_QUBITS = 25
"""State vectors of so many qubits are exact on a laptop within seconds."""

EASY_BOND = 10
"""log2 of a bond dimension that a laptop carries exactly."""


def claims(contest: Contest, complete: bool) -> tuple[Verdict, ...]:
    """What a report says of one contest, the claim first.

    Args:
        contest: Its numbers.
        complete: Whether all points ran; before that no advantage is claimed.
    """
    sayings = [_claim(contest, complete), _best(contest)]
    others = (_equal_size(contest), _entanglement(contest), _simulable(contest))
    sayings += [told for told in others if told is not None]
    return tuple(sayings)


def winners(contest: Contest) -> tuple[Learner, ...]:
    """Quantum models that beat every classical learner by the test; soundness is not asked."""
    if not contest.of_kind(CLASSICAL):
        return ()
    found = contest.advantages
    return tuple(q for q in contest.of_kind(QUANTUM) if found[q.label] <= ERROR_RATE)


def masters(contest: Contest) -> tuple[Learner, ...]:
    """Classical learners that beat every quantum model by the test."""
    if not contest.of_kind(QUANTUM):
        return ()
    found = contest.defeats
    return tuple(c for c in contest.of_kind(CLASSICAL) if found[c.label] <= ERROR_RATE)


def _claim(contest: Contest, complete: bool) -> Verdict:
    quantum, classical = contest.of_kind(QUANTUM), contest.of_kind(CLASSICAL)
    numbers = {
        f"{q.title} − {c.title}": found.estimate
        for q in quantum
        for c in classical
        if (found := contest.difference(q, c, contest.pairs)) is not None
    }
    if not quantum or not classical:
        missing = "quantum model" if not quantum else "classical learner"
        sentence = f"On {contest.title}, no {missing} took part, so nothing is claimed."
        return Verdict("Claim", sentence, _rule(contest), numbers)
    won, beaten = winners(contest), masters(contest)
    budget = (
        f"{counted(contest.candidates, 'candidate')} each, {contest.folds}-fold "
        f"cross-validation, {counted(len(contest.splits), 'split')}"
    )
    reasons = list(unsound(contest))
    if not complete:
        reasons.append("the run is not complete")
    if won and not reasons:
        sentence = (
            f"On {contest.title}, advantage within this budget ({budget}): "
            f"{_gains(contest, won, classical)}."
        )
    elif won:
        names = listed([q.label for q in won])
        sentence = (
            f"On {contest.title}, no advantage shown: {names} scored higher than every classical "
            f"learner, but that counts for nothing here, because {'; '.join(reasons)}."
        )
    elif contest.same_rows:
        sentence = (
            f"On {contest.title}, no advantage shown: every split has the same rows, and repeated "
            "starts alone show nothing of other rows."
        )
    elif beaten:
        sentence = (
            f"On {contest.title}, classical better within this budget ({budget}): "
            f"{_gains(contest, beaten, quantum)}."
        )
    else:
        sentence = (
            f"On {contest.title}, no advantage shown within this budget ({budget}): no quantum "
            f"model beats {_all_of(classical)}, and none of these beats every quantum model."
        )
    return Verdict("Claim", sentence, _rule(contest), numbers)


def _all_of(classical: Sequence[Learner]) -> str:
    if len(classical) == 1:
        return classical[0].title
    if len(classical) == 2:
        return "both classical learners"
    return f"all {len(classical)} classical learners"


def _gains(contest: Contest, ones: Sequence[Learner], others: Sequence[Learner]) -> str:
    """For each, its smallest lead, with interval and effect size."""
    texts = []
    for one in ones:
        found: list[tuple[Paired, Learner]] = []
        for other in others:
            pair = contest.difference(one, other, contest.pairs)
            if pair is not None:
                found.append((pair, other))
        nearest, other = min(found, key=lambda pair: pair[0].mean)
        rest = "" if len(found) == 1 else f", the nearest of {len(found)}"
        texts.append(f"{one.title} by {paired_text(nearest)} over {other.title}{rest}")
    return "; ".join(texts)


def paired_text(pair: Paired) -> str:
    """``+0.031 (+0.004 to +0.058; 1.2 sd)``."""
    if pair.spread == 0:
        return f"{signed_number(pair.mean)} (every split alike)"
    assert pair.effect is not None
    ends = f"{signed_number(pair.low)} to {signed_number(pair.high)}"
    return f"{signed_number(pair.mean)} ({ends}; {number(pair.effect, 1)} sd)"


def _rule(contest: Contest) -> str:
    return (
        "Differences of test accuracy are paired over splits and tested with Nadeau and Bengio's "
        "corrected resampled t test (the variance of the mean is (1/J + n_test/n_train) s²). A "
        "quantum model has an advantage if the one-sided p value against every classical learner, "
        f"Holm-corrected for {counted(len(contest.of_kind(QUANTUM)), 'quantum model')}, is at most "
        f"{ERROR_RATE:g}; a classical learner is better if it beats every quantum model by the "
        f"same rule, Holm-corrected for {counted(len(contest.of_kind(CLASSICAL)), 'learner')}. "
        "Nothing is claimed for the quantum side with fewer than five splits, the same rows in "
        "all of them, test rows among the training rows, a classical learner that tried fewer "
        "candidates than a quantum model, or without RBF SVC, MLP and a tree ensemble. In "
        "brackets: intervals that hold jointly at "
        f"95 % over all {max(1, contest.pairs)} comparisons (Bonferroni), and the difference in "
        "standard deviations between splits."
    )


def _best(contest: Contest) -> Verdict:
    """The quantum and the classical learner of the highest mean test accuracy."""
    parts = []
    numbers: dict[str, Estimate] = {}
    for kind, title in ((QUANTUM, "quantum model"), (CLASSICAL, "classical learner")):
        some = contest.of_kind(kind)
        if some:
            top = max(some, key=lambda learner: learner.mean)
            numbers[top.title] = accuracy_estimate(contest, top)
            parts.append(f"{title} {top.title} with {numbers[top.title].text()}")
    sentence = f"The highest mean test accuracy on {contest.title}: {listed(parts)}."
    rule = (
        "Means over splits with 95 % intervals that take their overlap into account. The highest "
        "of several means is flattered by chance; the claim above is not read from it."
    )
    return Verdict("Highest means", sentence, rule, numbers)


def _equal_size(contest: Contest) -> Verdict | None:
    """How a quantum model stands to classical networks that have no more weights than it."""
    pairs = [
        (model, other, found)
        for other in contest.of_kind(CLASSICAL)
        for model in contest.of_kind(QUANTUM)
        if other.size_of == model.label
        and (found := contest.difference(model, other, contest.pairs)) is not None
    ]
    if not pairs:
        return None
    raw = [min(1.0, 2 * min(found.p_above, found.p_below)) for _, _, found in pairs]
    parts: dict[str, list[str]] = {"worse": [], "better": [], "open": []}
    for (_, other, found), p in zip(pairs, holm(raw), strict=True):
        key = "open" if p > 2 * ERROR_RATE else "better" if found.mean > 0 else "worse"
        parts[key].append(f"{other.title} ({other.usual_weights}) {paired_text(found)}")
    texts = [
        f"{words} {listed(parts[key])}"
        for key, words in (
            ("worse", "it was shown to be worse than"),
            ("better", "it was shown to be better than"),
            ("open", "no difference was shown to"),
        )
        if parts[key]
    ]
    model = pairs[0][0]
    sentence = f"{model.label} ({model.usual_weights} weights) at equal size: {'; '.join(texts)}."
    rule = (
        "Test accuracy of the quantum model minus that of classical networks that on each split "
        "have as many weights as it was tuned to have there, or the next fewer that such a network "
        "can have; medians of the numbers of weights in brackets. Two-sided corrected tests, "
        f"Holm-corrected for {len(pairs)}, at 5 %."
    )
    numbers = {f"{m.title} − {c.title}": found.estimate for m, c, found in pairs}
    return Verdict("Equal size", sentence, rule, numbers)


def _entanglement(contest: Contest) -> Verdict | None:
    """Whether entanglement was shown to help any quantum model."""
    pairs = [
        (q, found)
        for q in contest.of_kind(QUANTUM)
        if (control := contest.control_of(q)) is not None
        and (found := contest.difference(q, control)) is not None
    ]
    if not pairs:
        return None
    raw = [min(1.0, 2 * min(found.p_above, found.p_below)) for _, found in pairs]
    parts: dict[str, list[str]] = {"helps": [], "hurts": [], "open": []}
    for (model, found), p in zip(pairs, holm(raw), strict=True):
        key = "open" if p > 2 * ERROR_RATE else "helps" if found.mean > 0 else "hurts"
        parts[key].append(f"{model.label} {paired_text(found)}")
    texts = []
    if parts["helps"]:
        texts.append(f"entanglement was shown to help {listed(parts['helps'])}")
    if parts["hurts"]:
        texts.append(f"entanglement was shown to hurt {listed(parts['hurts'])}")
    if parts["open"]:
        texts.append(f"entanglement makes no difference that was shown to {listed(parts['open'])}")
    where = ", on these very rows" if contest.same_rows else ""
    sentence = f"Against its separable control{where}: {'; '.join(texts)}."
    rule = (
        "Test accuracy of each quantum model minus that of the same model without two-qubit gates, "
        f"tuned alike; two-sided corrected tests, Holm-corrected for {len(pairs)}, at 5 %."
    )
    return Verdict(
        "Entanglement", sentence, rule, {f"{q.label}": found.estimate for q, found in pairs}
    )


def _simulable(contest: Contest) -> Verdict | None:
    circuits = [q for q in contest.of_kind(QUANTUM) if q.circuit]
    if not circuits:
        return None
    easy = [q for q in circuits if simulable(q.circuit)]
    if len(easy) == len(circuits):
        some = "Every quantum model here" if len(easy) > 1 else f"{easy[0].label}"
        sentence = f"{some} is easy to simulate classically: {_why(easy)}."
    elif easy:
        sentence = (
            f"Easy to simulate classically: {listed([q.label for q in easy])} ({_why(easy)}); "
            "not shown to be easy by these bounds: "
            f"{listed([q.label for q in circuits if q not in easy])}."
        )
    else:
        sentence = "None of the circuits is shown to be easy to simulate by these bounds."
    rule = (
        f"Easy: a causal cone of at most {EASY_QUBITS} qubits, or a bond dimension bounded by "
        f"2^{EASY_BOND} from the two-qubit gates across each cut. These are upper bounds from the "
        "circuit alone; noise makes circuits easier still. A model that is easy to simulate may "
        "be accurate, but its accuracy is no quantum speed-up."
    )
    return Verdict("Simulability", sentence, rule, {})


def simulable(circuit: Mapping[str, int]) -> bool:
    """Whether a circuit's bounds say that a laptop simulates it."""
    return circuit["cone"] <= EASY_QUBITS or circuit["log2_bond"] <= EASY_BOND


def _why(models: Sequence[Learner]) -> str:
    cone = max(q.circuit["cone"] for q in models)
    bond = max(q.circuit["log2_bond"] for q in models)
    return (
        f"no observable depends on more than {counted(cone, 'qubit')}, and no cut of the qubits "
        f"needs a bond dimension above {2 ** min(bond, 60)}"
    )
