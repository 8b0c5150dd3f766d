"""REINFORCE on CartPole, ideal and under a device's noise: python -m benchmarks.agents

4 qubits, 5 layers, 500 episodes, the published rates (Jerbi et al. 2021). CPU time of one thread of
one seed, its compiled kernels ready; wall time is the machine's, whatever else it does. Writes
`results/benchmarks/agents.csv`. At most 10 minutes ideal, and 40 under FakeTorino's noise, exactly.
"""

from __future__ import annotations

import csv
import time
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from nisqdl.agents import AGENTS
from nisqdl.agents.approximators import CircuitOptions, approximator, circuit_model
from nisqdl.agents.learn import learn
from nisqdl.agents.learner import Budget
from nisqdl.engines import find_engine
from nisqdl.engines.contract import Evaluator
from nisqdl.environments import ENVIRONMENTS
from nisqdl.noise.applied import channels_for
from nisqdl.noise.channels import IDEAL
from nisqdl.noise.recipe import find_recipe
from nisqdl.targets.snapshots import find_device
from nisqdl.targets.transpile import transpile_model

FOLDER = Path(__file__).parents[1] / "results" / "benchmarks"
EPISODES, SEEDS = 500, 5
MINUTES = {"ideal": 10, "fake_torino": 40}

_AGENT, _PLACE = AGENTS["reinforce"], ENVIRONMENTS["cart_pole"]
_CIRCUIT, _RULES = CircuitOptions(), _PLACE.rules(_PLACE.options())
_SHAPE = _AGENT.shapes(_RULES.sizes, _PLACE.encoding(_PLACE.options()))["policy"]


def main() -> None:
    """Measure, print and write; fail if one takes longer than it may."""
    rows = []
    for noise in MINUTES:
        evaluator = _evaluator(noise)
        _learned(evaluator, noise, 0, 2)  # compiles
        for seed in range(SEEDS):
            rows.append(_learned(evaluator, noise, seed, EPISODES))
            print(rows[-1], flush=True)
    with (FOLDER / "agents.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    slow = [row for row in rows if row["wall_s"] > 60 * MINUTES[row["noise"]]]
    if slow:
        raise SystemExit(f"Longer than it may take: {slow}.")


def _learned(evaluator: Evaluator, noise: str, seed: int, episodes: int) -> dict[str, Any]:
    cpu, wall = time.process_time(), time.perf_counter()
    function = approximator(_CIRCUIT, _SHAPE, evaluator)
    found = learn(
        _AGENT, _AGENT.read_options({}), _RULES, {"policy": function}, Budget(episodes), seed
    )
    return {
        "noise": noise,
        "seed": seed,
        "episodes": episodes,
        "steps": found.environment_steps,
        "cpu_s": round(time.process_time() - cpu, 2),
        "wall_s": round(time.perf_counter() - wall, 2),
        "best_ten": None if episodes < 10 else round(found.curve.best(10), 1),
    }


def _evaluator(noise: str) -> Evaluator:
    model = circuit_model(_CIRCUIT, _SHAPE)
    if noise == "ideal":
        return find_engine("statevector").prepare(model, IDEAL)
    device, recipe = find_device(noise), find_recipe("calibrated")
    isa = transpile_model(model, device, schedule=recipe.needs_schedule, seed=1)
    return find_engine("exact").prepare(
        isa, channels_for(recipe, device, isa.physical_qubits, 1.0, None)
    )


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
