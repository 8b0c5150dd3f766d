"""Steps a second of each environment's vector form: python -m benchmarks.environments

CPU time of one thread, the best of five rounds; random actions that are drawn before; whole
episodes, their beginnings included. Writes `results/benchmarks/environments.csv`.
"""

from __future__ import annotations

import csv
import time
from pathlib import Path

from threadpoolctl import threadpool_limits

from nisqdl.environments import ENVIRONMENTS
from nisqdl.environments.contract import Environment

FOLDER = Path(__file__).parents[1] / "results" / "benchmarks"
COPIES = (16, 64, 256, 1024)
AIM = 50_000
ROUNDS = 5


def steps_a_second(environment: Environment, copies: int) -> float:
    """Steps of single copies in a second of CPU time."""
    batch = environment.vector(copies)
    batch.action_space.seed(0)
    steps = batch.dynamics.sizes.horizon
    actions = [batch.action_space.sample() for _ in range(steps)]
    batch.reset(seed=0)
    best = 0.0
    for _ in range(ROUNDS):
        started = time.process_time()
        for action in actions:
            batch.step(action)
        best = max(best, steps * copies / (time.process_time() - started))
    return best


def main() -> None:
    """Print and write a table, and fail if one is slower than the aim at its best."""
    print(f"{'steps a second':<18}" + "".join(f"{copies:>12,}" for copies in COPIES) + "  copies")
    slow, rows = [], []
    for name, environment in ENVIRONMENTS.items():
        rates = [steps_a_second(environment, copies) for copies in COPIES]
        print(f"{name:<18}" + "".join(f"{rate:>12,.0f}" for rate in rates), flush=True)
        rows.append([name, *(round(rate) for rate in rates)])
        if max(rates) < AIM:
            slow.append(name)
    with (FOLDER / "environments.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["steps a second", *COPIES])
        writer.writerows(rows)
    if slow:
        raise SystemExit(f"Below {AIM:,} steps a second: {', '.join(slow)}.")


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
