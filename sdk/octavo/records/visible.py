"""Which characters people don't see in a text, though a program reads them."""

from __future__ import annotations

import re

from pydantic_core import PydanticCustomError

HIDDEN = (
    "\xad\u034f\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e007f"
)
"""Marks that turn the direction of writing, fillers, and characters that nobody sees.

The part of a regular expression between its brackets. What joins signs into one (U+200C, U+200D) is
no part of it: writing needs it.
"""
UNSEEN = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029{HIDDEN}\ud800-\udfff]")
"""These, control characters except tab and line feed, and halves of characters."""


def check_visible(text: str) -> str:
    """Return the text. Raises PydanticCustomError for a character that nobody sees."""
    if (found := UNSEEN.search(text)) is not None:
        raise PydanticCustomError(
            "unseen_character",
            "it holds the character {character}, which nobody sees; leave it out",
            {"character": f"U+{ord(found.group()):04X}"},
        )
    return text
