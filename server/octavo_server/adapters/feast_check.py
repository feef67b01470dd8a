"""Checks a declaration against the lake, without Feast; a short child process, never the server.

``python -m octavo_server.adapters.feast_check --declaration FILE --lake DIR --answer FILE`` looks
at the tables' schemas, counts rows, looks for leaks, and reads the text of transformations as
text: it is parsed, never run. ``--tables`` lists the lake's tables instead.
"""

from __future__ import annotations

import argparse
import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from octavo.records.feature_declarations import (
    DeclaredSource,
    DeclaredTransformation,
    DeclaredView,
    FeatureDeclaration,
)
from octavo_server.adapters import feast_leaks
from octavo_server.adapters.feast_index import REFUSED, RegistryRefused

if TYPE_CHECKING:
    from pyarrow import DataType, Schema

MOST_TABLES = 500
USUAL_IMPORTS = frozenset({"datetime", "math", "numpy", "pandas", "re", "statistics"})
REMARKABLE = frozenset(
    {"__import__", "breakpoint", "compile", "eval", "exec", "getattr", "globals", "open", "setattr"}
)
_ALIKE = (
    frozenset({"Float32", "Float64", "Int32", "Int64"}),
    frozenset({"UnixTimestamp"}),
    frozenset({"String"}),
    frozenset({"Bool"}),
    frozenset({"Bytes"}),
)

Finding = dict[str, str]


def check(declaration: FeatureDeclaration, lake: Path) -> dict[str, Any]:
    """Return findings, leaks, and the number of rows behind each view."""
    findings: list[Finding] = []
    rows: dict[str, int] = {}
    known: dict[Path, tuple[Schema, int]] = {}  # views of one table cost one look at it
    for view in declaration.views:
        table = feast_leaks.table_of(declaration, view)
        place = inside(lake, table.path)
        if place is None:
            said = f"there is no {table.path} in the project's lake"
            findings.append(_finding("error", f"view {view.name}", said))
            continue
        if view.source != table.name and not place.is_dir():
            findings.append(_finding("error", f"view {view.name}", _no_folder(table, view)))
        if place not in known:
            known[place] = described(place)
        schema, rows[view.name] = known[place]
        findings += _of_view(declaration, view, schema)
    findings += [one for made in declaration.transformations for one in of_code(made)]
    faulty = any(one["severity"] == "error" for one in findings)
    leaks = [] if faulty else feast_leaks.of_declaration(declaration, lake)
    return {"findings": findings, "leaks": leaks, "rows": rows}


def _no_folder(table: DeclaredSource, view: DeclaredView) -> str:
    return (
        f"{table.path} is one file: only a folder of Parquet files takes pushed rows: "
        f"write it as one, or leave out the push source {view.source}"
    )


def inside(lake: Path, path: str) -> Path | None:
    """Return the place of a table inside the lake; None when it is not there."""
    place = (lake / path).resolve()
    return place if place.is_relative_to(lake.resolve()) and place.exists() else None


def described(place: Path) -> tuple[Schema, int]:
    """Return schema and rows of a table. Raises RegistryRefused when it is no Parquet."""
    from pyarrow import ArrowException, dataset

    try:
        table = dataset.dataset(place, format="parquet", partitioning="hive")
        return table.schema, table.count_rows()
    except (ArrowException, OSError) as error:
        why = str(error).splitlines()[0][:200]
        raise RegistryRefused(f"{place.name} can't be read as Parquet: {why}") from error


def feast_dtype(kind: DataType) -> str | None:
    """Return the Feast type that holds a column of the lake; None when none does."""
    from pyarrow import types

    if types.is_list(kind) or types.is_large_list(kind):
        inner = feast_dtype(kind.value_type)
        return f"Array({inner})" if inner and not inner.startswith("Array") else None
    for is_kind, name in (
        (types.is_float64, "Float64"),
        (types.is_floating, "Float32"),
        (types.is_int64, "Int64"),
        (types.is_uint64, None),
        (types.is_uint32, "Int64"),
        (types.is_integer, "Int32"),
        (types.is_boolean, "Bool"),
        (types.is_timestamp, "UnixTimestamp"),
        (types.is_string, "String"),
        (types.is_large_string, "String"),
        (types.is_binary, "Bytes"),
    ):
        if is_kind(kind):
            return name
    return feast_dtype(kind.value_type) if types.is_dictionary(kind) else None


def _of_view(
    declaration: FeatureDeclaration, view: DeclaredView, schema: Schema
) -> Iterator[Finding]:
    where = f"view {view.name}"
    table = feast_leaks.table_of(declaration, view)
    kinds = {field.name: feast_dtype(field.type) for field in schema}
    keys = {one.name: one for one in declaration.entities}
    wanted: list[tuple[str, str]] = [
        (keys[name].join_key, keys[name].type) for name in view.entities
    ]
    wanted += [(one.name, one.dtype) for one in view.columns]
    times = [table.event_column, *([table.created_column] if table.created_column else [])]
    for name, dtype in [*wanted, *[(time, "UnixTimestamp") for time in times]]:
        if name not in kinds:
            yield _finding("error", where, f"{table.path} has no column {name}")
        elif not _fits(kinds[name], dtype):
            found = kinds[name] or "no type that Feast knows"
            yield _finding(
                "error", where, f"the column {name} is declared as {dtype}, but holds {found}"
            )
    for name in times:
        if name in kinds and _too_fine(schema.field(name).type):
            said = f"the column {name} has nanoseconds and a time zone, which joins can't read"
            yield _finding("error", where, f"{said}: write it in microseconds")
    if not table.created_column:
        yield _finding(
            "warning",
            where,
            f"{table.name} names no created_column: nothing proves when its rows could be read",
        )


