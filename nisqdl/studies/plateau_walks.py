"""The moments of one circuit's gradient along Pauli paths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from nisqdl.seeds import derive
from nisqdl.store.record import Json
from nisqdl.studies.moments import around
from nisqdl.studies.plateau import circuit_structure, noisy_model
from nisqdl.studies.plateau_values import by_parameter, told
from nisqdl.training.initialisation import SmallNormal, gaussian_variance

if TYPE_CHECKING:
    from nisqdl.engines.pauli_paths.initialisation import Distribution


def walked(settings: Mapping[str, Json], isa: bytes | None) -> dict[str, Json]:
    """Moments along Pauli paths: exact on few qubits, by guided walks on more.

    Walks are shared between parameters: the mean's standard error is that of their sum.
    """
    from nisqdl.engines.pauli_paths.variance import gradient_variance

    model, noise = noisy_model(settings, isa)
    found = gradient_variance(
        model.circuit,
        model.observables[0],
        noise_model=None if noise.is_ideal else noise,
        walks=settings["walks"],
        seed=derive(settings["root_seed"], "walks", settings["qubits"]) % 2**31,
        initialisation=_distribution(settings),
        threads=1,
    )
    place = {weight.name: index for index, weight in enumerate(model.weights)}
    size = len(place)
    variances, errors = np.zeros(size), np.zeros(size)
    # Transpilation drops parameters that nothing depends on: their gradient is 0.
    rows = [place[name] for name in found.parameters]
    variances[rows], errors[rows] = found.gradient, found.gradient_stderr
    mean = found.squared_norm / size, found.squared_norm_stderr / size
    return {
        **told("second_moment", around(found.second_moment, found.second_moment_stderr)),
        **told("var_grad_first", around(variances[0], errors[0])),
        **told("var_grad_mean", around(*mean)),
        **by_parameter(settings, variances, np.ones(len(variances), dtype=bool)),
        "how": found.method,
        "unresolved": int(found.unresolved.sum()),
    }


def _distribution(settings: Mapping[str, Json]) -> Distribution:
    """The initialisation as the Pauli paths know it."""
    from nisqdl.engines.pauli_paths.initialisation import Gaussian, Uniform

    if settings["initialisation"] == "uniform":
        return Uniform()
    if settings["initialisation"] == "small_normal":
        return Gaussian(SmallNormal().deviation)
    structure = circuit_structure(settings)
    return Gaussian(gaussian_variance(structure) ** 0.5)
