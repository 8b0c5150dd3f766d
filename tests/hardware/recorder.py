"""Hands every call on to the local service, and does what the service does not: it keeps what was
submitted, says what time a job took, and has calibrations of several dates.
"""

from __future__ import annotations

import json
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from calibrations import properties_at

from nisqdl.targets.device import Device


@contextmanager
def recorder(
    service: str,
    usage: dict[str, Any] | None = None,
    calibrations: Mapping[str, Sequence[Device]] | None = None,
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Its URL for the client, and the bodies of the submissions so far.

    Args:
        service: The service's URL.
        usage: What jobs' metrics say of the time on the device, as it is when they are asked for.
        calibrations: Of these devices, by the service's names, that it has had so far.
    """
    bodies: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length) if length else None
            if self.command == "POST" and self.path.endswith("/jobs"):
                bodies.append(json.loads(body or b"{}"))
            kept = {k: v for k, v in self.headers.items() if k.lower() != "host"}
            asked = urllib.request.Request(
                service + self.path, data=body, headers=kept, method=self.command
            )
            try:
                with urllib.request.urlopen(asked) as answer:
                    status, content, kind = answer.status, answer.read(), answer.headers
            except urllib.error.HTTPError as error:
                status, content, kind = error.code, error.read(), error.headers
            if usage is not None and self.path.endswith("/metrics"):
                content = json.dumps({**json.loads(content), "usage": usage}).encode()
            for name, known in (calibrations or {}).items():
                if f"/{name}/properties" in self.path:
                    content = json.dumps(properties_at(known, self.path)).encode()
            self.send_response(status)
            self.send_header("Content-Type", kind.get("Content-Type", "application/json"))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PATCH = do_DELETE = do_GET

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://experimental@127.0.0.1:{server.server_port}/api/v1", bodies
    finally:
        server.shutdown()
        server.server_close()
