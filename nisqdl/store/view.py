"""A run folder for readers: a frozen picture, taken while a runner may still write."""

from __future__ import annotations

import gzip
import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nisqdl.errors import InputError
from nisqdl.store.ledger import JOBS_QUERY, JobRow, job_row
from nisqdl.store.record import Json, Point, Record
from nisqdl.store.schema import (
    DATABASE,
    damaged,
    failure,
    is_empty,
    parse_meta,
    require_ours,
    version_of,
)

ARCHIVES = ("run.json", "run.json.gz")
"""Exported runs, by the name under which a folder may hold one instead of its database."""

ARCHIVE_FORMAT = "nisqdl run 1"


@dataclass(frozen=True)
class RunView:
    """What a run folder held at the moment of reading.

    Attributes:
        folder: The run folder.
        experiment: The experiment's canonical document.
        study: Name of the study.
        context: What a report needs besides the records.
        records: All records, sorted by their settings: the same order however the run went.
        created: When the run began, ISO 8601 in UTC.
        versions: Versions of Python and the packages with which it began.
        planned: Number of points of the experiment; ``None`` where it was not said.
    """

    folder: Path
    experiment: Json
    study: str
    context: Json
    records: tuple[Record, ...]
    created: str
    versions: Mapping[str, str]
    planned: int | None

    def artifact(self, key: str) -> bytes:
        """The bytes of one artifact.

        Raises:
            KeyError: It is not stored.
        """
        with _reading(self.folder) as connection:
            query = "SELECT data FROM artifacts WHERE key = ?"
            row = connection.execute(query, (key,)).fetchone()
        if row is None:
            raise KeyError(key)
        return bytes(row[0])

    def jobs(self) -> list[JobRow]:
        """The jobs of a device, in the order in which they were intended."""
        if not (self.folder / DATABASE).is_file():
            return []
        with _reading(self.folder) as connection:
            if version_of(connection) < 2:
                return []
            return [job_row(row) for row in connection.execute(JOBS_QUERY)]

    def artifacts(self, kind: str) -> dict[str, bytes]:
        """All artifacts of a kind, by key, in the order of their keys."""
        with _reading(self.folder) as connection:
            query = "SELECT key, data FROM artifacts WHERE kind = ? ORDER BY key"
            return {key: bytes(data) for key, data in connection.execute(query, (kind,))}


def read_run(folder: Path) -> RunView:
    """Read a run folder, without changing anything in it.

    A folder with an exported run (``run.json``, ``run.json.gz``) and no database is read too.

    Raises:
        InputError: It is no run folder, another schema version's, or damaged.
    """
    if not (folder / DATABASE).is_file():
        for name in ARCHIVES:
            if (folder / name).is_file():
                return _read_archive(folder, folder / name)
    with _reading(folder) as connection:
        connection.execute("BEGIN")  # one picture, though a runner may write meanwhile
        if is_empty(connection):
            raise InputError(f"The run in {folder} has not begun; start it with `nisqdl run`.")
        require_ours(connection, folder)
        stored = dict(connection.execute("SELECT key, value FROM meta"))
        study = str(stored.get("study", ""))
        records = [_record(study, row, folder) for row in connection.execute(_RECORDS)]
    return RunView(
        folder=folder,
        experiment=parse_meta(stored, "experiment", folder),
        study=study,
        context=parse_meta(stored, "context", folder),
        records=tuple(sorted(records, key=_by_settings)),
        created=str(stored.get("created", "")),
        versions=parse_meta(stored, "versions", folder),
        planned=parse_meta(stored, "planned", folder),
    )


def _read_archive(folder: Path, file: Path) -> RunView:
    """The run in an export by :class:`nisqdl.store.export.JsonFormat`."""
    try:
        data = file.read_bytes()
        document = json.loads(gzip.decompress(data) if file.suffix == ".gz" else data)
        if document["format"] != ARCHIVE_FORMAT:
            raise InputError(
                f"{file} must be an export of the format {ARCHIVE_FORMAT!r}, but is of "
                f"{document['format']!r}; export the run again with this version."
            )
        study = document["study"]
        return RunView(
            folder=folder,
            experiment=document["experiment"],
            study=study,
            context=document["context"],
            records=tuple(
                Record(
                    Point(study, row["settings"]),
                    row["values"],
                    row["provenance"],
                    float(row["seconds"]),
                )
                for row in document["records"]
            ),
            created=document["created"],
            versions=document["versions"],
            planned=document["planned"],
        )
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{file} is damaged or is no exported run ({type(error).__name__}); export the run "
            "again with `nisqdl export --format json`."
        ) from error


_RECORDS = 'SELECT id, settings, "values", provenance, seconds FROM records'


def _record(study: str, row: tuple[str, str, str, str, float], folder: Path) -> Record:
    identity, settings, values, provenance, seconds = row
    try:
        point = Point(study, json.loads(settings))
        record = Record(point, json.loads(values), json.loads(provenance), float(seconds))
        whole = point.id == identity and isinstance(record.values, dict)
    except (AttributeError, TypeError, ValueError) as error:
        raise damaged(folder, f"record {identity} cannot be read") from error
    if not whole:
        raise damaged(folder, f"record {identity} has the settings of another point")
    return record


def _by_settings(record: Record) -> list[tuple[str, int, float, str]]:
    """Sorts by each setting in the order of their names: numbers as numbers, before texts."""
    return [(name, *_rank(value)) for name, value in sorted(record.point.settings.items())]


def _rank(value: Json) -> tuple[int, float, str]:
    if value is None:
        return (0, 0.0, "")
    if isinstance(value, bool | int | float):
        return (1, float(value), "")
    return (2, 0.0, value if isinstance(value, str) else json.dumps(value, sort_keys=True))


@contextmanager
def _reading(folder: Path) -> Iterator[sqlite3.Connection]:
    database = folder / DATABASE
    if not folder.is_dir():
        raise InputError(f"There is no run folder {folder}; `nisqdl run` makes one.")
    if not database.is_file():
        raise InputError(f"{folder} must be a run folder, but has no {DATABASE} in it.")
    try:
        uri = f"{database.absolute().as_uri()}?mode=ro"
        connection = sqlite3.connect(uri, uri=True, timeout=30, isolation_level=None)
        try:
            yield connection
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise failure(folder, error) from error
    except UnicodeDecodeError as error:
        raise damaged(folder, "its text is not UTF-8") from error
