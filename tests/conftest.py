"""What tests of several folders share: made-up runs."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

_FOLDER = Path(__file__).parent / "unit" / "report"


@pytest.fixture(scope="session")
def synthetic_run() -> Callable[..., Any]:
    """``synthetic_run(...)`` of ``tests/unit/report/synthetic_run.py``."""
    return _made_by("synthetic_run")


@pytest.fixture(scope="session")
def synthetic_plateaus() -> Callable[..., Any]:
    """``synthetic_plateaus(...)`` of ``tests/unit/report/synthetic_plateaus.py``."""
    return _made_by("synthetic_plateaus")


@pytest.fixture(scope="session")
def synthetic_arena() -> Callable[..., Any]:
    """``synthetic_arena(...)`` of ``tests/unit/report/synthetic_arena.py``."""
    return _made_by("synthetic_arena")


def _made_by(name: str) -> Callable[..., Any]:
    """The function of this name from the file of this name."""
    spec = importlib.util.spec_from_file_location(f"nisqdl_{name}", _FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    made: Callable[..., Any] = getattr(module, name)
    return made
