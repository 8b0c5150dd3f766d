"""Data sets: rows with class labels, split by seed and turned into angles on the training rows."""

from __future__ import annotations

from nisqdl.catalog import Table
from nisqdl.datasets.ad_hoc import AD_HOC
from nisqdl.datasets.bars_and_stripes import BARS_AND_STRIPES
from nisqdl.datasets.breast_cancer import BREAST_CANCER
from nisqdl.datasets.circles import CIRCLES
from nisqdl.datasets.cluster_ising import CLUSTER_ISING
from nisqdl.datasets.csv_file import CSV
from nisqdl.datasets.dataset import Dataset
from nisqdl.datasets.digits import DIGITS
from nisqdl.datasets.entanglement import ENTANGLEMENT
from nisqdl.datasets.hidden_manifold import HIDDEN_MANIFOLD
from nisqdl.datasets.hyperplanes_parity import HYPERPLANES_PARITY
from nisqdl.datasets.idx_images import IDX
from nisqdl.datasets.iris import IRIS
from nisqdl.datasets.line_images import LINE_IMAGES
from nisqdl.datasets.linearly_separable import LINEARLY_SEPARABLE
from nisqdl.datasets.moons import MOONS
from nisqdl.datasets.two_curves import TWO_CURVES
from nisqdl.datasets.wine import WINE

DATASETS: Table[Dataset] = Table(
    "dataset",
    {
        "iris": IRIS,
        "wine": WINE,
        "breast_cancer": BREAST_CANCER,
        "digits": DIGITS,
        "moons": MOONS,
        "circles": CIRCLES,
        "linearly_separable": LINEARLY_SEPARABLE,
        "two_curves": TWO_CURVES,
        "hidden_manifold": HIDDEN_MANIFOLD,
        "hyperplanes_parity": HYPERPLANES_PARITY,
        "bars_and_stripes": BARS_AND_STRIPES,
        "line_images": LINE_IMAGES,
        "ad_hoc": AD_HOC,
        "entanglement": ENTANGLEMENT,
        "cluster_ising": CLUSTER_ISING,
        "csv": CSV,
        "idx": IDX,
    },
)
