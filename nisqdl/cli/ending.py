"""How every command ends: what it raised becomes one sentence and one exit code."""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from types import FrameType

import click

from nisqdl.errors import NisqdlError

INTERRUPTED = 130


def end(command: Callable[[], object], as_json: bool, debug: bool) -> int:
    """Run a command; its exit code.

    Args:
        command: What is run; an integer that it returns is the exit code.
        as_json: Whether an error is also told as a JSON object on standard output.
        debug: Whether tracebacks are shown.
    """
    before = signal.signal(signal.SIGTERM, _interrupt)  # a scheduler's way to say Ctrl-C
    try:
        result = command()
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except (Exception, KeyboardInterrupt) as error:
        if debug and not isinstance(error, click.ClickException | click.Abort):
            click.echo(_hidden("".join(traceback.format_exception(error))), err=True)
        return _told(error, as_json)
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _told(error: BaseException, as_json: bool) -> int:
    """Tell the error; its exit code."""
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, OSError) and error.errno == errno.EPIPE:
        # Who read the output has gone; Python must not try to flush the rest at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    if isinstance(error, click.ClickException):
        error.show()
        return _answer(error.format_message(), error.exit_code, as_json)
    code, sentence = _sentence(error)
    sentence = _hidden(sentence)
    click.echo(sentence, err=True)
    return _answer(sentence, code, as_json)


def _answer(sentence: str, code: int, as_json: bool) -> int:
    if as_json:
        click.echo(json.dumps({"error": sentence, "exit_code": code}, ensure_ascii=False))
    return code


def _sentence(error: BaseException) -> tuple[int, str]:
    if isinstance(error, NisqdlError):
        return error.exit_code, str(error)
    if isinstance(error, click.Abort | KeyboardInterrupt):
        return INTERRUPTED, "Interrupted."
    if isinstance(error, MemoryError):
        return 1, "This machine's memory ran out; ask for less at once (`--workers`, fewer qubits)."
    if isinstance(error, OSError) and error.strerror:
        place = f" ({error.filename})" if error.filename else ""
        return 1, f"The operating system refused: {error.strerror}{place}."
    return 1, _internal(error)


def _internal(error: BaseException) -> str:
    summary = " ".join(traceback.format_exception_only(error)[-1].split())
    details = _hidden("".join(traceback.format_exception(error)))
    try:
        handle, name = tempfile.mkstemp(prefix="nisqdl-error-", suffix=".log", text=True)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(details)
    except OSError:
        return f"Internal error: {summary}; please report it (`--debug` shows details)."
    return f"Internal error: {summary}; please report it, with the details in {name}."


def _hidden(text: str) -> str:
    """The text without any token."""
    from nisqdl.accounts import redact

    return redact(text)
