"""The exact engine: density matrices in the Pauli basis, exact values and gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nisqdl.errors import CapacityError

if TYPE_CHECKING:
    from nisqdl.circuits.model import Model
    from nisqdl.engines.exact.evaluator import ExactEvaluator
    from nisqdl.engines.exact.lowering import Lowered
    from nisqdl.noise.channels import NoiseChannels
    from nisqdl.targets.isa import IsaModel


@dataclass(frozen=True)
class ExactEngine:
    """Exact values and gradients under noise; see :class:`nisqdl.engines.contract.Engine`.

    Attributes:
        memory_gib: What states may take. A gradient that would need more recomputes states, and
            samples are taken in turn; past that the model is refused.
        threads: At most so many; ``None`` is one a core (one in the runner's worker processes).
            They are used where the work is worth it, and results do not depend on them.
    """

    memory_gib: float = 1.0
    threads: int | None = None
    name: str = "exact"

    def prepare(self, model: Model | IsaModel, noise: NoiseChannels) -> ExactEvaluator:
        """Lower the model under this noise, once.

        Raises:
            CapacityError: One sample's gradient does not fit the memory.
            InputError: The noise would be inert, or the circuit or an observable has what the
                engine does not take.
        """
        from nisqdl.engines.exact.lowering import lower

        return self.evaluator(lower(model, noise), model.num_qubits)

    def evaluator(self, lowered: Lowered, qubits: int) -> ExactEvaluator:
        """What evaluates a model of so many qubits that has been lowered already.

        Raises:
            CapacityError: One sample's gradient does not fit the memory.
        """
        from nisqdl.engines.exact.evaluator import ExactEvaluator
        from nisqdl.engines.kernels.threads import usable_threads

        self._check_memory(lowered.num_qubits, qubits, len(lowered.measured))
        return ExactEvaluator(lowered, int(self.memory_gib * 2**30), usable_threads(self.threads))

    def _check_memory(self, needed: int, qubits: int, observables: int) -> None:
        # Sixteen states are what a gradient with checkpoints holds for circuits of usual depth.
        gib = (16 + observables) * 8 * 4.0**needed / 2**30
        if gib > self.memory_gib:
            raise CapacityError(
                f"The engine 'exact' needs about {gib:.3g} GiB for the {needed} qubits (of "
                f"{qubits}) that the observables depend on, but may use {self.memory_gib:g} GiB; "
                "give it more (`memory_gib`), or use fewer qubits or more local observables; the "
                "engine 'aer' takes a few qubits more, slowly, and `nisqdl.gradient_variance` "
                "finds the variance of gradients of any number."
            )
