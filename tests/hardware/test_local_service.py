"""The ground that the other tests of hardware stand on: the genuine client, fenced in."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest


def test_the_genuine_client_talks_to_loopback(local_service):
    from qiskit_ibm_runtime import QiskitRuntimeService

    client = QiskitRuntimeService()
    assert {backend.name for backend in client.backends()} >= {"ibm_torino", "ibm_sherbrooke"}
    assert client.usage()["usage_remaining_seconds"] == 600
    assert local_service.calls("GET", "/api/v1/instances/usage") == [200]


@pytest.mark.usefixtures("_fenced")
def test_a_connection_that_leaves_is_refused_and_seen():
    outside = Path(os.environ["NISQDL_TEST_OUTSIDE"])
    # An address of the block for documentation: it belongs to nobody.
    code = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "not loopback" in done.stderr
    with pytest.raises(ConnectionRefusedError, match="not loopback"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    assert outside.read_text().count("192.0.2.1") == 2
