"""What scikit-learn's own checks expect of an estimator and some models cannot do, with reasons."""

from __future__ import annotations

from typing import Any

_DIRECTION = (
    "a row becomes amplitudes, so only its direction is seen: standardised blobs that differ in "
    "their distance from the origin look alike"
)

POOR_SCORES = {
    "CircuitCentricClassifier": _DIRECTION,
    "CircuitCentricRegressor": _DIRECTION,
    "TreeTensorClassifier": _DIRECTION,
    "TreeTensorRegressor": _DIRECTION,
    "IQPVariationalRegressor": (
        "of ten features nine are noise, but every product of two is encoded, which a shallow "
        "circuit cannot undo"
    ),
}
"""Models that the checks' small problems are beyond; scikit-learn then asks for no score."""


def with_limits(tags: Any, estimator: Any) -> Any:
    """scikit-learn's tags of an estimator, with what is known of its limits."""
    if type(estimator).__name__ in POOR_SCORES:
        for part in (tags.classifier_tags, tags.regressor_tags):
            if part is not None:
                part.poor_score = True
    return tags
