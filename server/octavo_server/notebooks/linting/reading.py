"""A notebook's code as the rules read it: parsed, with places as an editor counts them. Pure."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from octavo.records.linting import Edit, ReplaceText
from octavo_server.notebooks.document import Cell
from octavo_server.notebooks.linting.domain import Span
from octavo_server.notebooks.magics import Plain, plain

UNREADABLE: Final = (SyntaxError, ValueError, RecursionError, MemoryError)
"""What Python raises for source that is none, or is nested too deep."""

LONGEST_LINE: Final = 5000
"""Characters of the longest line in which columns are told, and edits offered."""


@dataclass(frozen=True, kw_only=True)
class CodeCell:
    """One code cell."""

    cell: Cell
    """The cell."""
    plain: Plain
    """Its text, with IPython's own syntax told apart."""
    tree: ast.Module | None
    """Its syntax tree; None where it is no Python."""
    fault: str = ""
    """Why it is no Python."""
    fault_line: int | None = None
    """The line of the fault, from 1."""

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """All nodes of the tree, in the order of the source as far as siblings go."""
        return list(ast.walk(self.tree)) if self.tree else []

    @cached_property
    def _lines(self) -> list[str]:
        return re.split(r"\r\n?|\n", self.plain.python)

    @cached_property
    def _written(self) -> list[str]:
        return re.split(r"\r\n?|\n", self.cell.source)

    def span(self, node: ast.expr | ast.stmt) -> Span:
        """Return where ``node`` stands; whole lines where IPython's syntax moved the columns."""
        end_line = node.end_lineno or node.lineno
        ends = {node.lineno, end_line}
        if ends & self.plain.moved or any(len(self._lines[n - 1]) > LONGEST_LINE for n in ends):
            return Span(line=node.lineno, end_line=end_line)
        return Span(
            line=node.lineno,
            column=self._column(node.lineno, node.col_offset),
            end_line=end_line,
            end_column=self._column(end_line, node.end_col_offset or 0),
        )

    def _column(self, line: int, offset: int) -> int:
        """Turn Python's offset in UTF-8 bytes into one in UTF-16 code units."""
        text = self._lines[line - 1]
        if text.isascii():
            return offset
        before = text.encode()[:offset].decode(errors="ignore")
        return len(before.encode("utf-16-le")) // 2

    def replace(self, span: Span, text: str) -> ReplaceText | None:
        """Return the edit that puts ``text`` in the place of a range within one line.

        None where the range's columns aren't known or it spans lines.
        """
        if len(self._written[span.line - 1]) > LONGEST_LINE:
            return None
        if span.column is None or span.end_column is None or span.end_line not in {None, span.line}:
            return None
        raw = self._written[span.line - 1].encode("utf-16-le")
        return ReplaceText(
            cell=self.cell.index,
            cell_id=self.cell.id,
            start_line=span.line,
            start_column=span.column,
            end_line=span.line,
            end_column=span.end_column,
            expected=raw[2 * span.column : 2 * span.end_column].decode("utf-16-le"),
            text=text,
        )

    def insert(self, line: int, column: int, text: str) -> ReplaceText | None:
        """Return the edit that inserts ``text``."""
        return self.replace(Span(line=line, column=column, end_line=line, end_column=column), text)

    def stays_python(self, edit: ReplaceText) -> bool:
        """Return whether the cell is still Python after an edit of one line."""
        lines = list(self._lines)
        raw = lines[edit.start_line - 1].encode("utf-16-le")
        before, after = raw[: 2 * edit.start_column], raw[2 * edit.end_column :]
        lines[edit.start_line - 1] = (before + edit.text.encode("utf-16-le") + after).decode(
            "utf-16-le"
        )
        try:
            ast.parse("\n".join(lines))
        except UNREADABLE:
            return False
        return True

    def line_span(self, line: int) -> Span:
        """Return a whole line as a range with columns, without the spaces around it."""
        text = self._written[line - 1] if line <= len(self._written) else ""
        start = len(text) - len(text.lstrip())
        end = len(text.rstrip().encode("utf-16-le")) // 2
        return Span(line=line, column=start, end_line=line, end_column=max(start, end))


def read(cell: Cell) -> CodeCell:
    """Return the cell parsed as far as it can be."""
    found = plain(cell.source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape is the author's, not this service's
            tree = ast.parse(found.python)
    except UNREADABLE as error:
        fault = getattr(error, "msg", "") or str(error) or "nested too deep"
        line = getattr(error, "lineno", None)
        return CodeCell(cell=cell, plain=found, tree=None, fault=fault, fault_line=line)
    return CodeCell(cell=cell, plain=found, tree=tree)


def edits(*found: Edit | None) -> list[Edit] | None:
    """Return the edits, None if one of them can't be made."""
    made = [one for one in found if one is not None]
    return made if len(made) == len(found) else None


@dataclass(frozen=True, kw_only=True)
class Imported:
    """Where a name was imported."""

    origin: str
    """What it stands for, such as ``numpy.random``."""
    code: CodeCell
    """The cell."""
    node: ast.Import | ast.ImportFrom
    """The statement."""


class Imports:
    """What imported names stand for, across the whole notebook."""

    def __init__(self, cells: Sequence[CodeCell]) -> None:
        self._known: dict[str, Imported] = {}
        for code in cells:
            for node in code.nodes:
                if isinstance(node, ast.Import):
                    self._module(code, node)
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    self._members(code, node, node.module)

    def _module(self, code: CodeCell, node: ast.Import) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            origin = alias.name if alias.asname else name
            self._known[name] = Imported(origin=origin, code=code, node=node)

    def _members(self, code: CodeCell, node: ast.ImportFrom, module: str) -> None:
        for alias in node.names:
            self._known[alias.asname or alias.name] = Imported(
                origin=f"{module}.{alias.name}", code=code, node=node
            )

    def of(self, name: str) -> Imported | None:
        """Return where ``name`` was imported; None when it wasn't."""
        return self._known.get(name)

    def origin(self, node: ast.expr) -> str:
        """Return what a dotted expression stands for, such as ``numpy.random.rand``.

        Empty where it doesn't start at an imported name: a variable that happens to be called
        ``random`` is no module.
        """
        name, dot, rest = dotted(node).partition(".")
        found = self._known.get(name)
        return f"{found.origin}{dot}{rest}" if found else ""


def dotted(node: ast.expr) -> str:
    """Return ``a.b.c`` as it is written; empty where it starts at something else than a name."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])
