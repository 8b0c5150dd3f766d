"""Strongly entangling layers: any rotation of each qubit, then a ring whose stride grows.

Schuld, Bocharov, Svore & Wiebe 2020 (arXiv:1804.00633). As PennyLane's template of that name,
except for the order of the weights: here by layer, rotation and qubit, there by layer, qubit
and rotation. Its own entangler is ``strided_ring``; naming another one replaces it.
"""

from __future__ import annotations

from nisqdl.circuits.ansatzes.contract import ENTANGLE, Ansatz, rotations

STRONGLY_ENTANGLING = Ansatz(
    name="strongly_entangling",
    summary="RZ, RY, RZ and a ring of growing stride in each layer; 3n·depth weights",
    layer=(*rotations("rz", "ry", "rz"), ENTANGLE),
    entangler="strided_ring",
)
