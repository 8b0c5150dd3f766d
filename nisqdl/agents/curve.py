"""The learning curve: what each finished episode returned, and what it took until then."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate

from nisqdl.store.record import Json


@dataclass(frozen=True)
class Curve:
    """Finished episodes in order of completion, each with the totals at its end.

    Attributes:
        returns: Sum of rewards of each episode.
        environment_steps: Steps of the environment until then, over all copies.
        circuit_evaluations: Circuits until then that a device would have run: one for each
            observation, and for gradients those of the parameter-shift rule.
    """

    returns: tuple[float, ...] = ()
    environment_steps: tuple[int, ...] = ()
    circuit_evaluations: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.returns)

    def best(self, episodes: int) -> float | None:
        """The largest mean return of so many episodes in a row; None if there are fewer."""
        if len(self) < episodes:
            return None
        sums = [0.0, *accumulate(self.returns)]
        ends = zip(sums[episodes:], sums, strict=False)
        return max(after - before for after, before in ends) / episodes

    def recent(self, episodes: int) -> float | None:
        """Mean return of the last episodes; None before the first."""
        last = self.returns[-episodes:]
        return sum(last) / len(last) if last else None


@dataclass
class Tally:
    """A curve that grows, with its totals so far."""

    steps: int = 0
    circuits: int = 0
    returns: list[float] = field(default_factory=list)
    at_steps: list[int] = field(default_factory=list)
    at_circuits: list[int] = field(default_factory=list)

    def finished(self, value: float, steps: int, circuits: int) -> None:
        """An episode ended, with these totals."""
        self.returns.append(float(value))
        self.at_steps.append(int(steps))
        self.at_circuits.append(int(circuits))

    def curve(self) -> Curve:
        """As it is now."""
        return Curve(tuple(self.returns), tuple(self.at_steps), tuple(self.at_circuits))

    def to_json(self) -> Json:
        """For a checkpoint."""
        lists = (self.returns, self.at_steps, self.at_circuits)
        return [self.steps, self.circuits, *(list(each) for each in lists)]

    @classmethod
    def from_json(cls, content: Json) -> Tally:
        """What :meth:`to_json` gave."""
        steps, circuits, returns, at_steps, at_circuits = content
        return cls(steps, circuits, list(returns), list(at_steps), list(at_circuits))
