"""The content of a federated report: verdicts, figures, learners, clients, and its origin."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from nisqdl.analysis.federated import Learner, Question, questions
from nisqdl.analysis.federated_verdict import bytes_text, federated_verdicts
from nisqdl.analysis.intervals import number
from nisqdl.analysis.verdict import Verdict
from nisqdl.analysis.words import counted
from nisqdl.report.cells import DASH, value_text
from nisqdl.report.devices import device_sections
from nisqdl.report.document import Block, DataTable, Document, Paragraph, Section
from nisqdl.report.figures.federated_figures import FEDERATED_FIGURES
from nisqdl.report.opening import answer, is_complete, rules, status_line
from nisqdl.report.picture import pictures
from nisqdl.report.provenance import provenance_section
from nisqdl.report.run_data import RunData

_MEANING = (
    "One logical circuit is transpiled onto each client's device; its weights belong to the "
    "logical model, so that they can be averaged although the circuits on the devices differ. "
    "Clients train with exact gradients under their device's calibrated noise: neither shots nor "
    "drift are in these numbers."
)


def federated_document(run: RunData, name: str, planned: int | None) -> tuple[Document, Verdict]:
    """The report of a run and its first verdict.

    Args are those of :data:`nisqdl.report.Content`.

    Raises:
        TooEarlyError: There is no federated QNN yet.
    """
    found = questions(run.records)
    complete = is_complete(run, planned)
    told = federated_verdicts(found, complete)
    context = run.context if isinstance(run.context, Mapping) else {}
    sections = [
        Section("figures", "Figures", pictures(FEDERATED_FIGURES.values(), found)),
        Section("learners", "Learners", tuple(_learner_table(q) for q in found)),
        Section("clients", "Clients", (*_client_tables(found), Paragraph(_MEANING))),
        Section("differences", "Differences", (_difference_table(told), *rules(told))),
        *device_sections(context.get("devices") or []),
        provenance_section(run, context.get("datasets") or [], name),
    ]
    document = Document(
        title=f"{name}: does federation pay?",
        status=_status(run, found, planned),
        answers=(answer(told),),
        sections=tuple(sections),
    )
    return document, told[0]


def _status(run: RunData, found: Sequence[Question], planned: int | None) -> str:
    first = found[0]
    rounds = counted(int(first.settings["federation.rounds"]), "round")
    clients = counted(len(first.clients), "client")
    return status_line(run, planned, counted(first.seeds, "seed"), f"{clients}, {rounds}")


def _learner_table(question: Question) -> DataTable:
    everybody = [*question.learners.values(), *question.alike.values()]
    rows = tuple(_learner_row(question, learner) for learner in everybody)
    goal = "" if question.goal is None else f"; the goal is {question.goal:.3f}"
    caption = (
        f"{question.title}: accuracy after the last round, mean over the clients' devices, with "
        f"95 % intervals over seeds{goal}"
    )
    heads = (
        "learner", "test accuracy", "on the client's own mix", "without noise", "weights",
        "bytes in all", "rounds to the goal", "bytes to the goal",
    )  # fmt: skip
    return DataTable(caption, heads, rows)


def _learner_row(question: Question, learner: Learner) -> tuple[str, ...]:
    price = None if question.goal is None else learner.price(question.goal)
    own, ideal = learner.estimate("own_accuracy"), learner.estimate("ideal_accuracy")
    accuracy = learner.estimate("accuracy")
    chosen = _chosen(learner)
    return (
        learner.title + (f" ({chosen})" if chosen else ""),
        DASH if accuracy is None else accuracy.text(),
        DASH if own is None else own.text(),
        DASH if ideal is None else ideal.text(),
        learner.weights,
        bytes_text(learner.traffic[-1]),
        DASH if price is None else _reached(price.rounds, price.reached, price.seeds),
        DASH if price is None or math.isinf(price.bytes) else bytes_text(price.bytes),
    )


def _reached(rounds: float, reached: int, seeds: int) -> str:
    if math.isinf(rounds):
        return f"in {reached or 'none'} of {seeds} seeds"
    return f"{rounds:g} ({reached} of {seeds} seeds)"


def _chosen(learner: Learner) -> str:
    """The options that tuning chose most often."""
    counts: dict[str, int] = {}
    for values in learner.values.values():
        options = values.get("chosen")
        if isinstance(options, Mapping):
            text = ", ".join(
                f"{name.replace('_', ' ')} {value_text(value)}"
                for name, value in options.items()
                if not (name == "hidden" and value == 0)
            )
            counts[text] = counts.get(text, 0) + 1
    return max(counts, key=lambda text: counts[text]) if counts else ""


def _client_tables(found: Sequence[Question]) -> list[Block]:
    heads = (
        "client", "expected fidelity", "training rows", "share of its commonest class",
        "global model", "its own model",
    )  # fmt: skip
    tables: list[Block] = []
    for question in found:
        local = question.learners.get("local")
        fidelities, rows = (question.client_means(n) for n in ("fidelities", "client_rows"))
        shares = _commonest(question)
        body = tuple(
            (
                f"{index + 1}: {device}",
                f"{fidelities[index].mean:.3f}",
                f"{rows[index].mean:.1f}",
                f"{100 * shares[index]:.0f} %",
                question.main.client_accuracies[index].text(),
                DASH if local is None else local.client_accuracies[index].text(),
            )
            for index, device in enumerate(question.clients)
        )
        caption = (
            f"{question.title}: the clients; fidelity of the circuit with readout as calibrated, "
            "rows and classes are means over seeds, accuracies on all test rows under its device"
        )
        tables.append(DataTable(caption, heads, body))
    return tables


def _commonest(question: Question) -> list[float]:
    """Mean over seeds of the largest class's share of each client's rows."""
    shares = [
        [max(counts) / sum(counts) for counts in values["client_classes"]]
        for values in question.main.values.values()
    ]
    return [sum(column) / len(column) for column in zip(*shares, strict=True)]


def _difference_table(told: Sequence[Verdict]) -> DataTable:
    rows = tuple(
        (verdict.topic, title, estimate.signed(), number(estimate.spread))
        for verdict in told
        for title, estimate in verdict.numbers.items()
    )
    heads = ("question", "where", "difference in accuracy (joint interval)", "sd between seeds")
    return DataTable("Every difference that a sentence rests on", heads, rows)
