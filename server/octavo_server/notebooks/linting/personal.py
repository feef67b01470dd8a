"""The rule on personal data in saved outputs: forms that check themselves, masked. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from octavo.records.linting import ClearOutputs, SafeFix
from octavo_server.notebooks.document import Cell
from octavo_server.notebooks.linting.domain import Finding

MOST_LOOKED_AT: Final = 2**20
"""Characters of one cell's outputs that are looked at."""
_CODE: Final = re.compile(r"<(/?)(script|style)\b", re.IGNORECASE)
_EMAIL: Final = re.compile(
    r"(?<![\w.+/:-])([A-Za-z0-9][\w.+-]{0,63})@((?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,12})\b"
)
_NOBODY: Final = re.compile(
    r"(?i)^(?:no-?reply|do-?not-?reply|git|info|support|contact|admin|root|user|users|help|dev|team"
    r"|name|email|someone|you|me|security|abuse|postmaster|webmaster|bugs?|python-\w+|maintainers?)$"
)
_NOWHERE: Final = re.compile(
    r"(?i)(?:^|\.)(?:example|test|invalid|localhost|local|lan|internal)(?:\.(?:com|org|net|edu))?$"
    r"|\.(?:py|js|so|png|jpe?g|gif|svg|html?|csv|json|whl|zip|gz|ipynb|parquet)$"
)
_PHONE: Final = re.compile(
    r"(?<![\w.+(-])\+[1-9]\d{0,2}[ -]\(?\d{1,4}\)?(?:[ /-]\d{2,8}){1,4}(?![\w.-])"
)
_CARD: Final = re.compile(
    r"(?<![\w.,-])(?:4\d{3}|5[1-5]\d{2}|2[2-7]\d{2}|6011)([ -])\d{4}\1\d{4}\1\d{4}(?![\w-]|[.,]\d)"
    r"|(?<![\w.,-])3[47]\d{2}([ -])\d{6}\2\d{5}(?![\w-]|[.,]\d)"
)
_IBAN: Final = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_SSN: Final = re.compile(r"(?<![\w.-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w.-])")


def findings(cell: Cell, text: str) -> Iterator[Finding]:
    """Yield one finding for a cell whose saved outputs, ``text``, show personal data."""
    shown = _without_code(text[:MOST_LOOKED_AT])
    found = {kind: values for kind, values in _kinds(shown) if values}
    if not found:
        return
    told = ", ".join(f"{len(values)} {kind}" for kind, values in found.items())
    first = next(iter(next(iter(found.values()))))
    yield Finding(
        rule="personal-data",
        cell=cell.index,
        in_output=True,
        message=f"Its saved output shows what looks like {told}, such as {_masked(first)}.",
        fix="Clear the output; show counts, or columns without persons.",
        safe_fix=SafeFix(
            label="Clear this output", edits=[ClearOutputs(cell=cell.index, cell_id=cell.id)]
        ),
    )


def _without_code(text: str) -> str:
    """Return the text without scripts and style sheets: their authors are no persons in the data.

    Each tag is looked at once, however many are never closed.
    """
    kept, start, inside = [], 0, ""
    for tag in _CODE.finditer(text):
        closes, name = tag.group(1), tag.group(2).lower()
        if inside and closes and name == inside:
            inside, start = "", tag.end()
        elif not inside and not closes:
            kept.append(text[start : tag.start()])
            inside = name
    return "".join([*kept, text[start:]]) if not inside else "".join(kept)


def _kinds(text: str) -> Iterator[tuple[str, list[str]]]:
    if "@" in text:
        yield "e-mail addresses", _distinct(
            one.group() for one in _EMAIL.finditer(text)
            if not (_NOBODY.match(one.group(1)) or _NOWHERE.search(one.group(2)))
        )  # fmt: skip
    if "+" in text:
        phones = (one.group() for one in _PHONE.finditer(text))
        yield "phone numbers", _distinct(one for one in phones if 9 <= _digits(one) <= 15)
    cards = (one.group() for one in _CARD.finditer(text) if not _in_a_row(text, one))
    yield "card numbers", _distinct(one for one in cards if luhn(one))
    ibans = (one.group() for one in _IBAN.finditer(text))
    yield "account numbers", _distinct(one for one in ibans if iban(one))
    if text.count("-") > 1:
        yield "social security numbers", _distinct(one.group() for one in _SSN.finditer(text))


def _in_a_row(text: str, found: re.Match[str]) -> bool:
    """Return whether more numbers stand beside it: a table's row of years is no card."""
    before, after = (
        text[max(0, found.start() - 8) : found.start()].rstrip(" "),
        text[found.end() : found.end() + 8].lstrip(" "),
    )
    return before[-1:].isdigit() or after[:1].isdigit()


def _distinct(found: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(found))


def _digits(text: str) -> int:
    return sum(one.isdigit() for one in text)


def luhn(number: str) -> bool:
    """Return whether the digits' check sum is that of a card number (ISO/IEC 7812)."""
    digits = [int(one) for one in reversed(number) if one.isdigit()]
    doubled = (2 * one - 9 if 2 * one > 9 else 2 * one for one in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def iban(number: str) -> bool:
    """Return whether the check digits are those of an account number (ISO 13616)."""
    plain = number.replace(" ", "")
    if not 15 <= len(plain) <= 34:
        return False
    return int("".join(str(int(one, 36)) for one in plain[4:] + plain[:4])) % 97 == 1


def _masked(value: str) -> str:
    """Return the value with all but its first and last characters hidden."""
    name, at, domain = value.partition("@")
    if at:
        return f"{name[0]}…@{domain[0]}…"
    return f"{value[:2]}…{value[-2:]}"
