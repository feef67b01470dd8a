"""Typed parameters: read from the cell tagged `parameters`, and values checked against them.

Pure. A parameter is a name assigned a literal: ``n = 3``, ``rate: float = 1``,
``day = datetime.date(2013, 6, 1)`` or ``day: date = "2013-06-01"``; ``tightening`` reads what else
is said about it.
"""

from __future__ import annotations

import ast
import datetime as dt
import io
import keyword
import math
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from octavo.records.parameters import Parameter, ParameterType, ParameterValue
from octavo_server.errors import Invalid
from octavo_server.execution import Injection
from octavo_server.notebooks import tightening
from octavo_server.notebooks.document import PARAMETERS_TAG, Cell, Document
from octavo_server.notebooks.magics import plain
from octavo_server.notebooks.tightening import TYPES, Tightening, Unreadable

LONGEST_TEXT = 4096
LARGEST_INT = 2**53 - 1
MOST_PARAMETERS = 64
ORDERED = frozenset({ParameterType.INT, ParameterType.FLOAT, ParameterType.DATE})
"""The types that bounds mean something for."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Why something in the parameters cell is no typed parameter."""

    line: int | None
    """Line in the cell from 1; None: it stands in the notebook's metadata."""
    untyped: bool
    """Whether it has no typed literal; else what tightens it is wrong."""
    message: str
    """What is wrong, with the name and the value."""
    fix: str
    """What to do about it."""


def cell_of(document: Document) -> Cell | None:
    """Return the cell tagged `parameters`, the first if there are several."""
    return next((cell for cell in document.code if PARAMETERS_TAG in cell.tags), None)


def infer(document: Document) -> list[Parameter]:
    """Return the typed parameters; what can't be typed is left out and lint says so."""
    return [one for one in _read(document) if isinstance(one, Parameter)]


def faults(document: Document) -> list[Fault]:
    """Return why anything in the parameters cell, or about it in the metadata, was left out."""
    return [one for one in _read(document) if isinstance(one, Fault)]


def read_cell(source: str) -> list[Parameter | None]:
    """Return one entry an assignment, None where it has no typed literal."""
    return [one if isinstance(one, Parameter) else None for one in _read_source(source, {})]


def _read(document: Document) -> list[Parameter | Fault]:
    cell = cell_of(document)
    said = tightening.of_metadata(document.metadata)
    found = [] if cell is None else _read_source(cell.source, said)
    names = {one.name for one in found if isinstance(one, Parameter)}
    for name in sorted(set(said) - names) if cell is not None else ():
        if not any(isinstance(one, Fault) and f"`{name}`" in one.message for one in found):
            message = f"The notebook's metadata speak of a parameter `{str(name)[:60]}` that isn't."
            fix = "Assign it in the cell tagged `parameters`, or remove it from the metadata."
            found.append(Fault(line=None, untyped=False, message=message, fix=fix))
    return found


def _read_source(source: str, said: Mapping[str, Any]) -> list[Parameter | Fault]:
    python = plain(source).python
    try:
        body = ast.parse(python).body
        comments = _comments(python)
        assigned = {
            each[0]: (one.end_lineno or one.lineno, each) for one in body for each in _assigned(one)
        }
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []  # lint says that this is no Python
    found: list[Parameter | Fault] = []
    for line, (name, annotation, value) in assigned.values():
        try:
            told = _tightened(name, annotation, comments.get(line, ""), said.get(name))
            found.append(_parameter(name, told, value))
        except Unreadable as error:
            found.append(Fault(line=line, untyped=False, message=error.message, fix=error.remedy))
        except _Untyped as error:
            fix = "Write `name: type = literal`; derive everything else in the next cell."
            found.append(Fault(line=line, untyped=True, message=str(error), fix=fix))
    return found


class _Untyped(Exception):
    """An assignment without a literal of a known type."""


def _tightened(name: str, annotation: ast.expr | None, comment: str, said: object) -> Tightening:
    if said is not None and not isinstance(said, Mapping):
        raise Unreadable(
            f"Parameter `{name}`: what the notebook's metadata say about it is no object.",
            "Write an object with keys such as `unit` and `min`.",
        )
    written = tightening.of_annotation(name, annotation).over(tightening.of_comment(name, comment))
    return tightening.of_mapping(name, said).over(written) if said else written


