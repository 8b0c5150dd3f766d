"""What an ansatz states: its layers. The builder lays the gates for all of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Ansatz:
    """A layered ansatz: rotations on each qubit, then the entangler; repeated ``depth`` times.

    On n qubits it has ``len(rotations) · n · depth`` weights, and ``len(rotations) · n`` more
    where a final layer of rotations follows. Weights are ordered by layer, then by rotation,
    then by qubit.

    Attributes:
        name: Name in experiment files.
        summary: One line for people, with the number of weights.
        rotations: Gates of a layer in time order; "rx", "ry" or "rz".
        final_rotations: Whether a last layer of rotations follows the last entangler.
        entangler: Its entangler when the user names none.
        choosable: Whether the user may choose other rotations.
    """

    name: str
    summary: str
    rotations: tuple[str, ...]
    final_rotations: bool = True
    entangler: str = "linear"
    choosable: bool = False
