"""Where the compiled kernels are kept."""

from __future__ import annotations

import os
import subprocess
import sys

SCRIPT = """
import numpy as np
from nisqdl.engines.kernels.lanes import load, store, splat, times, fused
from nisqdl.engines.kernels.compiled import kernel

@kernel("void(f8[::1], f8[::1])")
def line(x, y):
    store(y, 0, fused(splat(2.0), load(x, 1), times(load(x, 0), load(x, 0))))

x, y = np.arange(9.0), np.zeros(8)
line(x, y)
assert np.array_equal(y, 2 * x[1:] + x[:8] ** 2), y
"""


def test_kernels_are_compiled_once_and_kept_in_the_users_cache(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    environment = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"}
    environment["XDG_CACHE_HOME"] = str(tmp_path / "cache")
    command = [sys.executable, str(script)]
    said = [
        subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stderr
        for _ in range(2)
    ]
    assert "compiling the kernel 'line' for this machine (once)" in said[0]
    assert said[1] == ""
    assert list((tmp_path / "cache" / "nisqdl" / "numba").rglob("*.line-*.nbi"))
