"""What of a circuit matters: the observables' causal cone, and where the data end."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from nisqdl.engines.exact.unroll import Channel, Event, Rotation


def causal_cone(events: Sequence[Event], support: Iterable[int]) -> tuple[list[Event], list[int]]:
    """The events that the observables feel, and the qubits that those events or observables use.

    Every channel preserves the trace, so going backward (Heisenberg) it leaves the identity alone:
    what touches no qubit of the cone has no effect. A reset ends the cone of its qubit.

    Args:
        support: Qubits on which an observable is not the identity.

    Returns:
        Events in order; qubits in ascending order, at least one.
    """
    active = set(support)
    used = set(active)
    kept: list[Event] = []
    for event in reversed(events):
        if active.isdisjoint(event.qubits):
            continue
        kept.append(event)
        active.update(event.qubits)
        used.update(event.qubits)
        if isinstance(event, Channel) and event.resets:
            active.discard(event.qubits[0])
    return kept[::-1], sorted(used) or [0]


def split_at_data(
    events: Sequence[Event], sampled_angles: Collection[int]
) -> tuple[list[Event], list[Event]]:
    """(prefix, suffix): what depends on the features and all that must come before; the rest.

    Args:
        sampled_angles: Angles that depend on features.
    """
    waiting: set[int] = set()
    prefix: list[Event] = []
    suffix: list[Event] = []
    for event in reversed(events):
        sampled = isinstance(event, Rotation) and event.angle in sampled_angles
        if sampled or not waiting.isdisjoint(event.qubits):
            waiting.update(event.qubits)
            prefix.append(event)
        else:
            suffix.append(event)
    return prefix[::-1], suffix[::-1]
