"""Walks through what nisqdl does, with everything real but the qubits."""
