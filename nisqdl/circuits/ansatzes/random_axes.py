"""McClean et al. 2018 (arXiv:1803.11173): rotations about random axes, and a ladder of CZ.

Every qubit is turned by RY(π/4) once, so that no axis is special; then each layer turns each qubit
about X, Y or Z, drawn once for the circuit (``ansatz.seed``), and lays the entangler.
"""

from __future__ import annotations

from math import pi

from nisqdl.circuits.ansatzes.contract import ENTANGLE, RANDOM_AXIS, Ansatz, Part

RANDOM_AXES = Ansatz(
    name="random_axes",
    summary="RY(π/4) once, then a rotation about a drawn axis and an entangler a layer; n·depth",
    first=(Part("ry", angle=pi / 4),),
    layer=(Part(RANDOM_AXIS), ENTANGLE),
    gate="cz",
)
