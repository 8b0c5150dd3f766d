"""A service on this machine in place of IBM Quantum's: a process of its own, gone at the end."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from nisqdl.errors import InputError, NisqdlError

PACKAGE = "localqpu"
TOKEN = "a-token-of-the-demo"
STARTING_S = 90.0
"""How long the service may take to start; IBM's client is imported by it, too."""

_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@contextmanager
def local_service(backends: tuple[str, ...], scenario: Mapping[str, object]) -> Iterator[str]:
    """Run the service while the block runs.

    Args:
        backends: The devices that it offers, by the provider's names.
        scenario: What it does; see the package's documentation.

    Yields:
        Its address.

    Raises:
        InputError: The package is not installed.
        NisqdlError: It did not start.
    """
    if importlib.util.find_spec(PACKAGE) is None:
        raise InputError(
            f"The demo needs the package {PACKAGE}, which plays the service on this machine: "
            "pip install 'nisqdl[demo]'."
        )
    with tempfile.TemporaryDirectory(prefix="nisqdl-demo-") as folder:
        file, log = Path(folder) / "scenario.json", Path(folder) / "service.log"
        file.write_text(json.dumps(scenario), encoding="utf-8")
        command = [
            *(
                sys.executable,
                "-c",
                f"import sys; from {PACKAGE}.cli import main; sys.exit(main())",
            ),
            *("start", "--port", "0", "--backends", ",".join(backends)),
            *("--scenario", str(file)),
        ]
        with log.open("wb") as stream:
            process = subprocess.Popen(command, stdout=stream, stderr=stream)
        try:
            yield _address(process, log)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def client_environment(url: str) -> dict[str, str]:
    """The variables with which IBM's client takes the service at this address for its own.

    The client puts ``quantum.`` before its URL's host, which an address cannot bear, unless the
    URL has the word "experimental" in it: here as a user's name, which nobody reads.
    """
    from localqpu.constants import LOCAL_INSTANCE_CRN

    outside = {name for base in _PROXIES for name in (base, base.lower())}
    return {
        **{name: value for name, value in os.environ.items() if name not in outside},
        "IAM_URL": url,
        "GLOBAL_SEARCH_URL": url,
        "GLOBAL_CATALOG_URL": f"{url}/api/v1",
        "QISKIT_IBM_URL": url.replace("://", "://experimental@") + "/api/v1",
        "QISKIT_IBM_TOKEN": TOKEN,
        "QISKIT_IBM_INSTANCE": LOCAL_INSTANCE_CRN,
        "QISKIT_IBM_CHANNEL": "ibm_quantum_platform",
    }


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    """Where it listens, from its first words."""
    deadline = time.monotonic() + STARTING_S
    while time.monotonic() < deadline and process.poll() is None:
        found = _ADDRESS.search(log.read_text(encoding="utf-8", errors="replace"))
        if found:
            return found.group()
        time.sleep(0.2)
    ended = process.poll()
    how = "did not start in time" if ended is None else f"ended with exit code {ended}"
    last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
    raise NisqdlError(f"The service of the demo {how}: {' '.join(last) or 'it said nothing'}.")
