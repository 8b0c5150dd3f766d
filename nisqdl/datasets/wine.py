"""Wines of three growers (shipped with scikit-learn)."""

from __future__ import annotations

from nisqdl.datasets.scikit_learn import shipped

WINE = shipped(
    name="wine",
    summary="178 wines, 13 chemical measurements, 3 growers",
)
