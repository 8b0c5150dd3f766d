"""The user's own data: a CSV file with a header, numbers, and one column for the class."""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nisqdl.datasets.dataset import Dataset, RawData
from nisqdl.datasets.options import DatasetOptions
from nisqdl.errors import InputError, unknown_name

_LARGEST_FILE_MB = 200
_LARGEST_VALUE = 1e100
"""Beyond this, squares and sums of squares would overflow."""
_MISSING = frozenset({"", "?", "na", "n/a", "nan", "null", "none"})


@dataclass(frozen=True)
class _Row:
    line: int
    cells: list[str]


def read_csv(path: str, label: str) -> RawData:
    """The rows of a CSV file: commas, UTF-8, a header; every column but the label is a feature.

    Classes are ordered by value if all are integers, else alphabetically. Blank lines are no
    rows.

    Args:
        path: The file, relative to the current folder.
        label: Name of the column that holds each row's class.

    Raises:
        InputError: Something in the file is not as it must be; says the line and column.
    """
    rows = _rows(path, _text(path, _content(path)))
    header = _header(path, next(rows, None), label)
    at = header.index(label)
    values: list[list[float]] = []
    names: list[str] = []
    for row in rows:
        if len(row.cells) != len(header):
            raise InputError(
                f"{path}, line {row.line} must have {len(header)} cells like the header, but has"
                f" {len(row.cells)}: correct or remove the line."
            )
        names.append(_class_name(path, row, at, label))
        values.append(
            [
                _number(path, row.line, column, cell)
                for i, (column, cell) in enumerate(zip(header, row.cells, strict=True))
                if i != at
            ]
        )
    class_names = _class_names(path, label, names)
    index = {name: i for i, name in enumerate(class_names)}
    return RawData(
        X=np.array(values, dtype=np.float64),
        y=np.array([index[name] for name in names], dtype=np.int64),
        class_names=class_names,
    )


def _content(path: str) -> bytes:
    file = Path(path)
    if not file.exists():
        raise InputError(
            f"The CSV file {path!r} (dataset.path) does not exist below {Path.cwd()}:"
            " correct the path."
        )
    if not file.is_file():
        raise InputError(f"{path!r} (dataset.path) must be a CSV file, but is a folder or device.")
    try:
        size_mb = file.stat().st_size / 1e6
        if size_mb > _LARGEST_FILE_MB:
            raise InputError(
                f"The CSV file {path!r} must have at most {_LARGEST_FILE_MB} MB, but has"
                f" {size_mb:.0f}: keep fewer rows or columns."
            )
        return file.read_bytes()
    except OSError as error:
        raise InputError(
            f"The CSV file {path!r} (dataset.path) cannot be read: {error.strerror}."
        ) from error


def _text(path: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError(
            f"{path}, line {line} must be UTF-8 text, but has the byte"
            f" 0x{content[error.start]:02x}: save the file as CSV in UTF-8."
        ) from None


def _rows(path: str, text: str) -> Iterator[_Row]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputError(
                f"{path}, line {reader.line_num} is not valid CSV ({error}): correct its quotes."
            ) from None
        cells = [cell.strip() for cell in cells]
        if cells not in ([], [""]):
            yield _Row(reader.line_num, cells)


def _header(path: str, first: _Row | None, label: str) -> list[str]:
    if first is None:
        raise InputError(f"{path} must have a header and rows, but is empty.")
    header = first.cells
    if len(header) == 1 and any(sign in header[0] for sign in ";\t"):
        raise InputError(
            f"{path} must be separated by commas, but its header is {header[0]!r}: save it so."
        )
    for column, name in enumerate(header, start=1):
        if not name:
            raise InputError(
                f"{path}, line {first.line}: column {column} of the header must have a name, but"
                " is empty."
            )
        if header.index(name) < column - 1:
            raise InputError(
                f"{path}, line {first.line}: the header must name each column once, but columns"
                f" {header.index(name) + 1} and {column} are both {name!r}: rename one."
            )
    if label not in header:
        raise unknown_name("column", label, header, f"{path}: dataset.label")
    if len(header) == 1:
        raise InputError(f"{path} must have a feature column beside {label!r}, but has none.")
    return header


def _class_name(path: str, row: _Row, at: int, label: str) -> str:
    if row.cells[at].lower() in _MISSING:
        raise InputError(
            f"{path}, line {row.line}, column {label!r} must be a class, but is missing"
            f" ({row.cells[at]!r}): fill it in or remove the line."
        )
    return row.cells[at]


def _number(path: str, line: int, column: str, cell: str) -> float:
    place = f"{path}, line {line}, column {column!r} must be a number"
    if cell.lower() in _MISSING:
        raise InputError(f"{place}, but is missing ({cell!r}): fill it in or remove the line.")
    try:
        value = float(cell)
    except ValueError:
        value = None
    if value is None or "_" in cell:
        raise InputError(
            f"{place}, but is {cell!r}: write it as a number or remove the column."
        ) from None
    if not math.isfinite(value) or abs(value) > _LARGEST_VALUE:
        raise InputError(
            f"{place} of size at most {_LARGEST_VALUE:g}, but is {cell!r}: correct it or remove"
            " the line."
        )
    return value


def _class_names(path: str, label: str, names: list[str]) -> tuple[str, ...]:
    found = set(names)
    if not found:
        raise InputError(f"{path} must have rows below its header, but has none.")
    if len(found) == 1:
        raise InputError(
            f"{path}, column {label!r} must have at least two classes, but every row is"
            f" {names[0]!r}: is it the right column?"
        )
    try:
        return tuple(sorted(found, key=lambda name: (int(name), name)))
    except ValueError:
        return tuple(sorted(found))


def _load(options: DatasetOptions, seed: int) -> RawData:
    path, label = _place(options)
    return read_csv(path, label)


def _fingerprint(options: DatasetOptions) -> str:
    path, _ = _place(options)
    return hashlib.sha256(_content(path)).hexdigest()[:16]


def _place(options: DatasetOptions) -> tuple[str, str]:
    if options.path is None or options.label is None:
        raise InputError("`dataset.path` and `dataset.label` must be given for the data set 'csv'.")
    return options.path, options.label


CSV = Dataset(
    name="csv",
    summary="your own file: a header, numbers, and a class column (path: data.csv, label: name)",
    load=_load,
    needs=("path", "label"),
    fingerprint=_fingerprint,
)
