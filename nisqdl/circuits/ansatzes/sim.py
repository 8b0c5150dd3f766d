"""The 19 circuits of Sim, Johnson & Aspuru-Guzik 2019 (arXiv:1905.10876, figure 2).

Drawn there on four qubits; other numbers follow table 3 of the paper, whose counts of weights
they keep. Qubit 0 is the figure's top line. Naming an entangler other than ``own`` replaces the
pairs of every part that couples qubits, and ``none`` leaves those parts out.
"""

from __future__ import annotations

from math import gcd

from nisqdl.circuits.ansatzes.contract import Ansatz, Part, Places, rotations

Pairs = tuple[tuple[int, int], ...]


def _ladder(n: int) -> Pairs:
    """(n−1, n−2), …, (1, 0)."""
    return tuple((qubit, qubit - 1) for qubit in range(n - 1, 0, -1))


def _all_to_all(n: int) -> Pairs:
    """Each qubit controls each other, both from the last to the first."""
    down = range(n - 1, -1, -1)
    return tuple((control, target) for control in down for target in down if target != control)


def _even(n: int) -> Pairs:
    """(1, 0), (3, 2), …"""
    return tuple((qubit + 1, qubit) for qubit in range(0, n - 1, 2))


def _odd(n: int) -> Pairs:
    """(2, 1), (4, 3), …"""
    return tuple((qubit + 1, qubit) for qubit in range(1, n - 1, 2))


def _even_odd(n: int) -> Pairs:
    return _even(n) + _odd(n)


def _closed_ladder(n: int) -> Pairs:
    """The ladder, and its ends where they are not coupled yet."""
    return _ladder(n) + (((n - 1, 0),) if n > 2 else ())


def _ring(n: int) -> Pairs:
    """(n−1, 0), (n−2, n−1), …, (0, 1): each qubit controls the next."""
    return tuple((qubit, (qubit + 1) % n) for qubit in range(n - 1, -1, -1)) if n > 1 else ()


def _ring_by_three(n: int) -> Pairs:
    """From qubit n−1 on, each qubit controls the one three places on, and is controlled next.

    It closes after n / gcd(n, 3) pairs. On three qubits, where it would couple each with itself,
    there are none.
    """
    if 3 % n == 0:
        return ()
    controls = [(n - 1 - 3 * step) % n for step in range(n // gcd(n, 3))]
    return tuple((control, (control + 3) % n) for control in controls)


def _inner(n: int) -> tuple[tuple[int, ...], ...]:
    """All qubits but the first and the last."""
    return tuple((qubit,) for qubit in range(1, n - 1))


_RX_RZ = rotations("rx", "rz")
_RY_RZ = rotations("ry", "rz")
_INNER_RY_RZ = (Part("ry", _inner), Part("rz", _inner))


def _circuit(
    number: int,
    summary: str,
    layer: tuple[Part, ...],
    first: tuple[Part, ...] = (),
    gate: str = "cx",
) -> Ansatz:
    return Ansatz(f"sim_{number}", summary, layer, first=first, entangler="own", gate=gate)


def _bricks(gate: str | None, between: tuple[Part, ...] = ()) -> tuple[Part, ...]:
    return Part(gate, _even), *between, Part(gate, _odd)


def _two_rings(gate: str | None) -> tuple[Part, ...]:
    return Part("ry"), Part(gate, _ring), Part("ry"), Part(gate, _ring_by_three)


def _then(gate: str | None, places: Places) -> tuple[Part, ...]:
    return *_RX_RZ, Part(gate, places)


_DECLARED = (
    _circuit(1, "RX, RZ and nothing that entangles; 2n·depth weights", _RX_RZ),
    _circuit(2, "RX, RZ and a ladder of CX; 2n·depth weights", _then(None, _ladder)),
    _circuit(3, "RX, RZ and a ladder of CRZ; (3n−1)·depth weights", _then("crz", _ladder)),
    _circuit(4, "RX, RZ and a ladder of CRX; (3n−1)·depth weights", _then("crx", _ladder)),
    _circuit(
        5, "RX, RZ, CRZ between all pairs both ways, RX, RZ; (n²+3n)·depth weights",
        (*_then("crz", _all_to_all), *_RX_RZ),
    ),
    _circuit(
        6, "RX, RZ, CRX between all pairs both ways, RX, RZ; (n²+3n)·depth weights",
        (*_then("crx", _all_to_all), *_RX_RZ),
    ),
    _circuit(
        7, "RX, RZ and CRZ on even pairs, RX, RZ and CRZ on odd pairs; (5n−1)·depth weights",
        (*_RX_RZ, *_bricks("crz", _RX_RZ)),
    ),
    _circuit(
        8, "RX, RZ and CRX on even pairs, RX, RZ and CRX on odd pairs; (5n−1)·depth weights",
        (*_RX_RZ, *_bricks("crx", _RX_RZ)),
    ),
    _circuit(
        9, "H, a ladder of CZ, RX; n·depth weights",
        (Part("h"), Part(None, _ladder), Part("rx")), gate="cz",
    ),
    _circuit(
        10, "RY, then a closed ladder of CZ and RY in each layer; n(depth+1) weights",
        (Part(None, _closed_ladder), Part("ry")), first=rotations("ry"), gate="cz",
    ),
    _circuit(
        11, "RY, RZ and CX on even pairs, RY, RZ inside and CX on odd pairs; (4n−4)·depth weights",
        (*_RY_RZ, *_bricks(None, _INNER_RY_RZ)),
    ),
    _circuit(
        12, "RY, RZ and CZ on even pairs, RY, RZ inside and CZ on odd pairs; (4n−4)·depth weights",
        (*_RY_RZ, *_bricks(None, _INNER_RY_RZ)), gate="cz",
    ),
    _circuit(
        13, "RY and a ring of CRZ, RY and a ring by three of CRZ; (3n + n/gcd(n,3))·depth weights",
        _two_rings("crz"),
    ),
    _circuit(
        14, "RY and a ring of CRX, RY and a ring by three of CRX; (3n + n/gcd(n,3))·depth weights",
        _two_rings("crx"),
    ),
    _circuit(15, "RY and a ring of CX, RY and a ring by three of CX; 2n·depth weights",
             _two_rings(None)),
    _circuit(
        16, "RX, RZ and CRZ on even, then odd pairs; (3n−1)·depth weights",
        _then("crz", _even_odd),
    ),
    _circuit(
        17, "RX, RZ and CRX on even, then odd pairs; (3n−1)·depth weights",
        _then("crx", _even_odd),
    ),
    _circuit(18, "RX, RZ and a ring of CRZ; 3n·depth weights", _then("crz", _ring)),
    _circuit(19, "RX, RZ and a ring of CRX; 3n·depth weights", _then("crx", _ring)),
)  # fmt: skip

SIM_CIRCUITS = {ansatz.name: ansatz for ansatz in _DECLARED}