def accept(
    declared: Sequence[Parameter], given: Mapping[str, ParameterValue]
) -> dict[str, ParameterValue]:
    """Return all parameters' values, defaults filled in.

    Raises Invalid for a name that isn't declared or a value of another type. Only declared names
    ever reach the notebook: names are written into its code as they are.
    """
    known = {one.name: one for one in declared}
    for name in given:
        if name not in known:
            raise Invalid(
                f"parameters: {name[:80]!r} is no parameter of this notebook; it has "
                f"{', '.join(known) or 'none'}.",
                "Correct the name, or add it to the cell tagged `parameters`.",
            )
    return {
        one.name: _value(one, given[one.name]) if one.name in given else one.default
        for one in declared
    }


def injections(
    declared: Sequence[Parameter], values: Mapping[str, ParameterValue]
) -> dict[str, Injection]:
    """Return how the notebook gets to see ``values``, which :func:`accept` has checked."""
    return {
        one.name: Injection(value=values[one.name], as_date=one.literal == "date")
        for one in declared
    }


def with_defaults(
    declared: Sequence[Parameter], values: Mapping[str, ParameterValue]
) -> list[Parameter]:
    """Return the parameters with other defaults, which :func:`accept` has checked."""
    return [
        one.model_copy(update={"default": values.get(one.name, one.default)}) for one in declared
    ]


def models_of(values: Mapping[str, ParameterValue]) -> list[str]:
    """Return the model addresses among parameter values, such as ``models:/late/3``."""
    return sorted(
        {
            value
            for value in values.values()
            if isinstance(value, str) and value.startswith("models:/")
        }
    )


def _assigned(statement: ast.stmt) -> list[tuple[str, ast.expr | None, ast.expr]]:
    if isinstance(statement, ast.Assign):
        return [
            (target.id, None, statement.value)
            for target in statement.targets
            if isinstance(target, ast.Name)
        ]
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        value = statement.value or ast.Constant(None)
        return [(statement.target.id, statement.annotation, value)]
    return []


def _parameter(name: str, said: Tightening, value: ast.expr) -> Parameter:
    """Return the parameter. Raises _Untyped without a literal, Unreadable for wrong bounds."""
    literal = _literal(value)
    kind = said.type or _type_of(literal)
    if literal is None or kind is None or keyword.iskeyword(name) or name.startswith("__"):
        raise _Untyped(
            f"Parameter `{name}` has no literal default of type int, float, bool, str or date."
        )
    form: Literal["text", "date"] | None = None
    if kind is ParameterType.DATE:
        form = "date" if isinstance(literal, dt.date) else "text"
    bare = Parameter(name=name, type=kind, default="", help=said.help, literal=form, unit=said.unit)
    default = _CHECKS[kind](tightening.as_plain(literal))
    if default is None:
        raise _Untyped(
            f"Parameter `{name}`: its default {_shown(literal)} is no {_MEANINGS[kind]}."
        )
    tight = bare.model_copy(
        update={
            "default": default,
            "minimum": _bound(bare, "minimum", said.minimum),
            "maximum": _bound(bare, "maximum", said.maximum),
            "choices": [_bound(bare, "choices", one) for one in said.choices],
        }
    )
    _check_bounds(tight)
    return tight


def _bound(parameter: Parameter, what: str, value: Any) -> ParameterValue | None:
    if value is None:
        return None
    if what != "choices" and parameter.type not in ORDERED:
        raise Unreadable(
            f"Parameter `{parameter.name}` is of type {parameter.type.value}, which has no {what}.",
            "State choices, or remove it.",
        )
    plain_value = tightening.as_plain(value)
    if parameter.type is ParameterType.STR and what == "choices":
        plain_value = str(value)
    checked = _CHECKS[parameter.type](plain_value)
    if checked is None:
        raise Unreadable(
            f"Parameter `{parameter.name}`: {what} {_shown(value)} is no "
            f"{_MEANINGS[parameter.type]}.",
            "Correct it.",
        )
    return checked


