"""The genuine IBM client against a service of this machine: nothing patched, nothing leaves it.

``local_service`` runs the package localqpu on a free port and points the client at it by the
client's own environment variables, here and in every process started from here. The home folder
is apart, and connections other than loopback are refused and fail the test.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nisqdl.catalog import kernel_cache

BACKENDS = ("ibm_torino", "ibm_brisbane", "ibm_sherbrooke", "ibm_kingston")
_FENCE = Path(__file__).parent / "loopback_only"
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@dataclass(frozen=True)
class LocalService:
    """A service on loopback, reset for this test.

    Attributes:
        url: Where it listens.
        token: What the client was given as its token: a different one in every test, so that a
            test can search for it in all that was written.
        instance: The CRN of its only instance.
        control: Scenarios, its jobs and its journal of requests (localqpu's control client).
        home: The home folder of the client.
        environment: The client's variables that point at it.
    """

    url: str
    token: str
    instance: str
    control: Any
    home: Path
    environment: Mapping[str, str]

    def scenario(self, **parts: Any) -> None:
        """Replace the scenario, e.g. ``scenario(noise=True, seed=1)``."""
        self.control.set_scenario(parts)

    def calls(self, method: str, path: str) -> list[Any]:
        """The statuses with which calls of this method and path were answered, in order."""
        return [
            entry["status"]
            for entry in self.control.requests()
            if (entry["method"], entry["path"]) == (method, path)
        ]


@pytest.fixture(scope="session")
def local_server() -> Iterator[Any]:
    """The server; its state is that of the last test. Tests take ``local_service``."""
    from localqpu.app import start_server
    from localqpu.context import ServerConfig

    server = start_server(ServerConfig(port=0, backends=BACKENDS))
    yield server
    server.stop()


@pytest.fixture
def local_service(
    local_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, _fenced: None
) -> Iterator[LocalService]:
    """The service, reset, with the client's environment pointing at it."""
    from localqpu.constants import LOCAL_INSTANCE_CRN
    from localqpu.control_client import LocalqpuControl

    control = LocalqpuControl(local_server.url)
    control.reset()
    home, token = tmp_path / "home", f"planted-{secrets.token_hex(16)}"
    home.mkdir()
    environment = client_environment(local_server.url, token, LOCAL_INSTANCE_CRN)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    # Compiled kernels and fonts are the machine's, whosever home it is.
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(kernel_cache()))
    monkeypatch.setenv("MPLCONFIGDIR", str(Path.home() / ".config" / "matplotlib"))
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    outside = Path(os.environ["NISQDL_TEST_OUTSIDE"])
    yield LocalService(local_server.url, token, LOCAL_INSTANCE_CRN, control, home, environment)
    control.reset()
    assert not outside.exists(), f"left loopback: {outside.read_text()}"


@pytest.fixture
def nisqdl(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """``nisqdl("account", "check", …)``: our command as a process of its own, in ``tmp_path``."""

    def call(
        *arguments: str,
        cwd: Path = tmp_path,
        answer: str = "",
        timeout: float = 120,
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "nisqdl", *arguments],
            cwd=cwd,
            env={**os.environ, **(environment or {})},
            input=answer,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return call


@pytest.fixture
def nisqdl_here(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """The same in this process, where everything heavy is imported once for all tests."""

    def call(
        *arguments: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        from nisqdl.cli import main

        monkeypatch.chdir(tmp_path)
        for name, value in (environment or {}).items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        told = capsys.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        return subprocess.CompletedProcess(arguments, code, told.out, told.err)

    return call


@pytest.fixture
def run_on_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """``run_on_device(text, backend)``: an experiment to its end as ``nisqdl run`` does it, without
    its report, which costs more than all the rest; gives what :func:`read_run` reads.
    """

    def call(
        text: str, backend: str = "ibm_torino", mode: str | None = None, name: str = "mine"
    ) -> Any:
        from nisqdl.campaign.budget import Terms
        from nisqdl.campaign.device import aim
        from nisqdl.campaign.steps import run_all
        from nisqdl.cli.on_device import here
        from nisqdl.store.view import read_run
        from nisqdl.targets.service import connect

        monkeypatch.chdir(tmp_path)
        file, folder, connection = tmp_path / f"{name}.yaml", tmp_path / name, connect()
        file.write_text(text)
        experiment = aim(str(file), backend, mode, folder, connection).experiment
        terms = Terms(lambda offer: True)
        run_all(experiment, folder, connection, terms, here(1, quiet=True), poll_s=0.5)
        return read_run(folder)

    return call


def client_environment(url: str, token: str, instance: str) -> dict[str, str]:
    """What tells the client where its services are.

    The client puts ``quantum.`` before the host of its URL, which no address takes, unless the
    URL has the word "experimental" in it: here as the user's name, which nobody reads.
    """
    return {
        "IAM_URL": url,
        "GLOBAL_SEARCH_URL": url,
        "GLOBAL_CATALOG_URL": f"{url}/api/v1",
        "QISKIT_IBM_URL": url.replace("://", "://experimental@") + "/api/v1",
        "QISKIT_IBM_TOKEN": token,
        "QISKIT_IBM_INSTANCE": instance,
        "QISKIT_IBM_CHANNEL": "ibm_quantum_platform",
    }


@pytest.fixture
def _fenced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse what is not loopback, in this process and in those that it starts."""
    _fence_this_process()
    monkeypatch.setenv("NISQDL_TEST_OUTSIDE", str(tmp_path / "outside.log"))
    monkeypatch.setenv("PYTHONPATH", str(_FENCE))
    for name in _PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def _fence_this_process() -> None:
    if "nisqdl_fence" in sys.modules:
        return
    spec = importlib.util.spec_from_file_location("nisqdl_fence", _FENCE / "sitecustomize.py")
    assert spec is not None
    assert spec.loader is not None
    fence = importlib.util.module_from_spec(spec)
    sys.modules["nisqdl_fence"] = fence
    spec.loader.exec_module(fence)  # adds nothing by itself: the variable is not set yet
    sys.addaudithook(fence.refuse_outside)
