"""Where a model runs: without noise on its logical circuit, or on a device as it is calibrated."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from nisqdl.circuits.architectures.contract import Architecture, Measured
from nisqdl.circuits.control_flow import waits
from nisqdl.circuits.model import Model
from nisqdl.engines import find_engine
from nisqdl.engines.aer_model import prepared_under
from nisqdl.engines.contract import Evaluator
from nisqdl.engines.exact.from_aer import AerNoise
from nisqdl.engines.injection import Injection
from nisqdl.engines.runtime.direct import RuntimeEvaluator, device_of, is_backend
from nisqdl.errors import InputError
from nisqdl.noise.applied import channels_for
from nisqdl.noise.channels import IDEAL, NoiseChannels
from nisqdl.noise.recipe import Recipe, find_recipe
from nisqdl.store.record import content_hash
from nisqdl.targets.device import Device
from nisqdl.targets.isa import IsaModel
from nisqdl.targets.serial import isa_from_bytes, isa_to_bytes
from nisqdl.targets.snapshots import find_device
from nisqdl.targets.summary import snapshot_hash
from nisqdl.targets.transpile import transpile_model

if TYPE_CHECKING:
    from qiskit.providers import BackendV2
    from qiskit_aer.noise import NoiseModel

    Backend: TypeAlias = Device | BackendV2 | str | None
    Noise: TypeAlias = Recipe | NoiseModel | str | None

RUNTIME = "runtime"
"""The engine that measures on a device, or in the client's local mode."""

_TRANSPILER_SEED = 0
"""The same circuit for every fit: its place on the device is no part of a model's chance."""


@dataclass(frozen=True)
class Place:
    """A device with a noise recipe, or neither.

    Attributes:
        device: Where circuits are transpiled to; None leaves them logical and ideal.
        recipe: The noise, or what an Aer noise model says; None without a device.
        scale: λ, which multiplies all its rates.
        engine: What evaluates; None takes ``statevector`` without noise and ``exact`` with it, or
            where gates wait for outcomes.
        isa: The circuit as it was transpiled before (:func:`isa_to_bytes`); None transpiles it.
        backend: What a device is measured through: the service's name, or a backend of the client.
    """

    device: Device | None = None
    recipe: Recipe | AerNoise | None = None
    scale: float = 1.0
    engine: str | None = None
    isa: bytes | None = None
    backend: Any = None

    @classmethod
    def named(
        cls,
        backend: Backend,
        noise: Noise,
        scale: float = 1.0,
        engine: str | None = None,
    ) -> Place:
        """What a user named.

        Raises:
            InputError: There is no such device, recipe or engine, or a noise without a device.
        """
        if backend is None:
            if noise is not None or engine == RUNTIME:
                given = f"`noise` is given ({noise!r})" if noise is not None else "`engine` is it"
                raise InputError(
                    f"`backend` must name a device where {given}, but is None: noise belongs to "
                    "the gates of a device. Try backend='fake_torino'."
                )
            return cls(engine=engine)
        given_noise = "calibrated" if noise is None else noise
        recipe: Recipe | AerNoise
        if isinstance(given_noise, str):
            recipe = find_recipe(given_noise, "noise")
        elif isinstance(given_noise, Recipe):
            recipe = given_noise
        else:
            recipe = _aer_noise(given_noise, scale, engine)
        return cls(_device(backend), recipe, float(scale), engine, None, backend)

    @property
    def scheduled(self) -> bool:
        """Whether circuits have delays, for noise during idle times; devices wait by themselves."""
        assert self.recipe is not None
        if isinstance(self.recipe, AerNoise):
            return bool(self.recipe.passes)
        return self.recipe.needs_schedule and self.engine != RUNTIME

    def prepared(self, model: Model, shaped: bool = False) -> Evaluator:
        """The model, transpiled where there is a device, ready under its noise or to be measured.

        Args:
            model: Its circuit and what it measures.
            shaped: As for :func:`~nisqdl.targets.transpile.transpile_model`.

        Raises:
            InputError: The model does not suit the device or the engine.
        """
        if self.device is None:
            ideal = "exact" if waits(model.circuit) else "statevector"
            return find_engine(self.engine or ideal, "engine").prepare(model, IDEAL)
        isa = self.transpiled(model, shaped)
        if isinstance(self.recipe, AerNoise):
            return prepared_under(isa, self.recipe, self.device.num_qubits)
        if self.engine == RUNTIME:
            return RuntimeEvaluator(isa, self.device, self.channels(isa), self.backend)
        return find_engine(self.engine or "exact", "engine").prepare(isa, self.channels(isa))

    def injected(self, model: Model, shaped: bool = False) -> Injection:
        """The model with places for Pauli errors; needs a device."""
        isa = self.transpiled(model, shaped)
        return Injection.of(isa, self.channels(isa))

    def transpiled(self, model: Model, shaped: bool = False) -> IsaModel:
        """The ISA model; needs a device."""
        if self.isa is not None:
            return isa_from_bytes(self.isa, "The circuit of the saved model")
        assert self.device is not None
        return transpile_model(
            model, self.device, schedule=self.scheduled, seed=_TRANSPILER_SEED, shaped=shaped
        )

    def with_circuit(self, model: Model, shaped: bool = False) -> Place:
        """The same place with the model transpiled for it, once and for all."""
        if self.device is None:
            return self
        return replace(self, isa=isa_to_bytes(self.transpiled(model, shaped)))

    def channels(self, isa: IsaModel) -> NoiseChannels:
        """The noise of an ISA model's qubits; needs a device."""
        assert self.device is not None
        assert self.recipe is not None
        if isinstance(self.recipe, AerNoise):
            raise InputError(
                "`noise` must be a recipe for this (injected errors, kernels of overlaps), but is "
                "an Aer noise model; try noise='calibrated'."
            )
        return channels_for(self.recipe, self.device, isa.physical_qubits, self.scale)


