"""Chosen rotations and an entangler in each layer, and nothing after the last one.

With the entangler ``pairwise`` it is the alternating layered ansatz of Cerezo et al. 2021
(arXiv:2001.00550), and without an entangler a product of one-qubit circuits.
"""

from __future__ import annotations

from nisqdl.circuits.ansatzes.contract import ENTANGLE, Ansatz, rotations

LAYERED = Ansatz(
    name="layered",
    summary="chosen rotations (RY by default) and an entangler in each layer; n·depth a rotation",
    layer=(*rotations("ry"), ENTANGLE),
    choosable=True,
)
