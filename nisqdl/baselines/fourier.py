"""Random Fourier features of a QNN's spectrum: its classical surrogate.

A circuit that encodes each feature by r rotations is a Fourier series in the features with integer
frequencies up to r (Schuld, Sweke & Meyer 2021, arXiv:2008.08605); drawing some of these
frequencies gives a classical model of the same functions (Landman et al. 2022, arXiv:2210.13200).
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data


class FourierFeatures(TransformerMixin, BaseEstimator):
    """Cosines and sines of ω·x for random integer vectors ω.

    Parameters:
        max_frequency: Entries of ω are between minus this and this.
        components: Frequencies drawn, without 0 and without ω beside −ω; all, if there are fewer.
        random_state: Of the draw.
    """

    def __init__(
        self, max_frequency: int = 1, components: int = 100, random_state: Any = None
    ) -> None:
        self.max_frequency = max_frequency
        self.components = components
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Draw the frequencies for rows (N, F)."""
        rows = validate_data(self, X, dtype=np.float64)
        features = rows.shape[1]
        rng = check_random_state(self.random_state)
        top = self.max_frequency
        possible = ((2 * top + 1) ** features - 1) // 2 if features < 16 else 2**62
        drawn: dict[tuple[int, ...], None] = {}
        while len(drawn) < min(self.components, possible):
            omega = rng.randint(-top, top + 1, features)
            leading = omega[np.flatnonzero(omega)[:1]]
            if leading.size:
                drawn[tuple((omega * np.sign(leading)).tolist())] = None
        self.frequencies_ = np.array(list(drawn), dtype=np.float64)
        return self

    def transform(self, X: Any) -> Any:
        """Rows (N, F) to (N, 2 · frequencies)."""
        check_is_fitted(self, "frequencies_")
        angles = validate_data(self, X, reset=False, dtype=np.float64) @ self.frequencies_.T
        return np.concatenate([np.cos(angles), np.sin(angles)], axis=1)
