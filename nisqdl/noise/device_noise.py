"""The noise of a whole device: a recipe applied to a calibration, before any circuit is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nisqdl.noise.applied import channels_for
from nisqdl.noise.channels import NoiseChannels
from nisqdl.noise.recipe import Recipe, find_recipe
from nisqdl.targets.device import Device
from nisqdl.targets.snapshots import find_device


@dataclass(frozen=True)
class DeviceNoise:
    """A recipe on a device; channels are made for the qubits that a circuit uses.

    Attributes:
        device: A device, or the name of one (``"torino"``, ``"torino@2025-02-26"``).
        recipe: A recipe, or the name of one (``"calibrated"``).
        scale: λ, which multiplies all rates; 0 is ideal.
    """

    device: Device | str
    recipe: Recipe | str = "calibrated"
    scale: float = 1.0

    def channels(self, physical_qubits: Iterable[int]) -> NoiseChannels:
        """Channels of these qubits, on the device's own indices.

        Raises:
            InputError: There is no such device, recipe or qubit, or the calibration lacks a value.
        """
        device = find_device(self.device) if isinstance(self.device, str) else self.device
        recipe = find_recipe(self.recipe) if isinstance(self.recipe, str) else self.recipe
        physical = tuple(sorted(set(physical_qubits)))
        compact = channels_for(recipe, device, physical, self.scale)
        return NoiseChannels(
            name=compact.name,
            gates={
                (name, tuple(physical[q] for q in qubits)): noise
                for (name, qubits), noise in compact.gates.items()
            },
            idle={physical[q]: times for q, times in compact.idle.items()},
            readout={physical[q]: confusion for q, confusion in compact.readout.items()},
        )
