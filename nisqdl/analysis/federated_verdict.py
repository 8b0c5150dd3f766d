"""What a federated study's report says: does it pay, against whom, and what noise costs."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nisqdl.analysis.federated import (
    CLASSICAL,
    FEDERATED,
    FIDELITY,
    GOAL,
    LOCAL,
    NOISELESS,
    POOLED,
    POOLED_NOISELESS,
    SEPARABLE,
    TITLES,
    Question,
    Told,
)
from nisqdl.analysis.intervals import Estimate
from nisqdl.analysis.outcome import inner, outcome, sentence
from nisqdl.analysis.resampled import FEWEST
from nisqdl.analysis.verdict import Verdict
from nisqdl.analysis.words import counted, listed

_JUDGED = (
    "Accuracy on held-out rows with the classes as the data have them, under each client's device, "
    "mean over the clients."
)
_SHOWN = (
    "Paired over seeds, with t intervals that hold at 95 % jointly over the settings of the report "
    "(Bonferroni). A difference is shown from three seeds on if its whole interval is on one side "
    "of 0; what is not shown may still be there."
)


def federated_verdicts(found: Sequence[Question], complete: bool) -> tuple[Verdict, ...]:
    """What a report says, whether federation pays first.

    Args:
        found: The run's questions.
        complete: Whether all points ran; before that no advantage over classical learners is
            claimed.
    """
    sayings = (
        _pays(found), _own_mix(found), _classical(found, complete), _pooled(found), _unlike(found),
        _trained(found), _noise(found), _weighting(found), _entangled(found),
        _communication(found),
    )  # fmt: skip
    return tuple(saying for saying in sayings if saying is not None)


def _pays(found: Sequence[Question]) -> Verdict | None:
    return _outcome(
        "Does federation pay",
        found,
        lambda q: q.difference(FEDERATED, LOCAL, comparisons=len(found)),
        "federating the QNN was shown to raise accuracy over each client alone",
        "federating the QNN was shown to lower accuracy against each client alone",
        "no difference between federating and each client alone was shown",
        f"{_JUDGED} A client alone trains as many epochs on its own rows and device, and its model "
        f"is judged on its own device. {_SHOWN}",
    )


def _own_mix(found: Sequence[Question]) -> Verdict | None:
    skewed = [q for q in found if q.settings["concentration"] is not None]
    return _outcome(
        "For the client itself",
        skewed,
        lambda q: q.difference(FEDERATED, LOCAL, "own_accuracy", len(found)),
        "on new rows of each client's own mix of classes, federating was shown to help",
        "on new rows of each client's own mix of classes, federating was shown to hurt",
        "on new rows of each client's own mix of classes, no difference was shown",
        "Recalls of the classes on held-out rows, weighted as each client's training rows have "
        f"them, under its device, mean over the clients. {_SHOWN}",
    )


def _classical(found: Sequence[Question], complete: bool) -> Verdict:
    """The claim gate: every tuned classical learner is beaten, jointly over the report."""
    count = len(found) * len(CLASSICAL)
    won: list[str] = []
    lost: list[str] = []
    open_: list[str] = []
    numbers: dict[str, Estimate] = {}
    for question in found:
        pairs = {
            name: pair for name in CLASSICAL if (pair := question.contest(name, count)) is not None
        }
        numbers |= {
            f"{question.title}: QNN − {TITLES[n]}": pair.estimate for n, pair in pairs.items()
        }
        better = [
            f"{_short(name)} by {pair.estimate.reversed().text()}"
            for name, pair in pairs.items()
            if pair.splits >= FEWEST and pair.estimate.below_zero and not question.same_rows
        ]
        if better:
            lost.append(f"{listed(better)} ({question.title})")
        elif len(pairs) == len(CLASSICAL) and all(
            pair.splits >= FEWEST and pair.estimate.above_zero for pair in pairs.values()
        ):
            least = min(pairs.values(), key=lambda pair: pair.mean)
            won.append(f"by {least.estimate.text()} over the nearest ({question.title})")
        else:
            open_.append(question.title)
    stop = _reasons(found, complete)
    parts = []
    if won and not stop:
        parts.append(f"the federated QNN beats every federated classical learner {'; '.join(won)}")
    elif won:
        parts.append(f"no advantage of the federated QNN is claimed, because {'; '.join(stop)}")
    if lost:
        parts.append(f"federated classical learners were shown to be better: {'; '.join(lost)}")
    if open_:
        where = "" if len(open_) == len(found) else f" ({'; '.join(open_)})"
        parts.append(
            "no advantage of the federated QNN over the federated classical learners was shown"
            f"{where}"
        )
    rule = (
        f"{_JUDGED} Classical learners take the same rounds, rows, optimizer and loss; learning "
        "rate and hidden units are tuned on a quarter of each client's rows, while the QNN has "
        "what the file says. An advantage is claimed only if the whole interval of the QNN minus "
        f"every one of them is above 0, jointly over all {count} comparisons (Bonferroni), from "
        f"{FEWEST} seeds on whose rows differ; that a classical learner is better, by the same "
        "rule for it alone. Intervals of the corrected resampled t test "
        "(Nadeau and Bengio 2003), which takes the overlap of the splits into account."
    )
    return Verdict("Quantum or classical", sentence(parts), rule, numbers)


def _reasons(found: Sequence[Question], complete: bool) -> list[str]:
    reasons = [] if complete else ["the run is not complete"]
    if any(question.same_rows for question in found):
        reasons.append("every seed has the same rows")
    return reasons


def _short(name: str) -> str:
    return TITLES[name].removeprefix("federated ")


def _pooled(found: Sequence[Question]) -> Verdict | None:
    parts = []
    numbers: dict[str, Estimate] = {}
    for name, words in ((POOLED, "on the first client's device"), (POOLED_NOISELESS, "")):
        told = _outcome(
            "",
            found,
            _against(name, 2 * len(found)),
            "federating was shown to be better",
            "federating was shown to cost accuracy",
            "no difference was shown",
            "",
        )
        if told is not None:
            how = f"trained {words}" if words else "trained without noise"
            parts.append(f"against the QNN on pooled rows, {how}, {inner(told.sentence)}")
            numbers |= {f"{TITLES[name]}: {key}": gain for key, gain in told.numbers.items()}
    if not parts:
        return None
    rule = (
        f"{_JUDGED} Pooled training sees all rows at one place, as many epochs as a client has "
        f"in all rounds. {_SHOWN}"
    )
    return Verdict("Against pooled data", sentence(parts), rule, numbers)


def _against(name: str, comparisons: int) -> Told:
    return lambda question: question.difference(FEDERATED, name, comparisons=comparisons)


def _unlike(found: Sequence[Question]) -> Verdict | None:
    return _outcome(
        "Different devices",
        found,
        lambda q: q.unlike(len(found)),
        "that the clients' devices differ was shown to help",
        "that the clients' devices differ was shown to cost accuracy",
        "no cost of the devices being different was shown",
        "Federated over the given devices, minus federated over clients that all have the device "
        f"on which the model is judged, mean over the devices. {_SHOWN}",
    )


def _trained(found: Sequence[Question]) -> Verdict | None:
    return _outcome(
        "Noise in training",
        found,
        lambda q: q.difference(FEDERATED, NOISELESS, comparisons=len(found)),
        "training under the devices' noise was shown to help on the devices",
        "training under the devices' noise was shown to hurt on the devices",
        "no difference between clients that train with and without their noise was shown",
        f"{_JUDGED} Both are judged under the noise. {_SHOWN}",
    )


def _noise(found: Sequence[Question]) -> Verdict | None:
    if all(q.settings["noise.scale"] == 0 for q in found):
        return None
    return _outcome(
        "Noise when it is used",
        found,
        lambda q: q.device_cost(len(found)),
        "the devices' noise was shown to raise the global model's accuracy",
        "the devices' noise was shown to cost the global model accuracy",
        "no cost of the devices' noise to the global model was shown",
        f"The same model judged under each client's device minus without noise. {_SHOWN}",
    )


def _weighting(found: Sequence[Question]) -> Verdict | None:
    return _outcome(
        "Weighting by fidelity",
        [q for q in found if FEDERATED in q.learners],
        lambda q: q.difference(FIDELITY, FEDERATED, comparisons=len(found)),
        "weighting the clients by fidelity was shown to help",
        "weighting the clients by fidelity was shown to hurt",
        "no difference between weighting by fidelity and by samples alone was shown",
        "Clients count by rows times their circuit's expected fidelity (gates and readout), minus "
        f"by rows alone. {_SHOWN}",
    )


def _entangled(found: Sequence[Question]) -> Verdict | None:
    told = [q for q in found if q.settings["model.entangler"] != "none"]
    return _outcome(
        "Entanglement",
        told,
        lambda q: q.difference(FEDERATED, SEPARABLE, comparisons=len(found)),
        "entangling was shown to help",
        "entangling was shown to hurt",
        "removing the entangler makes no difference that was shown",
        f"The federated QNN minus the same one without two-qubit gates. {_SHOWN}",
    )


def _communication(found: Sequence[Question]) -> Verdict | None:
    parts = []
    for question in found:
        goal = question.goal
        if goal is None:
            continue
        told = []
        others = [question.learners[n] for n in CLASSICAL if n in question.learners]
        for learner in (question.main, *others):
            price = learner.price(goal)
            name = "the QNN" if learner is question.main else _short(learner.name)
            if math.isinf(price.bytes):
                told.append(f"{name} in {price.reached or 'none'} of {price.seeds} seeds")
            else:
                told.append(f"{name} after {_rounds(price.rounds)} and {bytes_text(price.bytes)}")
        where = f"{question.title}: " if len(found) > 1 else ""
        parts.append(f"{where}{goal:.3f} is reached by {', '.join(told)}")
    if not parts:
        return None
    rule = (
        f"The goal is {100 * GOAL:.0f} % of the accuracy that the QNN reaches on pooled rows "
        "without noise. Bytes are those of all weights down and up (8 a number), without headers; "
        "medians over seeds, a seed that never gets there counting as infinite."
    )
    return Verdict("Communication", sentence(parts), rule, {})


def bytes_text(value: float) -> str:
    """``640 B``, ``12.8 kB``, ``3.2 MB``: by thousands."""
    if value < 1000:
        return f"{value:.0f} B"
    return f"{value / 1e3:.3g} kB" if value < 1e6 else f"{value / 1e6:.3g} MB"


def _rounds(value: float) -> str:
    return counted(int(value), "round") if value == int(value) else f"{value:g} rounds"


def _outcome(
    topic: str,
    found: Sequence[Question],
    told: Told,
    up: str,
    down: str,
    open_: str,
    rule: str,
) -> Verdict | None:
    """One sentence over all questions, by what was shown in each; ``None`` without numbers."""
    gains = [(q.title, gain) for q in found if (gain := told(q)) is not None]
    return outcome(topic, gains, up, down, open_, rule)
