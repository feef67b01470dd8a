"""Cuts a filter into words, numbers, quoted texts and signs, and keeps where each stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

QUOTES: Final = "\"'`"
SIGNS: Final = ("<=", ">=", "!=", "==", "<>", "<", ">", "=", "(", ")", ",")
_ENDS_WORD: Final = frozenset("()=!<>,\"'`")


class FilterError(Exception):
    """A filter that can't be read; says where, what was read and what may stand there."""

    def __init__(self, position: int, length: int, message: str, expected: tuple[str, ...]) -> None:
        super().__init__(message)
        self.position = position
        """The character where it fails, counted from 0."""
        self.length = max(length, 1)
        """How many characters are meant."""
        self.message = message
        """A sentence without its end."""
        self.expected = expected
        """What may stand there."""


@dataclass(frozen=True, kw_only=True)
class Token:
    """A piece of a filter."""

    kind: str
    """word, text (quoted), field (a prefix with a quoted name), sign, hole (the cursor) or end."""
    text: str
    """What it says, without quotes; of a field its prefix without the dot."""
    start: int
    """Where it begins."""
    end: int
    """Where it ends, the first character after it."""
    name: str = ""
    """The quoted name of a field."""

    @property
    def word(self) -> str:
        """The text of an unquoted word in lower case, else nothing."""
        return self.text.lower() if self.kind == "word" else ""


def tokens(text: str) -> list[Token]:
    """Return the pieces of ``text``, the last one of the kind `end`. Raises FilterError."""
    found: list[Token] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        token = _token(text, at)
        found.append(token)
        at = token.end
    found.append(Token(kind="end", text="", start=len(text), end=len(text)))
    return found


def _token(text: str, at: int) -> Token:
    for sign in SIGNS:
        if text.startswith(sign, at):
            return Token(kind="sign", text=sign, start=at, end=at + len(sign))
    if text[at] in QUOTES:
        inner, end = _quoted(text, at)
        return Token(kind="text", text=inner, start=at, end=end)
    end = at
    while end < len(text) and not text[end].isspace() and text[end] not in _ENDS_WORD:
        end += 1
    if end == at:
        raise FilterError(at, 1, f"{text[at]!r} means nothing here", ("!=", "not"))
    word = text[at:end]
    if word.endswith(".") and end < len(text) and text[end] in QUOTES:
        name, after = _quoted(text, end)
        return Token(kind="field", text=word[:-1], start=at, end=after, name=name)
    return Token(kind="word", text=word, start=at, end=end)


def _quoted(text: str, at: int) -> tuple[str, int]:
    """Return what stands between the quotes that begin at ``at``, and where they end."""
    quote, parts, here = text[at], [], at + 1
    while here < len(text):
        if text[here] == "\\" and here + 1 < len(text):
            parts.append(text[here + 1])
            here += 2
        elif text[here] == quote:
            return "".join(parts), here + 1
        else:
            parts.append(text[here])
            here += 1
    raise FilterError(at, len(text) - at, f"the quote {quote} is never closed", (quote,))
