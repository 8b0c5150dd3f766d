"""The way to IBM Quantum: the account that would be used, its time, its devices."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nisqdl.accounts import Account, account_with, accounts
from nisqdl.errors import AccountError, BudgetError, unknown_name
from nisqdl.targets.refusals import refusals_told

if TYPE_CHECKING:
    from qiskit_ibm_runtime import IBMBackend, QiskitRuntimeService

OPEN_PLAN = "open"
"""The plan that costs nothing, and has no sessions (IBM Quantum documentation, "Plans")."""

LEAST_BUSY = "least_busy"
"""The name that stands for whichever device has the shortest queue."""


@dataclass(frozen=True)
class Instance:
    """What the account's time is counted by.

    Attributes:
        name: Its name.
        crn: Its Cloud Resource Name, which is unique.
        plan: The plan (``"open"``, ``"flex"``, …), in lower case.
        pricing: ``"free"``, ``"paid"``, … as the service says it.
    """

    name: str
    crn: str
    plan: str
    pricing: str


@dataclass(frozen=True)
class Usage:
    """Time on devices in the present period, in seconds; ``None`` where there is no limit.

    Attributes:
        used_s: What has been used.
        limit_s: What may be used.
        remaining_s: What is left.
        exhausted: Whether jobs would not run.
    """

    used_s: float
    limit_s: float | None
    remaining_s: float | None
    exhausted: bool


@dataclass(frozen=True)
class Connection:
    """IBM Quantum through one account and one instance.

    Attributes:
        client: IBM's client; nothing of it holds a token that may be shown.
        account: The account, without what opens it.
        instance: The instance that everything is counted by.
    """

    client: QiskitRuntimeService
    account: Account
    instance: Instance


def connect() -> Connection:
    """Reach IBM Quantum with the account that the client finds.

    The client looks into ``QISKIT_IBM_TOKEN`` and its companions first, then into its account
    file. An account with several instances must say which one is meant: time and money are
    counted by instance, and the client would choose by itself.

    Raises:
        AccountError: There is no account, its token or instance is not accepted, or the service
            cannot be reached.
    """
    if not accounts():
        raise AccountError(
            "There is no IBM Quantum account here. Save one with "
            "QiskitRuntimeService.save_account(token=…, instance=…), or set QISKIT_IBM_TOKEN and "
            "QISKIT_IBM_INSTANCE. `nisqdl demo hardware` needs none."
        )
    _quiet()
    with _readable_account(), refusals_told("opening the account"):
        from qiskit_ibm_runtime import QiskitRuntimeService
        from qiskit_ibm_runtime.accounts import AccountManager

        found = AccountManager.get()
        instance = _chosen(found.instance, [_instance(e) for e in found.list_instances()])
        client = QiskitRuntimeService(instance=instance.crn)
    return Connection(client, account_with(found.token), instance)


def usage(connection: Connection) -> Usage:
    """The instance's time."""
    with refusals_told("asking for the time that is left"):
        report = connection.client.usage()
    remaining = report.get("usage_remaining_seconds")
    return Usage(
        used_s=float(report.get("usage_consumed_seconds") or 0),
        limit_s=_seconds(report.get("usage_limit_seconds", report.get("usage_allocation_seconds"))),
        remaining_s=_seconds(remaining),
        exhausted=bool(report.get("usage_limit_reached")) or remaining == 0,
    )


def backends(connection: Connection) -> list[IBMBackend]:
    """All devices of the instance.

    Raises:
        AccountError: There are none, or the service cannot be reached.
    """
    with refusals_told("listing the devices"):
        found: list[IBMBackend] = connection.client.backends()
    if not found:
        usage(connection)  # the client hides a failure here; this call does not
        raise AccountError(
            f"The instance {connection.instance.name} has no devices. Choose another instance "
            "(QISKIT_IBM_INSTANCE), or ask who runs it to allot some."
        )
    return found


def find_backend(
    connection: Connection, name: str, qubits: int = 1, fractional: bool = False
) -> IBMBackend:
    """The device of this name.

    Args:
        connection: Where to look.
        name: The service's name (``"ibm_torino"``), the same without ``ibm_``, or
            ``"least_busy"``: of those online with enough qubits, the one with the fewest jobs.
        qubits: How many qubits are needed.
        fractional: Whether its fractional gates (``rx``, ``rzz``) are wanted too.

    Raises:
        AccountError: There is no such device (any more), or it is too small.
    """
    from qiskit.providers.exceptions import QiskitBackendNotFoundError

    if name == LEAST_BUSY:
        return _least_busy(connection, qubits, fractional)
    full = name if name.startswith("ibm_") else f"ibm_{name}"
    try:
        with refusals_told(f"looking for {full}"):
            backend: IBMBackend = connection.client.backend(full, use_fractional_gates=fractional)
    except QiskitBackendNotFoundError:
        names = [LEAST_BUSY, *(backend.name for backend in backends(connection))]
        where = f"in the instance {connection.instance.name}"
        finding = unknown_name("device", name, names, where)
        raise AccountError(f"{finding} A device that was there before has been retired.") from None
    if backend.num_qubits < qubits:
        raise AccountError(
            f"{full} must have at least {qubits} qubits, but has {backend.num_qubits}. "
            "Choose a larger device."
        )
    return backend


