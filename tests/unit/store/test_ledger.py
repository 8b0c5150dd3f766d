"""The jobs' table: what is written is read, and a run of the older schema gets it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from nisqdl.store.folder import open_run
from nisqdl.store.ledger import Ledger, Piece, intent
from nisqdl.store.schema import DATABASE
from nisqdl.store.view import read_run


def test_a_run_of_the_first_schema_is_read_and_gets_the_table(tmp_path: Path) -> None:
    with open_run(tmp_path, {"a": 1}, "demo", {}):
        pass
    with sqlite3.connect(tmp_path / DATABASE) as connection:
        connection.execute("DROP TABLE jobs")
        connection.execute("DROP TABLE requests")
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    assert read_run(tmp_path).jobs() == []
    with open_run(tmp_path, {"a": 1}, "demo", {}) as store:
        assert Ledger(store).jobs() == []
    with sqlite3.connect(tmp_path / DATABASE) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (2,)


def test_jobs_are_read_as_they_were_written(tmp_path: Path) -> None:
    pieces = (Piece("k", 0, 3), Piece("l", 2, 5))
    job = intent("nisqdl-abc", 1, "ibm_torino", pieces, {"shots": 7}, 2.5, 60)
    with open_run(tmp_path, {"a": 1}, "demo", {}) as store:
        ledger = Ledger(store)
        ledger.intend([job], {"k": ("title", "execute", b"request")})
        assert ledger.jobs() == [job]
        assert ledger.request("k") == b"request"
        sent = job.moved("submitted", job_id="j1")
        ledger.put(sent)
        ledger.discard_intents()
        assert ledger.jobs() == [sent]
        done = sent.moved("done")
        ledger.put(done, b"result")
        ledger.put(done)
        assert ledger.result("nisqdl-abc") == b"result"
    assert read_run(tmp_path).jobs() == [done]
