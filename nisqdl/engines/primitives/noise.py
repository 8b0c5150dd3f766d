"""What a user gives as ``noise_model``, as the noise of any circuit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from nisqdl.circuits.control_flow import flat
from nisqdl.engines.exact.from_aer import AerNoise
from nisqdl.engines.exact.lowering import CircuitNoise
from nisqdl.engines.exact.unroll import Qubits, channels_after
from nisqdl.errors import InputError
from nisqdl.noise.channels import IDEAL, NoiseChannels
from nisqdl.noise.device_noise import DeviceNoise
from nisqdl.noise.inert import refuse_inert
from nisqdl.noise.sites import NOT_GATES

if TYPE_CHECKING:
    from qiskit.circuit import QuantumCircuit
    from qiskit_aer.noise import NoiseModel

NoiseLike: TypeAlias = "NoiseModel | NoiseChannels | DeviceNoise | None"
"""No noise, any Aer noise model, channels on the circuit's qubits, or a recipe on a device."""


class NoiseSource(Protocol):
    """Noise that knows its circuit only when there is one."""

    @property
    def only_readout(self) -> bool:
        """Whether gates and delays are ideal."""
        ...

    @property
    def acts_before_measurements(self) -> bool:
        """Whether a measurement changes the state before it is read (no readout error is meant)."""
        ...

    def of_circuit(
        self, circuit: QuantumCircuit, observed: Qubits, measured: Qubits
    ) -> CircuitNoise:
        """The noise of a circuit.

        Args:
            observed: Qubits that observables are on.
            measured: Qubits that are measured by instructions.

        Raises:
            InputError: Noise would be inert, or is not one that the exact engine takes.
        """
        ...


def noise_source(given: NoiseLike, require_isa: bool) -> NoiseSource:
    """Read what a user gave.

    Args:
        given: See :data:`NoiseLike`.
        require_isa: Whether circuits are refused whose noise would be inert.

    Raises:
        InputError: It is none of these, or the noise model has what cannot be taken.
    """
    if given is None:
        return ChannelSource(IDEAL, require_isa)
    if isinstance(given, NoiseChannels):
        return ChannelSource(given, require_isa)
    if isinstance(given, DeviceNoise):
        return DeviceSource(given, require_isa)
    from qiskit_aer.noise import NoiseModel

    if isinstance(given, NoiseModel):
        return AerSource(AerNoise.read(given), require_isa)
    raise InputError(
        "`noise_model` must be a qiskit_aer NoiseModel, nisqdl's NoiseChannels or DeviceNoise, or "
        f"None, but is {type(given).__name__}."
    )


@dataclass(frozen=True)
class ChannelSource:
    """Channels on the circuit's own qubits."""

    channels: NoiseChannels
    require_isa: bool

    @property
    def only_readout(self) -> bool:
        return not (self.channels.gates or self.channels.idle)

    @property
    def acts_before_measurements(self) -> bool:
        return False

    def of_circuit(
        self, circuit: QuantumCircuit, observed: Qubits, measured: Qubits
    ) -> CircuitNoise:
        if self.require_isa:
            refuse_inert(circuit, self.channels)
        return CircuitNoise(channels_after(self.channels), self.channels.readout)


@dataclass(frozen=True)
class DeviceSource:
    """A recipe on a device whose physical qubits are the circuit's."""

    noise: DeviceNoise
    require_isa: bool

    @property
    def only_readout(self) -> bool:
        return False

    @property
    def acts_before_measurements(self) -> bool:
        return False

    def of_circuit(
        self, circuit: QuantumCircuit, observed: Qubits, measured: Qubits
    ) -> CircuitNoise:
        channels = self.noise.channels({*_used_qubits(circuit), *observed, *measured})
        return ChannelSource(channels, self.require_isa).of_circuit(circuit, observed, measured)


@dataclass(frozen=True)
class AerSource:
    """An Aer noise model whose qubits are the circuit's."""

    noise: AerNoise
    require_isa: bool

    @property
    def only_readout(self) -> bool:
        noise = self.noise
        return not (noise.everywhere or noise.local or noise.passes)

    @property
    def acts_before_measurements(self) -> bool:
        return self.noise.measurements_have_errors

    def of_circuit(
        self, circuit: QuantumCircuit, observed: Qubits, measured: Qubits
    ) -> CircuitNoise:
        if self.require_isa:
            self.noise.refuse_inert(circuit)
        return self.noise.of_circuit(circuit, measured)


def _used_qubits(circuit: QuantumCircuit) -> set[int]:
    """Qubits with gates; what only waits on others is not felt."""
    return {
        qubit
        for operation, qubits in flat(circuit)
        if operation.name not in NOT_GATES
        for qubit in qubits
    }
