"""Jobs that a call waits for, noted before they are sent: what a killed process leaves is found.

One file for each content, in the user's state folder; it goes when the call has its values.
"""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from nisqdl.catalog import state_folder
from nisqdl.errors import InputError


@dataclass(frozen=True)
class Intent:
    """A job that is sent, or about to be.

    Attributes:
        content: The hash of what is asked.
        backend: The device by the service's name.
        tag: The job's tag, which no other job has.
        sent: When it was sent, ISO 8601 in UTC.
        job_id: Its id, once the service has answered.
    """

    content: str
    backend: str
    tag: str
    sent: str
    job_id: str | None = None


@dataclass(frozen=True)
class Note:
    """The file of one content, while its lock is held."""

    path: Path

    def read(self) -> Intent | None:
        """The job that a process left without its values.

        Raises:
            InputError: The file is damaged.
        """
        try:
            return Intent(**json.loads(self.path.read_bytes()))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError) as error:
            raise InputError(
                f"The note of a job in {self.path} is damaged ({error}); look on the service's "
                "page whether the job is there, then delete the file."
            ) from error

    def write(self, intent: Intent) -> None:
        """Keep it, whole or not at all, and past a failure of the power.

        Raises:
            InputError: The folder cannot be written.
        """
        with _told(self.path.parent):
            descriptor, name = tempfile.mkstemp(dir=self.path.parent, prefix=".draft.")
            try:
                with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                    json.dump(asdict(intent), stream)
                    stream.flush()
                    os.fsync(stream.fileno())
                Path(name).replace(self.path)
            except BaseException:
                with suppress(FileNotFoundError):
                    Path(name).unlink()
                raise
            _sync(self.path.parent)

    def clear(self) -> None:
        """The job is no longer waited for."""
        with _told(self.path.parent):
            self.path.unlink(missing_ok=True)
            _sync(self.path.parent)


@contextmanager
def noted(content: str) -> Iterator[Note]:
    """The note of this content, for one process at a time: others wait until the block ends.

    The kernel holds the lock and drops it when the process ends, however it ends.

    Args:
        content: The hash of what is asked.

    Raises:
        InputError: The folder cannot be written.
    """
    folder = state_folder() / "pending"
    lock = folder / f"{content}.lock"
    with _told(folder):
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = _locked(lock)
    try:
        yield Note(folder / f"{content}.json")
    finally:
        lock.unlink(missing_ok=True)  # while it is held: who waits for it makes a new one
        os.close(descriptor)


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Within it, a folder that cannot be written is told in one sentence."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"Jobs are noted in {folder} before they are sent, which cannot be written "
            f"({error.strerror}); set XDG_STATE_HOME to a folder that can."
        ) from error


def _locked(path: Path) -> int:
    """A descriptor that holds the lock of the file which has this name now."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if os.fstat(descriptor).st_ino == path.stat().st_ino:
                return descriptor
        except FileNotFoundError:
            pass  # whoever held it has removed it
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
