"""The run folder: what is stored stays, whatever happens."""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import sqlite3
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nisqdl.errors import InputError, NisqdlError
from nisqdl.store.difference import first_difference
from nisqdl.store.folder import open_run
from nisqdl.store.record import Point, Record
from nisqdl.store.schema import DATABASE
from nisqdl.store.view import read_run

EXPERIMENT = {"name": "demo", "training": {"steps": 100, "batch": [8, 16]}}
CONTEXT = {"devices": [{"name": "torino"}]}


def record(number: int, value: float = 0.5, seconds: float = 1.0) -> Record:
    point = Point("demo", {"depth": number, "seed": 0})
    return Record(point, {"accuracy": value, "history": [1, 2.5]}, {"seed": number}, seconds)


def reopen(folder: Path, experiment: object = EXPERIMENT, study: str = "demo"):
    return open_run(folder, experiment, study, CONTEXT)


def test_what_is_added_is_read_back(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "run"
    records = [record(10), record(2), record(1)]
    with reopen(folder) as store:
        store.add(records)
        store.add_artifact("k1", "train", b"\x00weights", 2.0)
        store.add_artifact("k2", "transpile", b"circuit", 0.1)
        assert store.ids() == {r.point.id for r in records}
        assert store.keys() == {"k1", "k2"}
        assert store.has_artifact("k1")
        assert not store.has_artifact("k3")
        assert store.artifact("k1") == b"\x00weights"
        with pytest.raises(KeyError):
            store.artifact("k3")
    view = read_run(folder)
    assert view.records == (record(1), record(2), record(10))  # numbers in their order
    assert (view.experiment, view.study, view.context) == (EXPERIMENT, "demo", CONTEXT)
    assert view.artifact("k2") == b"circuit"
    assert view.artifacts("train") == {"k1": b"\x00weights"}
    assert view.versions["python"].startswith("3.")
    with pytest.raises(KeyError):
        view.artifact("k3")


def test_a_record_is_written_once_and_never_changed(tmp_path: Path) -> None:
    with reopen(tmp_path) as store:
        store.add([record(1, 0.5)])
        store.add([record(1, 0.9), record(2)])
    assert [r.values["accuracy"] for r in read_run(tmp_path).records] == [0.5, 0.5]


def test_records_of_one_call_are_stored_together_or_not_at_all(tmp_path: Path) -> None:
    bad = Record(Point("demo", {"depth": 3}), {"accuracy": float("nan")}, {}, 1.0)
    with reopen(tmp_path) as store:
        with pytest.raises(ValueError, match="JSON"):
            store.add([record(1), bad])
        store.add([record(2)])
    assert [r.point.settings["depth"] for r in read_run(tmp_path).records] == [2]


def test_a_finished_run_is_one_file_and_a_visit_changes_nothing(tmp_path: Path) -> None:
    with reopen(tmp_path) as store:
        store.add([record(1)])
    database = tmp_path / DATABASE
    before = (database.read_bytes(), database.stat().st_mtime_ns)
    with reopen(tmp_path) as store:
        assert len(store.ids()) == 1
    assert (database.read_bytes(), database.stat().st_mtime_ns) == before
    assert {path.name for path in tmp_path.iterdir()} == {DATABASE, "run.lock"}


def test_a_run_is_readable_while_it_is_written(tmp_path: Path) -> None:
    with reopen(tmp_path) as store:
        for number in range(3):
            store.add([record(number)])
            view = read_run(tmp_path)
            assert len(view.records) == number + 1
        store.add([record(9)])
        assert len(view.records) == 3  # the picture stays what it was
    assert len(read_run(tmp_path).records) == 4


def test_a_reader_in_the_middle_does_not_disturb_the_end(tmp_path: Path) -> None:
    with reopen(tmp_path) as store:
        store.add([record(1)])
        reader = sqlite3.connect(tmp_path / DATABASE, isolation_level=None)
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM records").fetchone() == (1,)
    reader.close()
    with reopen(tmp_path) as store:
        store.add([record(2)])
    assert len(read_run(tmp_path).records) == 2


@pytest.mark.parametrize(
    ("theirs", "ours", "sentence"),
    [
        ({"a": 1}, {"a": 1}, None),
        ({"t": {"steps": 100}}, {"t": {"steps": 50}}, "`t.steps` is 100 there, but 50 here"),
        ({"b": 1, "a": 2}, {"b": 2, "a": 3}, "`a` is 2 there, but 3 here"),
        ({"a": 1}, {}, "`a` is 1 there, but not given here"),
        ({}, {"a": 1}, "`a` is not given there, but 1 here"),
        ({"a": 1}, {"a": 1.0}, "`a` is 1 there, but 1.0 here"),
        ({"a": True}, {"a": 1}, "`a` is True there, but 1 here"),
        ({"a": [1, 2]}, {"a": [1]}, "`a` is [1, 2] there, but [1] here"),
        ({"a": None}, {"a": {"b": 1}}, "`a` is None there, but not given here"),
    ],
)
def test_the_first_difference_is_named(theirs: object, ours: object, sentence: str | None) -> None:
    assert first_difference(theirs, ours) == sentence


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", min_size=1), inner),
    max_leaves=8,
)


