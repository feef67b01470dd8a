"""What the server half answers when it can't carry a request: the platform's own error shape."""

import uuid
from typing import ClassVar


class ProxyFailure(Exception):
    """A request that was not carried; subclasses fix the stable code and the HTTP status."""

    code: ClassVar[str] = "unavailable"
    status: ClassVar[int] = 503

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        """What was wrong, with which value."""
        self.remedy = remedy
        """What the person can do about it."""

    def body(self, request_id: str = "") -> dict[str, str]:
        """The error as the platform would have written it."""
        return error_body(self.code, self.message, self.remedy, request_id)


class NotConnected(ProxyFailure):
    """The workspace's environment names no platform, or holds no token."""

    code = "unavailable"
    status = 503


class Unreachable(ProxyFailure):
    """The platform did not answer, or stopped in the middle of an answer."""

    code = "unavailable"
    status = 503


class BadPath(ProxyFailure):
    """The path would leave the platform's API."""

    code = "not_found"
    status = 404


class TooLarge(ProxyFailure):
    """The request's body is over the limit."""

    code = "too_large"
    status = 413


def error_body(code: str, message: str, remedy: str, request_id: str = "") -> dict[str, str]:
    """Build the one error shape; a missing request id is made, so that one can be quoted."""
    return {
        "error": code,
        "message": message,
        "remedy": remedy,
        "request_id": request_id or uuid.uuid4().hex,
    }
