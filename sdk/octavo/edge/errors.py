"""What a device can't do, in words."""

from __future__ import annotations


class EdgeError(Exception):
    """Something a device was asked for can't be done; `Refused` is for what isn't to be trusted."""

    def __init__(self, message: str, remedy: str, *, code: str = "", status: int = 0) -> None:
        """``code`` and ``status`` are the platform's, where it answered."""
        super().__init__(f"{message} {remedy}".strip())
        self.message = message
        """What is wrong, with which value."""
        self.remedy = remedy
        """What to do."""
        self.code = code
        """Stable code, for programs."""
        self.status = status
        """HTTP status, 0 without an answer."""
