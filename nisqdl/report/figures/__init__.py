"""Figures of noise_accuracy reports. A new one is one file here and one line in this table."""

from nisqdl.analysis.noise_accuracy import Finding
from nisqdl.catalog import Table
from nisqdl.report.figures.accuracy_depth import ACCURACY_DEPTH
from nisqdl.report.figures.accuracy_scale import ACCURACY_SCALE
from nisqdl.report.figures.depth_noise_map import DEPTH_NOISE_MAP
from nisqdl.report.figures.entangler_cost import ENTANGLER_COST
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.figures.learners import LEARNERS
from nisqdl.report.figures.training_noise import TRAINING_NOISE
from nisqdl.report.figures.training_ways import TRAINING_WAYS

FIGURES: Table[FigureKind[Finding]] = Table(
    "figure",
    {
        "accuracy_scale": ACCURACY_SCALE,
        "learners": LEARNERS,
        "accuracy_depth": ACCURACY_DEPTH,
        "entangler_cost": ENTANGLER_COST,
        "depth_noise_map": DEPTH_NOISE_MAP,
        "training_noise": TRAINING_NOISE,
        "training_ways": TRAINING_WAYS,
    },
)
