"""What the steps of a training see: samples, a circuit, and the weights that are turned."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from nisqdl.circuits.model import Model
from nisqdl.engines.contract import Array, Evaluator, Pull
from nisqdl.errors import InputError
from nisqdl.seeds import derive
from nisqdl.training.batches import Batches, hold_out, hold_out_rows
from nisqdl.training.geometry import CircuitGeometry
from nisqdl.training.given import are_classes
from nisqdl.training.losses import LOSSES
from nisqdl.training.losses.contract import Labels
from nisqdl.training.objective import LossOfValues, Objective, loss_and_pull, squares_and_pull
from nisqdl.training.optimizers import OPTIMIZERS
from nisqdl.training.optimizers.contract import LossFunction, State
from nisqdl.training.options import TrainingOptions
from nisqdl.training.restricted import Restricted
from nisqdl.training.schedule import Phase
from nisqdl.training.state import TrainingState


@dataclass(frozen=True, eq=False)
class Trainee:
    """A circuit as it is trained.

    Attributes:
        evaluator: The circuit under the noise that it is trained with, and what is laid around it.
        circuit: The noise-free circuit, whose states some optimizers measure distance by; weights
            beyond its own belong to classical layers.
        draws: From a seed to the evaluator of a step, where chance has a part in it (injected
            errors); ``evaluator`` then judges. ``None`` trains by ``evaluator`` itself.
    """

    evaluator: Evaluator
    circuit: Model | None = None
    draws: Callable[[int], Evaluator] | None = None


Cuts: TypeAlias = Callable[[int], Trainee]
"""From a number of layers to the circuit cut to them."""


class Problem:
    """The data and the circuit as the steps see them, and a count of the evaluators' calls.

    Args:
        whole: The whole circuit.
        cuts: The circuit with fewer layers, for phases that see one.
        phases: Of the training.
        features, labels: All samples.
        num_weights: W.
        options: How it is trained.
        seed: Of its chance.
    """

    def __init__(
        self,
        whole: Trainee,
        cuts: Cuts | None,
        phases: tuple[Phase, ...],
        features: Array,
        labels: Labels | Array,
        num_weights: int,
        options: TrainingOptions,
        seed: int,
    ) -> None:
        if cuts is None and any(phase.layers is not None for phase in phases):
            raise InputError(
                f"training.schedule {options.schedule!r} needs the circuit with fewer layers, but "
                "the training was given the whole one alone: pass `cuts`, or set it to 'all'."
            )
        self.options = options
        self.holds_out = options.validation > 0
        optimizer = OPTIMIZERS[options.optimizer]
        self._uses_geometry = optimizer.uses_geometry
        self._loss = LOSSES.find(options.loss, "training.loss")
        self._whole, self._cuts, self._phases = whole, cuts, phases
        self._num_weights = num_weights
        self._calls = [0]
        self._prepared: dict[int | None, _Prepared] = {}
        self._chance = derive(seed, "injection")
        self._watched_data = (features, labels)
        if self.holds_out:
            if are_classes(labels):
                kept, held = hold_out(labels.astype(np.int64), options.validation, seed)
            else:
                kept, held = hold_out_rows(len(labels), options.validation, seed)
            self._watched_data = (features[held], labels[held])
            features, labels = features[kept], labels[kept]
        self._features, self._labels = features, labels
        self._classes = are_classes(labels)
        batch = options.batch if optimizer.uses_batches else None
        self.batches = Batches(len(labels), batch, seed)
        self._loss_of_all = self._loss_of(labels)
        self._watched_loss, self._watched_pull = self._loss_of(self._watched_data[1])

    def phase(self, step: int) -> Phase:
        """The phase of a step (0, 1, …), or of the state after the last one."""
        last = min(step, self.options.steps - 1)
        return self._phases[bisect_right(self._phases, last, key=lambda p: p.first_step) - 1]

    def objective(self, step: int, held: Array) -> LossFunction:
        """The loss of the samples that this step sees, as a function of the weights it turns.

        Args:
            step: 0, 1, …
            held: All weights (W,) before the step.
        """
        phase = self.phase(step)
        prepared = self._of(phase)
        evaluator = prepared.evaluator
        if prepared.draws is not None:
            drawn = prepared.draws(derive(self._chance, step))
            evaluator = _CountedEvaluator(drawn, self._calls)
        batch = self.batches.at(step)
        if batch is None:
            features, (loss, pull) = self._features, self._loss_of_all
        else:
            features, (loss, pull) = self._features[batch], self._loss_of(self._labels[batch])
        objective = Objective(evaluator, features, loss, pull, step, prepared.geometry)
        if phase.active is None:
            return objective
        return Restricted(objective, phase.active, held, phase.present)

    def kept(self, search: State, step: int, held: Array) -> State:
        """The search with the other weights where they were: momentum must not move them."""
        active = self.phase(step).active
        if active is None:
            return search
        return replace(search, weights=np.where(active, search.weights, held))

    def watched(self, weights: Array, step: int) -> float:
        """The held-out samples' loss, else that of the whole set, by the circuit of this step."""
        phase = self.phase(step)
        own = weights if phase.present is None else weights[phase.present]
        features = self._watched_data[0]
        return Objective(
            self._of(phase).evaluator, features, self._watched_loss, self._watched_pull, step
        ).value(own)

    def counted(self, state: TrainingState) -> TrainingState:
        """The state with the calls since the last count added."""
        calls, self._calls[0] = self._calls[0], 0
        return replace(state, evaluations=state.evaluations + calls)

    def _of(self, phase: Phase) -> _Prepared:
        """The phase's circuit; the same one is prepared once."""
        if phase.layers not in self._prepared:
            trainee = self._whole
            if phase.layers is not None:
                assert self._cuts is not None
                trainee = self._cuts(phase.layers)
            count = self._num_weights if phase.present is None else len(phase.present)
            geometry = None
            if self._uses_geometry and trainee.circuit is not None:
                geometry = CircuitGeometry(trainee.circuit, count)
            counted = _CountedEvaluator(trainee.evaluator, self._calls)
            self._prepared[phase.layers] = _Prepared(counted, trainee.draws, geometry)
        return self._prepared[phase.layers]

    def _loss_of(self, labels: Labels | Array) -> tuple[LossOfValues, Pull]:
        if self._classes:
            return loss_and_pull(self._loss, np.asarray(labels, dtype=np.int64))
        return squares_and_pull(np.asarray(labels, dtype=np.float64))


@dataclass(frozen=True, eq=False)
class _Prepared:
    """A circuit of a phase, counted."""

    evaluator: _CountedEvaluator
    draws: Callable[[int], Evaluator] | None
    geometry: CircuitGeometry | None


@dataclass(frozen=True, eq=False)
class _CountedEvaluator:
    """An evaluator that counts its calls, into a list that others share."""

    evaluator: Evaluator
    calls: list[int]

    def values(self, features: Array, weights: Array) -> Array:
        self.calls[0] += 1
        return self.evaluator.values(features, weights)

    def values_and_gradient(
        self, features: Array, weights: Array, pull: Pull
    ) -> tuple[Array, Array]:
        self.calls[0] += 1
        return self.evaluator.values_and_gradient(features, weights, pull)
