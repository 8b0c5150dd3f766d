"""A run folder opened for writing: every outcome is on the disk before the next thing happens."""

from __future__ import annotations

import errno
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from platform import python_version
from typing import Any

import nisqdl
from nisqdl.errors import InputError, NisqdlError
from nisqdl.store.difference import first_difference
from nisqdl.store.lock import LOCK, writer_lock
from nisqdl.store.record import Json, Record
from nisqdl.store.schema import (
    DATABASE,
    SCHEMA_VERSION,
    create_tables,
    damaged,
    failure,
    is_empty,
    out_of_space,
    parse_meta,
    require_ours,
    upgrade,
    version_of,
)

_PACKAGES = (
    "numpy",
    "scipy",
    "qiskit",
    "qiskit-aer",
    "qiskit-ibm-runtime",
    "scikit-learn",
    "numba",
)


@contextmanager
def open_run(
    folder: Path, experiment: Json, study: str, context: Json, planned: int | None = None
) -> Iterator[RunStore]:
    """Open a run folder for writing, or make it; it is locked until the block ends.

    Args:
        folder: The run folder; made, with its parents, if it is not there.
        experiment: The experiment's canonical document. A folder keeps one experiment's records.
        study: Name of the study.
        context: What a report needs besides the records; kept as of the last opening.
        planned: Number of points of the experiment, so that readers can tell half a run.

    Raises:
        InputError: The folder holds another experiment, another schema version, other files, or
            a damaged database; or it cannot be made.
        NisqdlError: Another process writes to it, or there is no space.
    """
    with ExitStack() as held:
        with _sentences(folder):
            folder.mkdir(parents=True, exist_ok=True)
            _require_run_or_empty(folder)  # before the lock's file is made in it
            held.enter_context(writer_lock(folder))
            store = RunStore(folder, held.enter_context(_connection(folder)))
            store.begin(experiment, study, context, planned)
        try:
            yield store
        except BaseException:
            with suppress(NisqdlError):  # what went wrong before is what the user should read
                store.settle()
            raise
        store.settle()


