"""Rotations that no observable feels are dropped: light cones, and phases of the start.

In the frame's picture a gate's qubits mean nothing, but commuting does: a rotation that commutes
with the observables and with every later rotation that is kept moves to the end and cancels. One
about a string of Z that commutes with every earlier one moves to |0…0⟩, where it is a phase.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nisqdl.engines.statevector.frame import anticommute
from nisqdl.engines.statevector.gates import Rotation


def felt_rotations(
    rotations: Sequence[Rotation], observables: Iterable[tuple[int, int]]
) -> list[Rotation]:
    """The rotations that matter for these observables, in order.

    Args:
        rotations: In order of time.
        observables: Masks (x, z) of their Pauli strings.
    """
    return _without_start_phases(_in_cone(rotations, observables))


def _in_cone(
    rotations: Sequence[Rotation], observables: Iterable[tuple[int, int]]
) -> list[Rotation]:
    later = _Span()
    for string in observables:
        later.add(string)
    kept = []
    for rotation in reversed(rotations):
        string = (rotation.x, rotation.z)
        if later.commutes(string):
            continue
        later.add(string)
        kept.append(rotation)
    return kept[::-1]


def _without_start_phases(rotations: Sequence[Rotation]) -> list[Rotation]:
    earlier = _Span()
    kept = []
    for rotation in rotations:
        string = (rotation.x, rotation.z)
        if rotation.x == 0 and earlier.commutes(string):
            continue
        earlier.add(string)
        kept.append(rotation)
    return kept


class _Span:
    """The Pauli strings that products of some strings reach, up to phases."""

    def __init__(self) -> None:
        self._basis: dict[tuple[int, int], tuple[int, int]] = {}

    def add(self, string: tuple[int, int]) -> None:
        x, z = string
        while x or z:
            pivot = (x.bit_length(), 0) if x else (0, z.bit_length())
            known = self._basis.get(pivot)
            if known is None:
                self._basis[pivot] = (x, z)
                return
            x, z = x ^ known[0], z ^ known[1]

    def commutes(self, string: tuple[int, int]) -> bool:
        return not any(anticommute(string, known) for known in self._basis.values())
