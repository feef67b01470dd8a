"""Names that a notebook uses before, or without, defining them. Pure."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Sequence
from typing import Final

from octavo.records.notebooks import Severity
from octavo_server.notebooks.source import Finding

ALWAYS: Final = frozenset(dir(builtins)) | {
    "get_ipython", "display", "In", "Out", "exit", "quit", "__name__", "__builtins__", "__doc__",
    "_", "__", "___", "_i", "_ii", "_iii", "_ih", "_oh", "_dh",
}  # fmt: skip
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def read(tree: ast.Module) -> Scope:
    """Return what a cell binds and uses. Raises RecursionError for one that is nested too deep."""
    return Scope().read(tree)


def findings(scopes: Sequence[Scope]) -> Iterator[tuple[int, Finding]]:
    """Yield the index of the cell and the finding, for each name once."""
    if any(scope.star for scope in scopes):
        return  # whatever a star import brings can't be known without executing it
    everywhere = ALWAYS.union(*(scope.bound for scope in scopes))
    before = set(ALWAYS)
    told: set[str] = set()
    for index, scope in enumerate(scopes):
        before |= scope.bound
        for name, line in scope.now.items():
            if name not in before and name not in told:
                told.add(name)
                yield index, _finding(name, line, later=name in everywhere)
        for name, line in scope.later.items():
            if name not in everywhere and name not in told:
                told.add(name)
                yield index, _finding(name, line, later=False)


def _finding(name: str, line: int, *, later: bool) -> Finding:
    if later:
        return Finding(
            rule="used-before-definition",
            severity=Severity.ERROR,
            line=line,
            message=f"`{name}` is defined only further below.",
            fix="Move its definition above this cell; then restart and run all.",
        )
    return Finding(
        rule="undefined-name",
        severity=Severity.ERROR,
        line=line,
        message=f"`{name}` is defined nowhere in this notebook.",
        fix="Define or import it; a deleted cell may have done so.",
    )


class Scope(ast.NodeVisitor):
    """What a cell binds at the top level, uses at once, and uses only inside functions."""

    def __init__(self) -> None:
        self.bound: set[str] = set()
        self.now: dict[str, int] = {}
        self.later: dict[str, int] = {}
        self.star = False
        self._local: list[set[str]] = []

    def read(self, tree: ast.Module) -> Scope:
        """Read a cell and return itself."""
        self.visit(tree)
        return self

    def _bind(self, name: str) -> None:
        (self._local[-1] if self._local else self.bound).add(name)

    def visit_Name(self, node: ast.Name) -> None:
        """Note a binding or a use."""
        if isinstance(node.ctx, ast.Store):
            self._bind(node.id)
        elif not any(node.id in names for names in self._local):
            uses = self.later if self._inside_function else self.now
            uses.setdefault(node.id, node.lineno)

    @property
    def _inside_function(self) -> bool:
        return bool(self._local)

    def visit_Import(self, node: ast.Import) -> None:
        """Bind imported names."""
        for alias in node.names:
            self._bind(alias.asname or alias.name.partition(".")[0])

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Bind imported names; a star ends the search."""
        for alias in node.names:
            self.star = self.star or alias.name == "*"
            self._bind(alias.asname or alias.name)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        """Bind the caught exception's name."""
        if node.name:
            self._bind(node.name)
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        """Bind a pattern's name."""
        if node.name:
            self._bind(node.name)
        self.generic_visit(node)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        """Bind a pattern's name."""
        if node.name:
            self._bind(node.name)

    def visit_Global(self, node: ast.Global) -> None:
        """A function that declares a name global may bind it at the top."""
        self.bound.update(node.names)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Bind the function; look into it with its own names."""
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        """Bind the function; look into it with its own names."""
        self._function(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Look into it with its own names."""
        self._inner(node.args, [node.body])

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Bind the class; look into it with its own names."""
        for part in (*node.decorator_list, *node.bases, *(one.value for one in node.keywords)):
            self.visit(part)
        self._bind(node.name)
        self._inner(None, node.body)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for part in (
            *node.decorator_list,
            *node.args.defaults,
            *filter(None, node.args.kw_defaults),
        ):
            self.visit(part)
        self._bind(node.name)
        self._inner(node.args, node.body)

    def _inner(self, arguments: ast.arguments | None, body: Sequence[ast.AST]) -> None:
        own = set() if arguments is None else _names(arguments)
        self._local.append(own | _bound_inside(body))
        for part in body:
            self.visit(part)
        self._local.pop()

    def generic_visit(self, node: ast.AST) -> None:
        """Give comprehensions their own names; everything else is visited in order."""
        if isinstance(node, _COMPREHENSIONS):
            own = {one.id for part in node.generators for one in ast.walk(part.target)
                   if isinstance(one, ast.Name)}  # fmt: skip
            top = not self._local
            self._local.append(own)
            now, self.later = self.later, (self.now if top else self.later)
            super().generic_visit(node)
            self.later = now
            self._local.pop()
            return
        super().generic_visit(node)


def _names(arguments: ast.arguments) -> set[str]:
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [one for one in (arguments.vararg, arguments.kwarg) if one]
    return {one.arg for one in every}


def _bound_inside(body: Sequence[ast.AST]) -> set[str]:
    """Return the names that a function's body binds anywhere, since Python makes them local."""
    inner = Scope()
    for part in body:
        if isinstance(part, ast.AST):
            inner.visit(part)
    return inner.bound
