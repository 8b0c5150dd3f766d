"""IBM Quantum accounts on this machine: what may be shown of them, and what never may."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FILE = Path("~/.qiskit/qiskit-ibm.json")
_MASK = "<hidden>"


@dataclass(frozen=True)
class Account:
    """An account of the IBM client, without anything that opens it.

    Attributes:
        name: Its name in the account file, or ``"(environment)"``.
        channel: ``"ibm_quantum_platform"``, ``"ibm_cloud"`` or ``"local"``; may be empty.
        default: Whether the client takes it when none is named.
    """

    name: str
    channel: str
    default: bool


def accounts() -> list[Account]:
    """The accounts that the IBM client would find, the environment's first."""
    found = []
    if os.environ.get("QISKIT_IBM_TOKEN"):
        channel = os.environ.get("QISKIT_IBM_CHANNEL", "")
        found.append(Account("(environment)", redact(channel), default=True))
    for name, entry in _saved().items():
        channel = redact(str(entry.get("channel") or ""))
        default = bool(entry.get("is_default_account"))
        found.append(Account(redact(name), channel, default))
    return found


def account_with(token: str) -> Account:
    """The account that has this token, as it may be shown."""
    if token == os.environ.get("QISKIT_IBM_TOKEN"):
        return accounts()[0]
    names = [redact(name) for name, entry in _saved().items() if entry.get("token") == token]
    found = (account for account in accounts() if account.name in names)
    return next(found, Account("(default)", "", default=True))


def redact(text: str) -> str:
    """The text without any token or instance that this machine knows."""
    for secret in sorted(_secrets(), key=len, reverse=True):
        text = text.replace(secret, _MASK)
    return text


def _secrets() -> Iterator[str]:
    values = [os.environ.get("QISKIT_IBM_TOKEN", ""), os.environ.get("QISKIT_IBM_INSTANCE", "")]
    for entry in _saved().values():
        values += [str(value) for key, value in entry.items() if key in ("token", "instance")]
    # A very short one would eat ordinary words; no real token is.
    return (value for value in values if len(value) >= 6 and value != "None")


def _saved() -> dict[str, dict[str, Any]]:
    """The account file's entries; none where it is missing or no JSON."""
    try:
        content = json.loads(_FILE.expanduser().read_text(encoding="utf-8"))
    except (OSError, ValueError, RuntimeError):
        return {}
    if not isinstance(content, dict):
        return {}
    return {str(name): entry for name, entry in content.items() if isinstance(entry, dict)}
