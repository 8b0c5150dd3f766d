"""Nothing leaves loopback: Python imports this by itself where the folder is on its path.

An audit hook sees every connection and every look-up of a name before it happens, whichever
library asks. What is not loopback is refused, and written to the file that
``NISQDL_TEST_OUTSIDE`` names, for the test to read.
"""

import os
import sys
from pathlib import Path

_INSIDE = ("127.0.0.1", "::1", "localhost", "0.0.0.0", "", None)


def refuse_outside(event, arguments):
    if event == "socket.connect":
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    log = os.environ.get("NISQDL_TEST_OUTSIDE")
    host = host.decode() if isinstance(host, bytes) else host
    if log is None or host in _INSIDE:
        return
    with Path(log).open("a") as file:
        file.write(f"{event} {host}\n")
    raise ConnectionRefusedError(f"{host} is not loopback")


if "NISQDL_TEST_OUTSIDE" in os.environ:
    sys.addaudithook(refuse_outside)
