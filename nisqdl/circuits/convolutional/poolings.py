"""Pooling blocks by name: place 0 is the qubit that is given up, place 1 the one that stays.

A qubit that only controls gates before it is given up may as well be measured then: both are the
same without noise (the deferred measurement). So ``controlled``, ``zx`` and ``measured`` are
measured poolings whose measurement is deferred to the end, where nobody reads it. Their names with
``_dynamic`` measure the qubit in the circuit, and rotations of the one that stays wait for the
outcome: no two-qubit gates and no neighbours are needed, but the measurement's time and errors.
"""

from __future__ import annotations

from nisqdl.catalog import Table
from nisqdl.circuits.convolutional.block import Block, block

DYNAMIC = "_dynamic"
"""What the name of a pooling ends with that measures in the circuit."""

_DEFERRED = (
    block(
        "controlled", "CRZ and CRX, controlled by the qubit given up; 2 weights", "crz:01 crx:01"
    ),
    block(
        "zx",
        "CRZ where it is 1, CRX where it is 0; 2 weights (Hur et al. 2022)",
        "crz:01 x:0 crx:01",
    ),
    block(
        "measured",
        "measured in a trained basis, a rotation for either outcome; 6 weights (Cong et al. 2019)",
        "rz:0 ry:0 crz:01 crx:01 x:0 crz:01 crx:01",
    ),
)

POOLINGS: Table[Block] = Table(
    "pooling",
    {
        made.name: made
        for made in (
            *_DEFERRED,
            *(one.dynamic(one.name + DYNAMIC, f"{one.name}, measured in the circuit: rotations "
                          "wait for the outcome") for one in _DEFERRED),
            block("canonical", "the convolution of that name, cut short; 3 weights (Qiskit ML's "
                  "tutorial 11)",
                  "sdg:1 cx:10 rz:0 ry:1 cx:01 ry:1"),
            block("none", "the qubit is given up as it is; no weights", ""),
        )
    },
)  # fmt: skip