@given(JSON, JSON)
@settings(deadline=None)
def test_documents_differ_exactly_where_their_texts_do(left: object, right: object) -> None:
    same = json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)
    assert (first_difference(left, right) is None) == same


def test_another_experiments_folder_is_refused(tmp_path: Path) -> None:
    with reopen(tmp_path) as store:
        store.add([record(1)])
    other = {"name": "demo", "training": {"steps": 50, "batch": [8, 16]}}
    with pytest.raises(InputError, match=r"`experiment\.training\.steps` is 100 .* 50 .*--out"):
        reopen(tmp_path, other).__enter__()
    with pytest.raises(InputError, match="`study` is 'demo' there, but 'else' here"):
        reopen(tmp_path, study="else").__enter__()
    assert len(read_run(tmp_path).records) == 1


def test_another_schema_version_is_refused(tmp_path: Path) -> None:
    with reopen(tmp_path):
        pass
    with sqlite3.connect(tmp_path / DATABASE) as connection:
        connection.execute("PRAGMA user_version = 99")
    for act in (lambda: reopen(tmp_path).__enter__(), lambda: read_run(tmp_path)):
        with pytest.raises(InputError, match=r"schema version 2 .* 99"):
            act()


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / DATABASE) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    with pytest.raises(InputError, match="not one that nisqdl wrote"):
        reopen(tmp_path).__enter__()
    with pytest.raises(InputError, match="not one that nisqdl wrote"):
        read_run(tmp_path)


def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years")
    with pytest.raises(InputError, match=r"run folder or empty.*'thesis\.tex'"):
        reopen(tmp_path).__enter__()
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_path_that_cannot_be_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(InputError, match="cannot be used"):
            reopen(path).__enter__()


def test_what_is_no_run_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no run folder"):
        read_run(tmp_path / "none")
    with pytest.raises(InputError, match=f"has no {DATABASE}"):
        read_run(tmp_path)
    (tmp_path / DATABASE).write_bytes(b"")
    with pytest.raises(InputError, match="has not begun"):
        read_run(tmp_path)


def test_a_run_killed_in_its_first_instant_begins_again(tmp_path: Path) -> None:
    (tmp_path / DATABASE).write_bytes(b"")
    (tmp_path / "run.lock").write_text("")
    with reopen(tmp_path) as store:
        store.add([record(1)])
    assert len(read_run(tmp_path).records) == 1


def fill(folder: Path) -> Path:
    with reopen(folder) as store:
        store.add([record(number) for number in range(200)])
        store.add_artifact("k", "train", os.urandom(20_000), 1.0)
    return folder / DATABASE


@pytest.mark.parametrize("damage", ["garbage", "truncated", "middle"])
def test_a_damaged_database_is_one_sentence(tmp_path: Path, damage: str) -> None:
    database = fill(tmp_path)
    content = bytearray(database.read_bytes())
    if damage == "garbage":
        content = bytearray(b"not a database at all" * 500)
    elif damage == "truncated":
        content = content[: len(content) // 2]
    else:
        content[4096:-4096] = b"\xff" * (len(content) - 8192)
    database.write_bytes(content)
    for act in (
        lambda: reopen(tmp_path).__enter__(),
        lambda: read_run(tmp_path).artifacts("train"),
    ):
        with pytest.raises(InputError, match=r"damaged \(.*\); restore"):
            act()
    assert database.read_bytes() == content  # nothing was made worse


@given(st.integers(0, 10**9), st.integers(0, 255))
@settings(deadline=None, max_examples=40)
def test_a_flipped_byte_is_either_harmless_or_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, place: int, byte: int
) -> None:
    folder = tmp_path_factory.mktemp("run")
    with reopen(folder) as store:
        store.add([record(number) for number in range(3)])
    database = folder / DATABASE
    content = bytearray(database.read_bytes())
    content[place % len(content)] = byte
    database.write_bytes(content)
    with suppress(NisqdlError):  # anything else would reach the user as a traceback
        read_run(folder)
    with suppress(NisqdlError), reopen(folder) as store:
        store.ids()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE records SET settings = '{broken'",
        "UPDATE records SET settings = '{\"depth\":7}'",
        "UPDATE records SET settings = '[]'",
        "UPDATE records SET \"values\" = 'x'",
        "UPDATE records SET \"values\" = '3'",
        "UPDATE meta SET value = '{' WHERE key = 'experiment'",
        "DELETE FROM meta WHERE key = 'context'",
        "DROP TABLE records",
    ],
)
def test_content_that_nisqdl_did_not_write_is_one_sentence(tmp_path: Path, change: str) -> None:
    fill(tmp_path)
    connection = sqlite3.connect(tmp_path / DATABASE, isolation_level=None)
    connection.execute(change)
    connection.close()
    with pytest.raises(InputError, match="damaged"):
        read_run(tmp_path)


