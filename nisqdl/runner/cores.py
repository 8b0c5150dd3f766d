"""How much of this machine the process may use."""

from __future__ import annotations

import os
from pathlib import Path

_SLURM = ("SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE")
_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def usable_cores() -> int:
    """Cores that this process may use: the smallest of what limits it, at least 1.

    The limits are the scheduler's affinity mask, a container's quota, and what Slurm granted.
    """
    if hasattr(os, "sched_getaffinity"):
        limits = [len(os.sched_getaffinity(0))]
    else:
        limits = [os.cpu_count() or 1]
    limits += _granted_by_slurm()[:1]
    limits += _container_quota()
    return max(1, min(limits))


def total_memory_mib() -> int | None:
    """Memory of this machine in MiB; ``None`` where it cannot be told."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
    except (AttributeError, OSError, ValueError):
        return None


def _granted_by_slurm() -> list[int]:
    """Slurm's numbers, for one task first."""
    texts = (os.environ.get(name, "") for name in _SLURM)
    return [int(text) for text in texts if text.isdigit() and int(text) > 0]


def _container_quota() -> list[int]:
    """Cores that a container's quota amounts to, rounded down; empty where there is none."""
    try:
        quota, period = _QUOTA.read_text(encoding="ascii").split()
        return [] if quota == "max" else [int(quota) // int(period)]
    except (OSError, ValueError):
        return []
