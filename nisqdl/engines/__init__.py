"""Engines by name: what evaluates a model under noise. Heavy imports wait until one is loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nisqdl.catalog import Table
from nisqdl.errors import InputError

if TYPE_CHECKING:
    from nisqdl.engines.contract import Engine


@dataclass(frozen=True)
class EngineEntry:
    """An engine as it is listed.

    Attributes:
        name: What experiment files call it.
        description: One sentence.
        load: Imports and constructs it.
        takes_gate_noise: Whether circuits may have noisy gates; readout confusion always may be.
        here: Whether it evaluates on this machine, under a noise that it is given.
    """

    name: str
    description: str
    load: Callable[[], Engine]
    takes_gate_noise: bool = True
    here: bool = True


def find_engine(name: str, where: str = "") -> Engine:
    """The engine of this name, constructed with its defaults.

    Args:
        name: A name in :data:`ENGINES`.
        where: File and field, for the error's sentence.

    Raises:
        InputError: There is no such engine.
    """
    return ENGINES.find(name, where).load()


def _exact() -> Engine:
    from nisqdl.engines.exact import ExactEngine

    return ExactEngine()


def _statevector() -> Engine:
    from nisqdl.engines.statevector import StatevectorEngine

    return StatevectorEngine()


def _runtime() -> Engine:
    raise InputError(
        "The engine 'runtime' runs on a device, so it prepares nothing on this machine; use "
        "another engine for what runs here."
    )


def _aer() -> Engine:
    from nisqdl.engines.aer import AerEngine

    return AerEngine()


ENGINES: Table[EngineEntry] = Table(
    "engine",
    {
        entry.name: entry
        for entry in (
            EngineEntry("exact", "Exact values and gradients, compiled once and fast.", _exact),
            EngineEntry(
                "statevector",
                "Exact without gate noise, to twenty qubits and more.",
                _statevector,
                takes_gate_noise=False,
            ),
            EngineEntry("aer", "Qiskit Aer's density matrix: the slow reference.", _aer),
            EngineEntry(
                "runtime",
                "A device of IBM Quantum, or the client's local mode.",
                _runtime,
                here=False,
            ),
        )
    },
)
