"""Devices and recipes by the names in settings, read once for each process and folder."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from pathlib import Path
from typing import TypeVar

from nisqdl.noise.recipe import Recipe, find_recipe
from nisqdl.store.record import content_hash
from nisqdl.targets.device import Device
from nisqdl.targets.snapshots import find_device
from nisqdl.targets.summary import snapshot_hash

Found = TypeVar("Found")


def _once(find: Callable[[str], Found]) -> Callable[[str], Found]:
    """Remember what a name stands for in the current folder: another one has its own files."""

    @lru_cache(maxsize=64)
    def found_in(folder: Path, name: str) -> Found:
        return find(name)

    @wraps(find)
    def found(name: str) -> Found:
        return found_in(Path.cwd(), name)

    return found


@_once
def device_named(target: str) -> Device:
    """The device of this name; see :func:`nisqdl.targets.snapshots.find_device`."""
    return find_device(target)


@_once
def snapshot_of(target: str) -> str:
    """The hash of the calibration behind this name."""
    return snapshot_hash(device_named(target))


@_once
def recipe_named(name: str) -> Recipe:
    """The noise recipe of this name; see :func:`nisqdl.noise.recipe.find_recipe`."""
    return find_recipe(name)


@_once
def recipe_hash(name: str) -> str:
    """The hash of the recipe behind this name."""
    return content_hash(recipe_named(name).model_dump(mode="json"))
