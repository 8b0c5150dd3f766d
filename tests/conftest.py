"""What tests of several folders share: a made-up run."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

_FILE = Path(__file__).parent / "unit" / "report" / "synthetic_run.py"


@pytest.fixture(scope="session")
def synthetic_run() -> Callable[..., Any]:
    """``synthetic_run(...)`` of ``tests/unit/report/synthetic_run.py``."""
    spec = importlib.util.spec_from_file_location("nisqdl_synthetic_run", _FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module.synthetic_run
