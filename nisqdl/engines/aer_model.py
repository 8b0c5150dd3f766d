"""A transpiled model under an Aer noise model, whose qubits are the whole device's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nisqdl.engines.exact import ExactEngine
from nisqdl.errors import InputError

if TYPE_CHECKING:
    from nisqdl.engines.exact.evaluator import ExactEvaluator
    from nisqdl.engines.exact.from_aer import AerNoise
    from nisqdl.targets.isa import IsaModel


def prepared_under(isa: IsaModel, noise: AerNoise, num_qubits: int) -> ExactEvaluator:
    """The model at its place on the device, under a noise model, ready on the exact engine.

    Args:
        isa: The compact ISA model.
        noise: What the noise model says, by the device's own qubits.
        num_qubits: Of the device.

    Raises:
        InputError: The noise would be inert, or the noise model has what cannot be taken.
        CapacityError: It does not fit the memory.
    """
    from qiskit.circuit import QuantumCircuit

    from nisqdl.engines.exact.lowering import lower_under

    if noise.measurements_have_errors:
        raise InputError(
            "The noise model has quantum errors on measurements, which expectation values cannot "
            "carry; describe them as readout errors."
        )
    places = list(isa.physical_qubits)
    circuit = QuantumCircuit(num_qubits)
    circuit.compose(isa.circuit, qubits=places, inplace=True)
    noise.refuse_inert(circuit)
    wide = replace(
        isa,
        circuit=circuit,
        observables=tuple(op.apply_layout(places, num_qubits) for op in isa.observables),
        physical_qubits=tuple(range(num_qubits)),
    )
    return ExactEngine().evaluator(lower_under(wide, noise.of_circuit(circuit)), len(places))
