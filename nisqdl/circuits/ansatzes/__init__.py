"""Ansätze by name. A new one is one file here and one line in the table."""

from __future__ import annotations

from nisqdl.catalog import Table
from nisqdl.circuits.ansatzes.contract import Ansatz
from nisqdl.circuits.ansatzes.efficient_su2 import EFFICIENT_SU2
from nisqdl.circuits.ansatzes.layered import LAYERED
from nisqdl.circuits.ansatzes.qcnn import QCNN
from nisqdl.circuits.ansatzes.random_axes import RANDOM_AXES
from nisqdl.circuits.ansatzes.real_amplitudes import REAL_AMPLITUDES
from nisqdl.circuits.ansatzes.sim import SIM_CIRCUITS
from nisqdl.circuits.ansatzes.strongly_entangling import STRONGLY_ENTANGLING
from nisqdl.circuits.ansatzes.two_local import TWO_LOCAL

ANSATZES: Table[Ansatz] = Table(
    "ansatz",
    {
        "real_amplitudes": REAL_AMPLITUDES,
        "efficient_su2": EFFICIENT_SU2,
        "strongly_entangling": STRONGLY_ENTANGLING,
        "two_local": TWO_LOCAL,
        "layered": LAYERED,
        "random_axes": RANDOM_AXES,
        "qcnn": QCNN,
        **SIM_CIRCUITS,  # sim_1 to sim_19
    },
)
