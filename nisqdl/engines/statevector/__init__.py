"""The state-vector engine: exact values and gradients without gate noise, to twenty qubits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nisqdl.errors import InputError

if TYPE_CHECKING:
    from nisqdl.circuits.model import Model
    from nisqdl.engines.statevector.evaluator import StatevectorEvaluator
    from nisqdl.noise.channels import NoiseChannels
    from nisqdl.targets.isa import IsaModel


@dataclass(frozen=True)
class StatevectorEngine:
    """Pure states behind the engines' contract (:class:`nisqdl.engines.contract.Engine`).

    Attributes:
        threads: Groups of eight samples are shared out among at most so many; ``None`` is one a
            core (one in the runner's worker processes). They are used where the work is worth it,
            and results do not depend on them.
        memory_gib: What states may take; samples are taken in turn to keep to it.
    """

    threads: int | None = None
    memory_gib: float = 1.0
    name: str = "statevector"

    def prepare(self, model: Model | IsaModel, noise: NoiseChannels) -> StatevectorEvaluator:
        """Lower the model, once. Readout confusion is taken; delays and barriers do nothing.

        Raises:
            CapacityError: The state vectors do not fit the memory.
            InputError: There is noise on gates or delays, or the circuit has more than gates.
        """
        if noise.gates or noise.idle:
            raise InputError(
                f"The engine statevector takes no noise but readout, but the noise model "
                f"{noise.name!r} has noise on gates or delays; use the engine exact."
            )
        from nisqdl.engines.kernels.threads import usable_threads
        from nisqdl.engines.statevector.evaluator import StatevectorEvaluator

        return StatevectorEvaluator.of(model, noise, usable_threads(self.threads), self.memory_gib)
