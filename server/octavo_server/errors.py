"""The errors that reach a caller: each has a stable code, an HTTP status and a remedy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar


class OctavoError(Exception):
    """What went wrong with which value, and what to do about it.

    ``code`` is stable and meant for programs, ``message`` and ``remedy`` are for people.
    """

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    on_trail: ClassVar[bool] = False
    """True: refusing a change this way is kept on the audit trail."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class Unauthenticated(OctavoError):
    """No identity: the token is missing, unknown, expired or revoked."""

    code = "unauthenticated"
    status = 401


class Forbidden(OctavoError):
    """The caller is known but lacks the permission."""

    code = "forbidden"
    status = 403
    on_trail = True


class PolicyRefused(OctavoError):
    """A policy said no; the message quotes its reasons."""

    code = "policy_refused"
    status = 403
    on_trail = True


class NotFound(OctavoError):
    """It doesn't exist, or the caller may not know that it does."""

    code = "not_found"
    status = 404


class Conflict(OctavoError):
    """The write contradicts what is stored: a taken name, a reused key, a stale digest."""

    code = "conflict"
    status = 409


class IllegalMove(OctavoError):
    """The state doesn't allow this step."""

    code = "illegal_move"
    status = 409


class TooLarge(OctavoError):
    """The body is over its limit."""

    code = "too_large"
    status = 413


class Invalid(OctavoError):
    """A field has a value that it can't have; the message names field, value and limit."""

    code = "invalid"
    status = 422


class TooMany(OctavoError):
    """A rate or a quota is used up; ``retry_after_s`` says when it is worth asking again."""

    code = "too_many"
    status = 429

    def __init__(self, message: str, remedy: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(message, remedy)
        self.retry_after_s = retry_after_s


class Unavailable(OctavoError):
    """An engine that Octavo stands on doesn't answer."""

    code = "unavailable"
    status = 503


class StillReading(Unavailable):
    """What is asked for is being read for the first time; it comes in a moment."""

    code = "still_reading"


class Internal(OctavoError):
    """A fault of Octavo's own; its details are in the log under the request id."""

    code = "internal"
    status = 500


@contextmanager
def ending_in_words() -> Iterator[None]:
    """End the process with the error's sentence and remedy instead of a traceback, status 1."""
    try:
        yield
    except OctavoError as error:
        raise SystemExit(f"{error.message} {error.remedy}".strip()) from error
