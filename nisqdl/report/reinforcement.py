"""The content of a reinforcement report: the claim, curves, noise, what policies do, resources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from nisqdl.analysis.aggregate import improvement, improvement_interval
from nisqdl.analysis.arena import CLASSICAL, FEWEST, QUANTUM, Arena, Player
from nisqdl.analysis.arena_claim import TWIN, digits_of, gain_text, rivals, unsound
from nisqdl.analysis.arena_overall import Overall, overall, together
from nisqdl.analysis.arena_records import arenas, of_arena
from nisqdl.analysis.arena_verdict import verdicts
from nisqdl.analysis.device_twin import Twins, twins_of
from nisqdl.analysis.intervals import number
from nisqdl.analysis.twin_verdict import TWIN_TOPIC, twin_verdict
from nisqdl.analysis.verdict import Verdict
from nisqdl.analysis.words import counted
from nisqdl.report.arena_tables import (
    overall_table,
    resource_table,
    sample_table,
    tuning_table,
)
from nisqdl.report.cells import DASH
from nisqdl.report.devices import device_sections
from nisqdl.report.document import Answer, Block, DataTable, Document, Paragraph, Picture, Section
from nisqdl.report.figures import learned_episode
from nisqdl.report.figures.arena_overview import ARENA_OVERVIEW
from nisqdl.report.figures.arena_scores import ARENA_SCORES
from nisqdl.report.figures.device_returns import DEVICE_RETURNS
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.figures.learning_curves import LEARNING_CURVES
from nisqdl.report.figures.return_scale import RETURN_SCALE
from nisqdl.report.opening import answer, is_complete, rules, status_line
from nisqdl.report.picture import pictures
from nisqdl.report.provenance import provenance_section
from nisqdl.report.run_data import RunData
from nisqdl.report.twins import twin_sections
from nisqdl.store.record import Json

MOST_DRAWN = 6
"""So many arenas of one run get figures."""

FIGURES = (LEARNING_CURVES, ARENA_SCORES, RETURN_SCALE)


def reinforcement_document(
    run: RunData, name: str, planned: int | None
) -> tuple[Document, Verdict]:
    """The report of a run and what it says first.

    Args are those of :data:`nisqdl.report.Content`.
    """
    context = run.context if isinstance(run.context, Mapping) else {}
    environments = {str(e["key"]): e for e in context.get("environments") or []}
    order = list(environments)  # that of the experiment file
    found = sorted(arenas(run.records), key=lambda arena: order.index(environment_key(arena)))
    complete = is_complete(run, planned)
    measured = [_measured(arena, run) for arena in found]
    told = [
        (*verdicts(arena, complete, len(found)), *(twin_verdict(twins) for twins in circuits))
        for arena, (circuits, _) in zip(found, measured, strict=True)
    ]
    sections: list[Section] = []
    every = overall(found)
    if every:
        sections.append(_overall(every, found))
    for index, (arena, sayings) in enumerate(zip(found, told, strict=True)):
        suffix = f"-{index + 1}" if len(found) > 1 else ""
        about = environments.get(environment_key(arena), {})
        sections += _arena(arena, sayings, suffix, about, index < MOST_DRAWN)
        sections += _on_device(arena, measured[index], suffix)
    sections += device_sections(context.get("devices") or [])
    sections.append(provenance_section(run, [], name))
    verdict = together(found, complete) if len(found) > 1 else told[0][0]
    first = (Answer(verdict.sentence, ()),) if len(found) > 1 else ()
    document = Document(
        title=f"{name}: do circuits learn to act?",
        status=_status(run, found, planned),
        answers=(*first, *(answer(t) for t in told)),
        sections=tuple(sections),
    )
    return document, verdict


def environment_key(arena: Arena) -> str:
    """What names an arena's environment in the run's context."""
    return str(arena.environment["place"])


def _status(run: RunData, found: Sequence[Arena], planned: int | None) -> str:
    first = found[0]
    arenas = ", ".join(dict.fromkeys(arena.title for arena in found))
    episodes = f"{first.environment['episodes']} episodes of its own"
    seeds = counted(len(first.seeds), "seed")
    return status_line(run, planned, arenas, f"{seeds}, each judged on {episodes}")


def _measured(arena: Arena, run: RunData) -> tuple[tuple[Twins, ...], tuple[Twins, ...]]:
    """The device twins of the trained circuits, and of these with their ablations."""
    records = of_arena(run.records, arena)
    circuits = [r for r in records if r.point.settings["kind"] == QUANTUM]
    return twins_of(circuits), twins_of(records)


def _on_device(
    arena: Arena, measured: tuple[tuple[Twins, ...], tuple[Twins, ...]], suffix: str
) -> list[Section]:
    of = f": {arena.title}" if suffix else ""
    return twin_sections(measured[1], suffix, of, pictures((DEVICE_RETURNS,), arena, suffix))


def _overall(every: Sequence[Overall], found: Sequence[Arena]) -> Section:
    words = Paragraph(
        f"Pooled over {counted(len(found), 'arena')} with the same weight: interquartile means of "
        "normalised returns (0: random, 1: the best heuristic), and how often a training earns "
        "more than one of the MLP; stratified bootstrap intervals at 95 % (Agarwal et al. 2021).",
        quiet=True,
    )
    drawn = pictures((ARENA_OVERVIEW,), found)
    return Section("overall", "Over all environments", (*drawn, overall_table(every), words))


def _arena(
    arena: Arena, sayings: Sequence[Verdict], suffix: str, about: Mapping[str, Json], drawn: bool
) -> list[Section]:
    of = f": {arena.title}" if suffix else ""
    # The rules of twins are told beside these.
    own = [verdict for verdict in sayings if not verdict.topic.startswith(TWIN_TOPIC)]
    sections = []
    shown = _pictures(arena, suffix, about) if drawn else ()
    if shown:
        sections.append(Section(f"figures{suffix}", f"Figures{of}", shown))
    return [
        *sections,
        Section(
            f"players{suffix}",
            f"Who acted{of}",
            (*_about(about), _player_table(arena), *_few_seeds(arena), _difference_table(arena),
             *_soundness(arena), *rules(own)),
        ),
        Section(
            f"resources{suffix}",
            f"Resources{of}",
            (sample_table(arena), resource_table(arena), tuning_table(arena)),
        ),
    ]  # fmt: skip


def _pictures(arena: Arena, suffix: str, about: Mapping[str, Json]) -> tuple[Picture, ...]:
    kinds: list[FigureKind[Arena]] = [*FIGURES]
    if about:
        episode = partial(learned_episode.draw, about)
        kinds.append(FigureKind("learned_episode", "What the policies do", episode))
    return pictures(kinds, arena, suffix)


def _about(about: Mapping[str, Json]) -> list[Block]:
    if not about:
        return []
    return [
        Paragraph(f"{about['name']}: {about['summary']}. Reward: {about['reward']}."),
        Paragraph(f"Rules: {about['source']}.", quiet=True),
    ]


def _few_seeds(arena: Arena) -> list[Block]:
    if len(arena.seeds) >= FEWEST:
        return []
    return [
        Paragraph(
            f"With fewer than {FEWEST} seeds the intervals are too short: of three trainings they "
            "hold the truth about seven times in ten.",
            quiet=True,
        )
    ]


def _player_table(arena: Arena) -> DataTable:
    twin = next((p for p in arena.of_kind(CLASSICAL) if p.label == TWIN), None)
    scored = [(p, s) for p in arena.players if (s := arena.score(p)) is not None]
    rows = []
    for player, score in sorted(scored, key=lambda pair: -pair[1].mean):
        scale = arena.normalised(score.mean)
        rows.append(
            (
                player.label,
                player.kind,
                score.text(digits_of(score)),
                DASH if scale is None else number(scale, 2),
                _improvement(arena, player, twin) if player.learns else DASH,
            )
        )
    under = "" if arena.reference.scale is None else f"; circuits at λ = {arena.reference.scale:g}"
    caption = f"Interquartile mean return over {counted(len(arena.seeds), 'seed')}{under}"
    heads = ("player", "kind", "return (95 %)", "0 random, 1 best heuristic", "beats the MLP")
    return DataTable(caption, heads, tuple(rows))


def _improvement(arena: Arena, player: Player, twin: Player | None) -> str:
    """How often a training of the player beats one of the twin's."""
    if twin is None or player is twin:
        return DASH
    one = list(player.scores(arena.reference).values())
    other = list(twin.scores(arena.reference).values())
    low, high = improvement_interval(one, other)
    return f"{100 * improvement(one, other):.0f} % ({100 * low:.0f} to {100 * high:.0f})"


def _difference_table(arena: Arena) -> DataTable:
    circuits = arena.of_kind(QUANTUM)
    pairs = [(c, r) for c in circuits for r in rivals(arena, c)]
    rows = []
    for circuit, rival in pairs:
        found = arena.difference(circuit, rival, max(1, len(pairs)))
        if found is not None:
            better, worse = arena.p_better(circuit, rival), arena.p_better(rival, circuit)
            rows.append(
                (f"{circuit.label} − {rival.label}", gain_text(found), f"{better:.3f}",
                 f"{worse:.3f}")
            )  # fmt: skip
    caption = (
        "Differences of mean return, paired over seeds; intervals hold jointly over "
        f"{counted(max(1, len(pairs)), 'comparison')}, one-sided p values are of each alone"
    )
    heads = ("difference", "mean (interval)", "p that it is not above 0", "p that it is not below")
    return DataTable(caption, heads, tuple(rows))


def _soundness(arena: Arena) -> list[Block]:
    reasons = unsound(arena)
    if not reasons:
        return [Paragraph("The contest is sound: nothing forbids a claim but the numbers.")]
    return [Paragraph(f"No advantage could be claimed here: {'; '.join(reasons)}.")]
