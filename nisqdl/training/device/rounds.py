"""A training on a device, round by round: its state, and how many shots the next round takes."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from nisqdl.engines.contract import Array
from nisqdl.errors import InputError, NisqdlError
from nisqdl.seeds import derive, generator
from nisqdl.store.record import content_hash
from nisqdl.training.batches import Batches
from nisqdl.training.device import METHODS
from nisqdl.training.device.contract import Answer, Ask, Batch, DeviceMethod, Move
from nisqdl.training.device.options import DeviceTraining
from nisqdl.training.initialisation import INITIALISATIONS
from nisqdl.training.losses import LOSSES
from nisqdl.training.losses.contract import Labels
from nisqdl.training.objective import Objective, loss_and_pull
from nisqdl.training.optimizers.contract import Settings, State
from nisqdl.training.options import TrainingOptions
from nisqdl.training.state import Check, Trained

if TYPE_CHECKING:
    from nisqdl.circuits.structure import Structure
    from nisqdl.engines.contract import Evaluator

FORMAT = "nisqdl device training 1"
_SMOOTH = 0.7
"""How much of the slope's running size is kept from one round to the next."""
_FLAT = 0.1
"""Share of the measured square slope that is taken to be signal where it may be all noise."""


@dataclass(frozen=True, eq=False)
class Round:
    """Where a training on a device stands: all that the next round depends on.

    Attributes:
        search: The method's state.
        shots: Shots of the next round.
        executions: Circuits times shots, of all rounds so far.
        history: The measured loss of each round's batch.
        shots_history: Its shots.
        slope_square, slope_variance: Running means of the slopes' square, and of their variance
            with one shot.
        qpu_seconds: Time on the device of all rounds so far, as far as the service counted it.
    """

    search: State
    shots: int
    executions: int = 0
    history: tuple[float, ...] = ()
    shots_history: tuple[int, ...] = ()
    slope_square: float = 0.0
    slope_variance: float = 0.0
    qpu_seconds: float | None = None

    @property
    def step(self) -> int:
        """Rounds done."""
        return self.search.step


@dataclass(frozen=True)
class DeviceProblem:
    """What is trained: data and options; the same in every process.

    Attributes:
        features: Encoded training rows (N, E).
        labels: Their classes (N,).
        num_weights: W, at least 1.
        options: With ``noise: device``.
        seed: Root of the seeds of first weights, batches, directions and subsets.
    """

    features: Array
    labels: Labels
    num_weights: int
    options: TrainingOptions
    seed: int

    @property
    def device(self) -> DeviceTraining:
        return self.options.device or DeviceTraining()

    @property
    def method(self) -> DeviceMethod:
        return METHODS.find(self.options.optimizer, "training.optimizer")

    def settings_at(self, step: int) -> Settings:
        """What the method is told at a round (0, 1, …)."""
        return self.options.settings_at(step, derive(self.seed, "optimizer"))

    @property
    def batches(self) -> Batches:
        return Batches(len(self.labels), self.options.batch, self.seed)

    @property
    def circuits(self) -> int:
        """Circuits of the largest round: weight vectors times samples."""
        return self.method.vectors(self.num_weights, self.device) * self.batches.largest

    def samples(self, step: int) -> tuple[Array, Labels]:
        """The batch of a round."""
        chosen = self.batches.at(step)
        if chosen is None:
            return self.features, self.labels
        return self.features[chosen], self.labels[chosen]

    def batch(self, step: int) -> Batch:
        """The loss of a round's batch."""
        loss = LOSSES.find(self.options.loss, "training.loss")
        return Batch(*loss_and_pull(loss, self.samples(step)[1]))


def begin(problem: DeviceProblem, twin: Evaluator, structure: Structure | None = None) -> Round:
    """The state before the first round.

    Args:
        problem: What is trained.
        twin: The exact engine under the device's calibration.
        structure: The model's, for initialisations that depend on it.

    Raises:
        InputError: The budget does not reach for all rounds.
    """
    device, steps = problem.device, problem.options.steps
    least = problem.circuits * device.least_shots * steps
    if device.budget is not None and device.budget < least:
        raise InputError(
            f"`training.device.budget` must be at least {least:,} executions ({problem.circuits} "
            f"circuits a step, {device.least_shots} shots, {steps} steps), but is "
            f"{device.budget:,}; raise it, or take fewer steps, smaller batches or fewer "
            "`least_shots`."
        )
    draw = INITIALISATIONS.find(problem.options.initialisation, "training.initialisation").draw
    weights = draw(problem.num_weights, generator(problem.seed, "weights"), structure)
    features, _ = problem.samples(0)
    batch = problem.batch(0)
    objective = Objective(twin, features, batch.loss, batch.pull, 0)
    state = Round(problem.method.start(weights, objective, problem.settings_at(0)), device.shots)
    return replace(state, shots=_affordable(state, problem, device.shots))


def ask(state: Round, problem: DeviceProblem) -> Ask:
    """What the next round measures."""
    vectors = problem.method.ask(state.search, problem.device, problem.settings_at(state.step))
    return Ask(vectors, state.shots)


