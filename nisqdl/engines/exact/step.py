"""A training step on few qubits in two compiled calls, one before the loss and one after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nisqdl.engines.contract import Array, Pull
from nisqdl.engines.exact.carry import PAIRS
from nisqdl.engines.exact.product import ProductPrefix
from nisqdl.engines.exact.program import Factors, Floats, Program
from nisqdl.engines.exact.step_kernels import after_loss, before_loss

MOST_ENTRIES = 1 << 20
"""Of all states kept. Past that the kernels' work is what counts, and threads may share it."""


@dataclass(frozen=True, eq=False)
class Step:
    """A product prefix without weights, a program that all samples share, and observables.

    Build it with :meth:`Step.of`.

    Attributes:
        observables: (O, 4^n).
        program_arrays, prefix_arrays: As the kernels take them.
        num_angles: K.
    """

    prefix: ProductPrefix
    program: Program
    observables: Floats
    program_arrays: tuple[Any, ...]
    prefix_arrays: tuple[Any, ...]
    num_angles: int

    @classmethod
    def of(
        cls, prefix: ProductPrefix, program: Program, observables: Floats, num_angles: int
    ) -> Step | None:
        """``None`` where states are too large for it to matter."""
        if len(observables) * (len(program.clusters) + 1) * program.size > MOST_ENTRIES:
            return None
        p = program
        tables = (p.damp, p.columns, p.factors, PAIRS, p.dense2)
        chains = p.chains
        arrays = (
            p.ops, p.clusters, p.offsets, tables, _arrays(chains), chains.owners, chains.turned,
            p.turns,
        )  # fmt: skip
        return cls(prefix, program, observables, arrays, _arrays(prefix.chains), num_angles)

    def values_and_slopes(self, angles: Floats, pull: Pull) -> tuple[Array, Floats]:
        """Values (B, O) at angles (K, B), and the loss's derivatives by all angles, (K,)."""
        count, samples = len(self.observables), angles.shape[1]
        low_rows = 4 ** (self.prefix.num_qubits // 2)
        program = self.program
        room = np.empty(
            count * (len(program.clusters) + 1) * program.size
            + 16 * program.num_dense + 12 * len(program.chains.turns) + 2 * len(program.turns)
            + (low_rows + program.size // low_rows) * samples + 8
        )  # fmt: skip
        values = np.empty((samples, count))
        before_loss(self.program_arrays, self.prefix_arrays, self.prefix.angles, angles,
                    self.observables, low_rows, room, values)  # fmt: skip
        slopes = np.empty(self.num_angles)
        after_loss(
            self.program_arrays, low_rows, room, np.ascontiguousarray(pull(values)), program.size,
            slopes,
        )  # fmt: skip
        return values, slopes


def _arrays(chains: Factors) -> tuple[Any, ...]:
    return chains.starts, chains.kinds, chains.indices, chains.fixed
