"""Observables against matrices written by hand."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest

from nisqdl.circuits.observables import observables_for, parse_observable
from nisqdl.errors import CapacityError, InputError

PAULI = {
    "I": np.eye(2),
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]),
}


def matrix(*letters: str) -> np.ndarray:
    """The operator with these letters on qubits 0, 1, …; qubit 0 is the lowest bit."""
    return reduce(np.kron, [PAULI[letter] for letter in reversed(letters)])


@pytest.mark.parametrize(
    ("label", "letters"),
    [
        ("Z0", "ZII"),
        ("X2", "IIX"),
        ("Z2X0", "XIZ"),
        ("Y1Z0", "ZYI"),
        ("IIZ", "ZII"),
        ("XYZ", "ZYX"),
    ],
)
def test_both_notations_name_qubits_as_qiskit_does(label, letters):
    np.testing.assert_allclose(parse_observable(label, 3).to_matrix(), matrix(*letters))


def test_named_observables():
    zero = np.zeros((8, 8))
    zero[0, 0] = 1
    mean = (matrix(*"ZII") + matrix(*"IZI") + matrix(*"IIZ")) / 3
    for name, expected in {
        "mean_z": mean,
        "global_z": matrix(*"ZZZ"),
        "projector": zero,
        "reflection": 2 * zero - np.eye(8),
    }.items():
        np.testing.assert_allclose(parse_observable(name, 3).to_matrix(), expected, atol=1e-15)


def test_two_classes_see_all_qubits_by_default():
    (only,) = observables_for(None, 4, 2)
    assert only == parse_observable("mean_z", 4)


def test_each_of_more_classes_has_its_own_qubits():
    first, second, third = observables_for(None, 4, 3)
    np.testing.assert_allclose(
        first.to_matrix(), (matrix(*"ZIII") + matrix(*"IIIZ")) / 2, atol=1e-15
    )
    np.testing.assert_allclose(second.to_matrix(), matrix(*"IZII"))
    np.testing.assert_allclose(third.to_matrix(), matrix(*"IIZI"))


def test_without_classes_any_observables_do():
    assert len(observables_for(("Z0", "X1", "projector"), 2, None)) == 3
    assert len(observables_for(("projector",), 2, None)) == 1
    assert len(observables_for(None, 2, None)) == 1


@pytest.mark.parametrize(
    ("labels", "num_qubits", "num_classes", "sentence"),
    [
        (("mean_zz",), 3, 2, "Did you mean 'mean_z'"),
        (("z0",), 3, 2, "A Pauli label does, too"),
        (("",), 3, 2, "no observable named ''"),
        (("Z3",), 3, 2, "must be from 0 to 2"),
        (("Z" + "9" * 5000,), 3, 2, "must be from 0 to 2"),
        (("Z1X1",), 3, 2, "must name each qubit once, but 1 is twice"),
        (("ZZ",), 3, 2, "must have one letter for each of the model's 3 qubits, but has 2"),
        (("Z0", "Z1", "Z2"), 3, 2, "must have 1 or 2 entries for 2 classes, but has 3"),
        (("Z0",), 3, 3, "must have 3 entries for 3 classes, but has 1"),
        (("projector",), 3, 2, "use 'reflection'"),
        (None, 2, 3, "needs at least as many qubits, but the model has 2"),
        (None, 2, 1, "at least 2 classes, but the data has 1"),
    ],
)
def test_wrong_observables_are_answered_in_a_sentence(labels, num_qubits, num_classes, sentence):
    with pytest.raises(InputError, match=sentence):
        observables_for(labels, num_qubits, num_classes)


@pytest.mark.parametrize("name", ["projector", "reflection"])
def test_a_projector_on_many_qubits_is_refused(name):
    assert len(parse_observable(name, 10)) == 1024
    with pytest.raises(CapacityError, match="at most 10 qubits"):
        parse_observable(name, 11)