def asked_rows(state: Round, problem: DeviceProblem) -> Array:
    """The next round's bindings (V·B, E + W): vector by vector, sample by sample."""
    features, _ = problem.samples(state.step)
    vectors = ask(state, problem).weights
    return np.hstack(
        [np.tile(features, (len(vectors), 1)), np.repeat(vectors, len(features), axis=0)]
    )


def told(state: Round, problem: DeviceProblem, values: Array, stderr: Array) -> Round:
    """The state after a round.

    Args:
        state: Before it.
        problem: What is trained.
        values, stderr: What came back for :func:`asked_rows`, (V·B, O).

    Raises:
        NisqdlError: A value is not finite, so that there is no step.
    """
    if not np.isfinite(values).all():
        raise NisqdlError(
            f"Training on the device cannot go on at step {state.step}: "
            f"{int((~np.isfinite(values)).sum())} of {values.size} values that came back are no "
            "numbers. Use another extrapolator or a lower resilience level."
        )
    vectors = problem.method.vectors(problem.num_weights, problem.device)
    shape = (vectors, len(values) // vectors, values.shape[1])
    # Extrapolations may come without a standard error; they then say nothing of how many shots.
    known = np.where(np.isfinite(stderr), stderr, 0.0)
    answer = Answer(values.reshape(shape), known.reshape(shape))
    batch = problem.batch(state.step)
    settings = problem.settings_at(state.step)
    move = problem.method.tell(state.search, answer, batch, problem.device, settings)
    square, variance = _slopes(state, move)
    after = replace(
        state,
        search=move.search,
        executions=state.executions + len(values) * state.shots,
        history=(*state.history, move.loss),
        shots_history=(*state.shots_history, state.shots),
        slope_square=square,
        slope_variance=variance,
    )
    return replace(after, shots=_affordable(after, problem, _wanted(after, problem.device)))


def trained(state: Round, problem: DeviceProblem) -> Trained:
    """The result: the last weights, since a check of every step would cost as much again."""
    last = state.history[-1] if state.history else 0.0
    return Trained(
        weights=state.search.weights,
        history=state.history,
        checks=(Check(state.step, last),),
        steps=state.step,
        stopped_early=False,
        evaluations=state.step,
        best_step=state.step,
        batch_size=problem.batches.largest,
        qpu_seconds=state.qpu_seconds,
    )


def _slopes(state: Round, move: Move) -> tuple[float, float]:
    """The running means of the slopes' square and of their variance with one shot."""
    one_shot = move.slope_variance * state.shots
    if not state.history:
        return move.slope_square, one_shot
    keep = _SMOOTH
    return (
        keep * state.slope_square + (1 - keep) * move.slope_square,
        keep * state.slope_variance + (1 - keep) * one_shot,
    )


def _wanted(state: Round, device: DeviceTraining) -> int:
    """Shots at which the slopes would stand out of their errors as asked.

    What was measured is signal and noise; the noise is taken out, but never all of it, so that a
    slope that may be zero does not ask for endless shots.
    """
    noise = state.slope_variance / state.shots
    signal = max(state.slope_square - noise, _FLAT * state.slope_square)
    if signal <= 0:
        return device.most_shots
    return math.ceil(device.signal_to_noise**2 * state.slope_variance / signal)


def _affordable(state: Round, problem: DeviceProblem, wanted: int) -> int:
    """Shots within the bounds, and within twice an even share of what is left of the budget."""
    device = problem.device
    shots = min(max(wanted, device.least_shots), device.most_shots)
    left = problem.options.steps - state.step
    if device.budget is None or left <= 0:
        return shots
    rest = (device.budget - state.executions) // problem.circuits
    reserved = device.least_shots * (left - 1)
    return max(device.least_shots, min(shots, 2 * rest // left, rest - reserved))


def round_to_bytes(state: Round) -> bytes:
    """A state as UTF-8 JSON; the same state gives the same bytes."""
    content = asdict(replace(state, search=State(state.step, np.zeros(0))))
    content["search"] = {
        "step": state.step,
        "weights": state.search.weights.tolist(),
        "memory": [part.tolist() for part in state.search.memory],
    }
    content = {"format": FORMAT, **content}
    content = json.loads(json.dumps(content))
    return json.dumps({**content, "checksum": content_hash(content)}).encode()


def round_from_bytes(content: bytes) -> Round:
    """The state that :func:`round_to_bytes` wrote.

    Raises:
        InputError: The bytes are damaged or something else.
    """
    try:
        fields = json.loads(content)
        if fields.pop("checksum") != content_hash(fields) or fields.pop("format") != FORMAT:
            raise ValueError("its checksum does not match")
        search = fields.pop("search")
        memory = tuple(np.array(part, dtype=float) for part in search["memory"])
        return Round(
            search=State(search["step"], np.array(search["weights"], dtype=float), memory),
            shots=fields["shots"],
            executions=fields["executions"],
            history=tuple(fields["history"]),
            shots_history=tuple(fields["shots_history"]),
            slope_square=fields["slope_square"],
            slope_variance=fields["slope_variance"],
            qpu_seconds=fields.get("qpu_seconds"),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"The stored state of a training on a device cannot be read ({error}); restore the "
            "run folder from a copy."
        ) from error
