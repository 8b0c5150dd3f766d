"""What a name stands for is looked up once, and anew in another folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from nisqdl.studies.named import device_named, snapshot_of
from nisqdl.targets.snapshots import find_device, save_snapshot


def test_the_same_name_is_another_device_in_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manila = find_device("manila")
    for folder, date in (("old", "2020-01-01"), ("new", "2020-01-02")):
        mine = replace(manila, name="mine", date=f"{date}T00:00:00+00:00")
        save_snapshot(mine, tmp_path / folder / "backends")
    found = {}
    for folder in ("old", "new", "old"):
        monkeypatch.chdir(tmp_path / folder)
        found[folder] = device_named("mine").date, snapshot_of("mine")
        assert device_named("mine") is device_named("mine")
    assert [date[:10] for date, _ in found.values()] == ["2020-01-01", "2020-01-02"]
    assert found["old"][1] != found["new"][1]
