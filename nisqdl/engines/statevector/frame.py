"""The Clifford frame: what the gates that only relabel amplitudes have done so far.

Clifford gates are never applied. The circuit's state is F|ψ⟩ with a Clifford operator F, and a
rotation about a Pauli string P of the circuit is one of ψ about F†PF. A qubit of the circuit is
then no bit of ψ's index any more, but every rotation is as cheap as before. CX, CZ, SWAP, S and
Pauli gates only relabel amplitudes: with them alone, every string of Z stays one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Pauli(NamedTuple):
    """The Pauli string i^power · X^x · Z^z; bit q of the masks is qubit q.

    As a matrix: |j⟩ → i^power (−1)^(z·j) |j ⊕ x⟩.
    """

    x: int
    z: int
    power: int = 0

    def __matmul__(self, other: Pauli) -> Pauli:
        swaps = (self.z & other.x).bit_count()
        return Pauli(self.x ^ other.x, self.z ^ other.z, (self.power + other.power + 2 * swaps) % 4)

    @property
    def sign(self) -> int:
        """±1 in ±i^(x·z mod 2) X^x Z^z, which every Hermitian string is."""
        return 1 if (self.power - ((self.x & self.z).bit_count() & 1)) % 4 == 0 else -1


IDENTITY = Pauli(0, 0)


def anticommute(a: tuple[int, int], b: tuple[int, int]) -> bool:
    """Whether two strings, each its masks (x, z), anticommute."""
    return bool(((a[0] & b[1]).bit_count() ^ (a[1] & b[0]).bit_count()) & 1)


class Frame:
    """F† X_q F and F† Z_q F for each qubit, updated gate by gate.

    Args:
        num_qubits: Of the circuit.
        only_relabels: Whether F shall take up no rotation that mixes amplitudes.
    """

    def __init__(self, num_qubits: int, only_relabels: bool) -> None:
        self._only_relabels = only_relabels
        self._x = [Pauli(1 << q, 0) for q in range(num_qubits)]
        self._z = [Pauli(0, 1 << q) for q in range(num_qubits)]

    def image(self, letters: Iterable[tuple[int, str]]) -> Pauli:
        """F†PF of a string P, given as (qubit, one of X, Y, Z) with different qubits."""
        found = IDENTITY
        for qubit, letter in letters:
            if letter == "Y":
                found = found @ Pauli(0, 0, 1) @ self._x[qubit] @ self._z[qubit]
            else:
                found = found @ (self._x[qubit] if letter == "X" else self._z[qubit])
        return found

    def cx(self, control: int, target: int) -> None:
        """A controlled X has been applied."""
        self._x[control] = self._x[control] @ self._x[target]
        self._z[target] = self._z[control] @ self._z[target]

    def cz(self, a: int, b: int) -> None:
        """A controlled Z has been applied."""
        self._x[a], self._x[b] = self._x[a] @ self._z[b], self._z[a] @ self._x[b]

    def swap(self, a: int, b: int) -> None:
        """Two qubits have been swapped."""
        self._x[a], self._x[b] = self._x[b], self._x[a]
        self._z[a], self._z[b] = self._z[b], self._z[a]

    def quarter_turns(self, letters: tuple[tuple[int, str], ...], turns: int) -> bool:
        """Take up exp(−iθP/2) with θ = turns · π/2, if F may.

        Returns:
            Whether it does.
        """
        mixes = turns % 2 == 1 and any(letter != "Z" for _, letter in letters)
        if mixes and self._only_relabels:
            return False
        # e^{iθP/2} X e^{−iθP/2} = X (cos θ − i P sin θ) for P that anticommutes with X.
        if turns % 2 == 1:
            factor = Pauli(0, 0, -turns % 4) @ self.image(letters)
        else:
            factor = Pauli(0, 0, turns % 4)
        for qubit, letter in letters:
            if letter != "X":
                self._x[qubit] = self._x[qubit] @ factor
            if letter != "Z":
                self._z[qubit] = self._z[qubit] @ factor
        return True
