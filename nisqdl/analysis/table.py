"""Records as a small frozen table: select, group, read a column. No value is averaged silently."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from nisqdl.errors import InputError
from nisqdl.store.record import Json, Record


@dataclass(frozen=True)
class Table:
    """Rows of one run: each is a record's settings and values under one roof.

    Settings have dotted names as in the experiment file, values have plain ones (``accuracy``).
    A column that a row lacks reads as ``None``.
    """

    rows: tuple[Mapping[str, Json], ...]

    @classmethod
    def from_records(cls, records: Iterable[Record]) -> Table:
        """One row a record.

        Raises:
            InputError: A value has the name of a setting, but differs from it: one would hide the
                other.
        """
        rows = []
        for record in records:
            settings, values = record.point.settings, record.values
            shared = settings.keys() & values.keys()
            both = {name for name in shared if settings[name] != values[name]}
            if both:
                raise InputError(
                    f"Record {record.point.id}: {', '.join(sorted(both))} is both a setting and "
                    "a value; a record must name each thing once."
                )
            rows.append({**settings, **values})
        return cls(tuple(rows))

    def __len__(self) -> int:
        return len(self.rows)

    def where(self, wanted: Mapping[str, Json]) -> Table:
        """The rows that have all these values."""
        return Table(
            tuple(row for row in self.rows if all(row.get(k) == v for k, v in wanted.items()))
        )

    def settings(self) -> tuple[str, ...]:
        """The names of settings, in order of first appearance: those with a dot, and the plain
        ones of the vocabulary."""
        names: dict[str, None] = {}
        for row in self.rows:
            names.update(dict.fromkeys(k for k in row if "." in k or k in PLAIN_SETTINGS))
        return tuple(names)

    def distinct(self, column: str) -> tuple[Json, ...]:
        """The column's values: numbers ascending, others in order of first appearance."""
        found = {_key(row.get(column)): row.get(column) for row in self.rows}
        values = list(found.values())
        if all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values):
            values.sort()
        return tuple(values)

    def groups(self, columns: Sequence[str]) -> list[tuple[tuple[Json, ...], Table]]:
        """The rows by these columns' values, in order of first appearance."""
        found: dict[str, tuple[tuple[Json, ...], list[Mapping[str, Json]]]] = {}
        for row in self.rows:
            values = tuple(row.get(column) for column in columns)
            found.setdefault(_key(values), (values, []))[1].append(row)
        return [(values, Table(tuple(rows))) for values, rows in found.values()]

    def by_seed(self, column: str) -> dict[int, float]:
        """The column's number for each seed; seeds without a number are left out.

        Raises:
            InputError: Two rows have the same seed: they differ in a setting that the caller
                did not select, and would be averaged silently.
        """
        found: dict[int, float] = {}
        for row in self.rows:
            value, seed = row.get(column), row.get("seed")
            if value is None:
                continue
            if not isinstance(seed, int) or seed in found:
                raise InputError(
                    f"Several records give {column!r} for seed {seed!r} and cannot be told "
                    f"apart by the selected settings; they differ in {self._swept_text()}."
                )
            found[seed] = float(value)
        return found

    def _swept_text(self) -> str:
        swept = [name for name in self.settings() if len(self.distinct(name)) > 1]
        return ", ".join(name for name in swept if name != "seed") or "nothing but the seed"


PLAIN_SETTINGS = frozenset({"learner", "target", "shots", "engine", "seed"})


def _key(value: Json) -> str:
    return json.dumps(value, sort_keys=True)
