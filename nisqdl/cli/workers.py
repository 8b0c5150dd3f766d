"""The option ``--workers``."""

from __future__ import annotations

import click


def _usable_cores() -> int:
    from nisqdl.runner.cores import usable_cores

    return usable_cores()


workers_option = click.option(
    "--workers",
    type=click.IntRange(1, 4096),
    default=_usable_cores,
    metavar="N",
    help="How many steps run at once.  [default: the cores that this process may use]",
)
