"""The tables of a run's SQLite file, and how to tell such a file from any other."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path

from nisqdl.errors import InputError, NisqdlError
from nisqdl.store.record import Json

DATABASE = "run.sqlite"
"""Name of the database inside a run folder."""

APPLICATION_ID = 0x6E697371
"""SQLite's application id of our files: ``nisq`` in ASCII."""

SCHEMA_VERSION = 2
"""Raised whenever tables or the meaning of a column change. 2 added the jobs of a device."""

READABLE = (1, 2)
"""Versions that are read; opened for writing, an older one gets the tables that it lacks."""

_TABLES = (
    """CREATE TABLE meta (
        key TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) WITHOUT ROWID""",
    """CREATE TABLE records (
        id TEXT PRIMARY KEY,
        settings TEXT NOT NULL,
        "values" TEXT NOT NULL,
        provenance TEXT NOT NULL,
        seconds REAL NOT NULL,
        created TEXT NOT NULL
    )""",
    """CREATE TABLE artifacts (
        key TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        data BLOB NOT NULL,
        seconds REAL NOT NULL,
        created TEXT NOT NULL
    )""",
)

_TABLES_OF_2 = (
    """CREATE TABLE requests (
        key TEXT PRIMARY KEY,
        title TEXT NOT NULL,
        kind TEXT NOT NULL,
        data BLOB NOT NULL
    )""",
    """CREATE TABLE jobs (
        tag TEXT PRIMARY KEY,
        attempt INTEGER NOT NULL,
        backend TEXT NOT NULL,
        pieces TEXT NOT NULL,
        execution TEXT NOT NULL,
        estimate REAL NOT NULL,
        cap INTEGER,
        state TEXT NOT NULL,
        job_id TEXT,
        reason TEXT,
        result BLOB,
        created TEXT NOT NULL,
        changed TEXT NOT NULL
    )""",
)


def is_empty(connection: sqlite3.Connection) -> bool:
    """Whether nothing was ever created in the file: a run that was killed in its first instant."""
    row = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return bool(row[0] == 0)


def create_tables(connection: sqlite3.Connection) -> None:
    """Create the tables and mark the file as ours; the caller holds the transaction."""
    for statement in (*_TABLES, *_TABLES_OF_2):
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def upgrade(connection: sqlite3.Connection) -> None:
    """Add what an older version lacks; the caller holds the transaction."""
    for statement in _TABLES_OF_2:
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def version_of(connection: sqlite3.Connection) -> int:
    """The schema version of a file that is ours."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def require_ours(connection: sqlite3.Connection, folder: Path) -> None:
    """Check that the file is a run of this schema version.

    Raises:
        InputError: It is another program's file, or another version of nisqdl wrote it.
    """
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    if application != APPLICATION_ID:
        raise InputError(
            f"{folder / DATABASE} is an SQLite file, but not one that nisqdl wrote; "
            "choose another folder with `--out`."
        )
    version = version_of(connection)
    if version not in READABLE:
        raise InputError(
            f"The run in {folder} must have schema version {SCHEMA_VERSION} for this nisqdl, but "
            f"has {version}; use the nisqdl that wrote it, or run into another folder with `--out`."
        )


def parse_meta(stored: Mapping[str, str], key: str, folder: Path) -> Json:
    """The JSON document under a key of the meta table.

    Raises:
        InputError: It is missing or no JSON.
    """
    try:
        return json.loads(stored[key])
    except (KeyError, TypeError, ValueError) as error:
        raise damaged(folder, f"the run's {key} cannot be read") from error


def failure(folder: Path, error: sqlite3.Error) -> NisqdlError:
    """The sentence for what SQLite reports about a run folder."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if name == "SQLITE_FULL":
        return out_of_space(folder)
    if name.startswith("SQLITE_IOERR"):
        return NisqdlError(
            f"The disk of {folder} is full, over its quota or failing ({error}); what is stored "
            "is safe; mend that and run the same command again."
        )
    if name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH")):
        return InputError(
            f"{folder / DATABASE} cannot be opened ({error}); check the permissions of the folder, "
            "or choose another one with `--out`."
        )
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return NisqdlError(
            f"{folder / DATABASE} is held by another program ({error}); close that and run the "
            "same command again."
        )
    return damaged(folder, str(error))


def damaged(folder: Path, finding: str) -> InputError:
    """The sentence for a database whose content cannot be what nisqdl wrote."""
    return InputError(
        f"{folder / DATABASE} is damaged ({' '.join(finding.split())}); restore it from a copy, or "
        "remove the folder and run again."
    )


def out_of_space(folder: Path) -> NisqdlError:
    """The sentence for a full disk."""
    return NisqdlError(
        f"There is no space left on the disk of {folder}; what is stored is safe; free space and "
        "run the same command again."
    )