def _check_bounds(parameter: Parameter) -> None:
    low, high = parameter.minimum, parameter.maximum
    if low is not None and high is not None and _less(high, low):
        raise Unreadable(
            f"Parameter `{parameter.name}`: its minimum {low!r} is above its maximum {high!r}.",
            "Swap them.",
        )
    for what, value in [
        ("default", parameter.default),
        *(("choice", one) for one in parameter.choices),
    ]:
        why = _why_outside(parameter, value, choices=what == "default")
        if why:
            raise Unreadable(
                f"Parameter `{parameter.name}`: its {what} {_shown(value)} {why}.",
                "Correct it, or the bounds.",
            )


def _less(one: ParameterValue, other: ParameterValue) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return str(one) < str(other)  # ISO dates sort as text
    return one < other


def _why_outside(parameter: Parameter, value: ParameterValue, *, choices: bool = True) -> str:
    """Return why a value of the right type isn't allowed; empty if it is."""
    unit = f" {parameter.unit}" if parameter.unit else ""
    if choices and parameter.choices and value not in parameter.choices:
        shown = ", ".join(repr(one) for one in parameter.choices[:20])
        return f"is none of {shown}"
    if parameter.minimum is not None and _less(value, parameter.minimum):
        return f"is less than {parameter.minimum}{unit}"
    if parameter.maximum is not None and _less(parameter.maximum, value):
        return f"is more than {parameter.maximum}{unit}"
    return ""


def _literal(value: ast.expr) -> ParameterValue | dt.date | None:
    if isinstance(value, ast.Call) and ast.unparse(value.func) in TYPES:
        try:
            return dt.date(*[ast.literal_eval(one) for one in value.args])
        except (TypeError, ValueError, OverflowError):
            return None
    try:
        literal = ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return literal if isinstance(literal, bool | int | float | str) else None


def _type_of(literal: object) -> ParameterType | None:
    if isinstance(literal, dt.date):
        return ParameterType.DATE
    return TYPES.get(type(literal).__name__)


def _value(parameter: Parameter, value: ParameterValue) -> ParameterValue:
    """Return ``value`` in the parameter's own type, within its bounds. Raises Invalid."""
    checked = _CHECKS[parameter.type](value)
    if checked is None:
        raise Invalid(
            f"parameters.{parameter.name}: {_shown(value)} is no {_MEANINGS[parameter.type]}.",
            f"Give a value such as {parameter.default!r}.",
        )
    why = _why_outside(parameter, checked)
    if why:
        raise Invalid(
            f"parameters.{parameter.name}: {_shown(value)} {why}.",
            f"Give a value such as {parameter.default!r}.",
        )
    return checked


def _shown(value: object) -> str:
    """Return a value for a message: short, also of a number with 10,000 digits."""
    if isinstance(value, int) and abs(value) > 10**40:
        return "a number of more than 40 digits"
    return repr(str(value)[:80])


def _int(value: ParameterValue) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > LARGEST_INT:
        return None
    return value


def _float(value: ParameterValue) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def _bool(value: ParameterValue) -> bool | None:
    return value if isinstance(value, bool) else None


def _str(value: ParameterValue) -> str | None:
    """Any text that can be kept: quotes and line ends are fine, halves of characters are not."""
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or "\0" in value:
        return None
    return None if any("\ud800" <= one <= "\udfff" for one in value) else value


def _date(value: ParameterValue) -> str | None:
    try:
        return dt.date.fromisoformat(value).isoformat() if isinstance(value, str) else None
    except ValueError:
        return None


_CHECKS = {
    ParameterType.INT: _int,
    ParameterType.FLOAT: _float,
    ParameterType.BOOL: _bool,
    ParameterType.STR: _str,
    ParameterType.DATE: _date,
}
_MEANINGS = {
    ParameterType.INT: f"whole number (int) up to {LARGEST_INT}",
    ParameterType.FLOAT: "finite number (float)",
    ParameterType.BOOL: "true or false (bool)",
    ParameterType.STR: f"text (str) of at most {LONGEST_TEXT} characters, each a whole one",
    ParameterType.DATE: "date such as 2013-06-15",
}


def _comments(source: str) -> dict[int, str]:
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError):
        return {}
    return {
        token.start[0]: token.string.lstrip("# ").strip()[:1000]
        for token in tokens
        if token.type == tokenize.COMMENT
    }
