"""Ground states of the cluster-Ising ring: which phase is it (Cong, Choi & Lukin 2019)?

The field h₁ is uniform on [0, 1.6] at h₂ = 0, where the phases are known exactly: the symmetry-
protected topological (cluster) phase for h₁ < 1, the paramagnet above. The columns are the
state's amplitudes: ``feature_map: amplitude`` prepares them, gates and their noise included.
"""

from __future__ import annotations

import numpy as np

from nisqdl.datasets.dataset import Dataset, RawData
from nisqdl.datasets.options import DatasetOptions
from nisqdl.datasets.spin_chains import TRANSITION, ground_state
from nisqdl.errors import InputError
from nisqdl.seeds import generator

_QUBITS = 8
_LEAST_QUBITS, _MOST_QUBITS = 3, 12
_LARGEST_FIELD = 1.6


def _load(options: DatasetOptions, seed: int) -> RawData:
    qubits = options.qubits or _QUBITS
    if not _LEAST_QUBITS <= qubits <= _MOST_QUBITS:
        raise InputError(
            f"`dataset.qubits` of cluster_ising must be from {_LEAST_QUBITS} to {_MOST_QUBITS}, "
            f"but is {qubits}."
        )
    rng = generator(seed, "dataset", options.name)
    fields = rng.uniform(0, _LARGEST_FIELD, options.train + options.test)
    states = [ground_state(qubits, field)[1] for field in fields]
    labels = (fields >= TRANSITION).astype(np.int64)
    return RawData(np.array(states), labels, ("cluster", "paramagnet"))


CLUSTER_ISING = Dataset(
    name="cluster_ising",
    summary="ground states of the cluster-Ising ring on both sides of its transition (Cong 2019)",
    load=_load,
    accepts=("qubits",),
    scaling="none",
    kind="states",
)
