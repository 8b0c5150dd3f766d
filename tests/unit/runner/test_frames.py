"""Frames: what is written is read, and half of it is nothing."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nisqdl.errors import CapacityError, InputError, NisqdlError
from nisqdl.runner.frames import read_frame, write_frame
from nisqdl.runner.message import (
    error_document,
    error_from,
    outcome_document,
    outcome_from,
    step_document,
    step_from,
)
from nisqdl.store.record import Point, Record
from nisqdl.studies.contract import Outcome, Step

CONTENT = st.dictionaries(st.text(max_size=5), st.none() | st.integers() | st.text(max_size=9))
BLOBS = st.lists(st.binary(max_size=40), max_size=3)


@given(st.lists(st.tuples(CONTENT, BLOBS), max_size=4), st.data())
@settings(deadline=None)
def test_frames_come_back_whole_or_not_at_all(frames: list, data: st.DataObject) -> None:
    stream = io.BytesIO()
    ends = []
    for content, blobs in frames:
        write_frame(stream, content, blobs)
        ends.append(stream.tell())
    cut = data.draw(st.integers(0, stream.tell()))
    whole = sum(end <= cut for end in ends)
    torn = io.BytesIO(stream.getvalue()[:cut])
    assert [read_frame(torn) for _ in range(whole)] == frames[:whole]
    assert read_frame(torn) is None


def test_what_is_no_number_is_no_answer() -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_frame(io.BytesIO(), {"accuracy": float("nan")})


def step(points: int) -> Step:
    found = tuple(Point("s", {"n": n, "list": [1, None]}) for n in range(points))
    return Step("s", "measure", {"a.b": 0.1}, ("k1", "k2"), found, "do ×2")


@pytest.mark.parametrize("points", [0, 2])
def test_a_step_is_the_same_step_in_the_worker(points: int) -> None:
    there = step_from(step_document(step(points)))
    assert there == step(points)
    assert there.key == step(points).key


def test_outcomes_are_what_the_step_was_to_give() -> None:
    measured = step(2)
    records = tuple(Record(point, {"x": 0.1}, {}, 1.5) for point in measured.points)
    assert outcome_from(measured, *outcome_document(measured, Outcome(records=records))) == Outcome(
        records=records
    )
    made = step(0)
    assert outcome_from(made, *outcome_document(made, Outcome(b"\x00"))) == Outcome(b"\x00")
    for wrong, asked in (
        (Outcome(records=records[:1]), measured),
        (Outcome(records=(records[0], records[0])), measured),
        (Outcome(b"x", records), measured),
        (Outcome(), made),
        (Outcome(b"x", records), made),
    ):
        with pytest.raises(ValueError, match="must give"):
            outcome_document(asked, wrong)


class Special(CapacityError):
    """A sentence of a kind that the runner does not know."""


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (NisqdlError("a"), NisqdlError),
        (InputError("b"), InputError),
        (CapacityError("c"), CapacityError),
        (Special("d"), CapacityError),
    ],
)
def test_errors_keep_their_sentence_and_exit_code(
    error: NisqdlError, kind: type[NisqdlError]
) -> None:
    there = error_from(error_document(error))
    assert type(there) is kind
    assert str(there) == str(error)
    assert there.exit_code == error.exit_code
