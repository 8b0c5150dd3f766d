"""Fisher's iris flowers (shipped with scikit-learn)."""

from __future__ import annotations

from nisqdl.datasets.scikit_learn import shipped

IRIS = shipped(
    name="iris",
    summary="150 flowers, 4 measurements, 3 species of 50",
)
