"""Typed parameters: inferred from the cell tagged `parameters`, and values checked against them.

Pure. A parameter is a name assigned a literal: ``n = 3``, ``rate: float = 1``,
``day = datetime.date(2013, 6, 1)`` or ``day: date = "2013-06-01"``.
"""

from __future__ import annotations

import ast
import datetime as dt
import io
import keyword
import math
import tokenize
from collections.abc import Mapping, Sequence
from typing import Literal

from octavo.records.notebooks import Parameter, ParameterType, ParameterValue
from octavo_server.errors import Invalid
from octavo_server.execution import Injection
from octavo_server.notebooks.document import PARAMETERS_TAG, Cell, Document

ANNOTATIONS = {
    "int": ParameterType.INT,
    "float": ParameterType.FLOAT,
    "bool": ParameterType.BOOL,
    "str": ParameterType.STR,
    "date": ParameterType.DATE,
    "datetime.date": ParameterType.DATE,
    "dt.date": ParameterType.DATE,
}
LONGEST_TEXT = 4096
LARGEST_INT = 2**53 - 1


def cell_of(document: Document) -> Cell | None:
    """Return the cell tagged `parameters`, the first if there are several."""
    return next((cell for cell in document.code if PARAMETERS_TAG in cell.tags), None)


def infer(document: Document) -> list[Parameter]:
    """Return the typed parameters; what can't be typed is left out and lint says so."""
    cell = cell_of(document)
    return [] if cell is None else [one for one in read_cell(cell.source) if one is not None]


def read_cell(source: str) -> list[Parameter | None]:
    """Return one entry an assignment, None where it has no typed literal."""
    try:
        body = ast.parse(source).body
        assigned = [(one.lineno, each) for one in body for each in _assigned(one)]
        comments = _comments(source)
        found = {
            name: _parameter(name, annotation, value, comments.get(line, ""))
            for line, (name, annotation, value) in assigned
        }
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []  # lint says that this is no Python
    return list(found.values())


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


def _assigned(statement: ast.stmt) -> list[tuple[str, str | None, ast.expr]]:
    if isinstance(statement, ast.Assign):
        return [
            (target.id, None, statement.value)
            for target in statement.targets
            if isinstance(target, ast.Name)
        ]
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        value = statement.value or ast.Constant(None)
        return [(statement.target.id, ast.unparse(statement.annotation).strip("'\""), value)]
    return []


def _parameter(
    name: str, annotation: str | None, value: ast.expr, comment: str
) -> Parameter | None:
    if keyword.iskeyword(name) or name.startswith("__"):
        return None
    literal = _literal(value)
    kind = ANNOTATIONS.get(annotation) if annotation else _type_of(literal)
    if literal is None or kind is None:
        return None
    form: Literal["text", "date"] | None = None
    if kind is ParameterType.DATE:
        form = "date" if isinstance(literal, dt.date) else "text"
    plain = literal.isoformat() if isinstance(literal, dt.date) else literal
    found = Parameter(name=name, type=kind, default=plain, help=comment, literal=form)
    try:
        return found.model_copy(update={"default": _value(found, plain)})
    except Invalid:
        return None


def _literal(value: ast.expr) -> ParameterValue | dt.date | None:
    if isinstance(value, ast.Call) and ast.unparse(value.func) in {
        "date",
        "datetime.date",
        "dt.date",
    }:
        try:
            return dt.date(*[ast.literal_eval(one) for one in value.args])
        except (TypeError, ValueError):
            return None
    try:
        literal = ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return literal if isinstance(literal, bool | int | float | str) else None


def _type_of(literal: object) -> ParameterType | None:
    if isinstance(literal, dt.date):
        return ParameterType.DATE
    return ANNOTATIONS.get(type(literal).__name__)


def _value(parameter: Parameter, value: ParameterValue) -> ParameterValue:
    """Return ``value`` in the parameter's own type. Raises Invalid."""
    checked = _CHECKS[parameter.type](value)
    if checked is None:
        raise Invalid(
            f"parameters.{parameter.name}: {str(value)[:80]!r} is no {_MEANINGS[parameter.type]}.",
            f"Give a value such as {parameter.default!r}.",
        )
    return checked


def _int(value: ParameterValue) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > LARGEST_INT:
        return None
    return value


def _float(value: ParameterValue) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _bool(value: ParameterValue) -> bool | None:
    return value if isinstance(value, bool) else None


def _str(value: ParameterValue) -> str | None:
    return value if isinstance(value, str) and len(value) <= LONGEST_TEXT else None


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
    ParameterType.STR: f"text (str) of at most {LONGEST_TEXT} characters",
    ParameterType.DATE: "date such as 2013-06-15",
}


def _comments(source: str) -> dict[int, str]:
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError):
        return {}
    return {
        token.start[0]: token.string.lstrip("# ").strip()[:200]
        for token in tokens
        if token.type == tokenize.COMMENT
    }