def require_open(backend: IBMBackend) -> None:
    """Refuse a device that takes no jobs, or does not run them.

    Raises:
        AccountError: It is offline, paused, or closed to the public.
    """
    with refusals_told(f"asking {backend.name} for its status"):
        status = backend.status()
    if not status.operational or status.status_msg != "active":
        state = status.status_msg if status.status_msg != "active" else "not operational"
        raise AccountError(
            f"{backend.name} runs no jobs now: it is {state}. Choose another device (`nisqdl "
            "devices --live`, or least_busy), or repeat the command when it is back."
        )


def require_time(found: Usage, seconds: float = 0.0) -> None:
    """Refuse what the instance has no time for.

    Args:
        found: The instance's time.
        seconds: What is wanted.

    Raises:
        BudgetError: There is none left, or less than that.
    """
    if found.exhausted:
        raise BudgetError(
            "The instance has no time on devices left in this period: "
            f"{found.used_s:.0f} s of {_limit(found)} are used. Wait for the next period, or use "
            "another instance (QISKIT_IBM_INSTANCE)."
        )
    if found.remaining_s is not None and seconds > found.remaining_s:
        raise BudgetError(
            f"It would take about {seconds:.0f} s on the device, but the instance has "
            f"{found.remaining_s:.0f} s left. Ask for fewer points, samples or shots."
        )


def _limit(found: Usage) -> str:
    return "an unknown number" if found.limit_s is None else f"{found.limit_s:.0f} s"


@contextmanager
def _readable_account() -> Iterator[None]:
    """A damaged account file makes the client raise whatever its parser does."""
    try:
        yield
    except (ValueError, KeyError, TypeError) as error:
        raise AccountError(
            f"The account of IBM's client cannot be read ({type(error).__name__}). Save it again "
            "with QiskitRuntimeService.save_account(…, overwrite=True)."
        ) from None


def _instance(entry: dict[str, Any]) -> Instance:
    return Instance(
        name=str(entry.get("name") or ""),
        crn=str(entry["crn"]),
        plan=str(entry.get("plan") or "unknown"),
        pricing=str(entry.get("pricing_type") or "unknown"),
    )


def _chosen(named: str | None, known: Sequence[Instance]) -> Instance:
    """The instance of this CRN or name; where none is named, the only one."""
    listed = ", ".join(f"{instance.name} ({instance.plan})" for instance in known)
    if not known:
        raise AccountError(
            "The account has no instance of IBM Quantum. Create one on quantum.cloud.ibm.com."
        )
    if named in (None, "", "auto"):
        if len(known) == 1:
            return known[0]
        raise AccountError(
            f"The account has several instances, and must say which is meant: {listed}. Set "
            "QISKIT_IBM_INSTANCE to its CRN or name, or save it with the account."
        )
    fitting = [instance for instance in known if named in (instance.crn, instance.name)]
    if not fitting:
        raise AccountError(
            "The account has no access to the instance that QISKIT_IBM_INSTANCE, or the saved "
            f"account, names. It has access to: {listed}. Name one of them, by CRN or name."
        )
    if len(fitting) > 1:
        raise AccountError(
            f"The account has {len(fitting)} instances of the name {named}. Name the one that is "
            "meant by its CRN (QISKIT_IBM_INSTANCE)."
        )
    return fitting[0]


def _least_busy(connection: Connection, qubits: int, fractional: bool) -> IBMBackend:
    from qiskit.providers.exceptions import QiskitBackendNotFoundError

    try:
        with refusals_told("looking for the least busy device"):
            backend: IBMBackend = connection.client.least_busy(
                min_num_qubits=qubits, use_fractional_gates=fractional
            )
    except QiskitBackendNotFoundError:
        usage(connection)  # the client hides a failure here; this call does not
        raise AccountError(
            f"No device of the instance {connection.instance.name} is online with at least "
            f"{qubits} qubits. `nisqdl devices --live` shows them."
        ) from None
    return backend


def _seconds(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _quiet() -> None:
    """Let errors speak for the client's warnings, unless its own variable asks for its log."""
    if not os.environ.get("QISKIT_IBM_RUNTIME_LOG_LEVEL"):
        import qiskit_ibm_runtime  # its import sets its level

        logging.getLogger(qiskit_ibm_runtime.__name__).setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", module=r"qiskit_ibm_runtime\b")
