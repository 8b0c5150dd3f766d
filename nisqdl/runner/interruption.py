"""Ctrl-C as an error that knows its sentence and its exit code."""

from __future__ import annotations

from nisqdl.errors import NisqdlError


class Interrupted(NisqdlError):
    """The user, or a scheduler, ended the work (exit code 130)."""

    exit_code = 130
