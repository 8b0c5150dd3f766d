"""Where a model runs: without noise on its logical circuit, or on a device as it is calibrated."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from nisqdl.circuits.architectures.contract import Architecture, Measured
from nisqdl.circuits.control_flow import waits
from nisqdl.circuits.model import Model
from nisqdl.engines import find_engine
from nisqdl.engines.contract import Evaluator
from nisqdl.errors import InputError
from nisqdl.noise.applied import channels_for
from nisqdl.noise.channels import IDEAL, NoiseChannels
from nisqdl.noise.recipe import Recipe, find_recipe
from nisqdl.targets.device import Device
from nisqdl.targets.isa import IsaModel
from nisqdl.targets.snapshots import find_device
from nisqdl.targets.transpile import transpile_model

_TRANSPILER_SEED = 0
"""The same circuit for every fit: its place on the device is no part of a model's chance."""


@dataclass(frozen=True)
class Place:
    """A device with a noise recipe, or neither.

    Attributes:
        device: Where circuits are transpiled to; None leaves them logical and ideal.
        recipe: The noise; None without a device.
        scale: λ, which multiplies all its rates.
        engine: What evaluates; None takes ``statevector`` without noise and ``exact`` with it, or
            where gates wait for outcomes.
    """

    device: Device | None = None
    recipe: Recipe | None = None
    scale: float = 1.0
    engine: str | None = None

    @classmethod
    def named(
        cls,
        backend: Device | str | None,
        noise: Recipe | str | None,
        scale: float = 1.0,
        engine: str | None = None,
    ) -> Place:
        """What a user named.

        Raises:
            InputError: There is no such device, recipe or engine, or a noise without a device.
        """
        if backend is None:
            if noise is not None:
                raise InputError(
                    f"`backend` must name a device where `noise` is given ({noise!r}), but is "
                    "None: noise belongs to the gates of a device. Try backend='fake_torino'."
                )
            return cls(engine=engine)
        device = find_device(backend, "backend") if isinstance(backend, str) else backend
        given = "calibrated" if noise is None else noise
        recipe = find_recipe(given, "noise") if isinstance(given, str) else given
        return cls(device, recipe, float(scale), engine)

    def prepared(self, model: Model) -> Evaluator:
        """The model, transpiled where there is a device, ready under its noise.

        Raises:
            InputError: The model does not suit the device or the engine.
        """
        if self.device is None:
            ideal = "exact" if waits(model.circuit) else "statevector"
            return find_engine(self.engine or ideal, "engine").prepare(model, IDEAL)
        isa = self.transpiled(model)
        return find_engine(self.engine or "exact", "engine").prepare(isa, self.channels(isa))

    def transpiled(self, model: Model) -> IsaModel:
        """The ISA model; needs a device."""
        assert self.device is not None
        assert self.recipe is not None
        return transpile_model(
            model, self.device, schedule=self.recipe.needs_schedule, seed=_TRANSPILER_SEED
        )

    def channels(self, isa: IsaModel) -> NoiseChannels:
        """The noise of an ISA model's qubits; needs a device."""
        assert self.device is not None
        assert self.recipe is not None
        return channels_for(self.recipe, self.device, isa.physical_qubits, self.scale)


@dataclass(frozen=True)
class Prepared:
    """An architecture ready to be evaluated.

    Attributes:
        evaluator: Of its circuit.
        num_weights: W of the circuit.
        num_outputs: O, the observables.
    """

    evaluator: Evaluator
    num_weights: int
    num_outputs: int


@lru_cache(maxsize=64)
def prepared(
    architecture: Architecture, num_features: int, measured: Measured, place: Place
) -> Prepared:
    """An architecture for F features at a place; the same one is transpiled and lowered once."""
    model = architecture.build(num_features, measured)
    return Prepared(place.prepared(model), len(model.weights), len(model.observables))
