"""Quantum models by name, as scikit-learn estimators; scikit-learn is loaded with the first.

``model.save(path)`` writes a fitted one, and ``nisqdl.models.load(path)`` reads it.
"""

from __future__ import annotations

from typing import Any

_HOMES = {
    "CircuitCentricClassifier": "nisqdl.models.circuit_centric",
    "CircuitCentricRegressor": "nisqdl.models.circuit_centric",
    "DataReuploadingClassifier": "nisqdl.models.reuploading",
    "DataReuploadingRegressor": "nisqdl.models.reuploading",
    "DressedCircuitClassifier": "nisqdl.models.dressed",
    "DressedCircuitRegressor": "nisqdl.models.dressed",
    "IQPVariationalClassifier": "nisqdl.models.iqp_variational",
    "IQPVariationalRegressor": "nisqdl.models.iqp_variational",
    "ProjectedKernelClassifier": "nisqdl.models.kernel_machines",
    "ProjectedKernelRegressor": "nisqdl.models.kernel_machines",
    "QCNNClassifier": "nisqdl.models.qcnn",
    "QCNNRegressor": "nisqdl.models.qcnn",
    "QNNClassifier": "nisqdl.models.layered",
    "QNNRegressor": "nisqdl.models.layered",
    "QuantumKernelClassifier": "nisqdl.models.kernel_machines",
    "QuantumKernelRegressor": "nisqdl.models.kernel_machines",
    "TreeTensorClassifier": "nisqdl.models.tree_tensor",
    "TreeTensorRegressor": "nisqdl.models.tree_tensor",
}
"""Estimators by their modules."""

FILE_HOMES = {**_HOMES, "TrainedPoint": "nisqdl.models.point"}
"""What a model file may hold, by its module."""

_PUBLIC = {**FILE_HOMES, "load": "nisqdl.models.files"}

SUMMARIES = {
    "QNN": "a feature map, an ansatz and an entangler by name: the QNN of the experiment files",
    "QCNN": "convolution and pooling by named blocks until one qubit is left (Cong et al. 2019)",
    "DataReuploading": "three features a qubit, trained scales, entered in every layer (2020)",
    "CircuitCentric": "copies of an amplitude encoding, strongly entangling layers (2020)",
    "DressedCircuit": "a circuit between two trained classical layers (Mari et al. 2020)",
    "IQPVariational": "an IQP encoding before strongly entangling layers (Havlíček et al. 2019)",
    "TreeTensor": "an amplitude encoding and a binary tree of qubits (2020)",
    "QuantumKernel": "a support vector machine on the overlap of encoded rows (2019)",
    "ProjectedKernel": "a support vector machine on one-qubit values (Huang et al. 2021)",
}
"""What the models are; each is a classifier and a regressor, ``<name>Classifier`` and
``<name>Regressor``, with its separable control as ``entangled=False``."""

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        from importlib import import_module

        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
