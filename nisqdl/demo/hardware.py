"""The whole way to a device and back, as a user walks it: each step is a command of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nisqdl.demo.local_service import client_environment, local_service
from nisqdl.errors import InputError, NisqdlError

DEVICE = "ibm_torino"
BACKENDS = (DEVICE, "ibm_sherbrooke")

SCENARIO: Mapping[str, object] = {
    "noise": True,
    "seed": 7,
    "usage": {"limit_seconds": 600, "consumed_seconds": 120},
    "backends": {DEVICE: {"queue_length": 3}, "ibm_sherbrooke": {"queue_length": 12}},
}
"""What the service plays: a device's noise, a queue, and an Open plan that was used a little."""

EXPERIMENT = """\
# How much noise does a device add to QNNs of three depths: as much as its calibration says?
study: noise_accuracy
dataset: {name: iris, classes: [0, 1], features: 4, train: 40, test: 3}
model:
  feature_map: {name: angle}
  ansatz: {name: real_amplitudes, depth: [8, 16, 24]}
  entangler: linear
target: ibm_torino
engine: runtime
training: {optimizer: adam, learning_rate: 0.1, steps: 30, batch: 20}
execution: {shots: 64, resilience_level: 1, twirling: {num_randomizations: 4}}
seeds: 1
"""


@dataclass(frozen=True)
class Walk:
    """One step of the way.

    Attributes:
        saying: What it shows, in a sentence.
        arguments: The command after ``nisqdl``.
    """

    saying: str
    arguments: tuple[str, ...]


def steps(name: str) -> tuple[Walk, ...]:
    """The way, for the experiment file of this name."""
    file = f"{name}.yaml"
    return (
        Walk("Which account would be used, and how much time it has.", ("account", "check")),
        Walk("The devices as they are now.", ("devices", "--live")),
        Walk("What the experiment would take of the device's time, at each mitigation level.",
             ("estimate", file, "--backend", DEVICE)),
        Walk("Trained here, then sent, with a bound on the time.",
             ("submit", file, "--backend", DEVICE, "--max-qpu-seconds", "120", "--yes", "--quiet")),
        Walk("Where the jobs are, until they have ended; this machine may be off meanwhile.",
             ("status", name, "--watch")),
        Walk("What is done is fetched, and becomes records and a report.",
             ("collect", name, "--quiet")),
    )  # fmt: skip


def walk(folder: Path, say: Callable[[str], None]) -> Path:
    """Start the local service and take every step, in a folder.

    Args:
        folder: Where the experiment, the snapshot and the run are written; made if need be.
        say: Takes the lines between the commands' own output.

    Returns:
        The report.

    Raises:
        InputError: The service's package is not installed, or the folder holds something else.
        NisqdlError: The service did not start, or a step failed.
    """
    name = "demo"
    file = folder / f"{name}.yaml"
    if folder.exists() and any(folder.iterdir()) and not file.is_file():
        raise InputError(
            f"{folder} holds something else; name a folder of its own with --out, or empty it."
        )
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(EXPERIMENT, encoding="utf-8")
    say(f"The experiment, {file}:\n")
    say(EXPERIMENT)
    say("Starting a service on this machine in place of IBM Quantum …")
    with local_service(BACKENDS, SCENARIO) as url:
        environment = client_environment(url)
        for step in steps(name):
            say(f"\n# {step.saying}\n$ nisqdl {' '.join(step.arguments)}")
            _run(step.arguments, folder, environment)
    return folder / "results" / "runs" / name / "report.html"


def _run(arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
    """One command in a process of its own; what it says goes where ours goes."""
    sys.stdout.flush()
    done = subprocess.run(
        [sys.executable, "-m", "nisqdl", *arguments], cwd=folder, env=dict(environment), check=False
    )
    if done.returncode:
        raise NisqdlError(
            f"The demo stopped: `nisqdl {' '.join(arguments)}` ended with exit code "
            f"{done.returncode}; what it said is above."
        )
