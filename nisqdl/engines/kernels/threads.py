"""Work shared out among threads: kernels let go of Python's lock, and every item is on its own."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise

GRAIN = 2_000_000
"""Multiply-adds that are worth a thread: half a millisecond, ten times what waking it costs."""


def usable_threads(wanted: int | None = None) -> int:
    """What was wanted; else the cores of this process, or ``NUMBA_NUM_THREADS`` where it is less.

    The runner sets it to 1 in its worker processes, which are the parallelism there.
    """
    if wanted is not None:
        return wanted
    cores = os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    told = os.environ.get("NUMBA_NUM_THREADS", "")
    return max(1, min(cores, int(told))) if told.isdigit() else cores


def share_out(count: int, threads: int, cost: float, work: Callable[[int, int], object]) -> None:
    """Call ``work(first, stop)`` on ranges that make up [0, count), each in a thread.

    Args:
        count: Items that do not depend on each other.
        threads: At most so many.
        cost: Multiply-adds of one item; few together are done at once, here.
        work: Must let go of Python's lock to gain anything.
    """
    useful = min(threads, count, int(count * cost / GRAIN))
    if useful <= 1:
        work(0, count)
        return
    bounds = [count * number // useful for number in range(useful + 1)]
    ranges = list(pairwise(bounds))
    running = [_pool(useful, os.getpid()).submit(work, *each) for each in ranges[1:]]
    try:
        work(*ranges[0])
    finally:
        for each in running:
            each.result()


@cache
def _pool(threads: int, process: int) -> ThreadPoolExecutor:
    """Kept for the next time; a forked process, in which its threads are gone, gets its own."""
    return ThreadPoolExecutor(threads - 1, thread_name_prefix=f"nisqdl-{process}")
