"""Calls to the service that survive rate limits and faults, and never send a job twice.

The client repeats a POST five times on 5xx, so that a lost answer makes a second job; for whoever
sends through here it repeats what only asks. Everything else is repeated by :func:`persistent`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from nisqdl.errors import AccountError, NisqdlError
from nisqdl.targets.refusals import explained

if TYPE_CHECKING:
    from qiskit_ibm_runtime import QiskitRuntimeService, RuntimeJobV2

T = TypeVar("T")


@dataclass(frozen=True)
class Patience:
    """How long faults are waited out.

    Attributes:
        first_s: The first wait; each further one is twice as long.
        longest_s: The longest wait, and the longest that the service may ask for.
        tries: How often a call is tried.
        settle_s: How long after an unanswered submission the service may still take it in: only
            then is it sure that what is not there was never received.
    """

    first_s: float = 0.5
    longest_s: float = 60.0
    tries: int = 7
    settle_s: float = 30.0

    def wait_s(self, trial: int, asked_s: float | None) -> float:
        """Seconds to wait after the trial of this number, counted from 0."""
        return min(self.longest_s, asked_s or self.first_s * 2.0**trial)


@dataclass(frozen=True)
class Fault:
    """What went wrong with a call.

    Attributes:
        status: The HTTP status; ``None`` if there was no answer.
        retry_after_s: For how long the service asks to be left alone.
        reached: Whether the service can have got the call.
    """

    status: int | None
    retry_after_s: float | None
    reached: bool

    @property
    def passes(self) -> bool:
        """Whether it may go by itself: too many requests, a fault of the service, no answer."""
        return self.status is None or self.status == 429 or self.status >= 500

    @property
    def refused(self) -> bool:
        """Whether it is sure that the call had no effect."""
        return not self.reached or (self.status is not None and 400 <= self.status < 500)


def send_posts_once(client: QiskitRuntimeService) -> None:
    """Make the client repeat only calls that ask, never a POST, in whichever of its instances.

    Raises:
        NisqdlError: The client is built otherwise than the one that this was written for.
    """
    from qiskit_ibm_runtime.api.session import STATUS_FORCELIST, RetrySession
    from requests.adapters import HTTPAdapter
    from urllib3.util.retry import Retry

    apis = [getattr(client, "_active_api_client", None)]
    apis += getattr(client, "_api_clients", {}).values()
    found = [getattr(api, "_session", None) for api in apis]
    sessions = [session for session in found if isinstance(session, RetrySession)]
    if len(sessions) < len(found):
        raise NisqdlError(
            "qiskit-ibm-runtime is built otherwise than version 0.51, so its repetition of "
            "submissions cannot be turned off; install the version that nisqdl asks for."
        )
    retry = Retry(
        total=5,
        connect=3,
        backoff_factor=0.5,
        status_forcelist=STATUS_FORCELIST,
        allowed_methods=("GET", "HEAD", "OPTIONS"),
        respect_retry_after_header=False,  # `persistent` does, within bounds
    )
    for session in sessions:
        session.mount(session.base_url, HTTPAdapter(max_retries=retry))


def jobs_of_tag(
    client: QiskitRuntimeService,
    tag: str,
    sent: str | None,
    tell: Callable[[str], None],
    patience: Patience,
    instance: str | None = None,
) -> list[RuntimeJobV2]:
    """The service's jobs with a tag, oldest first; none only when it is sure that it has none.

    A job whose submission was not answered may still be taken in: it is looked for until
    ``settle_s`` seconds after it was sent.

    Args:
        client: The service.
        tag: The jobs' tag.
        sent: When it was sent without an answer, ISO 8601; ``None`` if it never was.
        tell: Takes a sentence for the user.
        patience: How long.
        instance: The CRN to look in; ``None`` is the active one.
    """
    told = False
    trial = 0
    while True:
        found: list[RuntimeJobV2] = persistent(
            lambda: client.jobs(job_tags=[tag], limit=None, descending=False, instance=instance),
            "looking for jobs that were sent before",
            patience,
        )
        left_s = 0.0 if sent is None else patience.settle_s - _age_s(sent)
        if found or left_s <= 0:
            return found
        if not told:
            tell(
                f"The submission of {tag} was not answered; looking for {left_s:.0f} s whether "
                "the service has it, so that it is not sent twice."
            )
            told = True
        time.sleep(min(left_s, patience.wait_s(trial, None)))
        trial += 1


def persistent(call: Callable[[], T], doing: str, patience: Patience) -> T:
    """The answer to a call that may be repeated, waiting out what passes by itself.

    Args:
        call: What is asked; it has no effect that must not happen twice.
        doing: What it does, after "while", for the sentence.
        patience: How long.

    Raises:
        AccountError: It is refused, or faults went on for too long.
    """
    for trial in range(patience.tries):
        try:
            return call()
        except Exception as error:
            found = fault(error)
            if found is None:
                raise
            asked = found.retry_after_s
            last = trial == patience.tries - 1
            if not found.passes or last or (asked or 0) > patience.longest_s:
                raise refusal(error, doing) from None
            time.sleep(patience.wait_s(trial, asked))
    raise AssertionError("a call is tried at least once")


def refusal(error: BaseException, doing: str) -> NisqdlError:
    """The sentence for a fault; one that is a sentence already stays as it is."""
    if isinstance(error, NisqdlError):
        return error
    found = fault(error)
    if found is not None and found.retry_after_s:
        return AccountError(
            f"IBM Quantum asks to be left alone for {found.retry_after_s:.0f} s while {doing} "
            f"(HTTP {found.status}); nothing is lost. Repeat the command then."
        )
    return AccountError(explained(error, doing))


def fault(error: BaseException) -> Fault | None:
    """What an exception of the client's says about the call; ``None`` if it says nothing."""
    from ibm_cloud_sdk_core import ApiException
    from qiskit_ibm_runtime.exceptions import IBMError
    from requests import RequestException
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

    links = list(_chain(error))
    if not any(isinstance(link, IBMError | RequestException | ApiException) for link in links):
        return None
    status = retry_after = None
    reached = True
    for link in links:
        # Never `or`: an answer with an error's status counts as false.
        answer = getattr(link, "response", None)
        if answer is None:
            answer = getattr(link, "http_response", None)
        if answer is not None and status is None:
            status = int(answer.status_code)
            retry_after = _seconds(answer.headers.get("Retry-After"))
        reason = getattr(getattr(link, "args", (None,))[0] if link.args else None, "reason", None)
        if isinstance(reason, NewConnectionError | ConnectTimeoutError):
            reached = False
    if status is None:
        codes = [getattr(link, "status_code", None) for link in links]
        status = next((c for c in codes if isinstance(c, int) and c > 0), None)
    return Fault(status, retry_after, reached)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _age_s(moment: str) -> float:
    return (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()


def _seconds(header: str | None) -> float | None:
    try:
        return None if header is None else float(header)
    except ValueError:
        return None  # a date: the usual waits do
