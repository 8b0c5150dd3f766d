"""Breast tumours of Wisconsin (shipped with scikit-learn)."""

from __future__ import annotations

from nisqdl.datasets.scikit_learn import shipped

BREAST_CANCER = shipped(
    name="breast_cancer",
    summary="569 tumours, 30 measurements, malignant or benign",
)