@dataclass(frozen=True)
class Asked:
    """A place as it was asked for, and found: what a fitted model keeps.

    Attributes:
        key: Of what was asked for; see :func:`asked_key`.
        place: What was found, with the circuit as it was transpiled.
    """

    key: str
    place: Place


def asked_key(backend: Backend, noise: Noise, circuit: str) -> str:
    """A text that differs where another place, or another circuit, is asked for.

    Args:
        circuit: What tells the circuit from others.
    """
    named = backend if backend is None or isinstance(backend, str) else _hash_of(backend)
    recipe = noise.model_dump_json() if isinstance(noise, Recipe) else str(noise)
    return content_hash([named, recipe, circuit])


def find_place(
    asked: Asked | None,
    key: str,
    backend: Backend,
    noise: Noise,
    scale: float,
    engine: str | None,
) -> Place:
    """The place that a model has kept if it is still the one asked for; else the one named now."""
    changes = asked is None or isinstance(
        asked.place.recipe, AerNoise
    )  # it may be changed in place
    if asked is None or changes or asked.key != key or asked.place.device is None:
        return Place.named(backend, noise, scale, engine)
    kept = replace(asked.place, scale=float(scale), engine=engine, backend=backend)
    return kept if kept.scheduled == asked.place.scheduled else replace(kept, isa=None)


def _device(backend: Any) -> Device:
    if isinstance(backend, str):
        return find_device(backend, "backend")
    if isinstance(backend, Device):
        return backend
    if is_backend(backend):
        return device_of(backend)
    raise InputError(
        "`backend` must be the name of a device, a Device, or a backend of IBM's client, but is a "
        f"{type(backend).__name__}."
    )


def _aer_noise(noise: Any, scale: float, engine: str | None) -> AerNoise:
    from qiskit_aer.noise import NoiseModel

    if not isinstance(noise, NoiseModel):
        raise InputError(
            "`noise` must be a recipe, the name of one, as `nisqdl list noise` shows them, or an "
            f"Aer noise model, but is a {type(noise).__name__}."
        )
    if scale != 1:
        raise InputError(
            f"`noise_scale` must be 1 with an Aer noise model, but is {scale:g}: only recipes are "
            "scaled."
        )
    if engine not in (None, "exact"):
        raise InputError(
            f"`engine` must be exact with an Aer noise model, or None, but is {engine!r}."
        )
    return AerNoise.read(noise)


def _hash_of(backend: Any) -> str:
    return snapshot_hash(_device(backend))


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
    return Prepared(
        place.prepared(model, architecture.is_tree), len(model.weights), len(model.observables)
    )


@lru_cache(maxsize=64)
def with_circuit(
    architecture: Architecture, num_features: int, measured: Measured, place: Place
) -> Place:
    """The place with an architecture transpiled for it; the same one is transpiled once."""
    return place.with_circuit(architecture.build(num_features, measured), architecture.is_tree)
