"""TwoLocal: layers of rotations that the user chooses."""

from __future__ import annotations

from nisqdl.circuits.ansatzes.contract import ENTANGLE, Ansatz, rotations

TWO_LOCAL = Ansatz(
    name="two_local",
    summary="chosen rotations (RX, RZ if none) and an entangler in each layer, rotations at the "
    "end; rn(depth+1) weights for r rotations",
    layer=(*rotations("rx", "rz"), ENTANGLE),
    last=rotations("rx", "rz"),
    choosable=True,
)
