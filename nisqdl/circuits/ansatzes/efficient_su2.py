"""EfficientSU2: the hardware-efficient ansatz with two rotations a qubit (Kandala et al. 2017)."""

from __future__ import annotations

from nisqdl.circuits.ansatzes.contract import ENTANGLE, Ansatz, rotations

EFFICIENT_SU2 = Ansatz(
    name="efficient_su2",
    summary="RY, RZ and an entangler in each layer, RY, RZ at the end; 2n(depth+1) weights",
    layer=(*rotations("ry", "rz"), ENTANGLE),
    last=rotations("ry", "rz"),
)
