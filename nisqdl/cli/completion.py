"""``nisqdl completion``"""

from __future__ import annotations

import click

from nisqdl.cli.names import OneOf


@click.command(
    epilog="""\b
Examples:
  eval "$(nisqdl completion bash)"                        in ~/.bashrc
  eval "$(nisqdl completion zsh)"                         in ~/.zshrc
  nisqdl completion fish > ~/.config/fish/completions/nisqdl.fish
"""
)
@click.argument("shell", type=OneOf("shell", ("bash", "zsh", "fish")))
def command(shell: str) -> None:
    """Print the completion script of a shell: bash, zsh or fish."""
    from click.shell_completion import get_completion_class

    from nisqdl.cli import main

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(main, {}, "nisqdl", "_NISQDL_COMPLETE").source())
