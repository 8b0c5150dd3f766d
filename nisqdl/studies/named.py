"""Devices and recipes by the names in settings, read once for each process."""

from __future__ import annotations

from functools import lru_cache

from nisqdl.noise.recipe import Recipe, find_recipe
from nisqdl.store.record import content_hash
from nisqdl.targets.device import Device
from nisqdl.targets.snapshots import find_device
from nisqdl.targets.summary import snapshot_hash


@lru_cache(maxsize=64)
def device_named(target: str) -> Device:
    """The device of this name; see :func:`nisqdl.targets.snapshots.find_device`."""
    return find_device(target)


@lru_cache(maxsize=64)
def snapshot_of(target: str) -> str:
    """The hash of the calibration behind this name."""
    return snapshot_hash(device_named(target))


@lru_cache(maxsize=64)
def recipe_named(name: str) -> Recipe:
    """The noise recipe of this name; see :func:`nisqdl.noise.recipe.find_recipe`."""
    return find_recipe(name)


@lru_cache(maxsize=64)
def recipe_hash(name: str) -> str:
    """The hash of the recipe behind this name."""
    return content_hash(recipe_named(name).model_dump(mode="json"))
