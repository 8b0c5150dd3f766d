"""Any Aer ``NoiseModel`` as the noise of a circuit on the exact engine.

Aer's rules (Qiskit Aer 0.18, ``aer_compiler.py`` and behaviour): an error belongs to a gate's
label, or to its name where it has no label; an error for given qubits replaces the one for all
qubits; errors follow their gate, reset or delay, but come before a measurement; noise passes lay
further errors after instructions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nisqdl.circuits.control_flow import flat
from nisqdl.engines.exact.aer_errors import error_channels
from nisqdl.engines.exact.lowering import CircuitNoise
from nisqdl.engines.exact.unroll import Channel, Qubits
from nisqdl.errors import InputError
from nisqdl.noise.channels import Readout
from nisqdl.noise.sites import NOT_GATES

if TYPE_CHECKING:
    from qiskit.circuit import QuantumCircuit
    from qiskit_aer.noise import NoiseModel

_NO_READOUT_ERROR = Readout(0.0, 0.0)


@dataclass(frozen=True, eq=False)
class AerNoise:
    """What a noise model said when it was read; later changes to it are not seen.

    Build it with :meth:`read`.

    Attributes:
        basis_gates: Gates that circuits must be made of.
        everywhere: Gate's label or name → error on any qubits.
        local: Gate's label or name → qubits → error.
        readout: Confusion by qubit; under ``None`` that of all other qubits.
        passes: Noise passes that lay errors beside instructions (relaxation during delays).
    """

    basis_gates: frozenset[str]
    everywhere: Mapping[str, Any]
    local: Mapping[str, Mapping[Qubits, Any]]
    readout: Mapping[int | None, Readout]
    passes: tuple[Any, ...]
    _known: dict[tuple[str, Qubits], tuple[Channel, ...]] = field(default_factory=dict)

    @classmethod
    def read(cls, model: NoiseModel) -> AerNoise:
        """Take what the noise model says now.

        Raises:
            InputError: It has a readout error on several qubits together, or a noise pass other
                than those that lay an error after an instruction.
        """
        from qiskit_aer.noise import LocalNoisePass

        # Aer has no public way to look errors up; its own to_dict reads the same fields.
        readout: dict[int | None, Readout] = {}
        if model._default_readout_error is not None:
            readout[None] = _confusion(model._default_readout_error)
        for qubits, error in model._local_readout_errors.items():
            readout[qubits[0]] = _confusion(error)
        for laid in model._custom_noise_passes:
            if not isinstance(laid, LocalNoisePass) or laid._method != "append":
                raise InputError(
                    f"The noise model has the noise pass {type(laid).__name__}, but the exact "
                    "engine takes only passes that append an error to an instruction "
                    "(LocalNoisePass with method='append')."
                )
        return cls(
            basis_gates=frozenset(model.basis_gates),
            everywhere=dict(model._default_quantum_errors),
            local={name: dict(found) for name, found in model._local_quantum_errors.items()},
            readout=readout,
            passes=tuple(model._custom_noise_passes),
        )

    def of_circuit(self, circuit: QuantumCircuit, measured: tuple[int, ...] = ()) -> CircuitNoise:
        """The noise of a circuit whose qubits are the noise model's.

        Args:
            measured: Qubits that are measured at the end.
        """
        default = self.readout.get(None, _NO_READOUT_ERROR)
        readout = {
            qubit: confusion
            for qubit in range(circuit.num_qubits)
            if (confusion := self.readout.get(qubit, default)) != _NO_READOUT_ERROR
        }
        before = [channel for qubit in measured for channel in self._channels("measure", (qubit,))]
        return CircuitNoise(self._after, readout, tuple(before))

    @property
    def measurements_have_errors(self) -> bool:
        """Whether quantum errors (not readout errors) come before measurements."""
        return "measure" in self.everywhere or "measure" in self.local

    def refuse_inert(self, circuit: QuantumCircuit) -> None:
        """Refuse a circuit with a gate that the noise model does not know.

        Raises:
            InputError: A gate is not in the noise model's basis; or gates of its name have errors
                on other qubits, but there is none here.
        """
        noisy = (self.everywhere.keys() | self.local.keys()) - NOT_GATES
        if not noisy:
            return
        places = {qubit for found in self.local.values() for qubits in found for qubit in qubits}
        for operation, qubits in flat(circuit):
            name = _key(operation)
            if name in NOT_GATES or name in self.everywhere or qubits in self.local.get(name, {}):
                continue
            finding = self._inert(operation, name, qubits, places)
            if finding is not None:
                where = f"on qubit{'s' * (len(qubits) > 1)} {', '.join(map(str, qubits))}"
                raise InputError(
                    f"The gate {operation.name} {where} would run without noise: {finding}; or "
                    "pass require_isa=False if it is meant to be noiseless."
                )

    def _inert(
        self, operation: Any, name: str, qubits: Qubits, places: Collection[int]
    ) -> str | None:
        """Why a gate's noise is inert and what to do, if it is."""
        errors = self.everywhere.keys() | self.local.keys()
        if name != operation.name and operation.name in errors:
            return (
                f"it has the label {name!r}, and Aer's noise models go by labels, but only "
                f"{operation.name} has errors. Remove the label"
            )
        if operation.name not in self.basis_gates and name not in errors:
            basis = ", ".join(sorted(self.basis_gates - NOT_GATES))
            return (
                f"it is not among the noise model's basis gates. Transpile the circuit to them "
                f"({basis})"
            )
        # Aer drops ideal errors, so a qubit with other errors may have a perfect gate.
        if name in self.local and (len(qubits) > 1 or not set(qubits) <= set(places)):
            return (
                f"the noise model has errors for {name} on other qubits only. Transpile the "
                "circuit for the noise model's device, in the direction in which it has its gates"
            )
        return None

    def _after(self, operation: Any, qubits: Qubits) -> Iterator[Channel]:
        yield from self._channels(_key(operation), qubits)
        for laid in self.passes:
            if laid._ops and not isinstance(operation, laid._ops):
                continue
            error = laid._func(operation, list(qubits))
            if error is not None:
                yield from _on(qubits, error_channels(_as_error(error), operation.name))

    def _channels(self, name: str, qubits: Qubits) -> tuple[Channel, ...]:
        key = (name, qubits)
        if key not in self._known:
            error = self.local.get(name, {}).get(qubits, self.everywhere.get(name))
            if error is not None and error.num_qubits != len(qubits):
                raise InputError(
                    f"The noise model's error for {name!r} is on {error.num_qubits} qubits, but "
                    f"the circuit has {name!r} on {len(qubits)}."
                )
            found = () if error is None else error_channels(error, name)
            self._known[key] = _on(qubits, found)
        return self._known[key]


def _key(operation: Any) -> str:
    """What Aer looks an operation's errors up by."""
    if operation.name == "reset":
        return "reset"
    return str(operation.label or operation.name)


def _on(qubits: Qubits, channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
    return tuple(
        Channel(tuple(qubits[place] for place in channel.qubits), channel.matrix)
        for channel in channels
    )


def _as_error(laid: Any) -> Any:
    """The quantum error that a noise pass laid, whatever it was given as."""
    from qiskit.quantum_info import SuperOp
    from qiskit_aer.noise import QuantumError

    if hasattr(laid, "to_quantum_error") or isinstance(laid, QuantumError):
        return laid
    return QuantumError(SuperOp(laid))


def _confusion(error: Any) -> Readout:
    if error.number_of_qubits != 1:
        raise InputError(
            f"The noise model has a readout error on {error.number_of_qubits} qubits together, but "
            "the exact engine takes readout errors of single qubits."
        )
    return Readout(float(error.probabilities[0, 1]), float(error.probabilities[1, 0]))
