"""A recipe applied to a device: the noise channels of the qubits that a circuit uses."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import assert_never

from nisqdl.errors import InputError
from nisqdl.noise.calibrated import calibrated_channels
from nisqdl.noise.channels import GateNoise, NoiseChannels, Readout, Relaxation
from nisqdl.noise.recipe import (
    CalibratedRecipe,
    DepolarizingRecipe,
    IdealRecipe,
    Recipe,
    ThermalRecipe,
)
from nisqdl.noise.sites import compact_indices, noisy_gates
from nisqdl.targets.device import Device


def channels_for(
    recipe: Recipe,
    device: Device,
    physical_qubits: tuple[int, ...],
    scale: float = 1.0,
    channels: tuple[str, ...] | None = None,
) -> NoiseChannels:
    """The noise that a recipe gives the active qubits of a device.

    Everything grows linearly in the scale λ: error rates and readout confusion are multiplied by
    it (confusion clipped at 0.5), T1 and T2 divided by it. λ = 0 is ideal.

    Args:
        recipe: From :func:`nisqdl.noise.recipe.find_recipe`.
        device: Gives the gates, and for calibrated recipes their errors.
        physical_qubits: Device index of each qubit of the compact circuit, in its order.
        scale: λ, finite and at least 0.
        channels: Instead of the recipe's own; ``None`` leaves them.

    Returns:
        Channels on compact indices: gates and edges among the active qubits only.

    Raises:
        InputError: λ or a channel is wrong, a qubit is not on the device, or the calibration has
            no value that a channel needs.
    """
    if not (math.isfinite(scale) and scale >= 0):
        raise InputError(f"Noise scale must be a finite number of at least 0, but is {scale}.")
    name = recipe.name if scale == 1 else f"{recipe.name} ×{scale:g}"
    compact = compact_indices(device, physical_qubits)
    active = recipe.restricted(channels)
    if scale == 0 or isinstance(active, IdealRecipe):
        return NoiseChannels(name)
    if isinstance(active, CalibratedRecipe):
        return calibrated_channels(name, device, compact, scale, active.channels)
    if isinstance(active, DepolarizingRecipe):
        return _depolarizing(name, active, device, compact, scale)
    if isinstance(active, ThermalRecipe):
        return _thermal(name, active, device, compact, scale)
    assert_never(active)


def _depolarizing(
    name: str, recipe: DepolarizingRecipe, device: Device, compact: dict[int, int], scale: float
) -> NoiseChannels:
    p = {
        1: recipe.one_qubit_p if "one_qubit" in recipe.channels else 0.0,
        2: recipe.two_qubit_p if "two_qubit" in recipe.channels else 0.0,
    }
    gates = {
        key: GateNoise(depolarizing=min(1.0, scale * p[len(key[1])]))
        for key in _keys(device, compact)
    }
    return NoiseChannels(name, _unless_noiseless(gates), {}, _readout(recipe, compact, scale))


def _thermal(
    name: str, recipe: ThermalRecipe, device: Device, compact: dict[int, int], scale: float
) -> NoiseChannels:
    t1_ns, t2_ns = 1e3 * recipe.t1_us / scale, 1e3 * recipe.t2_us / scale
    time_ns = {
        1: recipe.one_qubit_ns if "one_qubit" in recipe.channels else 0.0,
        2: recipe.two_qubit_ns if "two_qubit" in recipe.channels else 0.0,
    }
    after = {
        size: GateNoise(relaxation=(Relaxation(time, t1_ns, t2_ns),) * size if time else ())
        for size, time in time_ns.items()
    }
    gates = {key: after[len(key[1])] for key in _keys(device, compact)}
    idle = {qubit: (t1_ns, t2_ns) for qubit in compact.values() if recipe.needs_schedule}
    return NoiseChannels(name, _unless_noiseless(gates), idle, _readout(recipe, compact, scale))


def _keys(device: Device, compact: dict[int, int]) -> Iterator[tuple[str, tuple[int, ...]]]:
    for gate in noisy_gates(device, compact):
        yield gate.name, tuple(compact[q] for q in gate.qubits)


def _unless_noiseless(
    gates: dict[tuple[str, tuple[int, ...]], GateNoise],
) -> dict[tuple[str, tuple[int, ...]], GateNoise]:
    return gates if any(noise != GateNoise() for noise in gates.values()) else {}


def _readout(
    recipe: DepolarizingRecipe | ThermalRecipe, compact: dict[int, int], scale: float
) -> dict[int, Readout]:
    confusion = Readout(
        p1_given_0=min(0.5, scale * recipe.readout_p1_given_0),
        p0_given_1=min(0.5, scale * recipe.readout_p0_given_1),
    )
    if "readout" not in recipe.channels or confusion == Readout(0.0, 0.0):
        return {}
    return dict.fromkeys(compact.values(), confusion)
