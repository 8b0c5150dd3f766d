"""How the kernels are compiled: once for this machine, kept in the user's cache folder."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core import config

from nisqdl.catalog import kernel_cache

Function = TypeVar("Function", bound=Callable[..., Any])


def inlined(function: Function) -> Function:
    """Compile as part of the kernels that call it."""
    compiled: Function = numba.njit(error_model="numpy", nogil=True, inline="never")(function)
    return compiled


def kernel(signature: str) -> Callable[[Function], Function]:
    """Compile for one signature, or load what was compiled before.

    Numba would keep the machine code beside the source, which may not be writable. It goes to
    ``NUMBA_CACHE_DIR`` where that is set, else to the user's cache folder.
    """

    def compile_now(function: Function) -> Function:
        before = config.CACHE_DIR
        folder = _cache_folder()
        _announce_first_use(function.__name__, folder)
        config.CACHE_DIR = str(folder)
        try:
            compiled: Function = numba.njit(signature, error_model="numpy", nogil=True, cache=True)(
                function
            )
        finally:
            config.CACHE_DIR = before
        return compiled

    return compile_now


@cache
def _cache_folder() -> Path:
    """A folder for this version of the kernels of all engines.

    Numba looks only at the file of the kernel itself to see whether its machine code is out of
    date, not at the files of what it calls.
    """
    files = sorted(Path(__file__).parents[1].rglob("*.py"))
    sources = [source for source in map(Path.read_bytes, files) if _has_kernels(source)]
    digest = hashlib.sha256(b"".join(sources)).hexdigest()
    return kernel_cache() / digest[:12]


def _has_kernels(source: bytes) -> bool:
    return any(word in source for word in (b"numba", b"llvmlite", b"kernels.compiled import"))


def _announce_first_use(name: str, folder: Path) -> None:
    if not any(folder.glob(f"*/*.{name}-*.nbi")):
        print(
            f"nisqdl: compiling the kernel {name!r} for this machine (once) …",
            file=sys.stderr,
        )
