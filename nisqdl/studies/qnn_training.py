"""The training of one QNN: without noise on its logical circuit, or under noise on the ISA circuit.

Functions of flat settings and artifacts: they run in any process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from nisqdl.circuits.build import encode, num_weights
from nisqdl.circuits.structure import structure_of
from nisqdl.engines import find_engine
from nisqdl.engines.injection import Injection
from nisqdl.models.heads import Direct, Headed, Logits, Normalised
from nisqdl.noise.channels import IDEAL
from nisqdl.seeds import derive
from nisqdl.store.record import Json
from nisqdl.studies.data import data_shape, dataset_options, split_of
from nisqdl.studies.preparation import (
    device_edges,
    evaluator,
    isa_model,
    logical_model,
    model_options,
    noise_of,
    switched,
)
from nisqdl.studies.settings import nested
from nisqdl.training.checkpoint import (
    is_trained,
    state_from_bytes,
    state_to_bytes,
    trained_to_bytes,
)
from nisqdl.training.loop import Progress, train
from nisqdl.training.options import TrainingOptions
from nisqdl.training.problem import Trainee

if TYPE_CHECKING:
    from nisqdl.engines.contract import Evaluator
    from nisqdl.training.state import TrainingState

TRAINED_AT_SCALE = 1.0
"""λ of the noise that a device trains under, and other trainings where their file says nothing."""

NOISY_TRAININGS = ("target", "injected")
"""Values of ``training.noise`` that train the ISA circuit under the target's noise."""


def training_circuits(settings: Mapping[str, Json]) -> list[dict[str, Json]]:
    """Settings of the circuits that a training under noise needs as ISA circuits.

    The whole one, and where it grows layer by layer those with fewer layers, from the shallowest:
    each transpiled by itself, as it would run, so that no phase pays for gates it does not have.
    """
    if settings["training.noise"] not in NOISY_TRAININGS:
        return []
    return [dict(settings), *(_at(settings, depth) for depth in _fewer_layers(settings))]


def train_weights(settings: Mapping[str, Json], *isa: bytes) -> bytes:
    """Weights trained without noise on the logical circuit, or under noise on ISA circuits.

    Args:
        settings: Of the training.
        isa: ISA models, in the order of :func:`training_circuits`.
    """
    return train_part(settings, isa, None, None)


def train_part(
    settings: Mapping[str, Json],
    isa: Sequence[bytes],
    before: bytes | None,
    until: int | None,
) -> bytes:
    """A part of a training: from the state that the part before left to so many steps.

    Args:
        settings: Of the training.
        isa: ISA models, in the order of :func:`training_circuits`.
        before: What the part before gave; ``None`` for the first.
        until: The number of steps done at its end; ``None`` for the last.

    Returns:
        The state there; or the trained weights, of the last part and of all after the training has
        ended early.
    """
    if before is not None and is_trained(before):
        return before
    split = split_of(settings)
    options = model_options(settings)
    depths = [int(settings["model.ansatz.depth"]), *_fewer_layers(settings)]
    circuit_at = dict(zip(depths, isa, strict=True)) if isa else {}

    def trainee(depth: int) -> Trainee:
        return _trainee(_at(settings, depth), circuit_at.get(depth))

    def pause(told: Progress) -> None:
        if told.step == until:
            assert told.state is not None
            raise _Paused(told.state)

    whole = trainee(depths[0])
    assert whole.circuit is not None
    try:
        trained = train(
            whole.evaluator,
            encode(options, split.train_features),
            split.train_labels,
            num_weights(options, split.num_features),
            training_options(settings),
            seed=derive(settings["root_seed"], "training", settings["seed"]),
            progress=None if until is None else pause,
            resume=None if before is None else state_from_bytes(before),
            structure=structure_of(options, whole.circuit, device_edges(settings)),
            circuit=whole.circuit,
            draws=whole.draws,
            cuts=trainee,
        )
    except _Paused as paused:
        return state_to_bytes(paused.state)
    return trained_to_bytes(trained)


class _Paused(Exception):
    """Carries a state out of a training that goes on in another step; never leaves this module."""

    def __init__(self, state: TrainingState) -> None:
        super().__init__()
        self.state = state


def training_options(settings: Mapping[str, Json]) -> TrainingOptions:
    """The training's options in flat settings."""
    return TrainingOptions.model_validate(nested(settings, "training"))


def trainer(settings: Mapping[str, Json], isa: bytes | None) -> Evaluator:
    """What is trained: the logical model without noise, or the ISA model under the target's."""
    if isa is None:
        return find_engine(settings["engine"]).prepare(logical_model(settings), IDEAL)
    return evaluator({**settings, "noise.scale": _trained_at(settings)}, isa)


def _trainee(settings: Mapping[str, Json], isa: bytes | None) -> Trainee:
    return Trainee(
        _with_head(settings, trainer(settings, isa)),
        logical_model(settings),
        _draws(settings, isa),
    )


def _fewer_layers(settings: Mapping[str, Json]) -> tuple[int, ...]:
    """The depths at which the circuit is trained before it has all its layers."""
    growth = training_options(settings).growth
    return () if growth is None else growth.depths(int(settings["model.ansatz.depth"]))[:-1]


def _at(settings: Mapping[str, Json], depth: int) -> dict[str, Json]:
    return {**settings, "model.ansatz.depth": depth}


def _trained_at(settings: Mapping[str, Json]) -> float:
    return float(settings.get("training.noise_scale", TRAINED_AT_SCALE))


def _draws(settings: Mapping[str, Json], isa: bytes | None) -> Callable[[int], Evaluator] | None:
    """The evaluator of each step where errors are injected."""
    if settings["training.noise"] != "injected" or isa is None:
        return None
    noise = noise_of(
        isa, settings["target"], settings["noise.recipe"], _trained_at(settings),
        switched(settings),
    )  # fmt: skip
    injection = Injection.of(isa_model(isa), noise)
    return lambda seed: _with_head(settings, injection.drawn(seed))


def _with_head(settings: Mapping[str, Json], circuit: Evaluator) -> Evaluator:
    """The circuit, its values normalised by their batch where the training says so."""
    if settings.get("training.normalise") is None:
        return circuit
    options = model_options(settings)
    weights = num_weights(options, data_shape(dataset_options(settings)).features)
    return Headed(circuit, weights, Normalised(Logits(Direct())))
