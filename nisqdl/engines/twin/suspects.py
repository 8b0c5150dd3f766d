"""Which qubits explain best what one common noise scale misses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from nisqdl.engines.contract import Array
from nisqdl.noise.channels import NoiseChannels, Readout
from nisqdl.noise_scale import ScaleFit

STEP = 0.25
"""By how much λ is raised on one qubit to see how the values answer."""

READS_1, READS_0, GATES = "reads 1 for 0", "reads 0 for 1", "gates"
"""What may be wrong with a qubit; its gates are those that it shares, too, and its idle times."""


@dataclass(frozen=True)
class Suspect:
    """A part of a qubit's noise that, scaled alone, brings the model nearer to the measurement.

    Attributes:
        qubit: Index in the compact circuit, or the device's own.
        part: :data:`READS_1`, :data:`READS_0` or :data:`GATES`.
        extra: By how much its λ would have to differ from the common one, to first order.
        gain: By how much χ² falls then. Of one part alone, 3.84 is reached by chance in one of
            twenty.
    """

    qubit: int
    part: str
    extra: float
    gain: float


def suspects(
    fit: ScaleFit,
    measured: Array,
    noise: NoiseChannels,
    louder: NoiseChannels,
    values: Callable[[NoiseChannels], Array],
) -> tuple[Suspect, ...]:
    """The parts of qubits by the χ² that each explains beside a common scale, most first.

    One part's noise is raised alone. How the values answer, less what the common scale could do
    as well, is compared with the residuals.

    Args:
        fit: λ̂ and its residuals.
        measured: Values (B, O).
        noise: The noise at λ̂.
        louder: The noise at λ̂ + :data:`STEP`.
        values: The exact values (B, O) under a noise.
    """
    base = values(noise)
    left = (measured - fit.predicted) / fit.sigma
    common = (values(louder) - base) / fit.sigma
    norm = float((common**2).sum())
    found = []
    for qubit, part, raised in _raised(noise, louder):
        answer = (values(raised) - base) / STEP / fit.sigma
        whole = float((answer**2).sum())
        if norm > 0:
            answer = answer - common * float((answer * common).sum()) / norm
        strength = float((answer**2).sum())
        # What the common scale does as well is nothing of its own.
        if strength > 1e-6 * whole:
            shared = float((answer * left).sum())
            found.append(Suspect(qubit, part, shared / strength, shared**2 / strength))
    return tuple(sorted(found, key=lambda one: -one.gain))


def _raised(
    noise: NoiseChannels, louder: NoiseChannels
) -> Iterator[tuple[int, str, NoiseChannels]]:
    """The noise with one part of one qubit taken from the louder one."""
    for qubit, loud in louder.readout.items():
        calm = noise.readout.get(qubit, Readout(0.0, 0.0))
        for part, confusion in (
            (READS_1, Readout(loud.p1_given_0, calm.p0_given_1)),
            (READS_0, Readout(calm.p1_given_0, loud.p0_given_1)),
        ):
            yield qubit, part, replace(noise, readout={**noise.readout, qubit: confusion})
    for qubit in sorted({q for _, sites in louder.gates for q in sites}):
        gates = {key: gate for key, gate in louder.gates.items() if qubit in key[1]}
        idle = {q: times for q, times in louder.idle.items() if q == qubit}
        raised = replace(noise, gates={**noise.gates, **gates}, idle={**noise.idle, **idle})
        yield qubit, GATES, raised
