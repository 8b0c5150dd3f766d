"""Randomness is an argument, derived from a root seed and a purpose."""

from __future__ import annotations

import hashlib
import json

import numpy as np


def derive(root: int, *purpose: str | int | float) -> int:
    """A 63-bit seed for one purpose.

    The same arguments give the same seed on every machine and in every process, whatever else
    was drawn before; other arguments give an independent one.

    Args:
        root: The experiment's root seed.
        purpose: What the numbers are for, e.g. ``"split", 3``.
    """
    text = json.dumps([root, *purpose], separators=(",", ":"))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def generator(root: int, *purpose: str | int | float) -> np.random.Generator:
    """A NumPy generator seeded by :func:`derive`."""
    return np.random.default_rng(derive(root, *purpose))
