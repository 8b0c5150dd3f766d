"""The quantum convolutional network (Cong et al. 2019) as scikit-learn estimators."""

from __future__ import annotations

from dataclasses import dataclass

from nisqdl.circuits.architectures.contract import Measured
from nisqdl.circuits.architectures.convolutional import Convolutional
from nisqdl.models.tasks import VariationalClassifier, VariationalRegressor
from nisqdl.models.variational import Variational


@dataclass(eq=False, repr=False, kw_only=True)
class _Qcnn(Variational):
    feature_map: str = "angle"
    convolution: str = "su4"
    pooling: str = "zx"
    depth: int | None = None
    tree: str = "inner"
    boundary: str = "open"
    shared: bool = True
    final: str = "full"
    entangled: bool = True

    def _architecture(self) -> Convolutional:
        return Convolutional(
            self.feature_map,
            self.convolution,
            self.pooling,
            self.depth,
            self.tree,
            self.boundary,
            self.shared,
            self.final,
            self.entangled,
        )

    def _measured(self) -> Measured:
        return "xyz"


@dataclass(eq=False, repr=False, kw_only=True)
class QCNNClassifier(VariationalClassifier, _Qcnn):
    """Convolution and pooling by named blocks; the mean of Z of what is left tells two classes.

    More than two classes are read by a linear layer on X, Y and Z of the qubits that are left.

    A training step with 32 rows and so4 blocks takes (one core of a small server) 0.2 ms, 0.7 ms,
    11 ms and 0.23 s at 4, 8, 12 and 16 qubits without noise, and 1 ms, 13 ms, 0.31 s and 2.4 s at
    6, 8, 10 and 11 qubits under the noise of torino; a ``_dynamic`` pooling there counts as one
    qubit more. From 12 on the exact engine refuses noise: density matrices outgrow its memory.

    Parameters:
        feature_map: How features enter, as ``nisqdl list feature-maps`` shows: ``angle`` takes a
            qubit a feature, ``amplitude`` one for each doubling of features (pixels of an image).
        convolution, pooling, tree: Names of blocks and of the tree; see
            :mod:`nisqdl.circuits.convolutional`. Poolings with ``_dynamic`` measure in the circuit.
        depth: Stages; None is as many as leave one qubit.
        boundary: ``open``, or ``periodic``: the last qubit and the first are neighbours.
        shared: Whether all blocks of a stage have the same weights.
        final: ``full``, a layer on the qubits that are left, or ``none``.
        entangled: False is the separable control: no gates on two qubits, nothing is pooled.
        loss: A member of :data:`nisqdl.training.losses.LOSSES`.

    The others are those of :class:`~nisqdl.models.variational.Variational`.
    """

    loss: str = "cross_entropy"


@dataclass(eq=False, repr=False, kw_only=True)
class QCNNRegressor(VariationalRegressor, _Qcnn):
    """The same circuit, with a linear layer on X, Y and Z of what is left for a real target."""
