"""Sealed texts come back to the last bit, and any damage is one sentence."""

from __future__ import annotations

import json
import math
from typing import Literal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nisqdl.errors import InputError
from nisqdl.store.sealed import SealedText, sealed, unsealed


class Diary(SealedText):
    format: Literal["diary 1"] = "diary 1"
    numbers: tuple[float, ...]
    title: str


DIARIES = st.builds(
    Diary,
    numbers=st.lists(st.floats(allow_nan=False, allow_infinity=False)).map(tuple),
    title=st.text(st.characters(exclude_categories=["Cs"])),
)


@given(diary=DIARIES)
@settings(deadline=None)
def test_what_was_sealed_comes_back_to_the_last_bit(diary: Diary) -> None:
    read = unsealed(Diary, sealed(diary), "diary", "write another")
    assert read.title == diary.title
    assert list(map(float.hex, read.numbers)) == list(map(float.hex, diary.numbers))
    assert sealed(read) == sealed(diary)


@given(diary=DIARIES, data=st.data())
@settings(deadline=None)
def test_a_content_that_was_cut_is_told_in_a_sentence(diary: Diary, data: st.DataObject) -> None:
    content = sealed(diary)
    cut = content[: data.draw(st.integers(0, len(content) - 1))]
    with pytest.raises(InputError, match=r"^The diary cannot be read: .*; delete it and write"):
        unsealed(Diary, cut, "diary", "write another")


@given(diary=DIARIES, other=DIARIES)
@settings(deadline=None)
def test_a_field_that_was_exchanged_breaks_the_checksum(diary: Diary, other: Diary) -> None:
    assume(diary.numbers != other.numbers)
    fields = json.loads(sealed(diary)) | {"numbers": list(other.numbers)}
    with pytest.raises(InputError, match="its checksum does not match"):
        unsealed(Diary, json.dumps(fields).encode(), "diary", "write another")


def test_a_number_that_is_none_is_never_written() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        sealed(Diary(numbers=(math.inf,), title=""))
