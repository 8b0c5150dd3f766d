"""The lock of a run folder: one writer at a time, and never a lock without its process."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from nisqdl.errors import NisqdlError

LOCK = "run.lock"
"""Name of the lock file inside a run folder; it stays there, unlocked, after the run."""


@contextmanager
def writer_lock(folder: Path) -> Iterator[None]:
    """Hold the folder's lock while the block runs.

    The kernel holds the lock (``flock``) and drops it when the process ends, however it ends: a
    killed run leaves nothing to clean up. Who holds it is written inside, for the sentence only.

    Raises:
        NisqdlError: Another process writes to this folder.
        OSError: The lock file cannot be created.
    """
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise
            raise NisqdlError(
                f"Another nisqdl is writing to {folder}{_holder(descriptor)}; wait until it ends, "
                "or choose another folder with `--out`."
            ) from error
        _sign(descriptor)
        yield
    finally:
        os.close(descriptor)


def _sign(descriptor: int) -> None:
    content = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(content).encode(), 0)


def _holder(descriptor: int) -> str:
    try:
        content = json.loads(os.pread(descriptor, 1000, 0))
        return f" (process {content['pid']} on {content['host']}, since {content['since']})"
    except (ValueError, KeyError, TypeError):
        return ""  # it has the lock, but has not signed yet
