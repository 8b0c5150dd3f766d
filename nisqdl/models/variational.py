"""What trained circuits share as scikit-learn estimators: parameters and predictions.

A model is an architecture (its circuit), a head (what becomes of the measured values) and the
training loop of :mod:`nisqdl.training`; this module and :mod:`nisqdl.models.fitting` only join them
in scikit-learn's manner.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler
from sklearn.utils.validation import check_is_fitted, validate_data

from nisqdl.circuits.architectures.contract import Architecture, Measured
from nisqdl.circuits.model import Model
from nisqdl.engines.contract import Array, Evaluator
from nisqdl.models.files import ANGLE_RANGE, save_model
from nisqdl.models.heads import Direct, Head, Headed, Linear, Logits, Normalised
from nisqdl.models.place import (
    RUNTIME,
    Asked,
    Place,
    Prepared,
    asked_key,
    find_place,
    prepared,
    with_circuit,
)
from nisqdl.seeds import generator
from nisqdl.training.normalisation import Statistics
from nisqdl.training.optimizers import OPTIMIZERS


@dataclass(eq=False, repr=False, kw_only=True)
class Variational(BaseEstimator):
    """A trained circuit.

    Parameters:
        learning_rate, steps, batch, optimizer, patience, validation, rate, warmup, rate_end,
            rate_drops, damping: As in the ``training`` section of an experiment file
            (:class:`nisqdl.training.options.TrainingOptions`).
        initialisation: Where training starts (:data:`~nisqdl.training.initialisation
            .INITIALISATIONS`); None is as published. Of classical layers it says nothing.
        schedule: Whether all weights are trained at once (``all``), or the circuit grows layer by
            layer (``layerwise``; :mod:`nisqdl.training.growth`); trees do not grow.
        grow_by: Layers that each phase of ``layerwise`` adds and trains.
        training_noise: What it is trained under: the noise of the backend, exactly (``target``);
            Pauli errors drawn by it at every step (``injected``); or none (``ideal``).
        training_scale: λ of that noise; None is ``noise_scale``.
        normalise: Measured values in standard deviations from their mean, over the rows that are
            predicted together (``batch``, as published: a prediction then depends on the others) or
            over the training rows (``train``); None leaves them
            (:mod:`nisqdl.training.normalisation`).
        backend: A device (``"fake_torino"``, ``"torino@2025-02-26"``, ``"ibm_torino"``, a
            snapshot's path, a :class:`~nisqdl.targets.device.Device`, or a backend of IBM's
            client): the circuit is transpiled for it, and it is trained and predicts under its
            noise. None is the ideal logical circuit.
        noise: The recipe of the noise; None is ``"calibrated"`` where there is a backend. Or an Aer
            ``NoiseModel`` of the backend's qubits, with ``noise_scale`` 1.
        noise_scale: λ, which multiplies all rates of the noise.
        shots: Outcomes from which each predicted value is estimated; None is exact. Training is
            always exact.
        engine: What evaluates; None is ``statevector`` without noise and ``exact`` with it.
            ``runtime`` predicts on the device itself, if it is a live one (``"ibm_torino"``): each
            call is a job, which is waited for. Else in the client's local mode. Training is exact.
            Jobs are noted before they are sent, in ``nisqdl`` of the user's state folder
            (``XDG_STATE_HOME``): if the process ends before it has the values, the next call that
            asks the same takes them from that job, and nothing is paid twice.
        random_state: First weights, batches and shots.

    Attributes:
        weights_: Trained weights, the circuit's first.
        n_iter_: Steps done.
        loss_curve_: The loss that each step saw.
        place_: Where it was trained, with the circuit as it was transpiled there.
        scaler_: What the features go through before they are encoded: to [−π/2, π/2] on the
            training rows where they become angles. Rows beyond that range are not cut.
    """

    learning_rate: float = 0.05
    steps: int = 200
    batch: int | None = 32
    optimizer: str = "adam"
    patience: int | None = None
    validation: float = 0.0
    rate: str = "constant"
    warmup: int = 0
    rate_end: float | None = None
    rate_drops: int | None = None
    damping: float = 0.01
    initialisation: str | None = None
    schedule: str = "all"
    grow_by: int = 1
    training_noise: str = "target"
    training_scale: float | None = None
    normalise: str | None = None
    backend: Any = None
    noise: Any = None
    noise_scale: float = 1.0
    shots: int | None = None
    engine: str | None = None
    random_state: Any = None

    depth_parameter: ClassVar[str] = "layers"
    """The parameter that says how many layers the circuit has."""

    @abstractmethod
    def _architecture(self) -> Architecture:
        """The circuit of these parameters."""

    def _value_head(self) -> Head:
        """What is laid on the architecture's own value, where two classes are told apart."""
        return Direct()

    def _measured(self) -> Measured:
        """What a linear layer sees where there are more classes, or a real target."""
        return "z"

    def _scaler(self) -> Any:
        if self._architecture().takes_angles:
            return MinMaxScaler(ANGLE_RANGE)
        return FunctionTransformer()

    def _model(
        self,
        num_features: int,
        classes: int | None,
        place: Place,
        statistics: Statistics | None = None,
    ) -> Headed:
        """Circuit and head; None classes is a regression."""
        core = prepared(
            self._architecture(), self._width(num_features), self._observed(classes), place
        )
        return self._headed(core.evaluator, core, num_features, classes, statistics)

    def _headed(
        self,
        evaluator: Evaluator,
        core: Prepared,
        num_features: int,
        classes: int | None,
        statistics: Statistics | None = None,
    ) -> Headed:
        """The head on an evaluator of the core's circuit."""
        circuit, weights = self._around(evaluator, core.num_weights, num_features)
        head = self._head(core.num_outputs, classes)
        if self.normalise is not None:
            bare = classes is not None and not isinstance(head, Logits)
            head = Normalised(Logits(head) if bare else head, statistics)
        return Headed(circuit, weights, head)

    def _head(self, outputs: int, classes: int | None) -> Head:
        """What decodes the core's observables."""
        if classes == 2:
            return self._value_head()
        return Linear(outputs, 1) if classes is None else Logits(Linear(outputs, classes))

    def _width(self, num_features: int) -> int:
        """How many features the circuit encodes."""
        return num_features

    def _around(
        self, evaluator: Evaluator, weights: int, num_features: int
    ) -> tuple[Evaluator, int]:
        """What is laid before the circuit, and how many weights they have together."""
        return evaluator, weights

    def _observed(self, classes: int | None) -> Measured:
        return "value" if classes == 2 else self._measured()

    def _states_of(self, num_features: int, classes: int | None) -> Model | None:
        """The noise-free circuit of the rows as they are encoded, where the optimizer needs it."""
        if not OPTIMIZERS[self.optimizer].uses_geometry:
            return None
        return self._architecture().build(num_features, self._observed(classes))

    def _first_weights(self, model: Headed, circuit: Array, rng: np.random.Generator) -> Array:
        """All first weights, from those of the circuit."""
        return np.concatenate([circuit, model.head.first_weights(rng)])

    def _encoded(self, scaled: Array) -> Array:
        return self._architecture().encode(scaled)

    def _key(self, num_features: int, classes: int | None) -> str:
        """What tells the place and the circuit asked for from others."""
        circuit = f"{self._architecture()!r}, {num_features}, {self._observed(classes)}"
        return asked_key(self.backend, self.noise, circuit)

    def _place(self, num_features: int, classes: int | None) -> Place:
        """Where it predicts."""
        return find_place(
            getattr(self, "place_", None), self._key(num_features, classes),
            self.backend, self.noise, self.noise_scale, self.engine,
        )  # fmt: skip

    def save(self, path: str | Path) -> None:
        """Write the fitted model to a file, which :func:`nisqdl.models.load` reads anywhere.

        Raises:
            InputError: It is not fitted, or the file cannot be written.
        """
        save_model(self, path)

    def check_loaded(self) -> None:
        """Refuse weights that are not this model's.

        Raises:
            ValueError: There are too few or too many.
        """
        count = self.n_features_in_
        classes = len(self.classes_) if hasattr(self, "classes_") else None
        place = self._place(count, classes)
        here = replace(place, engine=None) if place.engine == RUNTIME else place
        needed = self._model(count, classes, here).num_weights
        if len(self.weights_) != needed:
            raise ValueError(f"it must have {needed} weights, but has {len(self.weights_)}")

    def _found_place(self, num_features: int, classes: int | None) -> Place:
        """The place as it is named now, with the circuit transpiled; it is kept."""
        named = Place.named(self.backend, self.noise, self.noise_scale, self.engine)
        place = with_circuit(
            self._architecture(), self._width(num_features), self._observed(classes), named
        )
        self.place_ = Asked(self._key(num_features, classes), place)
        return place

    def _outputs(self, X: Any, classes: int | None) -> Array:
        """What the fitted model puts out, (B, K)."""
        check_is_fitted(self, "weights_")
        rows = validate_data(self, X, reset=False, dtype=np.float64)
        statistics = None
        if self.normalise == "train":
            check_is_fitted(self, "value_mean_")
            statistics = Statistics(self.value_mean_, self.value_spread_)
        count = rows.shape[1]
        model = self._model(count, classes, self._place(count, classes), statistics)
        encoded = self._encoded(self.scaler_.transform(rows))
        if self.shots is None:
            return model.values(encoded, self.weights_)
        rng = generator(self.seed_, "shots")
        return model.estimates(encoded, self.weights_, self.shots, rng)
