"""Circuits as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qiskit import QuantumCircuit


def drawn(circuit: QuantumCircuit) -> str:
    """The circuit as text, folded to the terminal."""
    from shutil import get_terminal_size

    return str(circuit.draw("text", fold=get_terminal_size((100, 24)).columns, idle_wires=True))
