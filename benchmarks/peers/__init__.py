"""The peers by name. Only the module of the peer that runs is imported."""

from __future__ import annotations

from importlib import import_module

from benchmarks.peers.contract import Peer

PEERS = {
    "nisqdl": "nisqdl_engines",
    "aer": "aer",
    "qiskit-ml": "qiskit_ml",
    "pennylane-mixed": "pennylane_mixed",
    "lightning": "pennylane_lightning",
    "tensorcircuit": "tensorcircuit_ng",
    "qulacs": "qulacs_backprop",
}
REFERENCE = "nisqdl"
"""The peer that all others are compared with; it takes every problem and any number of units."""


def find_peer(name: str) -> Peer:
    """Import a peer's module; what it needs is imported when it prepares."""
    peer: Peer = import_module(f"benchmarks.peers.{PEERS[name]}").PEER
    return peer
