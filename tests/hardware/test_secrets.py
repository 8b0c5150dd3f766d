"""A token is planted, everything is done that can be done with it, and all that was written is
searched: files, databases, logs, reports, output, tracebacks, and the arguments of processes."""

from __future__ import annotations

import base64
import gzip
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

FILE = """\
study: noise_accuracy
dataset: {name: iris, classes: [0, 1], features: 2, train: 20, test: 2}
model:
  ansatz: {name: real_amplitudes, depth: 1}
  entangler: none
target: ibm_torino
engine: runtime
training: {steps: 5}
execution: {shots: 64, resilience_level: 0}
seeds: 1
"""


def forms(token: str) -> list[bytes]:
    """The token as it is, and as a log of HTTP may hold it."""
    plain = token.encode()
    return [plain, base64.b64encode(plain).rstrip(b"="), plain.hex().encode()]


def found_in(folder: Path, token: str) -> list[Path]:
    """Files below a folder that hold the token, also in gzip."""
    holding = []
    for path in folder.rglob("*"):
        if not path.is_file():
            continue
        content = path.read_bytes()
        if content[:2] == b"\x1f\x8b":
            content += gzip.decompress(content)
        if any(form in content for form in forms(token)):
            holding.append(path)
    return holding


class Arguments:
    """Watches the command lines of this machine's processes while a block runs."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Arguments:
        self._thread.start()
        return self

    def __exit__(self, *ended: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.05):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.seen.add(path.read_bytes())
                except OSError:
                    continue  # it has ended meanwhile


@pytest.mark.slow
def test_the_token_is_nowhere_after_a_whole_run(local_service, nisqdl, tmp_path):
    (tmp_path / "small.yaml").write_text(FILE)
    log = tmp_path / "client.log"
    loud = {
        "QISKIT_IBM_RUNTIME_LOG_LEVEL": "DEBUG",
        "QISKIT_IBM_RUNTIME_LOG_FILE": str(log),
        "TMPDIR": str(tmp_path),  # where tracebacks of internal errors go
    }
    said = []
    with Arguments() as arguments:
        for command in (
            ("account", "check"),
            ("estimate", "small.yaml", "--backend", "torino"),
            ("submit", "small.yaml", "--backend", "ibm_torino", "--yes"),
            ("status", "small", "--watch"),
            ("collect", "small"),
            ("export", "results/runs/small", "--out", "records.csv"),
        ):
            done = nisqdl(*command, "--debug", environment=loud)
            assert done.returncode == 0, done.stderr
            said.append(done.stdout + done.stderr)
    assert log.read_text()  # the client did write its log
    assert (tmp_path / "results" / "runs" / "small" / "report.html").is_file()
    assert found_in(tmp_path, local_service.token) == []
    assert local_service.token not in "".join(said)
    assert any(b"nisqdl" in line for line in arguments.seen)
    assert not any(form in line for line in arguments.seen for form in forms(local_service.token))


FAULTS = {
    "wrong token": {"auth": {"reject_tokens": True}},
    "refused": {"http_faults": [{"path": "/api/v1/*", "status": 401, "times": 50}]},
    "forbidden": {"http_faults": [{"path": "/api/v1/*", "status": 403, "times": 50}]},
    "not JSON": {"http_faults": [{"path": "/v3/resources/search", "status": 404, "times": 50}]},
}


@pytest.mark.parametrize("case", FAULTS)
def test_the_token_is_in_no_error_and_no_traceback(case, local_service, nisqdl_here, tmp_path):
    local_service.scenario(**FAULTS[case])
    quiet = {"TMPDIR": str(tmp_path)}
    done = nisqdl_here("backend", "pull", "torino", "--debug", environment=quiet)
    assert done.returncode == 4
    assert "Traceback" in done.stderr  # it was asked for, and is there
    assert not any(form.decode() in done.stderr for form in forms(local_service.token))
    assert found_in(tmp_path, local_service.token) == []


def test_the_token_is_in_no_traceback_of_an_internal_error(local_service, tmp_path):
    """An error of ours, with the token in its text: what a careless line of code would do."""
    code = (
        "import os, sys\n"
        "from nisqdl.cli.ending import end\n"
        "def fail(): raise RuntimeError('the token is ' + os.environ['QISKIT_IBM_TOKEN'])\n"
        "sys.exit(end(fail, as_json=True, debug=True))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "the token is <hidden>" in done.stderr
    assert local_service.token not in done.stdout + done.stderr
    assert list(tmp_path.glob("nisqdl-error-*.log"))
    assert found_in(tmp_path, local_service.token) == []
