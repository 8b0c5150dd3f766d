"""Studies: the kinds of question that an experiment file can ask. One file and one line each."""

from __future__ import annotations

from nisqdl.catalog import Table
from nisqdl.studies.comparison import Comparison
from nisqdl.studies.contract import Study
from nisqdl.studies.echo import Echo
from nisqdl.studies.expressibility import ExpressibilityStudy
from nisqdl.studies.federated import FederatedStudy
from nisqdl.studies.gradient_variance import GradientVariance
from nisqdl.studies.mitigation import Mitigation
from nisqdl.studies.noise_accuracy import NoiseAccuracy
from nisqdl.studies.phase_recognition import PhaseRecognition
from nisqdl.studies.reinforcement import Reinforcement
from nisqdl.studies.transfer import Transfer

STUDIES: Table[Study] = Table(
    "study",
    {
        study.name: study
        for study in (
            NoiseAccuracy(),
            GradientVariance(),
            ExpressibilityStudy(),
            Echo(),
            Mitigation(),
            PhaseRecognition(),
            Comparison(),
            FederatedStudy(),
            Reinforcement(),
            Transfer(),
        )
    },
)
