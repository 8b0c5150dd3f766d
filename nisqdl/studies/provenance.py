"""Provenance: which versions, calibration and seeds a record came from."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import version

from nisqdl.store.record import Json

PACKAGES = ("nisqdl", "qiskit", "qiskit-aer", "numpy", "scipy", "scikit-learn", "numba")


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Installed versions of what the numbers depend on."""
    return {package: version(package) for package in PACKAGES}


def provenance(
    seeds: Mapping[str, int], device: Mapping[str, Json] | None = None
) -> dict[str, Json]:
    """The provenance of one record.

    Args:
        seeds: The derived seeds by purpose.
        device: Device name with date and the hash of its snapshot, where one was used.
    """
    return {"versions": versions(), "seeds": dict(seeds), **(device or {})}
