"""What tightens a parameter besides its literal: unit, bounds, choices and help. Pure.

It stands in the comment on the parameter's line (``# how many | unit: rows | min: 1``), in its
annotation (``Literal["a", "b"]``, ``Annotated[int, {"min": 1}]``), or in the notebook's metadata
(``octavo.parameters.<name>``); the later of these wins.
"""

from __future__ import annotations

import ast
import datetime as dt
import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from octavo.records.parameters import ParameterType, ParameterValue

KEYS: Final = {
    "type": "type", "unit": "unit", "min": "minimum", "minimum": "minimum", "max": "maximum",
    "maximum": "maximum", "choices": "choices", "help": "help",
}  # fmt: skip
TYPES: Final = {
    "int": ParameterType.INT,
    "float": ParameterType.FLOAT,
    "bool": ParameterType.BOOL,
    "str": ParameterType.STR,
    "date": ParameterType.DATE,
    "datetime.date": ParameterType.DATE,
    "dt.date": ParameterType.DATE,
}
MOST_CHOICES: Final = 200
LONGEST_HELP: Final = 200
LONGEST_UNIT: Final = 40


class Unreadable(Exception):
    """What tightens a parameter can't be read; says what and what to do."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


@dataclass(frozen=True, kw_only=True)
class Tightening:
    """What is said about a parameter besides its default."""

    type: ParameterType | None = None
    """Its type; None: that of the literal."""
    unit: str = ""
    """What it is counted in."""
    minimum: Any = None
    """Smallest value, not checked yet; None: none."""
    maximum: Any = None
    """Largest value, not checked yet; None: none."""
    choices: tuple[Any, ...] = ()
    """The only values, not checked yet; empty: any."""
    help: str = ""
    """What it means."""

    def over(self, other: Tightening) -> Tightening:
        """Return this one, with what it doesn't say taken from ``other``."""
        said = {key: value for key, value in vars(self).items() if value not in (None, "", ())}
        return replace(other, **said)


def of_comment(name: str, comment: str) -> Tightening:
    """Read ``how many | unit: rows | min: 1``. Raises Unreadable."""
    said: dict[str, Any] = {}
    words: list[str] = []
    for part in comment.split("|"):
        key, colon, value = (one.strip() for one in part.partition(":"))
        if colon and key.lower() == "type" and value.partition(" ")[0] not in TYPES:
            words.append(part.strip())  # `# type: ignore` is meant for others
        elif colon and key.lower() in KEYS:
            said[key.lower()] = _plain(value) if key.lower() != "choices" else _list(value)
        else:
            if colon and (near := _near(key)):
                raise Unreadable(
                    f"Parameter `{name}`: its comment says {key!r}, which nothing reads.",
                    f"Write `{near}:`, or other words.",
                )
            words.append(part.strip())
    if words and "help" not in said:
        said["help"] = " | ".join(one for one in words if one)
    return of_mapping(name, said)


def of_annotation(name: str, node: ast.expr | None) -> Tightening:
    """Read ``int``, ``Literal["a", "b"]`` or ``Annotated[int, {"min": 1}]``. Raises Unreadable."""
    if node is None:
        return Tightening()
    head = ast.unparse(node.value).rpartition(".")[2] if isinstance(node, ast.Subscript) else ""
    if isinstance(node, ast.Subscript) and head == "Literal":
        return Tightening(choices=tuple(_literals(name, node.slice)))
    if (
        isinstance(node, ast.Subscript)
        and head == "Annotated"
        and isinstance(node.slice, ast.Tuple)
    ):
        found = of_annotation(name, node.slice.elts[0])
        for said in _literals(name, ast.Tuple(elts=node.slice.elts[1:])):
            extra = (
                of_mapping(name, said) if isinstance(said, Mapping) else Tightening(help=str(said))
            )
            found = extra.over(found)
        return found
    written = ast.unparse(node).strip("'\"")
    if written not in TYPES:
        raise Unreadable(
            f"Parameter `{name}` is annotated as `{written[:60]}`, which runs can't be given.",
            f"Use one of {', '.join(kind.value for kind in ParameterType)}.",
        )
    return Tightening(type=TYPES[written])


def _of_annotated(name: str, parts: Sequence[ast.expr]) -> Tightening:
    found = of_annotation(name, parts[0])
    for said in _literals(name, ast.Tuple(elts=list(parts[1:]))):
        told = of_mapping(name, said) if isinstance(said, Mapping) else Tightening(help=str(said))
        found = told.over(found)
    return found


def of_mapping(name: str, said: Mapping[str, Any]) -> Tightening:
    """Read keys such as ``unit`` and ``min``. Raises Unreadable."""
    found: dict[str, Any] = {}
    for key, value in said.items():
        if key not in KEYS:
            raise Unreadable(
                f"Parameter `{name}`: {str(key)[:40]!r} is nothing that can be said about it.",
                f"Use {', '.join(sorted(set(KEYS.values())))}.",
            )
        found[KEYS[key]] = value
    kind = found.get("type")
    if kind is not None and kind not in TYPES:
        raise Unreadable(
            f"Parameter `{name}`: {str(kind)[:40]!r} is no type of a parameter.",
            f"Use one of {', '.join(one.value for one in ParameterType)}.",
        )
    choices = found.get("choices", ())
    if not isinstance(choices, list | tuple) or len(choices) > MOST_CHOICES:
        raise Unreadable(
            f"Parameter `{name}`: its choices are no list of at most {MOST_CHOICES} values.",
            "Write them with commas in between.",
        )
    return Tightening(
        type=TYPES[kind] if kind else None,
        unit=str(found.get("unit", ""))[:LONGEST_UNIT],
        minimum=found.get("minimum"),
        maximum=found.get("maximum"),
        choices=tuple(choices),
        help=str(found.get("help", ""))[:LONGEST_HELP],
    )


def of_metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the notebook's metadata say a parameter, by name; not checked yet."""
    octavo = metadata.get("octavo")
    said = octavo.get("parameters") if isinstance(octavo, Mapping) else None
    return dict(said) if isinstance(said, Mapping) else {}


def _literals(name: str, node: ast.expr) -> Sequence[Any]:
    try:
        found = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise Unreadable(
            f"Parameter `{name}`: its annotation isn't made of literals.",
            "Write plain numbers, texts or true and false.",
        ) from None
    return found if isinstance(found, tuple) else (found,)


def _near(key: str) -> str:
    found = difflib.get_close_matches(key.lower(), KEYS, n=1, cutoff=0.75)
    return found[0] if found and len(key) > 2 else ""


def _list(text: str) -> list[Any]:
    return [_plain(one.strip()) for one in text.split(",") if one.strip()]


def _plain(text: str) -> ParameterValue | str:
    """Return a number or a truth value where the text is one, else the text without quotes."""
    try:
        found = ast.literal_eval(text)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return text
    return found if isinstance(found, bool | int | float | str) else text


def as_plain(value: Any) -> Any:
    """Return a date as its ISO text, everything else as it is."""
    return value.isoformat() if isinstance(value, dt.date) else value
