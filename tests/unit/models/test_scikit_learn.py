"""Models keep to scikit-learn's rules, and work where its own tools expect an estimator."""

from __future__ import annotations

import pickle
import subprocess
import sys
from unittest import SkipTest

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

import nisqdl.models
from nisqdl.errors import InputError
from nisqdl.models.limits import POOR_SCORES

SMALL = {
    "CircuitCentric": {"layers": 1},
    "DataReuploading": {"layers": 2},
    "IQPVariational": {"layers": 1},
    "QNN": {"depth": 1},
    "QCNN": {"convolution": "so4", "depth": 1},
}


def small(name: str, **more):
    kind = name.removesuffix("Classifier").removesuffix("Regressor")
    trained = {} if "Kernel" in name else {"steps": 60, "learning_rate": 0.1}
    given = {"random_state": 0, **trained, **SMALL.get(kind, {}), **more}
    return getattr(nisqdl.models, name)(**given)


def _check_name(check):
    return getattr(check, "func", check).__name__


CLASSIFIERS = [name for name in nisqdl.models.__all__ if name.endswith("Classifier")]
REGRESSORS = [name for name in nisqdl.models.__all__ if name.endswith("Regressor")]


ABSENT = {"check_array_api_input"}
"""It needs SCIPY_ARRAY_API to be set before SciPy is imported, and would be skipped."""

CHECKS = [
    pytest.param(estimator, check, id=f"{type(estimator).__name__}-{_check_name(check)}")
    for estimator in map(small, nisqdl.models.__all__)
    for estimator, check in estimator_checks_generator(estimator)
    if _check_name(check) not in ABSENT
]


@pytest.mark.parametrize(("estimator", "check"), CHECKS)
def test_scikit_learn_checks(estimator, check):
    try:
        check(estimator)
    except SkipTest as said:  # the last part of data_not_an_array, after what it checks with NumPy
        if "pandas is not installed" not in str(said):
            raise AssertionError("a check was skipped") from said


def test_limits_name_models_that_exist():
    assert set(POOR_SCORES) <= set(nisqdl.models.__all__)


@pytest.mark.parametrize("name", CLASSIFIERS)
@pytest.mark.parametrize("entangled", [True, False])
def test_classifiers_tell_classes_apart_and_survive_pickling(name, entangled):
    X, y = load_iris(return_X_y=True)
    X, y = X[:, :3], np.array(["setosa", "versicolor", "virginica"])[y]
    model = small(name, entangled=entangled).fit(X[::2], y[::2])
    # A guess gives 1/3; controls without entanglement may well be worse.
    assert model.score(X[1::2], y[1::2]) > (0.8 if entangled else 0.6)
    shares = model.predict_proba(X[1::2])
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, atol=1e-12)
    np.testing.assert_array_equal(model.classes_[shares.argmax(axis=1)], model.predict(X[1::2]))
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize("name", REGRESSORS)
def test_regressors_predict_better_than_the_mean(name):
    X, y = load_diabetes(return_X_y=True)
    X, y = X[:200, [2, 3, 8]], y[:200]
    model = small(name, steps=120) if "Kernel" not in name else small(name)
    assert model.fit(X[::2], y[::2]).score(X[1::2], y[1::2]) > 0.1


def test_random_state_decides_everything():
    X, y = load_iris(return_X_y=True)
    first, same, other = (
        small("QNNClassifier", random_state=state).fit(X, y) for state in (1, 1, 2)
    )
    np.testing.assert_array_equal(first.weights_, same.weights_)
    assert not np.array_equal(first.weights_, other.weights_)


def test_a_pipeline_is_searched_and_a_clone_has_the_same_parameters():
    X, y = load_breast_cancer(return_X_y=True)
    X, y = X[:120, :4], y[:120]
    pipeline = make_pipeline(StandardScaler(), small("QuantumKernelClassifier"))
    search = GridSearchCV(
        pipeline,
        {
            "quantumkernelclassifier__C": [0.1, 10.0],
            "quantumkernelclassifier__feature_map": ["zz", "tilted"],
        },
        cv=3,
    ).fit(X, y)
    assert search.best_score_ > 0.8
    best = search.best_estimator_[-1]
    assert clone(best).get_params() == best.get_params()
    scores = cross_val_score(small("DataReuploadingClassifier"), X, y, cv=3)
    assert scores.mean() > 0.8


