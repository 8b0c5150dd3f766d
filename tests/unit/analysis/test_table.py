from __future__ import annotations

import pytest

from nisqdl.analysis.table import Table
from nisqdl.errors import InputError
from nisqdl.store.record import Point, Record


def _record(values: dict[str, float] | None = None, **settings: object) -> Record:
    named = {key.replace("__", "."): value for key, value in settings.items()}
    return Record(Point("s", named), values or {"accuracy": 0.5}, {}, 0.0)


def test_rows_are_selected_and_grouped_in_order_of_appearance() -> None:
    table = Table.from_records([_record(a__b=2, seed=0), _record(a__b=1, seed=0), _record(a__b=2)])
    assert table.distinct("a.b") == (1, 2)
    assert len(table.where({"a.b": 2})) == 2
    assert [values for values, _ in table.groups(["a.b"])] == [(2,), (1,)]


def test_numbers_sort_and_lists_and_none_can_be_values() -> None:
    table = Table.from_records([_record(shots=s) for s in (1000, None, 10)])
    assert table.distinct("shots") == (1000, None, 10)
    channels = Table.from_records([_record(noise__channels=["readout"]) for _ in range(2)])
    assert channels.distinct("noise.channels") == (["readout"],)


def test_nothing_is_averaged_silently() -> None:
    table = Table.from_records([_record(x__y=1, seed=0), _record(x__y=2, seed=0)])
    with pytest.raises(InputError, match=r"differ in x\.y"):
        table.by_seed("accuracy")
    assert table.where({"x.y": 1}).by_seed("accuracy") == {0: 0.5}


def test_a_missing_value_is_left_out() -> None:
    table = Table.from_records([_record({"loss": 1.0}, seed=0), _record(seed=1)])
    assert table.by_seed("accuracy") == {1: 0.5}


def test_a_value_must_not_hide_a_setting() -> None:
    with pytest.raises(InputError, match="both a setting and a value"):
        Table.from_records([_record({"seed": 3.0}, seed=1)])
