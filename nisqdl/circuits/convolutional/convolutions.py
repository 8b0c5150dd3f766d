"""Convolution blocks by name: a new one is one line.

``ttn`` to ``su4`` are the nine ansätze of Hur, Kim & Park 2022 (arXiv:2108.00661, figure 2): those
of Sim et al. 2019 keep their circuit's number. ``su4`` is any two-qubit gate (Vatan & Williams
2004, quant-ph/0308006); ``canonical`` is its entangling part alone, as in Qiskit Machine
Learning's tutorial 11.
"""

from __future__ import annotations

from nisqdl.catalog import Table
from nisqdl.circuits.convolutional.block import Block, block

_SIM_5 = "rx:0 rx:1 rz:0 rz:1 {0}:10 {0}:01 rx:0 rx:1 rz:0 rz:1"
_SIM_13 = "ry:0 ry:1 {0}:10 ry:0 ry:1 {0}:01"

CONVOLUTIONS: Table[Block] = Table(
    "convolution",
    {
        made.name: made
        for made in (
            block("su4", "any two-qubit gate; 15 weights (Hur et al. 2022)",
                  "u3:0 u3:1 cx:01 ry:0 rz:1 cx:10 ry:0 cx:01 u3:0 u3:1"),
            block("so4", "any real two-qubit gate; 6 weights (Hur et al. 2022)",
                  "ry:0 ry:1 cx:01 ry:0 ry:1 cx:01 ry:0 ry:1"),
            block("ttn", "RY, RY, CX: a tree tensor network's; 2 weights (Grant et al. 2018)",
                  "ry:0 ry:1 cx:01"),
            block("sim_5", "Sim et al.'s circuit 5 on two qubits; 10 weights (Hur et al. 2022)",
                  _SIM_5.format("crz")),
            block("sim_6", "Sim et al.'s circuit 6 on two qubits; 10 weights (Hur et al. 2022)",
                  _SIM_5.format("crx")),
            block("sim_9", "Sim et al.'s circuit 9 on two qubits; 2 weights (Hur et al. 2022)",
                  "h:0 h:1 cz:01 rx:0 rx:1"),
            block("sim_13", "Sim et al.'s circuit 13 on two qubits; 6 weights (Hur et al. 2022)",
                  _SIM_13.format("crz")),
            block("sim_14", "Sim et al.'s circuit 14 on two qubits; 6 weights (Hur et al. 2022)",
                  _SIM_13.format("crx")),
            block("sim_15", "Sim et al.'s circuit 15 on two qubits; 4 weights (Hur et al. 2022)",
                  "ry:0 ry:1 cx:10 ry:0 ry:1 cx:01"),
            block("canonical", "exp i(αXX + βYY + γZZ); 3 weights (Qiskit ML's tutorial 11)",
                  "sdg:1 cx:10 rz:0 ry:1 cx:01 ry:1 cx:10 s:0"),
        )
    },
)  # fmt: skip
