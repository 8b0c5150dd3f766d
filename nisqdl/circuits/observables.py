"""Observables from labels: Pauli strings in two notations, and named ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nisqdl.catalog import Table
from nisqdl.errors import CapacityError, InputError, unknown_name

if TYPE_CHECKING:
    from qiskit.quantum_info import SparsePauliOp

PROJECTOR_QUBITS = 10
"""Most qubits of a projector: as a Pauli sum it has 2^n terms."""

OUTPUT = "output"
"""The observable whose qubits the ansatz says."""

_WHERE = "model.observables"
_INDEXED = re.compile(r"(?:[XYZ]\d+)+")
_DENSE = re.compile(r"[IXYZ]+")


@dataclass(frozen=True)
class NamedObservable:
    """An observable that is known by name on any number of qubits.

    Attributes:
        name: Name in experiment files.
        summary: One line for people.
        build: The operator on n qubits.
    """

    name: str
    summary: str
    build: Callable[[int], SparsePauliOp]


def observables_for(
    labels: Sequence[str] | None,
    num_qubits: int,
    num_classes: int | None,
    read: Sequence[int] | None = None,
) -> tuple[SparsePauliOp, ...]:
    """The observables of a model, checked against what decoding needs.

    Args:
        labels: Names or Pauli labels; ``None`` for the default: the mean of Z over the qubits
            that are read for two classes or none, and for K > 2 classes one for each, the mean of
            Z over those whose place among them is ≡ class (mod K).
        num_qubits: Qubits n of the circuit.
        num_classes: Classes K that the values are decoded to: two from one value, K from K. With
            ``None`` nothing is decoded, and any observables do.
        read: The qubits that are read: those left in a convolutional network; ``None`` for all.

    Raises:
        InputError: Wrong label, or a number of observables that does not fit the classes.
        CapacityError: A projector on too many qubits.
    """
    if num_classes is not None and num_classes < 2:
        raise InputError(f"A classifier needs at least 2 classes, but the data has {num_classes}.")
    read = range(num_qubits) if read is None else read
    if labels is None:
        return _default(num_qubits, num_classes, read)
    if num_classes is not None:
        _check_decodable(labels, num_classes)
    return tuple(
        _mean_z(read, num_qubits) if label == OUTPUT else parse_observable(label, num_qubits)
        for label in labels
    )


def parse_observable(label: str, num_qubits: int) -> SparsePauliOp:
    """One observable from its label.

    Args:
        label: A name of ``NAMED_OBSERVABLES``; or Paulis with qubit indices in any order
            (``"Z0Z1"``, ``"X2"``); or a dense string of n letters, qubit 0 rightmost (``"IIZ"``).
        num_qubits: Qubits n of the circuit.

    Raises:
        InputError: It is none of these, or names a qubit that is not there.
        CapacityError: A projector on too many qubits.
    """
    if label in NAMED_OBSERVABLES:
        return NAMED_OBSERVABLES[label].build(num_qubits)
    if _INDEXED.fullmatch(label):
        return _from_indices(label, num_qubits)
    if _DENSE.fullmatch(label):
        return _from_dense(label, num_qubits)
    raise InputError(
        f"{unknown_name('observable', label, NAMED_OBSERVABLES, _WHERE)} A Pauli label does, too: "
        "'Z0Z1' by qubits, or 'IZZ' with one letter a qubit, qubit 0 rightmost."
    )


def _default(
    num_qubits: int, num_classes: int | None, read: Sequence[int]
) -> tuple[SparsePauliOp, ...]:
    if num_classes is None or num_classes == 2:
        return (_mean_z(read, num_qubits),)
    if len(read) < num_classes:
        raise InputError(
            f"One observable for each of {num_classes} classes needs at least as many qubits, but "
            f"the model has {len(read)} to read: take more features, less depth of a qcnn, or name "
            f"{num_classes} observables ({_WHERE})."
        )
    return tuple(_mean_z(read[index::num_classes], num_qubits) for index in range(num_classes))


def _check_decodable(labels: Sequence[str], num_classes: int) -> None:
    fitting = (1, 2) if num_classes == 2 else (num_classes,)
    if len(labels) not in fitting:
        raise InputError(
            f"{_WHERE} must have {' or '.join(map(str, fitting))} entries for {num_classes} "
            f"classes, but has {len(labels)}."
        )
    if list(labels) == ["projector"]:
        raise InputError(
            f"{_WHERE} must have values on both sides of 0 to tell two classes apart, but "
            "'projector' is never negative: use 'reflection', which is 2·projector − 1."
        )


def _from_indices(label: str, num_qubits: int) -> SparsePauliOp:
    letters = ["I"] * num_qubits
    for pauli, digits in re.findall(r"([XYZ])(\d+)", label):
        # An endless row of digits is not worth converting: no qubit has such a number.
        qubit = int(digits) if len(digits) < 9 else num_qubits
        if qubit >= num_qubits:
            raise InputError(
                f"{_WHERE}: qubit {digits[:9]} of {label[:40]!r} must be from 0 to "
                f"{num_qubits - 1}, since the model has {num_qubits} qubits."
            )
        if letters[qubit] != "I":
            raise InputError(
                f"{_WHERE}: {label!r} must name each qubit once, but {qubit} is twice."
            )
        letters[qubit] = pauli
    return _operator([("".join(reversed(letters)), 1.0)])


def _from_dense(label: str, num_qubits: int) -> SparsePauliOp:
    if len(label) != num_qubits:
        raise InputError(
            f"{_WHERE}: {label[:40]!r} must have one letter for each of the model's {num_qubits} "
            f"qubits, but has {len(label)}. By qubits, 'Z0' does for any number."
        )
    return _operator([(label, 1.0)])


def _mean_z(qubits: Sequence[int], num_qubits: int) -> SparsePauliOp:
    return _operator([(_z_string((qubit,), num_qubits), 1.0 / len(qubits)) for qubit in qubits])


def _mean_z_of_all(num_qubits: int) -> SparsePauliOp:
    return _mean_z(range(num_qubits), num_qubits)


def _global_z(num_qubits: int) -> SparsePauliOp:
    return _operator([("Z" * num_qubits, 1.0)])


def _projector(num_qubits: int) -> SparsePauliOp:
    return _operator(_projector_terms(num_qubits))


def _reflection(num_qubits: int) -> SparsePauliOp:
    (identity, share), *rest = _projector_terms(num_qubits)
    return _operator([(identity, 2 * share - 1), *((label, 2 * share) for label, _ in rest)])


def _projector_terms(num_qubits: int) -> list[tuple[str, float]]:
    """|0…0⟩⟨0…0| as the mean of all strings of I and Z, the identity first."""
    if num_qubits > PROJECTOR_QUBITS:
        raise CapacityError(
            f"{_WHERE}: a projector may have at most {PROJECTOR_QUBITS} qubits, since it is a sum "
            f"of 2^n Pauli strings, but the model has {num_qubits}: use 'global_z' or 'mean_z'."
        )
    size = 2**num_qubits
    return [
        (format(index, f"0{num_qubits}b").replace("0", "I").replace("1", "Z"), 1.0 / size)
        for index in range(size)
    ]


def _z_string(qubits: Sequence[int], num_qubits: int) -> str:
    return "".join("Z" if qubit in qubits else "I" for qubit in reversed(range(num_qubits)))


def _operator(terms: list[tuple[str, float]]) -> SparsePauliOp:
    from qiskit.quantum_info import SparsePauliOp

    return SparsePauliOp.from_list(terms)


NAMED_OBSERVABLES: Table[NamedObservable] = Table(
    "observable",
    {
        "mean_z": NamedObservable("mean_z", "the mean of Z over all qubits", _mean_z_of_all),
        OUTPUT: NamedObservable(
            OUTPUT,
            "the mean of Z over the qubits that are read: those left in a qcnn",
            _mean_z_of_all,
        ),
        "global_z": NamedObservable("global_z", "Z on every qubit: the parity", _global_z),
        "projector": NamedObservable(
            "projector", "|0…0⟩⟨0…0|, from 0 to 1; at most 10 qubits", _projector
        ),
        "reflection": NamedObservable(
            "reflection", "2|0…0⟩⟨0…0| − 1, from −1 to 1; at most 10 qubits", _reflection
        ),
    },
)
