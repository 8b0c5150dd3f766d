"""Handwritten digits of 8 × 8 pixels (shipped with scikit-learn)."""

from __future__ import annotations

from nisqdl.datasets.scikit_learn import shipped

DIGITS = shipped(
    name="digits",
    summary="1797 handwritten digits, 8 × 8 pixels, 10 classes: choose two, e.g. classes: [3, 8]",
    kind="images",
)
