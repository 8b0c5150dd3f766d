"""A neural network with one hidden layer, of no more weights than a budget allows."""

from __future__ import annotations

from typing import Any

from nisqdl.baselines.baseline import Baseline, Hyperparameters, Shape

_MOST_HIDDEN = 32
"""Hidden units where no budget, or a large one, would allow more: enough for small data."""
_PENALTIES = (1.0, 0.1, 0.01)


def mlp_weights(shape: Shape, hidden: int) -> int:
    """Weights and offsets of a network with one hidden layer: F·h + h + h·O + O.

    O is the number of outputs, one for two classes.
    """
    return hidden * (shape.features + 1 + shape.outputs) + shape.outputs


def _smallest(shape: Shape) -> int:
    return mlp_weights(shape, hidden=1)


def _candidates(shape: Shape, budget: int | None) -> tuple[Hyperparameters, ...]:
    widest = _MOST_HIDDEN
    if budget is not None:
        affordable = (budget - shape.outputs) // (shape.features + 1 + shape.outputs)
        widest = min(widest, affordable)
    # The widest that fits, and a third of it: narrow networks generalise better from few rows.
    return tuple(
        {"hidden": hidden, "alpha": penalty}
        for hidden in sorted({widest, max(1, widest // 3)}, reverse=True)
        for penalty in _PENALTIES
    )


def _make(chosen: Hyperparameters, random_state: int) -> Any:
    from sklearn.neural_network import MLPClassifier

    return MLPClassifier(
        hidden_layer_sizes=(int(chosen["hidden"]),),
        activation="tanh",
        solver="lbfgs",
        alpha=chosen["alpha"],
        max_iter=500,
        random_state=random_state,
    )


def _weights(model: Any) -> int:
    return int(sum(part.size for part in (*model.coefs_, *model.intercepts_)))


def _loss(model: Any) -> float:
    return float(model.loss_)


MLP = Baseline(
    name="mlp",
    summary="neural network with one hidden layer, of no more weights than the QNN",
    smallest=_smallest,
    candidates=_candidates,
    make=_make,
    weights=_weights,
    loss=_loss,
    budgeted=True,
)
