"""A person's name here, made from what the provider calls them: safe, and never another's."""

from __future__ import annotations

import hashlib
import re

# Safe as a folder, in an address and in the account's comment; see octavo.local.accounts.
PLAIN = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
# What made names end in. A provider's own name of that form is made over too, so nobody can take
# a name at the provider that is another person's here.
MADE = re.compile(r".*--[0-9a-f]{12}")
LONGEST_STEM = 40


def account_name(given: str) -> str:
    """Return the name here of the person whom the provider calls ``given``.

    Names differ only when the provider's differ in more than upper and lower case, which
    JupyterHub and mail addresses don't tell apart.
    """
    lower = given.strip().lower()
    if PLAIN.fullmatch(lower) and not MADE.fullmatch(lower):
        return lower
    stem = re.sub(r"[^a-z0-9.]+", "-", lower).strip("-.")[:LONGEST_STEM].rstrip("-.")
    mark = hashlib.sha256(lower.encode()).hexdigest()[:12]
    return f"{stem or 'person'}--{mark}"
