"""Generated data: published values to the last digits, and what each generator is known to make.

Published values are rows of the CSV files beside the figures of Bowles et al. 2024
(github.com/XanaduAI/qml-benchmarks, paper/plots), as printed there.
"""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError
from qiskit.circuit.library import zz_feature_map
from qiskit.quantum_info import Statevector, partial_trace
from scipy.stats import spearmanr

from nisqdl.datasets.ad_hoc import zz_states
from nisqdl.datasets.options import DatasetOptions
from nisqdl.datasets.spin_chains import (
    closed_ground_energy,
    cluster_ising,
    ground_state,
    string_order,
)
from nisqdl.datasets.split import Split, load_split
from nisqdl.errors import InputError


def rows_of(name: str, train: int = 240, test: int = 60, **fields: object) -> Split:
    options = {"name": name, "train": train, "test": test, "scaling": "none", **fields}
    return load_split(DatasetOptions.model_validate(options), seed=0)


PUBLISHED = [  # data set, part and row, values, label
    (
        {"name": "linearly_separable"},
        "train", 0,
        "-1.681561239411402120e-01 3.572477134805567278e-01 9.789902009327899890e-02"
        " -4.485273867289354399e-01 2.926588909942795524e-01 -5.915058273109532472e-01"
        " 3.879765685183309554e-01 -9.937782447535143948e-01 9.754502752353944039e-02"
        " -1.978647448877179915e-01", "1",
    ),
    (
        {"name": "linearly_separable"},
        "test", -1,
        "6.816898782652052180e-01 5.720505440989376300e-01 -9.724245909108981678e-01"
        " 8.237609277549187148e-01 -4.502485585532121082e-01 7.759478859267519013e-01"
        " -6.060637938212469766e-01 -1.207084971505254511e-01 4.987975886538273951e-01"
        " 2.805578905543451018e-01", "-1",
    ),
    (
        {"name": "two_curves"},
        "train", 0,
        "1.277192783841208268e+00 1.528205759562333066e+00 1.114641980150923084e+00"
        " 1.539043949628928543e+00 1.022877259983294262e+00 1.326370950014042371e+00"
        " 1.123636956244906671e+00 1.151937190001181222e+00 7.109024363795757306e-01"
        " 3.007842115872318423e-01", "-1",
    ),
    (
        {"name": "two_curves"},
        "test", -1,
        "1.600559528881702720e+00 1.397932995998228289e+00 1.954562238706471167e+00"
        " 7.046596510751040876e-01 1.380644453419912487e+00 1.959128129155554454e+00"
        " 1.473049802399261088e+00 1.648737124394195286e+00 1.550743014832279387e+00"
        " 2.157439323275749388e+00", "-1",
    ),
    (
        {"name": "two_curves", "degree": 10},
        "train", 0,
        "-1.041861231004218569e+00 -2.055595391638539160e-01 -1.540320153415755677e-01"
        " 3.781905358233013381e-02 -1.147387363473216793e+00 -1.329915443534996244e+00"
        " -3.171893272228014093e-01 -6.100289076724291215e-01 -1.497528864387209502e-01"
        " -8.470643216359795558e-01", "-1",
    ),
    (
        {"name": "hidden_manifold"},
        "train", 0,
        "5.349517673690122876e-01 7.519905530574700903e-01 9.034241683972156212e-01"
        " 8.287420360079538195e-01 9.218473664858863881e-01 6.255955488420367194e-01"
        " 8.720238505871803492e-01 9.730928961381649644e-01 9.667980848364710056e-01"
        " -8.637400416717321283e-01", "1",
    ),
    (
        {"name": "hidden_manifold"},
        "train", 2,
        "-4.211467900812408405e-01 -4.638945672622483696e-01 9.823870496960637189e-01"
        " -2.372213986106408712e-01 -2.306042202826622811e-01 -1.470592220609838185e-01"
        " -8.581659204380795991e-01 4.061527834460441078e-01 -5.897456221338410742e-01"
        " -2.354759684029751332e-01", "-1",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "part", "row", "values", "label"), PUBLISHED)
