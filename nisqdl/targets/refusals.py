"""What IBM's client raises, told as one sentence: what is wrong, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nisqdl.errors import AccountError, NisqdlError


@contextmanager
def refusals_told(doing: str) -> Iterator[None]:
    """Within it, what the client raises becomes an :class:`AccountError`.

    Args:
        doing: What is being done, as it stands after "while": ``"listing devices"``.
    """
    from ibm_cloud_sdk_core import ApiException
    from qiskit_ibm_runtime.exceptions import IBMError
    from requests import RequestException

    try:
        yield
    except NisqdlError:
        raise
    except (IBMError, ApiException, RequestException) as error:
        # Without what caused it: the client's own traceback has headers with the token in it.
        raise AccountError(explained(error, doing)) from None


def explained(error: BaseException, doing: str) -> str:
    """The sentence for an error of the client's.

    The client wraps what happened several times over; the status of an answer, or that there was
    none, is looked for in the whole chain.
    """
    from requests import ConnectionError, Timeout
    from requests.exceptions import RetryError

    links = list(_chain(error))
    status = next((code for link in links if (code := _status(link)) is not None), None)
    if status in (400, 401, 403) and any(_is_token_request(link) for link in links):
        return REFUSED_TOKEN
    if status in (401, 403):
        return (
            f"IBM Quantum refused it while {doing} (HTTP {status}): the account may not use this "
            "instance, or the token has been withdrawn. `nisqdl account check` shows what is used."
        )
    if status == 429:
        return f"IBM Quantum asks for fewer requests while {doing} (HTTP 429); wait a minute."
    if (status or 0) >= 500 or any(isinstance(link, RetryError) for link in links):
        return (
            f"IBM Quantum has a fault of its own while {doing} (HTTP {status or '5xx'}); nothing "
            "is lost. Repeat the command later."
        )
    if any(isinstance(link, ConnectionError | Timeout) for link in links):
        return (
            f"IBM Quantum cannot be reached while {doing}. Check the network, the proxy, and the "
            "account's URL; then repeat the command."
        )
    return f"IBM Quantum refused it while {doing}: {_message(links[0])}"


REFUSED_TOKEN = (
    "IBM Quantum does not accept the account's token: it is wrong, or has been withdrawn. Make an "
    "API key on quantum.cloud.ibm.com and save it with QiskitRuntimeService.save_account."
)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _answer(error: BaseException) -> Any:
    """The HTTP answer that an error carries; an answer with an error in it is falsy."""
    for name in ("response", "http_response"):
        answer = getattr(error, name, None)
        if answer is not None:
            return answer
    return None


def _status(error: BaseException) -> int | None:
    """The HTTP status that an error carries."""
    for holder in (_answer(error), error):
        status = getattr(holder, "status_code", None)
        if isinstance(status, int) and status > 0:
            return status
    return None


def _is_token_request(error: BaseException) -> bool:
    return "/identity/token" in str(getattr(_answer(error), "url", ""))


def _message(error: BaseException) -> str:
    text = " ".join(str(getattr(error, "message", error)).split()).strip("'\"")
    return text if text.endswith((".", "!", "?")) else f"{text}."
