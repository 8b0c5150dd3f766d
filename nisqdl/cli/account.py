"""``nisqdl account``"""

from __future__ import annotations

import click

from nisqdl.cli.output import json_option, print_json, print_table


@click.group(
    name="account",
    epilog="""\b
Example:
  nisqdl account check
""",
)
def command() -> None:
    """Show which IBM Quantum account would be used."""


@command.command(
    epilog="""\b
Examples:
  nisqdl account check
  nisqdl account check --json
"""
)
@json_option
def check(as_json: bool) -> None:
    """Reach IBM Quantum, and show the account, its instance, plan and time; never the token.

    Nothing is sent to a device. The account is IBM's client's own: the variables
    QISKIT_IBM_TOKEN and QISKIT_IBM_INSTANCE, else what QiskitRuntimeService.save_account saved.
    """
    from dataclasses import asdict

    from nisqdl.targets.service import connect, usage

    connection = connect()
    time = usage(connection)
    if as_json:
        print_json(
            {
                "account": connection.account.name,
                "channel": connection.account.channel,
                "instance": asdict(connection.instance),
                "usage": asdict(time),
            }
        )
        return
    instance = connection.instance
    rows = [
        ("account", connection.account.name),
        ("channel", connection.account.channel or None),
        ("instance", instance.name),
        ("CRN", instance.crn),
        ("plan", f"{instance.plan} ({instance.pricing})"),
        ("time used", f"{time.used_s:.0f} s"),
        ("time limit", "none is stated" if time.limit_s is None else f"{time.limit_s:.0f} s"),
        ("time left", None if time.remaining_s is None else f"{time.remaining_s:.0f} s"),
    ]
    print_table(("IBM Quantum", ""), rows)
    if time.exhausted:
        click.echo("\nNo time is left: jobs would not run until the next period.", err=True)
