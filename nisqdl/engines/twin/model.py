"""What predicts: a circuit under a noise model, as the twin evaluates it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nisqdl.engines.contract import Array, Engine
from nisqdl.noise.applied import channels_for
from nisqdl.noise.channels import NoiseChannels
from nisqdl.noise.recipe import Recipe
from nisqdl.targets.device import Device

if TYPE_CHECKING:
    from nisqdl.targets.isa import IsaModel


@dataclass(frozen=True)
class Model:
    """What predicts: an ISA model at features (B, F) and weights (W,), a recipe and an engine.

    Attributes:
        engine: An exact engine that takes gate noise.
        isa: The circuit that ran.
        recipe: What of the calibration is modelled.
        channels: Instead of the recipe's own; ``None`` leaves them.
        features, weights: At which values it ran.
    """

    engine: Engine
    isa: IsaModel
    recipe: Recipe
    channels: tuple[str, ...] | None
    features: Array
    weights: Array

    def noise(self, device: Device, scale: float) -> NoiseChannels:
        """The noise of the circuit's qubits at λ."""
        return channels_for(self.recipe, device, self.isa.physical_qubits, scale, self.channels)

    def values(self, noise: NoiseChannels) -> Array:
        """Exact values (B, O) under a noise."""
        return self.engine.prepare(self.isa, noise).values(self.features, self.weights)
