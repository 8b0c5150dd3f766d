"""Classical learners of the study ``comparison``, each with a search space of its own.

Unlike the baselines beside every QNN they are tuned with as many candidates as the quantum models,
from spaces that hold at least twelve, so that no budget up to that leaves them untuned.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nisqdl.baselines.contender import IMAGE, Contender
from nisqdl.catalog import Table

_STRENGTHS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)


def _scaled(model: Any) -> Any:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), model)


def _logistic(chosen: Mapping[str, Any], random_state: int) -> Any:
    from sklearn.linear_model import LogisticRegression

    return _scaled(LogisticRegression(C=chosen["C"], max_iter=2000))


def _linear_weights(model: Any) -> int:
    return int(model[-1].coef_.size + model[-1].intercept_.size)


def _svc_linear(chosen: Mapping[str, Any], random_state: int) -> Any:
    from sklearn.svm import SVC

    return _scaled(SVC(kernel="linear", C=chosen["C"]))


def _svc_rbf(chosen: Mapping[str, Any], random_state: int) -> Any:
    from sklearn.svm import SVC

    return _scaled(SVC(kernel="rbf", C=chosen["C"], gamma=chosen["gamma"]))


def _raw_svc(chosen: Mapping[str, Any], random_state: int) -> Any:
    from sklearn.svm import SVC

    return SVC(kernel="rbf", C=chosen["C"], gamma=chosen["gamma"])


def _dual_weights(model: Any) -> int:
    machine = model if hasattr(model, "dual_coef_") else model[-1]
    return int(machine.dual_coef_.size + machine.intercept_.size)


def _mlp(chosen: Mapping[str, Any], random_state: int) -> Any:
    from sklearn.neural_network import MLPClassifier

    return _scaled(
        MLPClassifier(
            hidden_layer_sizes=(int(chosen["hidden"]),),
            alpha=chosen["alpha"],
            activation="tanh",
            solver="lbfgs",
            max_iter=500,
            random_state=random_state,
        )
    )


def _mlp_weights(model: Any) -> int:
    return int(sum(part.size for part in (*model[-1].coefs_, *model[-1].intercepts_)))


def _random_forest(chosen: Mapping[str, Any], random_state: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(
        n_estimators=100,
        max_depth=chosen["max_depth"],
        max_features=chosen["max_features"],
        min_samples_leaf=chosen["min_samples_leaf"],
        random_state=random_state,
    )


def _gradient_boosting(chosen: Mapping[str, Any], random_state: int) -> Any:
    from sklearn.ensemble import GradientBoostingClassifier

    return GradientBoostingClassifier(
        n_estimators=chosen["trees"],
        learning_rate=chosen["learning_rate"],
        max_depth=chosen["max_depth"],
        random_state=random_state,
    )


def _tree_weights(model: Any) -> int:
    """Nodes of all trees: each holds a threshold or a value."""
    trees = getattr(model.estimators_, "flat", model.estimators_)
    return int(sum(tree.tree_.node_count for tree in trees))


def _cnn(chosen: Mapping[str, Any], random_state: int) -> Any:
    from nisqdl.baselines.cnn import CNNClassifier

    image = chosen[IMAGE]
    return CNNClassifier(
        image=None if image is None else tuple(image),
        filters=int(chosen["filters"]),
        alpha=chosen["alpha"],
        random_state=random_state,
    )


def _cnn_weights(model: Any) -> int:
    return int(model.weights_.size)


def _equal_cnn(chosen: Mapping[str, Any], random_state: int) -> Any:
    from nisqdl.baselines.equal_size import equal_cnn, size_in

    return equal_cnn(size_in(chosen), chosen["grid"], chosen["alpha"], random_state)


def _equal_mlp(chosen: Mapping[str, Any], random_state: int) -> Any:
    from nisqdl.baselines.equal_size import equal_mlp, size_in

    return equal_mlp(size_in(chosen), chosen["grid"], chosen["alpha"], random_state)


def _fourier(chosen: Mapping[str, Any], random_state: int) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    from nisqdl.baselines.fourier import FourierFeatures

    return make_pipeline(
        MinMaxScaler((-1.5707963267948966, 1.5707963267948966)),
        FourierFeatures(
            max_frequency=chosen["max_frequency"],
            components=chosen["components"],
            random_state=random_state,
        ),
        StandardScaler(),
        LogisticRegression(C=chosen["C"], max_iter=2000),
    )


CONTENDERS: Table[Contender] = Table(
    "classical learner",
    {
        contender.name: contender
        for contender in (
            Contender(
                "logistic_regression",
                "logistic regression",
                "the best linear boundary by likelihood",
                {"C": _STRENGTHS},
                _logistic,
                _linear_weights,
            ),
            Contender(
                "svc_linear",
                "linear SVC",
                "the linear boundary of the widest margin",
                {"C": _STRENGTHS},
                _svc_linear,
                _dual_weights,
            ),
            Contender(
                "svc_rbf",
                "RBF SVC",
                "a support vector machine with a Gaussian kernel, on standardised features",
                {"C": (0.1, 1.0, 10.0, 100.0), "gamma": (0.01, 0.03, 0.1, 0.3, 1.0)},
                _svc_rbf,
                _dual_weights,
            ),
            Contender(
                "svc_rbf_raw",
                "RBF SVC (raw)",
                "the same on the features as they are",
                {"C": (0.1, 1.0, 10.0, 100.0), "gamma": (0.001, 0.01, 0.1, 1.0)},
                _raw_svc,
                _dual_weights,
            ),
            Contender(
                "mlp",
                "MLP",
                "a network with one hidden layer",
                {"hidden": (2, 4, 8, 16, 32), "alpha": (0.01, 0.1, 1.0)},
                _mlp,
                _mlp_weights,
            ),
            Contender(
                "random_forest",
                "random forest",
                "a hundred trees on random parts of rows and features",
                {
                    "max_depth": (None, 3, 6),
                    "max_features": ("sqrt", None),
                    "min_samples_leaf": (1, 3),
                },
                _random_forest,
                _tree_weights,
            ),
            Contender(
                "gradient_boosting",
                "gradient boosting",
                "trees that mend each other's errors",
                {
                    "trees": (50, 100),
                    "learning_rate": (0.03, 0.1, 0.3),
                    "max_depth": (1, 2, 3),
                },
                _gradient_boosting,
                _tree_weights,
            ),
            Contender(
                "fourier_features",
                "Fourier surrogate",
                "random Fourier features of the frequencies that a QNN has, a linear boundary",
                {
                    "max_frequency": (1, 2, 3),
                    "components": (100,),
                    "C": (0.01, 0.1, 1.0, 10.0),
                },
                _fourier,
                _linear_weights,
            ),
            Contender(
                "cnn",
                "CNN",
                "a network with one convolution of 3 × 3 filters; for images",
                {"filters": (1, 2, 4, 8), "alpha": (0.01, 0.1, 1.0)},
                _cnn,
                _cnn_weights,
                for_images=True,
            ),
            Contender(
                "equal_mlp",
                "MLP of equal size",
                "one hidden layer, with as many weights as the first quantum model",
                {"grid": (2, 3, 4), "alpha": (0.001, 0.01, 0.1, 1.0)},
                _equal_mlp,
                _mlp_weights,
                equal_size=True,
            ),
            Contender(
                "equal_cnn",
                "CNN of equal size",
                "one convolution, with as many weights as the first quantum model; for images",
                {"grid": (1, 2, 3), "alpha": (0.001, 0.01, 0.1, 1.0)},
                _equal_cnn,
                _cnn_weights,
                for_images=True,
                equal_size=True,
            ),
        )
    },
)
"""``svc_rbf_raw`` is for reproductions that did not scale, and those of equal size are asked for by
name; the others are the usual set, those for images where there are images."""

USUAL = tuple(
    name
    for name, one in CONTENDERS.items()
    if name != "svc_rbf_raw" and not one.for_images and not one.equal_size
)
FOR_IMAGES = tuple(
    name for name, one in CONTENDERS.items() if one.for_images and not one.equal_size
)
