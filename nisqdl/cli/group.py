"""The group of verbs: loads a verb when it is called, and ends every command in one place."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from nisqdl.cli.ending import end
from nisqdl.errors import unknown_name


class LazyGroup(click.Group):
    """A group whose verbs are modules: ``run`` is ``command`` of ``nisqdl.cli.run``.

    Args:
        verbs: Each verb and its line in the group's help.
    """

    def __init__(self, *arguments: Any, verbs: Mapping[str, str], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._verbs = dict(verbs)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs, in the order of a first walk through them."""
        return list(self._verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one verb."""
        if cmd_name not in self._verbs:
            return None
        module = importlib.import_module(f"nisqdl.cli.{_module(cmd_name)}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but a wrong verb is answered with the nearest one."""
        name = args[0]
        if not name.startswith("-") and name not in self._verbs and not ctx.resilient_parsing:
            raise unknown_name("command", name, self._verbs)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self._verbs.items()))

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run, and end with the exit code that every command has for the same thing."""
        arguments = list(sys.argv[1:] if args is None else args)
        debug = "--debug" in arguments
        # It may stand anywhere, as after a failed command it is put at the end.
        kept = [argument for argument in arguments if argument != "--debug"]
        call = super().main

        def command() -> object:
            return call(kept, prog_name, complete_var, standalone_mode=False, **extra)

        if not standalone_mode:
            return command()
        sys.exit(end(command, as_json="--json" in kept, debug=debug))


def _module(verb: str) -> str:
    """``list`` is a word of Python's, and a module of that name would hide it."""
    return {"list": "listing"}.get(verb, verb)
