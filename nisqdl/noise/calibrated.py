"""Noise as calibrated: depolarizing and relaxation of each gate, asymmetric readout, idle time.

The physics is that of Aer's device models (Qiskit Aer 0.18, ``noise/device/models.py``): a gate is
followed by depolarizing and then by thermal relaxation during its duration, with the depolarizing
strength such that the gate's average infidelity is the reported error. All of it in closed form:

- one-qubit relaxation has process fidelity (1 + exp(−t/T1) + 2 exp(−t/T2)) / 4, which is the
  average gate fidelity 1/2 + exp(−t/T1)/6 + exp(−t/T2)/3; products of channels multiply their
  process fidelities;
- depolarizing p before a channel of average fidelity F gives F − p (d F − 1)/d.
"""

from __future__ import annotations

import math

from nisqdl.errors import InputError
from nisqdl.noise.channels import GateNoise, NoiseChannels, Readout, Relaxation
from nisqdl.noise.sites import noisy_gates
from nisqdl.targets.device import Device, GateCalibration


def calibrated_channels(
    name: str, device: Device, compact: dict[int, int], scale: float, channels: tuple[str, ...]
) -> NoiseChannels:
    """The calibrated noise at scale λ: λ·error, T1/λ, T2/λ, λ·readout both ways (at most 0.5).

    Args:
        name: Of the result.
        device: The calibration.
        compact: Physical qubit → compact index, for the active qubits.
        scale: λ > 0.
        channels: What is switched on.

    Raises:
        InputError: A qubit has no T1, T2 or readout error although a channel needs it.
    """
    sizes = {size for size, one in ((1, "one_qubit"), (2, "two_qubit")) if one in channels}
    times: dict[int, tuple[float, float]] = {}
    if sizes or "idle" in channels:
        times = {physical: _times_ns(device, physical, scale) for physical in compact}
    gates = {}
    if sizes:
        gates = {
            (gate.name, tuple(compact[q] for q in gate.qubits)): (
                _gate_noise(gate, times, scale) if len(gate.qubits) in sizes else GateNoise()
            )
            for gate in noisy_gates(device, compact)
        }
    idle = {compact[q]: times[q] for q in compact} if "idle" in channels else {}
    readout = {}
    if "readout" in channels:
        readout = {compact[q]: _readout(device, q, scale) for q in compact}
    return NoiseChannels(name, gates, idle, readout)


def relaxation_fidelity(relaxation: tuple[Relaxation, ...]) -> float:
    """Average gate fidelity of thermal relaxation on each of n qubits."""
    process: float = 1.0
    for one in relaxation:
        decay_1, decay_2 = (math.exp(-one.time_ns / t) for t in (one.t1_ns, one.t2_ns))
        process *= (1 + decay_1 + 2 * decay_2) / 4
    dimension = 1 << len(relaxation)
    return (dimension * process + 1) / (dimension + 1)


def depolarizing_for(error: float, fidelity: float, num_qubits: int) -> float:
    """The p that, before a channel of average fidelity F, makes the average infidelity ``error``.

    Values beyond what is physical are cut as Aer does: the error at d/(d + 1), p at
    4^n/(4^n − 1). A channel that alone exceeds the error leaves no depolarizing.
    """
    dimension = 1 << num_qubits
    if error <= 1 - fidelity:
        return 0.0
    error = min(error, dimension / (dimension + 1))
    p = dimension * (error - (1 - fidelity)) / (dimension * fidelity - 1)
    return min(p, dimension**2 / (dimension**2 - 1))


def _gate_noise(
    gate: GateCalibration, times: dict[int, tuple[float, float]], scale: float
) -> GateNoise:
    relaxation: tuple[Relaxation, ...] = ()
    fidelity = 1.0
    if gate.duration_ns > 0:
        relaxation = tuple(Relaxation(gate.duration_ns, *times[q]) for q in gate.qubits)
        fidelity = relaxation_fidelity(relaxation)
    # Without a reported error, as for the identity gate of some devices, time is what is left.
    p = depolarizing_for(scale * gate.error, fidelity, len(gate.qubits)) if gate.error else 0.0
    return GateNoise(p, relaxation)


def _times_ns(device: Device, physical: int, scale: float) -> tuple[float, float]:
    """T1/λ and T2/λ in nanoseconds; T2 cut at 2·T1, beyond which nothing is physical."""
    qubit = device.qubits[physical]
    if not qubit.t1_us or not qubit.t2_us:
        missing = "T2" if qubit.t1_us else "T1"
        raise InputError(
            f"{device.name} reports no {missing} for qubit {physical} on {device.date[:10]}, so "
            "its calibrated noise is unknown. Use other qubits, or the channel readout alone."
        )
    t1_ns = 1e3 * qubit.t1_us / scale
    return t1_ns, min(1e3 * qubit.t2_us / scale, 2 * t1_ns)


def _readout(device: Device, physical: int, scale: float) -> Readout:
    qubit = device.qubits[physical]
    if qubit.p1_given_0 is None or qubit.p0_given_1 is None:
        raise InputError(
            f"{device.name} reports no readout error for qubit {physical} on {device.date[:10]}, "
            "so its noise is unknown. Use other qubits, or leave out the channel readout."
        )
    return Readout(min(0.5, scale * qubit.p1_given_0), min(0.5, scale * qubit.p0_given_1))