def test_published_rows_are_met_to_the_last_digits(
    fields: dict[str, object], part: str, row: int, values: str, label: str
) -> None:
    split = rows_of(published=True, **fields)  # type: ignore[arg-type]
    expected = np.array([float(value) for value in values.split()])
    features = {"train": split.train_features, "test": split.test_features}[part][row]
    labels = {"train": split.train_labels, "test": split.test_labels}[part][row]
    np.testing.assert_allclose(features, expected, rtol=1e-12, atol=1e-14)
    assert split.class_names[labels] == label


def test_published_hyperplanes_have_their_published_correlations() -> None:
    """Mean and deviation of |Spearman| of columns and class, from the published profile."""
    split = rows_of("hyperplanes_parity", hyperplanes=10, published=True)
    found = [abs(spearmanr(column, split.train_labels)[0]) for column in split.train_features.T]
    assert np.mean(found) == pytest.approx(0.444663203959281, abs=1e-14)
    assert np.std(found, ddof=1) == pytest.approx(0.0444117376083305, abs=1e-14)


def test_published_bars_and_stripes() -> None:
    """Row 49 of the 16 × 16 images ends so in the published file, which begins with these rows."""
    split = rows_of("bars_and_stripes", side=16, published=True, train=1000, test=200)
    assert split.train_features[49, -2:] == pytest.approx(
        [-1.541798272336268871, 1.519193018579816368], rel=1e-14
    )


def test_line_images_are_the_tutorial_s() -> None:
    """The tutorial's own draws, spelled out with Qiskit's seeded generator."""
    rng = np.random.default_rng(12345)
    horizontal = np.array([[0, 1], [1, 2], [2, 3], [4, 5], [5, 6], [6, 7]])
    horizontal = horizontal[[0, 1, 2, 3, 4, 5]]
    images, labels = [], []
    for _ in range(50):
        label = int(rng.integers(0, 2))
        image = np.zeros(8)
        if label == 0:
            image[horizontal[rng.integers(0, 6)]] = np.pi / 2
        else:
            column = rng.integers(0, 4)
            image[[column, column + 4]] = np.pi / 2
        for pixel in np.flatnonzero(image == 0):
            image[pixel] = rng.uniform(0, np.pi / 4)
        images.append(image)
        labels.append(label)
    split = rows_of("line_images", train=35, test=15, published=True)
    rows = [*split.train_features, *split.test_features]
    assert sorted(map(tuple, rows)) == sorted(map(tuple, images))
    for row, label in zip(rows, [*split.train_labels, *split.test_labels], strict=True):
        assert labels[int(np.argmin(np.abs(np.array(images) - row).sum(axis=1)))] == label