def _too_fine(kind: DataType) -> bool:
    return getattr(kind, "unit", "") == "ns" and getattr(kind, "tz", None) is not None


def _fits(found: str | None, declared: str) -> bool:
    if found is None:
        return False
    one, other = found.removeprefix("Array("), declared.removeprefix("Array(")
    if (one == found) is not (other == declared):
        return False
    one, other = one.rstrip(")"), other.rstrip(")")
    return one == other or any({one, other} <= alike for alike in _ALIKE)


_NAMING = (
    ast.Constant, ast.Name, ast.Attribute, ast.Subscript, ast.Tuple, ast.List, ast.BinOp,
    ast.UnaryOp, ast.operator, ast.unaryop, ast.expr_context,
)  # fmt: skip
"""What a default or an annotation may be made of."""


def of_code(made: DeclaredTransformation) -> Iterator[Finding]:
    """Give what a reviewer should know about a transformation's text; it is not run."""
    where = f"transformation {made.name}"
    try:
        body = ast.parse(made.code).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        why = getattr(error, "msg", None) or "it is too deep or holds what is no text"
        line = getattr(error, "lineno", None)
        yield _finding("error", where, f"its text is no Python: {why}, line {line or 1}")
        return
    yield from _of_body(made, where, body)
    yield from _of_names(where, body)


def _of_body(made: DeclaredTransformation, where: str, body: list[ast.stmt]) -> Iterator[Finding]:
    functions = [one.name for one in body if isinstance(one, ast.FunctionDef)]
    if functions != [made.function]:
        found = ", ".join(functions)[:200] or "none"
        yield _finding(
            "error",
            where,
            f"its text has to define the one function {made.function}; it has {found}",
        )
    for one in body:
        text = isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)
        if not text and not isinstance(one, ast.FunctionDef | ast.Import | ast.ImportFrom):
            said = f"line {one.lineno} does more than import or define the function"
            yield _finding("error", where, f"{said}: put it inside the function")
        if isinstance(one, ast.FunctionDef) and _runs_when_defined(one):
            said = f"line {one.lineno} runs code before the function is called"
            yield _finding(
                "error",
                where,
                f"{said}: leave out decorators, and calls in defaults and annotations",
            )


def _runs_when_defined(function: ast.FunctionDef) -> bool:
    """Whether a decorator, a default or an annotation does more than name something."""
    given = function.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    notes = [one.annotation for one in every if one is not None]
    parts = [*given.defaults, *given.kw_defaults, *notes, function.returns]
    nodes = [node for one in parts if one is not None for node in ast.walk(one)]
    return bool(function.decorator_list) or not all(isinstance(one, _NAMING) for one in nodes)


def _of_names(where: str, body: list[ast.stmt]) -> Iterator[Finding]:
    nodes = [node for one in body for node in ast.walk(one)]
    imported = {alias.name for one in nodes if isinstance(one, ast.Import) for alias in one.names}
    imported |= {str(one.module) for one in nodes if isinstance(one, ast.ImportFrom)}
    odd = sorted(name for name in imported if name.partition(".")[0] not in USUAL_IMPORTS)
    if odd:
        yield _finding("warning", where, f"it imports {', '.join(odd)[:200]}: read what for")
    used = {one.id for one in nodes if isinstance(one, ast.Name)} & REMARKABLE
    used |= {
        one.attr for one in nodes if isinstance(one, ast.Attribute) and one.attr.startswith("__")
    }
    if used:
        yield _finding("warning", where, f"it uses {', '.join(sorted(used))[:200]}: read what for")


def _finding(severity: str, where: str, message: str) -> Finding:
    return {"severity": severity, "where": where, "message": f"{message}."}


def tables(lake: Path) -> list[dict[str, Any]]:
    """Return the lake's tables with their columns, by path."""
    found = []
    for place in sorted((lake / "curated").glob("*"))[:MOST_TABLES]:
        if place.name.startswith((".", "_")) or inside(lake, f"curated/{place.name}") is None:
            continue
        try:
            schema, rows = described(place)
        except RegistryRefused:
            continue  # a file that is no table is nothing to make a view of
        columns = [
            {"name": one.name, "type": str(one.type), "dtype": feast_dtype(one.type)}
            for one in schema
        ]
        found.append({"path": f"curated/{place.name}", "rows": rows, "columns": columns})
    return found


def main() -> int:
    """Check one declaration, or list tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--declaration", type=Path)
    parser.add_argument("--tables", action="store_true")
    parser.add_argument("--lake", type=Path, required=True)
    parser.add_argument("--answer", type=Path, required=True)
    given = parser.parse_args()
    try:
        if given.tables:
            answer: dict[str, Any] = {"tables": tables(given.lake)}
        else:
            text = given.declaration.read_text(encoding="utf-8")
            answer = check(FeatureDeclaration.model_validate_json(text), given.lake)
    except RegistryRefused as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    given.answer.write_text(json.dumps(answer, allow_nan=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
