"""Cores: never more than what was granted."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nisqdl.runner import cores


@pytest.fixture(autouse=True)
def eight_cores(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)))
    monkeypatch.setattr(cores, "_QUOTA", tmp_path / "cpu.max")
    for name in ("SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "cpu.max"


def test_the_affinity_mask_counts() -> None:
    assert cores.usable_cores() == 8


@pytest.mark.parametrize(
    ("task", "node", "expected"),
    [("2", "4", 2), ("", "4", 4), ("16", "64", 8), ("x", "0", 8), ("0", "3", 3)],
)
def test_slurm_counts(monkeypatch: pytest.MonkeyPatch, task: str, node: str, expected: int) -> None:
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", task)
    monkeypatch.setenv("SLURM_CPUS_ON_NODE", node)
    assert cores.usable_cores() == expected


@pytest.mark.parametrize(
    ("quota", "expected"),
    [("max 100000", 8), ("250000 100000", 2), ("50000 100000", 1), ("broken", 8)],
)
def test_a_containers_quota_counts(eight_cores: Path, quota: str, expected: int) -> None:
    eight_cores.write_text(quota)
    assert cores.usable_cores() == expected


def test_memory_is_known_here() -> None:
    total = cores.total_memory_mib()
    assert total is None or total > 100
