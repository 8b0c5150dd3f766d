"""The command line: one file a verb, each loaded only when it is called."""

from __future__ import annotations

import click

import nisqdl
from nisqdl.cli.group import LazyGroup

EPILOG = """\b
Examples:
  nisqdl run noise_vs_accuracy       run a shipped experiment, or resume it
  nisqdl new mine && nisqdl run mine.yaml
  nisqdl list devices
  nisqdl show torino
"""


@click.group(
    cls=LazyGroup,
    verbs={
        "run": "Run an experiment, or resume what was interrupted.",
        "reproduce": "Hold our results against published ones.",
        "estimate": "Say what an experiment would take of a device; nothing is sent.",
        "submit": "Send an experiment to a device of IBM Quantum.",
        "status": "Show the jobs of a run, as the service sees them.",
        "collect": "Fetch the results of a run's jobs; report.",
        "cancel": "Cancel the jobs of a run.",
        "jobs": "List the jobs of all runs.",
        "plan": "Say what an experiment would take; nothing runs.",
        "report": "Build the report of a run again, from its records alone.",
        "compare": "Compare two runs, pair by pair.",
        "export": "Write a run's records as CSV or JSON.",
        "list": "List experiments, devices, noise, circuits, data sets, environments, engines.",
        "show": "Show one device, noise recipe, circuit, data set, environment or experiment.",
        "new": "Write a commented experiment file to start from.",
        "backend": "Make snapshots of devices, fake or live.",
        "devices": "List devices: snapshots, or those of your IBM Quantum account.",
        "account": "Show which IBM Quantum account would be used.",
        "demo": "Walk the whole way to a device and back, without an account.",
        "doctor": "Show versions, cores, memory, caches and accounts.",
        "completion": "Print the shell's completion script.",
    },
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(nisqdl.__version__, prog_name="nisqdl")
@click.option("--debug", is_flag=True, help="Show tracebacks; goes with every command.")
def main(debug: bool) -> None:
    """Experiments with quantum neural networks on noisy devices.

    Exit codes: 0 done, 1 failed, 2 wrong input, 3 still pending, 4 account or connection,
    5 budget refused, 130 interrupted.
    """
