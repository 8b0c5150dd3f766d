"""Training on a device as a chain of steps: begin here, measure there, go on here, …

Each round's state is an artifact of the run, so that a training goes on where it was, in another
process, after any interruption, with the same batches, directions and shots.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from nisqdl.circuits.build import encode, num_weights
from nisqdl.circuits.structure import structure_of
from nisqdl.engines.runtime.options import Execution
from nisqdl.engines.runtime.request import Request, measured_from_bytes
from nisqdl.seeds import derive
from nisqdl.store.record import Json
from nisqdl.studies import preparation, qnn
from nisqdl.studies.contract import Step
from nisqdl.studies.data import split_of
from nisqdl.studies.device_twin import training_errors
from nisqdl.studies.settings import nested, pick
from nisqdl.targets.snapshots import LIVE_PREFIX
from nisqdl.training.checkpoint import trained_to_bytes
from nisqdl.training.device.rounds import (
    DeviceProblem,
    asked_rows,
    begin,
    round_from_bytes,
    round_to_bytes,
    told,
    trained,
)
from nisqdl.training.options import TrainingOptions

if TYPE_CHECKING:
    from nisqdl.targets.isa import IsaModel

BEGIN, MEASURE, GO_ON = "begin training", "measure training", "train"
"""Kinds of steps; the last one that goes on makes the trained weights."""

_NAMES = (
    "dataset.", "data", "root_seed", "seed", "model.", "training.", "target", "snapshot",
    "execution.", "noise.recipe", "noise.channels", "recipe",
)  # fmt: skip


def chain(
    study: str, settings: Mapping[str, Json], circuit: Step, learning: Step | None
) -> list[Step]:
    """The steps of a training on a device, in order; the last one's artifact is the weights.

    Args:
        study: Whose steps they are.
        settings: A point's.
        circuit: The step that makes the circuit.
        learning: The step that learns its noise, if the measurements need it.
    """
    learned = () if learning is None else (learning.key,)
    own = pick(settings, _NAMES)
    what = f"{qnn.title(settings)} on {settings['target']} itself, seed {settings['seed']}"
    steps = [Step(study, BEGIN, own, needs=(circuit.key,), title=f"begin to train {what}")]
    for index in range(int(settings["training.steps"])):
        numbered = {**own, "round": index}
        state = steps[-1]
        asked = Step(
            study,
            MEASURE,
            numbered,
            needs=(circuit.key, state.key, *learned),
            title=f"measure step {index + 1} of training {what}",
            remote=str(settings["target"]).startswith(LIVE_PREFIX),
        )
        needs = (circuit.key, state.key, asked.key)
        told_step = Step(study, GO_ON, numbered, needs, title=f"train {what}, step {index + 1}")
        steps += [asked, told_step]
    return steps


def begun(settings: Mapping[str, Json], isa: bytes) -> bytes:
    """The state before the first round."""
    structure = structure_of(
        preparation.model_options(settings),
        preparation.logical_model(settings),
        preparation.device_edges(settings),
    )
    twin = {**settings, "engine": "exact", "noise.scale": 1.0}
    return round_to_bytes(begin(_problem(settings), preparation.evaluator(twin, isa), structure))


def request(
    settings: Mapping[str, Json], isa: IsaModel, state: bytes, execution: Execution, backend: str
) -> Request:
    """What a round measures, with the shots that the state says."""
    current = round_from_bytes(state)
    return Request(
        isa=isa,
        bindings=asked_rows(current, _problem(settings)),
        execution=execution.model_copy(update={"shots": current.shots, "precision": None}),
        backend=backend,
    )


def gone_on(settings: Mapping[str, Json], isa: bytes, state: bytes, measured: bytes) -> bytes:
    """The state after a round; after the last one, the trained weights.

    How many shots come next depends on the true standard errors, not on those that are stated.
    """
    problem, found = _problem(settings), measured_from_bytes(measured)
    before = round_from_bytes(state)
    bindings = asked_rows(before, problem)
    errors = training_errors(settings, preparation.isa_model(isa), bindings, found)
    after = told(before, problem, found.values, errors)
    if found.qpu_seconds is not None:
        after = replace(after, qpu_seconds=(before.qpu_seconds or 0.0) + found.qpu_seconds)
    if after.step < problem.options.steps:
        return round_to_bytes(after)
    return trained_to_bytes(trained(after, problem))


def _problem(settings: Mapping[str, Json]) -> DeviceProblem:
    split, options = split_of(settings), preparation.model_options(settings)
    return DeviceProblem(
        features=encode(options, split.train_features),
        labels=split.train_labels,
        num_weights=num_weights(options, split.num_features),
        options=TrainingOptions.model_validate(nested(settings, "training")),
        seed=derive(settings["root_seed"], "training", settings["seed"]),
    )