def hold(folder: Path, ready: multiprocessing.synchronize.Event) -> None:
    with reopen(folder):
        ready.set()
        time.sleep(60)


def test_a_second_writer_is_refused_until_the_first_is_killed(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    ready = context.Event()
    holder = context.Process(target=hold, args=(tmp_path, ready))
    holder.start()
    try:
        assert ready.wait(30)
        with pytest.raises(NisqdlError, match=f"process {holder.pid} on .*--out") as caught:
            reopen(tmp_path).__enter__()
        assert caught.value.exit_code == 1
        assert read_run(tmp_path).study == "demo"
    finally:
        holder.kill()
        holder.join()
    with reopen(tmp_path) as store:
        store.add([record(1)])


def test_a_full_database_loses_nothing(tmp_path: Path) -> None:
    with reopen(tmp_path) as store:
        store.add([record(1)])
        store._connection.execute("PRAGMA max_page_count = 12")
        with pytest.raises(NisqdlError, match=r"no space left .* free space and run") as caught:
            store.add_artifact("k", "train", os.urandom(100_000), 1.0)
        assert caught.value.exit_code == 1
        store._connection.execute("PRAGMA max_page_count = 100000")
        store.add([record(2)])
    assert len(read_run(tmp_path).records) == 2


FILL_THE_DISK = """
import os, resource, sys
from pathlib import Path
from nisqdl.errors import NisqdlError
from nisqdl.store.folder import open_run
from nisqdl.store.record import Point, Record
limit = int(sys.argv[2])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
stored = 0
try:
    with open_run(Path(sys.argv[1]), {}, "demo", {}) as store:
        for number in range(100):
            store.add_artifact(str(number), "train", os.urandom(20_000), 1.0)
            stored += 1
except NisqdlError as error:
    print(stored, error.exit_code, error)
"""


def fill_disk(folder: Path, limit: int) -> tuple[int, int, str]:
    done = subprocess.run(
        [sys.executable, "-c", FILL_THE_DISK, str(folder), str(limit)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    stored, code, sentence = done.stdout.split(" ", 2)
    return int(stored), int(code), sentence


def test_a_file_that_may_not_grow_loses_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    stored, code, sentence = fill_disk(folder, 400_000)
    assert 0 < stored < 100
    assert code == 1
    assert "what is stored is safe" in sentence
    with open_run(folder, {}, "demo", {}) as store:
        assert store.keys() == {str(number) for number in range(stored)}
        store.add_artifact("more", "train", b"x", 1.0)
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 400_000


@pytest.fixture
def tiny_disk(tmp_path: Path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(disk)], capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("only root can mount a tiny disk; the other tests of full disks ran")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_full_disk_loses_nothing(tiny_disk: Path) -> None:
    folder = tiny_disk / "run"
    stored, code, sentence = fill_disk(folder, 0)
    assert 0 < stored < 100
    assert code == 1
    assert "no space left" in sentence
    assert "run the same command again" in sentence
    assert set(read_run(folder).artifacts("train")) == {str(number) for number in range(stored)}
    subprocess.run(["mount", "-o", "remount,size=8m", str(tiny_disk)], check=True)
    with open_run(folder, {}, "demo", {}) as store:
        store.add_artifact("more", "train", b"x" * 100_000, 1.0)
    assert len(read_run(folder).artifacts("train")) == stored + 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_run_is_read_where_nothing_may_be_written(tmp_path: Path) -> None:
    fill(tmp_path)
    tmp_path.chmod(0o555)
    try:
        assert len(read_run(tmp_path).records) == 200
        with pytest.raises(InputError, match="cannot be used"):
            reopen(tmp_path / "run").__enter__()
    finally:
        tmp_path.chmod(0o755)
