"""Quantum convolutional network (Cong, Choi & Lukin 2019, arXiv:1810.03787).

Each layer convolves neighbouring qubits with one two-qubit block and pools half of them into the
others; the last is followed by a fully connected layer on the qubits that are left, which are what
is read by default. Blocks, tree and sharing are options: see :mod:`nisqdl.circuits.convolutional`.
"""

from __future__ import annotations

from nisqdl.circuits.ansatzes.contract import Ansatz

QCNN = Ansatz(
    name="qcnn",
    summary="convolution and pooling by named blocks, stage by stage; depth ≤ log₂ n stages",
    layer=(),
    entangler="own",
    usual={
        "convolution": "su4",
        "pooling": "zx",
        "tree": "inner",
        "boundary": "open",
        "shared": True,
        "final": "full",
    },
)
