"""ISA models as bytes: a JSON document around QPY, Qiskit's own circuit format."""

from __future__ import annotations

import base64
import io
import json
import warnings
from typing import TYPE_CHECKING, Any

from nisqdl.errors import InputError
from nisqdl.store.record import Json, content_hash
from nisqdl.targets.cost import delay_ns
from nisqdl.targets.isa import IsaModel

if TYPE_CHECKING:
    from qiskit.circuit import Parameter, QuantumCircuit
    from qiskit.quantum_info import SparsePauliOp

FORMAT = "nisqdl ISA model"
VERSION = 1
_QPY_VERSION = 15
"""An explicit version, so that the oldest Qiskit we run on reads what a newer one wrote."""


def isa_to_bytes(isa: IsaModel) -> bytes:
    """An ISA model as a JSON document in UTF-8.

    Parameters keep their identity: also those that transpilation removed from the circuit are
    stored, in a second circuit that holds all of them in order.
    """
    circuit, delays_ns = _without_delays(isa.circuit)
    circuits = _to_qpy([circuit, _carrier((*isa.features, *isa.weights))])
    content: dict[str, Json] = {
        "format": FORMAT,
        "version": VERSION,
        "device": isa.device,
        "physical_qubits": list(isa.physical_qubits),
        "features": [parameter.name for parameter in isa.features],
        "weights": [parameter.name for parameter in isa.weights],
        "observables": [_terms(op) for op in isa.observables],
        "delays_ns": delays_ns,
        "qpy": base64.b64encode(circuits).decode("ascii"),
    }
    return json.dumps({**content, "checksum": content_hash(content)}, indent=1).encode()


def isa_from_bytes(content: bytes, where: str = "The stored ISA model") -> IsaModel:
    """Read what :func:`isa_to_bytes` wrote.

    Args:
        content: The document.
        where: What it is, as the subject of an error's sentence.

    Raises:
        InputError: The document is damaged, cut off, or of another format or version.
    """
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _damaged(where, str(error)) from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise _damaged(where, f"its format is not {FORMAT!r}")
    if document.get("version") != VERSION:
        raise InputError(
            f"{where} must have the version {VERSION}, but has {document.get('version')!r}. "
            "Read it with the nisqdl that wrote it, or delete it and transpile again."
        )
    try:
        if document.pop("checksum", None) != content_hash(document):
            raise ValueError("it does not match its checksum")
        return _isa_model(document)
    except KeyError as error:
        raise _damaged(where, f"its field {error.args[0]!r} is missing") from error
    except (TypeError, ValueError) as error:
        raise _damaged(where, str(error)) from error


def _isa_model(document: dict[str, Json]) -> IsaModel:
    circuit, carrier = _from_qpy(base64.b64decode(document["qpy"], validate=True))
    parameters = [instruction.operation.params[0] for instruction in carrier.data]
    names = [*document["features"], *document["weights"]]
    if [parameter.name for parameter in parameters] != names:
        raise ValueError("its parameters do not match their names")
    split = len(document["features"])
    physical_qubits = tuple(int(qubit) for qubit in document["physical_qubits"])
    if len(physical_qubits) != circuit.num_qubits:
        raise ValueError("its physical qubits do not match the circuit")
    return IsaModel(
        circuit=_with_delays(circuit, document["delays_ns"]),
        features=tuple(parameters[:split]),
        weights=tuple(parameters[split:]),
        observables=tuple(_observable(terms) for terms in document["observables"]),
        physical_qubits=physical_qubits,
        device=str(document["device"]),
    )


def _carrier(parameters: tuple[Parameter, ...]) -> QuantumCircuit:
    from qiskit.circuit import QuantumCircuit

    circuit = QuantumCircuit(1, name="parameters")
    for parameter in parameters:
        circuit.rz(parameter, 0)
    return circuit


def _without_delays(circuit: QuantumCircuit) -> tuple[QuantumCircuit, list[float]]:
    """The circuit with its delays numbered instead, and their durations by number.

    QPY forgets a delay's unit and takes every number for clock cycles (Qiskit issue 8293).
    """
    numbered = circuit.copy_empty_like()
    delays_ns: list[float] = []
    for instruction in circuit.data:
        if instruction.operation.name == "delay":
            numbered.delay(len(delays_ns), instruction.qubits[0], unit="dt")
            delays_ns.append(delay_ns(instruction))
        else:
            numbered.append(instruction)
    return numbered, delays_ns


def _with_delays(numbered: QuantumCircuit, delays_ns: list[float]) -> QuantumCircuit:
    circuit = numbered.copy_empty_like()
    for instruction in numbered.data:
        if instruction.operation.name == "delay":
            wait_ns = float(delays_ns[instruction.operation.duration])
            circuit.delay(wait_ns, instruction.qubits[0], unit="ns")
        else:
            circuit.append(instruction)
    return circuit


def _terms(op: SparsePauliOp) -> list[list[Any]]:
    """[label, coefficient] for each term; observables are Hermitian, so coefficients are real."""
    return [[label, float(coefficient.real)] for label, coefficient in op.to_list()]


def _observable(terms: list[list[Any]]) -> SparsePauliOp:
    from qiskit.exceptions import QiskitError
    from qiskit.quantum_info import SparsePauliOp

    try:
        return SparsePauliOp.from_list([(str(label), float(value)) for label, value in terms])
    except QiskitError as error:
        raise ValueError(f"an observable cannot be read ({error.message})") from error


def _to_qpy(circuits: list[QuantumCircuit]) -> bytes:
    from qiskit import qpy

    buffer = io.BytesIO()
    qpy.dump(circuits, buffer, version=_QPY_VERSION)
    return buffer.getvalue()


def _from_qpy(content: bytes) -> list[QuantumCircuit]:
    from qiskit import qpy

    if content[:6] != b"QISKIT" or content[6:7] != bytes([_QPY_VERSION]):
        # Older versions hold formulas as text or as another library's objects.
        raise ValueError(f"its circuit is not QPY of the version {_QPY_VERSION}")
    with warnings.catch_warnings():
        # A vector of which transpilation removed some elements is reported as incomplete; the
        # second circuit has them all.
        warnings.filterwarnings("ignore", message=".*ParameterVector", category=UserWarning)
        try:
            circuits = qpy.load(io.BytesIO(content))
        except qpy.QpyError as error:
            raise ValueError(f"its circuit cannot be read ({error.message})") from error
    if len(circuits) != 2:
        raise ValueError(f"it must hold 2 circuits, but holds {len(circuits)}")
    return list(circuits)


def _damaged(where: str, finding: str) -> InputError:
    return InputError(
        f"{where} is damaged or cut off: {finding}. Delete it; it will be transpiled again."
    )
