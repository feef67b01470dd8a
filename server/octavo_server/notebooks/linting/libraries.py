"""The rule on libraries that a project forbids. Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from octavo.records.linting import ForbiddenLibrary
from octavo_server.notebooks.linting.domain import Finding, Span
from octavo_server.notebooks.linting.installs import installed
from octavo_server.notebooks.linting.reading import CodeCell, dotted


class Libraries:
    """Looks for what is imported or installed and forbidden."""

    def __init__(self, forbidden: Iterable[ForbiddenLibrary]) -> None:
        self._forbidden = {_plain(one.name): one for one in forbidden}

    def findings(self, code: CodeCell) -> Iterator[Finding]:
        """Yield each forbidden library of one cell."""
        if not self._forbidden:
            return
        for node in code.nodes:
            if isinstance(node, ast.Import | ast.ImportFrom | ast.Call):
                for name in _imported(node):
                    yield from self._judge(code, name, code.span(node))
        for magic in code.plain.magics:
            command = magic.text if magic.kind == "shell" else f"{magic.name} {magic.text}"
            for line in command.split("\n"):
                for package in installed(line.strip()) or ():
                    yield from self._judge(code, package.name, code.line_span(magic.line))

    def _judge(self, code: CodeCell, name: str, span: Span) -> Iterator[Finding]:
        parts = name.split(".")
        prefixes = [".".join(parts[:count]) for count in range(1, len(parts) + 1)]
        for prefix in prefixes:
            found = self._forbidden.get(_plain(prefix))
            if found is not None:
                instead = f"Use {found.instead} instead." if found.instead else "Do without it."
                yield Finding(
                    rule="forbidden-library",
                    cell=code.cell.index,
                    span=span,
                    message=f"This project doesn't allow `{found.name}`: {found.reason}",
                    fix=instead,
                )
                return


def _plain(name: str) -> str:
    return re.sub(r"[-_]+", "-", name).lower()


def _imported(node: ast.Import | ast.ImportFrom | ast.Call) -> list[str]:
    if isinstance(node, ast.Import):
        return [one.name for one in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [f"{node.module}.{one.name}" for one in node.names]
    if isinstance(node, ast.Call) and dotted(node.func) in {
        "__import__",
        "importlib.import_module",
        "import_module",
    }:
        text = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
        return [text] if isinstance(text, str) else []
    return []
