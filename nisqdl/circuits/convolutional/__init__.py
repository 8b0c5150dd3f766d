"""Quantum convolutional networks: two-qubit blocks, and the tree along which they are laid."""

from __future__ import annotations
