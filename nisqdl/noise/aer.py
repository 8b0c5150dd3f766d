"""Noise channels as an Aer ``NoiseModel``: the reference rendering."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nisqdl.errors import InputError
from nisqdl.noise.channels import GateNoise, NoiseChannels

if TYPE_CHECKING:
    from qiskit_aer.noise import NoiseModel, QuantumError

_UNITS_NS = {"ns": 1.0, "us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9, "ps": 1e-3}


def aer_noise_model(channels: NoiseChannels) -> NoiseModel:
    """The Aer noise model of a compact circuit; its qubits are the circuit's.

    Gates are followed by depolarizing, then by relaxation of each qubit. Idle noise follows each
    delay of the circuit by its own duration (a pass that Aer runs over the circuit; note that
    ``NoiseModel.to_dict`` would lose it).
    """
    from qiskit.circuit import Delay
    from qiskit_aer.noise import LocalNoisePass, NoiseModel, ReadoutError

    model = NoiseModel(basis_gates=sorted({name for name, _ in channels.gates} | {"rz"}))
    for (name, qubits), noise in channels.gates.items():
        error = gate_error(noise, len(qubits))
        if error is not None:
            model.add_quantum_error(error, name, list(qubits), warnings=False)
    for qubit, confusion in channels.readout.items():
        a, b = confusion.p1_given_0, confusion.p0_given_1
        model.add_readout_error(ReadoutError([[1 - a, a], [b, 1 - b]]), [qubit], warnings=False)
    if channels.idle:

        def idle_error(delay: Any, qubits: Sequence[int]) -> QuantumError | None:
            return _idle_error(delay, qubits[0], channels)

        # Aer has no public way to attach a pass; its own from_backend does the same.
        model._custom_noise_passes.append(LocalNoisePass(idle_error, op_types=Delay))
    return model


def gate_error(noise: GateNoise, num_qubits: int) -> QuantumError | None:
    """Depolarizing, then relaxation on each qubit; ``None`` where the gate is noiseless."""
    from qiskit_aer.noise import depolarizing_error

    error = depolarizing_error(noise.depolarizing, num_qubits) if noise.depolarizing else None
    relaxed = _relaxation_error(noise)
    if error is None or relaxed is None:
        return error if relaxed is None else relaxed
    return error.compose(relaxed)


def delay_ns(delay: Any) -> float:
    """The duration of a delay instruction in nanoseconds.

    Raises:
        InputError: Its unit is not one of time, or its duration not a number.
    """
    try:
        return float(delay.duration) * _UNITS_NS[delay.unit]
    except (KeyError, TypeError):
        raise InputError(
            f"A delay must have a number as its duration, in one of {', '.join(_UNITS_NS)}, "
            f"but has {delay.duration} {delay.unit}."
        ) from None


def _relaxation_error(noise: GateNoise) -> QuantumError | None:
    """Relaxation of all of a gate's qubits; the first qubit is the lowest."""
    from qiskit_aer.noise import thermal_relaxation_error

    if all(one.time_ns == 0 for one in noise.relaxation):
        return None
    error = None
    for one in noise.relaxation:
        single = thermal_relaxation_error(one.t1_ns, one.t2_ns, one.time_ns)
        error = single if error is None else error.expand(single)
    return error


def _idle_error(delay: Any, qubit: int, channels: NoiseChannels) -> QuantumError | None:
    from qiskit_aer.noise import thermal_relaxation_error

    time_ns = delay_ns(delay)
    if qubit not in channels.idle or time_ns == 0:
        return None
    return thermal_relaxation_error(*channels.idle[qubit], time_ns)
