"""RealAmplitudes: RY rotations only, so that all amplitudes stay real."""

from __future__ import annotations

from nisqdl.circuits.ansatzes.contract import ENTANGLE, Ansatz, rotations

REAL_AMPLITUDES = Ansatz(
    name="real_amplitudes",
    summary="RY and an entangler in each layer, RY at the end; n(depth+1) weights",
    layer=(*rotations("ry"), ENTANGLE),
    last=rotations("ry"),
)