@pytest.mark.parametrize("optimizer", ["qng", "qng_block", "qn_spsa"])
@pytest.mark.parametrize("name", ["QNNClassifier", "DataReuploadingRegressor"])
def test_natural_gradients_train_circuits_with_their_heads(name, optimizer):
    X, y = load_iris(return_X_y=True)
    X = X[:, :3]
    given = {"optimizer": optimizer, "steps": 60, "learning_rate": 0.2, "rate": "cosine"}
    model = small(name, **given).fit(X[::2], y[::2])
    assert model.score(X[1::2], y[1::2]) > 0.5


def test_shots_scatter_about_the_exact_probabilities():
    X, y = load_breast_cancer(return_X_y=True)
    X, y = X[:80, :3], y[:80]
    exact = small("QNNClassifier").fit(X, y)
    sampled = small("QNNClassifier", shots=2000).fit(X, y)
    np.testing.assert_array_equal(sampled.weights_, exact.weights_)
    spread = np.abs(sampled.predict_proba(X) - exact.predict_proba(X))
    assert 0 < spread.max() < 5 * 0.5 / np.sqrt(2000) + 0.01
    np.testing.assert_array_equal(sampled.predict_proba(X), sampled.predict_proba(X))


@pytest.mark.parametrize(
    ("name", "given", "says"),
    [
        ("QNNClassifier", {"ansatz": "real_amplitude"}, "Did you mean 'real_amplitudes'"),
        ("QNNClassifier", {"depth": 0}, "depth"),
        ("QCNNClassifier", {"convolution": "su5"}, "Did you mean 'su4'"),
        ("QCNNClassifier", {"pooling": "zy"}, "Did you mean 'zx'"),
        ("QCNNClassifier", {"feature_map": "angel"}, "`feature_map`.*Did you mean 'angle'"),
        ("QCNNClassifier", {"depth": 9}, "must be at most"),
        ("QCNNClassifier", {"depth": 0}, "`depth`"),
        ("QCNNClassifier", {"boundary": "closed"}, "boundary"),
        ("QNNClassifier", {"steps": 0}, "steps"),
        ("QNNClassifier", {"learning_rate": "fast"}, "`learning_rate` must be a .*'fast'"),
        ("QNNClassifier", {"optimizer": "adan"}, "Did you mean 'adam'"),
        ("QNNClassifier", {"rate": "cosin"}, "Did you mean 'cosine'"),
        ("QNNClassifier", {"rate": "cosine", "optimizer": "cobyla"}, "chooses its own steps"),
        ("DressedCircuitClassifier", {"optimizer": "qng"}, "must be adam, sgd, spsa"),
        ("QNNClassifier", {"noise": "calibrated"}, "`backend` must name a device"),
        ("QNNClassifier", {"backend": "fake_torin"}, "Did you mean 'fake_torino'"),
        ("QNNClassifier", {"backend": "torino", "noise": "calibrate"}, "Did you mean 'calibrated'"),
        ("QNNClassifier", {"shots": 0}, "`shots` must be at least 1"),
        ("QuantumKernelClassifier", {"feature_map": "zzz"}, "Did you mean 'zz'"),
        ("QuantumKernelClassifier", {"repetitions": 0}, "`repetitions` must be at least 1"),
        ("DataReuploadingClassifier", {"layers": 0}, "layers"),
        ("CircuitCentricClassifier", {"copies": 0}, "copies"),
        ("DressedCircuitClassifier", {"qubits": 0}, "qubits"),
        ("DataReuploadingClassifier", {"observed": "all"}, "observed"),
    ],
)
def test_a_wrong_parameter_is_answered_with_a_sentence(name, given, says):
    X, y = load_iris(return_X_y=True)
    with pytest.raises(InputError, match=says):
        small(name, **given).fit(X, y)


def test_listing_the_models_loads_nothing_heavy():
    code = (
        "import sys, nisqdl, nisqdl.models\n"
        "heavy = {'sklearn', 'scipy', 'qiskit', 'numba'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
