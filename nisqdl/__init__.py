"""nisqdl: experiments with quantum neural networks on noisy devices."""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "DeviceNoise": "nisqdl.noise.device_noise",
    "ExactEstimator": "nisqdl.engines.primitives.estimator",
    "ExactGradient": "nisqdl.engines.primitives.gradient",
    "ExactSampler": "nisqdl.engines.primitives.sampler",
    "fisher_information": "nisqdl.engines.fisher",
    "gradient_variance": "nisqdl.engines.pauli_paths.variance",
    "quantum_fisher_information": "nisqdl.engines.fisher",
}
"""Public names by their modules. These import Qiskit, which takes a second, and are above what
imports this module, so they are loaded when they are asked for."""


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
