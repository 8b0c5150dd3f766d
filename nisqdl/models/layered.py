"""The QNN of the experiment files, any feature map, ansatz and entangler, as estimators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pydantic import ValidationError

from nisqdl.circuits.architectures.layered import Layered
from nisqdl.circuits.options import ModelOptions, parameter_of
from nisqdl.errors import invalid
from nisqdl.models.tasks import VariationalClassifier, VariationalRegressor
from nisqdl.models.variational import Variational


@dataclass(eq=False, repr=False, kw_only=True)
class _Qnn(Variational):
    feature_map: str = "angle"
    ansatz: str = "real_amplitudes"
    depth: int = 2
    entangler: str = "own"
    reupload: bool = False
    entangled: bool = True

    depth_parameter: ClassVar[str] = "depth"

    def _architecture(self) -> Layered:
        try:
            options = ModelOptions.model_validate(
                {
                    "feature_map": {"name": self.feature_map, "reupload": self.reupload},
                    "ansatz": {"name": self.ansatz, "depth": self.depth},
                    "entangler": self.entangler if self.entangled else "none",
                }
            )
        except ValidationError as error:
            raise invalid(error, type(self).__name__, parameter_of) from None
        return Layered(options)


@dataclass(eq=False, repr=False, kw_only=True)
class QNNClassifier(VariationalClassifier, _Qnn):
    """A feature map, an ansatz and an entangler by name; the mean of Z tells two classes apart.

    More than two classes are read by a linear layer on Z of every qubit.

    Parameters:
        feature_map, ansatz, entangler: Names, as ``nisqdl list`` shows them; the entangler ``own``
            is the ansatz's.
        depth: Layers of the ansatz.
        reupload: Whether the features enter before each layer.
        entangled: False is the separable control: the entangler ``none``. A feature map that
            couples qubits (zz, iqp, amplitude) still does; choose a separable one beside it.
        loss: A member of :data:`nisqdl.training.losses.LOSSES`.

    The others are those of :class:`~nisqdl.models.variational.Variational`.
    """

    loss: str = "cross_entropy"


@dataclass(eq=False, repr=False, kw_only=True)
class QNNRegressor(VariationalRegressor, _Qnn):
    """The same circuit, with a linear layer on Z of every qubit for a real target."""