class RunStore:
    """The records and artifacts of one run, for its only writer.

    Durability: write-ahead log with ``synchronous=FULL``, so a commit has reached the disk when
    ``add`` returns, through power loss too. That is one sync for each step of work, milliseconds
    beside steps that take from tenths of a second to minutes; ``NORMAL`` would save nothing that
    a user could notice.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        self.folder = folder
        self._connection = connection
        self._logging = False

    def ids(self) -> frozenset[str]:
        """Ids of the points that have a record."""
        with _sentences(self.folder):
            rows = self._connection.execute("SELECT id FROM records")
            return frozenset(row[0] for row in rows)

    def add(self, records: Iterable[Record]) -> None:
        """Store records in one transaction; one that is stored already stays as it is."""
        created = _now()
        rows = [
            (
                record.point.id,
                _text(dict(record.point.settings)),
                _text(dict(record.values)),
                _text(dict(record.provenance)),
                float(record.seconds),
                created,
            )
            for record in records
        ]
        with self.transaction() as connection:
            connection.executemany("INSERT OR IGNORE INTO records VALUES (?, ?, ?, ?, ?, ?)", rows)

    def keys(self) -> frozenset[str]:
        """Keys of the artifacts that are stored."""
        with _sentences(self.folder):
            return frozenset(
                row[0] for row in self._connection.execute("SELECT key FROM artifacts")
            )

    def has_artifact(self, key: str) -> bool:
        """Whether the artifact of this step is stored."""
        with _sentences(self.folder):
            query = "SELECT 1 FROM artifacts WHERE key = ?"
            return self._connection.execute(query, (key,)).fetchone() is not None

    def artifact(self, key: str) -> bytes:
        """The bytes of an artifact.

        Raises:
            KeyError: It is not stored.
        """
        with _sentences(self.folder):
            query = "SELECT data FROM artifacts WHERE key = ?"
            row = self._connection.execute(query, (key,)).fetchone()
        if row is None:
            raise KeyError(key)
        return bytes(row[0])

    def add_artifact(self, key: str, kind: str, data: bytes, seconds: float) -> None:
        """Store one artifact in a transaction; one that is stored already stays as it is.

        Args:
            key: Content hash of the step that made it.
            kind: The step's kind, e.g. ``"train"``.
            data: The artifact.
            seconds: Wall time that it took.
        """
        row = (key, kind, data, float(seconds), _now())
        with self.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO artifacts VALUES (?, ?, ?, ?, ?)", row)

    def rows(self, query: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """The rows that a query finds."""
        with _sentences(self.folder):
            return list(self._connection.execute(query, values))

    def begin(self, experiment: Json, study: str, context: Json, planned: int | None) -> None:
        """Write what the run is, or check that this folder holds the same one.

        Raises:
            InputError: It is another experiment's run, another version's, or damaged.
        """
        if is_empty(self._connection):
            self._create(experiment, study, context, planned)
        else:
            self._resume(experiment, study, context)

    def _create(self, experiment: Json, study: str, context: Json, planned: int | None) -> None:
        meta = {
            "experiment": _text(experiment),
            "study": study,
            "context": _text(context),
            "planned": _text(planned),
            "created": _now(),
            "versions": _text(installed_versions()),
        }
        with self.transaction() as connection:
            create_tables(connection)
            connection.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())

    def _resume(self, experiment: Json, study: str, context: Json) -> None:
        require_ours(self._connection, self.folder)
        verdict = self._connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
        stored = dict(self._connection.execute("SELECT key, value FROM meta"))
        ours = {"experiment": json.loads(_text(experiment)), "study": study}
        theirs = {
            "experiment": parse_meta(stored, "experiment", self.folder),
            "study": stored.get("study"),
        }
        difference = first_difference(theirs, ours)
        if difference is not None:
            raise InputError(
                f"{self.folder} holds the run of another experiment: {difference}; choose another "
                "folder with `--out`, or remove this one."
            )
        if version_of(self._connection) < SCHEMA_VERSION:
            with self.transaction() as connection:
                upgrade(connection)
        if stored.get("context") != _text(context):
            with self.transaction() as connection:
                row = ("context", _text(context))
                connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", row)

    def settle(self) -> None:
        """Fold the write-ahead log back, so that a finished run is one file, readable anywhere.

        Where somebody reads the run just now, the log stays beside it: complete and valid.
        """
        if not self._logging:
            return
        self._logging = False
        self._connection.execute("PRAGMA busy_timeout = 0")
        try:
            self._connection.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.Error as error:
            if error.sqlite_errorname not in ("SQLITE_BUSY", "SQLITE_LOCKED"):
                raise failure(self.folder, error) from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """What is written within it is on the disk when it ends, or not at all."""
        with _sentences(self.folder):
            if not self._logging:  # only now: a run with nothing left to do writes nothing at all
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._logging = True
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise


def installed_versions() -> dict[str, str]:
    """Versions of Python, nisqdl and the packages on which results depend."""
    versions = {"python": python_version(), "nisqdl": nisqdl.__version__}
    for package in _PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions


@contextmanager
def _connection(folder: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(folder / DATABASE, timeout=30, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = FULL")
        yield connection
    finally:
        connection.close()


def _require_run_or_empty(folder: Path) -> None:
    if (folder / DATABASE).exists():
        return
    strangers = sorted(path.name for path in folder.iterdir() if path.name != LOCK)
    if strangers:
        raise InputError(
            f"{folder} must be a run folder or empty, but has no {DATABASE} and holds "
            f"{strangers[0]!r}; choose another folder with `--out`."
        )


@contextmanager
def _sentences(folder: Path) -> Iterator[None]:
    """Turn what SQLite and the disk report into sentences."""
    try:
        yield
    except sqlite3.Error as error:
        raise failure(folder, error) from error
    except UnicodeDecodeError as error:
        raise damaged(folder, "its text is not UTF-8") from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise out_of_space(folder) from error
        about = f"{error.strerror}: {error.filename}" if error.filename else error.strerror
        raise InputError(
            f"The run folder {folder} cannot be used ({about}); check the path and its "
            "permissions, or choose another one with `--out`."
        ) from error


def _text(content: Json) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
