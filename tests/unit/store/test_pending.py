"""Notes of jobs under way: whole or absent, and one holder at a time."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nisqdl.errors import InputError
from nisqdl.store.pending import Intent, noted

INTENT = Intent("content", "ibm_torino", "nisqdl-model-1", "2026-01-01T00:00:00+00:00")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "nisqdl" / "pending"


def test_a_note_is_there_until_it_is_cleared(folder: Path) -> None:
    with noted("content") as note:
        assert note.read() is None
        note.write(INTENT)
    with noted("content") as note:
        assert note.read() == INTENT
        assert (folder / "content.json").stat().st_mode & 0o077 == 0  # for nobody else's eyes
        note.clear()
        assert note.read() is None
    assert list(folder.iterdir()) == []


def test_one_at_a_time_holds_a_note(folder: Path) -> None:
    inside: list[int] = []
    most: list[int] = []

    def hold(turn: int) -> None:
        with noted("content"):
            inside.append(turn)
            time.sleep(0.001)
            most.append(len(inside))
            inside.remove(turn)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(hold, range(80)))
    assert most == [1] * 80
    assert list(folder.iterdir()) == []


def test_what_cannot_be_read_or_written_is_told(folder: Path) -> None:
    with noted("content") as note:
        note.path.write_text('{"content": ')
        with pytest.raises(InputError, match="is damaged"):
            note.read()
    folder.with_name("pending").rename(folder.with_name("moved"))
    folder.write_text("a file in its place")
    with pytest.raises(InputError, match="set XDG_STATE_HOME"), noted("content"):
        pass
