"""``nisqdl doctor``"""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata

import click

from nisqdl.catalog import kernel_cache
from nisqdl.cli.output import json_option, print_json, print_table
from nisqdl.store.record import Json

PACKAGES = (
    "nisqdl",
    "qiskit",
    "qiskit-aer",
    "qiskit-ibm-runtime",
    "qiskit-machine-learning",
    "numpy",
    "scipy",
    "scikit-learn",
    "numba",
    "matplotlib",
    "pydantic",
    "click",
    "rich",
)

SCHEDULER = ("SLURM_JOB_ID", "SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE", "PBS_JOBID", "LSB_JOBID")


@click.command(
    epilog="""\b
Example:
  nisqdl doctor --json
"""
)
@json_option
def command(as_json: bool) -> None:
    """Show what nisqdl finds here: versions, cores, memory, caches, accounts (never a token)."""
    found = examine()
    if as_json:
        print_json(found)
        return
    print_table(("package", "version"), found["packages"].items())
    click.echo()
    print_table(("machine", ""), found["machine"].items())
    click.echo()
    if found["accounts"]:
        rows = [(a["name"], a["channel"], "yes" if a["default"] else "") for a in found["accounts"]]
        print_table(("account", "channel", "default"), rows)
    else:
        click.echo("No IBM Quantum account was found; none is needed to simulate.")


def examine() -> Json:
    """What is found; everything in it may be shown."""
    from nisqdl.accounts import accounts
    from nisqdl.runner.cores import total_memory_mib, usable_cores

    return {
        "packages": {name: _version(name) for name in PACKAGES},
        "machine": {
            "python": f"{platform.python_version()} ({sys.executable})",
            "system": platform.platform(),
            "cores in the machine": os.cpu_count(),
            "cores usable": usable_cores(),
            "memory MiB": total_memory_mib(),
            "kernel cache": str(kernel_cache()),
            **{name: os.environ[name] for name in SCHEDULER if name in os.environ},
        },
        "accounts": [
            {"name": account.name, "channel": account.channel, "default": account.default}
            for account in accounts()
        ],
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
