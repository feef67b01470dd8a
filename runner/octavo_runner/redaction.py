"""Keeps the run's secrets out of what it leaves: values are replaced, in their usual disguises."""

from __future__ import annotations

import base64
import json
import re
import urllib.parse
from collections.abc import Mapping

SHORTEST = 4
"""Characters below which a value is too common to be looked for in outputs."""


class Redactor:
    """Replaces secret values by their names."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        """Take names to values."""
        found: dict[str, str] = {}
        for name, value in secrets.items():
            if len(value) >= SHORTEST:
                found |= dict.fromkeys(_disguises(value), f"[secret: {name}]")
        self._plain = found
        self._quoted = {json.dumps(one, ensure_ascii=False)[1:-1]: to for one, to in found.items()}
        self._quoted |= {json.dumps(one)[1:-1]: to for one, to in found.items()}
        self.longest = max(map(len, found), default=0)
        """Characters of the longest text that is replaced."""

    def text(self, text: str) -> str:
        """Return ``text`` without secrets."""
        return _replaced(text, self._plain)

    def json(self, text: str) -> str:
        """Return JSON text without secrets in its strings."""
        return _replaced(text, self._quoted)


def _disguises(value: str) -> set[str]:
    raw = value.encode("utf-8", "surrogatepass")
    return {
        value,
        repr(value)[1:-1],
        value.encode("unicode_escape").decode(),
        urllib.parse.quote(raw, safe=""),
        urllib.parse.quote_plus(raw),
        base64.b64encode(raw).decode().rstrip("="),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
        raw.hex(),
    }


def _replaced(text: str, table: Mapping[str, str]) -> str:
    # Nearly always none is there, and looking for plain text is cheaper than for a pattern.
    present = [one for one in table if one in text]
    if not present:
        return text
    pattern = "|".join(re.escape(one) for one in sorted(present, key=len, reverse=True))
    return re.sub(pattern, lambda hit: table[hit.group()], text)
