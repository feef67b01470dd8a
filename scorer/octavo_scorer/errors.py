"""The errors that a scorer's caller sees: each has a stable code, an HTTP status and a remedy.

The codes are the platform's own, so that its router passes them on as they are; the classes are
not, because a scorer runs where the platform isn't installed: in a container, in a notebook.
"""

from __future__ import annotations

from typing import ClassVar


class ScorerError(Exception):
    """What went wrong with which value, and what to do about it.

    ``code`` is stable and meant for programs, ``message`` and ``remedy`` are for people.
    """

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class Unauthenticated(ScorerError):
    """The scorer's secret is missing or wrong."""

    code = "unauthenticated"
    status = 401


class NotFound(ScorerError):
    """No such path or model here."""

    code = "not_found"
    status = 404


class TooLarge(ScorerError):
    """The body, or the number of rows, is over its limit."""

    code = "too_large"
    status = 413


class Invalid(ScorerError):
    """A field has a value that it can't have; the message names field, value and limit."""

    code = "invalid"
    status = 422


class Unavailable(ScorerError):
    """The model can't be loaded, or can't answer now."""

    code = "unavailable"
    status = 503


class Busy(Unavailable):
    """More requests wait than the model can answer in time."""

    retry_after_s: ClassVar[int] = 1
    """Whole seconds after which a caller may try again."""


class ModelFailed(ScorerError):
    """The model's code raised, or answered what can't be an answer, on rows that fit."""

    code = "model_failed"
    status = 500


class Internal(ScorerError):
    """A fault of the scorer's own; its details are in its log under the request id."""

    code = "internal"
    status = 500
