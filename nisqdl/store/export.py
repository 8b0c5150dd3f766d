"""Records as flat tables for other tools: CSV and JSON."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from nisqdl.catalog import Table
from nisqdl.errors import InputError
from nisqdl.store.record import Json, Record
from nisqdl.store.view import ARCHIVE_FORMAT, RunView


class CsvFormat:
    """One line a point: its id, its settings, its values and its seconds."""

    name = "csv"

    def write(self, view: RunView, stream: TextIO) -> None:
        rows = [_flat(record) for record in view.records]
        columns = _columns(view, rows)
        # "\n", also on standard output: what `cut` and `diff` expect.
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow([_cell(row.get(name)) for name in columns])


class JsonFormat:
    """One document with all that a report needs: experiment, context, versions and records.

    As ``run.json`` or ``run.json.gz`` in a folder of its own it is a run that can be read and
    reported, but not resumed: artifacts are left out.
    """

    name = "json"

    def write(self, view: RunView, stream: TextIO) -> None:
        head = {
            "format": ARCHIVE_FORMAT,
            "study": view.study,
            "created": view.created,
            "versions": dict(view.versions),
            "planned": view.planned,
            "experiment": view.experiment,
            "context": view.context,
        }
        stream.write(json.dumps(head, indent=1, ensure_ascii=False)[:-2] + ',\n "records": [')
        for index, record in enumerate(view.records):
            stream.write("," if index else "")
            stream.write("\n  " + json.dumps(_document(record), ensure_ascii=False))
        stream.write("\n ]\n}\n")


FORMATS: Table[CsvFormat | JsonFormat] = Table("format", {"csv": CsvFormat(), "json": JsonFormat()})


def export_file(view: RunView, format_name: str, file: Path) -> None:
    """Write a run's records to a file; the file is there whole, or as it was before.

    A file whose name ends in ``.gz`` is compressed; the same records give the same bytes.

    Raises:
        InputError: There is no such format, or the file cannot be written.
    """
    form = FORMATS.find(format_name)
    try:
        with whole_file(file) as stream:
            form.write(view, stream)
    except OSError as error:
        raise InputError(
            f"The export cannot be written to {file} ({error.strerror}); choose another file with "
            "`--out`."
        ) from error


@contextmanager
def whole_file(file: Path) -> Iterator[TextIO]:
    """A text stream whose content replaces ``file`` in one move when the block ends well."""
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.", text=True)
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as raw:
            with _text(raw, compressed=file.suffix == ".gz") as stream:
                yield stream
            raw.flush()
            os.fsync(raw.fileno())
        draft.chmod(0o666 & ~_umask())
        draft.replace(file)
    except BaseException:
        with suppress(FileNotFoundError):
            draft.unlink()
        raise


@contextmanager
def _text(raw: BinaryIO, compressed: bool) -> Iterator[TextIO]:
    """Text that ends up in ``raw``, which stays open."""
    if not compressed:
        stream = io.TextIOWrapper(raw, encoding="utf-8", newline="")
        yield stream
        stream.detach()
        return
    # No name and no time in the header, so that equal content is equal bytes.
    with gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed:
        stream = io.TextIOWrapper(cast(BinaryIO, packed), encoding="utf-8", newline="")
        yield stream
        stream.detach()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _flat(record: Record) -> dict[str, Json]:
    """Settings first, then values; a value named like a setting gets ``value.`` before it."""
    row: dict[str, Json] = {"id": record.point.id, **dict(sorted(record.point.settings.items()))}
    for name, value in record.values.items():
        for column, leaf in _leaves(name, value):
            row[f"value.{column}" if column in row else column] = leaf
    row["seconds"] = record.seconds
    return row


def _columns(view: RunView, rows: Sequence[Mapping[str, Json]]) -> list[str]:
    """The id, all settings by name, all values as they come, and the seconds."""
    settings = sorted({name for record in view.records for name in record.point.settings})
    values = [name for row in rows for name in row if name != "seconds"]
    return list(dict.fromkeys(["id", *settings, *values, "seconds"]))


def _leaves(name: str, value: Json) -> Iterator[tuple[str, Json]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(f"{name}.{key}", inner)
    else:
        yield name, value


def _cell(value: Json) -> Json:
    """Lists as JSON text; None as nothing; floats with all their digits (csv uses repr)."""
    return json.dumps(value) if isinstance(value, list) else value


def _document(record: Record) -> Json:
    return {
        "id": record.point.id,
        "settings": dict(record.point.settings),
        "values": dict(record.values),
        "provenance": dict(record.provenance),
        "seconds": record.seconds,
    }