def test_other_seeds_give_other_rows_and_fewer_published_rows_are_drawn_from_their_part() -> None:
    fresh = DatasetOptions(name="two_curves", train=20, test=10, columns=3)
    assert not np.allclose(load_split(fresh, 1).train_features, load_split(fresh, 2).train_features)
    whole, some = (rows_of("two_curves", n, m, published=True) for n, m in ((240, 60), (30, 12)))
    assert {*map(tuple, some.train_features)} < {*map(tuple, whole.train_features)}
    assert {*map(tuple, some.test_features)} < {*map(tuple, whole.test_features)}


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": "linearly_separable", "columns": 30}, "from 2 to 20, but is 30"),
        ({"name": "two_curves", "columns": 5, "degree": 7}, "asked for are 5 columns, degree 7"),
        ({"name": "two_curves", "noise": 0.5}, "noise 0.5"),
        ({"name": "hidden_manifold", "manifold": 30}, "a manifold of 30"),
        ({"name": "hyperplanes_parity", "columns": 4}, "4 columns and 5 hyperplanes"),
        ({"name": "bars_and_stripes", "side": 5}, "asked for are 5"),
        ({"name": "two_curves", "train": 241, "test": 59}, "must be at most 240"),
    ],
)
def test_what_was_not_published_is_refused(fields: dict[str, object], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        rows_of(published=True, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": "moons", "degree": 3}, "`degree` has no meaning"),
        ({"name": "cluster_ising", "scaling": "angle"}, "amplitudes of states"),
        ({"name": "entanglement", "features": 3}, "amplitudes of states"),
        ({"name": "ad_hoc", "qubits": 1}, "greater than or equal to 2"),
    ],
)
def test_options_without_a_meaning_are_refused(fields: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        DatasetOptions.model_validate({"train": 10, "test": 10, **fields})


def test_later_options_are_written_only_where_they_are_set() -> None:
    old = DatasetOptions(name="iris", train=20, test=10).model_dump(mode="json")
    assert "degree" not in old
    assert "published" not in old
    new = DatasetOptions(name="two_curves", train=20, test=10, degree=7).model_dump(mode="json")
    assert new["degree"] == 7


@pytest.mark.parametrize("qubits", [2, 3, 4])
def test_ad_hoc_states_are_those_of_qiskit_s_feature_map(qubits: int) -> None:
    rows = np.random.default_rng(qubits).uniform(0, 2 * np.pi, (5, qubits))
    circuit = zz_feature_map(qubits)
    for row, state in zip(rows, zz_states(rows), strict=True):
        expected = Statevector(circuit.assign_parameters(row)).data
        assert abs(np.vdot(expected, state)) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("qubits", [2, 3])
def test_the_kernel_of_its_map_separates_ad_hoc_data(qubits: int) -> None:
    from sklearn.svm import SVC

    split = rows_of("ad_hoc", 100, 60, qubits=qubits)
    train, test = zz_states(split.train_features), zz_states(split.test_features)
    kernel = SVC(kernel="precomputed", C=1e4)
    kernel.fit(abs(train.conj() @ train.T) ** 2, split.train_labels)
    assert kernel.score(abs(test.conj() @ train.T) ** 2, split.test_labels) >= 0.95


@pytest.mark.parametrize("qubits", [3, 4, 5])
def test_entangled_states_have_their_concentratable_entanglement(qubits: int) -> None:
    split = rows_of("entanglement", 6, 6, qubits=qubits)
    largest = 0.5 - 2.0**-qubits
    for row, label in zip(split.train_features, split.train_labels, strict=True):
        state = Statevector(row)
        purities = []
        for mask in range(2**qubits):
            traced = [qubit for qubit in range(qubits) if not mask >> qubit & 1]
            reduced = partial_trace(state, traced).data if mask else np.ones((1, 1))
            purities.append(np.trace(reduced @ reduced).real)
        found = 1 - np.mean(purities)
        assert found == pytest.approx((0.12, 0.43)[label] / 0.4375 * largest, abs=1e-12)


@pytest.mark.parametrize("qubits", [3, 4, 5, 6, 8, 10])
@pytest.mark.parametrize("field", [0.0, 0.3, 1.0, 1.7])
def test_ground_energies_equal_the_closed_form(qubits: int, field: float) -> None:
    energy, state = ground_state(qubits, field)
    assert energy == pytest.approx(closed_ground_energy(qubits, field), abs=1e-9)
    assert np.linalg.norm(state) == pytest.approx(1, abs=1e-12)
    residual = cluster_ising(qubits, field) @ state - energy * state
    assert np.linalg.norm(residual) < 1e-6


@pytest.mark.parametrize("periodic", [True, False])
def test_the_hamiltonian_is_the_pauli_sum(periodic: bool) -> None:
    from qiskit.quantum_info import SparsePauliOp

    qubits, field, coupling = 5, 0.7, -0.4
    terms = [("X", [i], -field) for i in range(qubits)]
    last = qubits if periodic else qubits - 1
    terms += [("XX", [i, (i + 1) % qubits], -coupling) for i in range(last)]
    centres = range(qubits) if periodic else range(1, qubits - 1)
    terms += [("ZXZ", [(c - 1) % qubits, c, (c + 1) % qubits], -1.0) for c in centres]
    expected = SparsePauliOp.from_sparse_list(terms, qubits).to_matrix()
    found = cluster_ising(qubits, field, coupling, periodic) @ np.eye(2**qubits)
    np.testing.assert_allclose(found, expected, atol=1e-14)


def test_string_order_is_one_in_the_cluster_state_and_nothing_in_the_paramagnet() -> None:
    assert string_order(ground_state(8, 0.0)[1], 1, 7) == pytest.approx(1, abs=1e-9)
    assert abs(string_order(ground_state(8, 50.0)[1], 0, 4)) < 1e-3
    with pytest.raises(ValueError, match="even number apart"):
        string_order(np.ones(4), 0, 1)
