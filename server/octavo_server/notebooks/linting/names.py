"""Names that a notebook uses before, or without, defining them. Pure.

Cells are read in the order of the notebook, statement by statement, as a fresh kernel would execute
them: what binds a name in any branch counts as binding it, so that sound code is never faulted.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

ALWAYS: Final = frozenset(dir(builtins)) | {
    "get_ipython", "display", "In", "Out", "exit", "quit", "open", "__name__", "__builtins__",
    "__doc__", "__file__", "__session__", "_", "__", "___", "_i", "_ii", "_iii", "_ih", "_oh",
    "_dh", "_exit_code", "__annotations__", "__class__",
}  # fmt: skip
_CATCHES_NAMES: Final = frozenset({"NameError", "Exception", "BaseException", "UnboundLocalError"})
_NAMESPACES: Final = frozenset({"globals", "locals", "vars", "dir"})
Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef
_COMPREHENSIONS: Final = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True, kw_only=True)
class Use:
    """A use of a name that nothing above it has bound."""

    cell: int
    """Number of the cell among those that were read."""
    name: str
    """The name."""
    node: ast.Name
    """Where it is used."""
    later: bool
    """Whether it is used only when a function is called."""


@dataclass(frozen=True, kw_only=True)
class Missing:
    """A name that a fresh kernel would not know."""

    cell: int
    """Number of the cell among those that were read."""
    name: str
    """The name."""
    node: ast.Name
    """Its first use."""
    defined: Literal["nowhere", "below", "by itself"]
    """Where the notebook defines it: by itself means by the very statement that uses it."""


@dataclass(kw_only=True)
class _Frame:
    kind: Literal["function", "class", "comprehension"]
    names: set[str] = field(default_factory=set)


class Names(ast.NodeVisitor):
    """Reads cells in order and keeps which names they bind, and use without."""

    def __init__(self) -> None:
        self._bound = set(ALWAYS)
        self._where: dict[str, int] = {}
        self._uses: list[Use] = []
        self._frames: list[_Frame] = []
        self._cell = -1
        self._unknown = False
        self._forgiven = 0

    def read(self, tree: ast.Module, *, binds: Iterable[str] = (), unknown: bool = False) -> None:
        """Read the next cell; ``unknown``: it brings names that can't be known.

        Raises RecursionError for one that is nested too deep.
        """
        self._cell += 1
        self._unknown = self._unknown or unknown
        for name in binds:
            self._bind(name)
        try:
            for statement in tree.body:
                self.visit(statement)
        finally:
            self._frames.clear()
            self._forgiven = 0

    @property
    def bound(self) -> frozenset[str]:
        """The names that the notebook binds at its top level."""
        return frozenset(self._where)

    def missing(self) -> Iterator[Missing]:
        """Yield each name once that a fresh kernel would not know."""
        told: set[str] = set()
        for use in self._uses:
            at = self._where.get(use.name)
            if use.name in told or (use.later and (at is not None or self._unknown)):
                continue
            told.add(use.name)
            defined: Literal["nowhere", "below", "by itself"] = "nowhere"
            if at is not None:
                defined = "below" if at > use.cell else "by itself"
            yield Missing(cell=use.cell, name=use.name, node=use.node, defined=defined)

    def _bind(self, name: str) -> None:
        if self._frames:
            self._frames[-1].names.add(name)
        else:
            self._bound.add(name)
            self._where[name] = self._cell

    def _use(self, node: ast.Name) -> None:
        if self._forgiven or node.id in ALWAYS:
            return
        if any(node.id in frame.names for frame in self._frames):
            return
        later = any(frame.kind == "function" for frame in self._frames)
        if node.id not in self._bound and not (self._unknown and not later):
            self._uses.append(Use(cell=self._cell, name=node.id, node=node, later=later))

    def visit_Name(self, node: ast.Name) -> None:
        """Note a binding, a use or a deletion."""
        if isinstance(node.ctx, ast.Store):
            self._bind(node.id)
        elif isinstance(node.ctx, ast.Load):
            self._use(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        """Use the value before binding its names."""
        self.visit(node.value)
        for target in node.targets:
            self.visit(target)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """An annotation alone binds nothing, but a function may bind it later: be lenient."""
        if node.value is not None:
            self.visit(node.value)
        self.visit(node.annotation)
        self.visit(node.target)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """``x += 1`` uses x."""
        self.visit(node.value)
        if isinstance(node.target, ast.Name):
            self._use(node.target)
        self.visit(node.target)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        """``(x := 1)`` binds outside the comprehension that it stands in."""
        self.visit(node.value)
        outside = [frame for frame in self._frames if frame.kind != "comprehension"]
        if outside:
            outside[-1].names.add(node.target.id)
        else:
            self._bound.add(node.target.id)
            self._where[node.target.id] = self._cell

    def visit_Delete(self, node: ast.Delete) -> None:
        """A name deleted at the top level is gone for the cells below."""
        for target in node.targets:
            if isinstance(target, ast.Name):
                self._use(ast.Name(id=target.id, ctx=ast.Load(), **_place(target)))
                if not self._frames and not self._forgiven:
                    self._bound.discard(target.id)
            else:
                self.visit(target)

    def visit_For(self, node: ast.For) -> None:
        """What the loop's body binds, later rounds know."""
        self._loop(node.iter, node.target, node.body, node.orelse)

    def visit_AsyncFor(self, node: ast.AsyncFor) -> None:
        """What the loop's body binds, later rounds know."""
        self._loop(node.iter, node.target, node.body, node.orelse)

    def visit_While(self, node: ast.While) -> None:
        """What the loop's body binds, later rounds know."""
        self._loop(node.test, None, node.body, node.orelse)

    def _loop(
        self, first: ast.expr, target: ast.expr | None, body: list[ast.stmt], end: list[ast.stmt]
    ) -> None:
        self.visit(first)
        if target is not None:
            self.visit(target)
        for name in bindings(body):
            self._bind(name)
        self._all(body, end)

    def visit_If(self, node: ast.If) -> None:
        """``if 'x' not in globals()`` shows that the author knows x may be missing."""
        self.visit(node.test)
        for name in _asked_for(node.test):
            self._bind(name)
        self._all(node.body, node.orelse)

    def visit_Try(self, node: ast.Try) -> None:
        """Where a NameError is caught, a missing name does no harm."""
        self._try(node)

    def _try(self, node: ast.Try | ast.TryStar) -> None:
        caught = any(_catches_names(one.type) for one in node.handlers)
        self._forgiven += caught
        self._all(node.body)
        self._forgiven -= caught
        self._all(node.handlers, node.orelse, node.finalbody)

    def visit_TryStar(self, node: ast.TryStar) -> None:
        """Where a NameError is caught, a missing name does no harm."""
        self._try(node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        """Bind the caught exception's name."""
        if node.type is not None:
            self.visit(node.type)
        if node.name:
            self._bind(node.name)
        self._all(node.body)

    def visit_Import(self, node: ast.Import) -> None:
        """Bind imported names."""
        for alias in node.names:
            self._bind(alias.asname or alias.name.partition(".")[0])

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Bind imported names; what a star brings can't be known."""
        for alias in node.names:
            if alias.name == "*":
                self._unknown = True
            else:
                self._bind(alias.asname or alias.name)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        """Bind a pattern's name."""
        self.generic_visit(node)
        if node.name:
            self._bind(node.name)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        """Bind a pattern's name."""
        if node.name:
            self._bind(node.name)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        """Bind the rest of a mapping."""
        self.generic_visit(node)
        if node.rest:
            self._bind(node.rest)

    def visit_Global(self, node: ast.Global) -> None:
        """A function that declares a name global may bind it at the top."""
        for name in node.names:
            self._bound.add(name)
            self._where.setdefault(name, self._cell)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Bind the function; look into it with its own names."""
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        """Bind the function; look into it with its own names."""
        self._function(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Look into it with its own names."""
        self._arguments(node.args)
        self._inside("function", _names_of(node.args), [node.body])

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """A class's body is executed at once; its names are its own."""
        self._all(node.decorator_list, node.bases, [one.value for one in node.keywords])
        self._inside("class", set(), node.body)
        self._bind(node.name)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._all(node.decorator_list)
        self._arguments(node.args)
        if node.returns is not None:
            self.visit(node.returns)
        self._bind(node.name)
        self._inside("function", _names_of(node.args) | bindings(node.body), node.body)

    def _arguments(self, arguments: ast.arguments) -> None:
        self._all(arguments.defaults, [one for one in arguments.kw_defaults if one])
        self._all([one.annotation for one in _each(arguments) if one.annotation])

    def _inside(
        self,
        kind: Literal["function", "class", "comprehension"],
        names: set[str],
        body: Sequence[ast.AST],
    ) -> None:
        self._frames.append(_Frame(kind=kind, names=names))
        self._all(body)
        self._frames.pop()

    def _all(self, *bodies: Sequence[ast.AST]) -> None:
        for body in bodies:
            for one in body:
                self.visit(one)

    def generic_visit(self, node: ast.AST) -> None:
        """Give comprehensions their own names; everything else is visited in order."""
        if not isinstance(node, _COMPREHENSIONS):
            super().generic_visit(node)
            return
        value = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        self._inside("comprehension", set(), [*node.generators, *value])

    def visit_comprehension(self, node: ast.comprehension) -> None:
        """Bind the targets before the conditions see them."""
        self.visit(node.iter)
        self.visit(node.target)
        self._all(node.ifs)


def bindings(body: Sequence[ast.AST]) -> set[str]:
    """Return the names that statements bind in their own scope, each node looked at once."""
    found: set[str] = set()
    outside: set[str] = set()
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
            continue
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, ast.Global | ast.Nonlocal):
            outside.update(node.names)
        else:
            found.update(_bound_by(node))
        stack.extend(
            [node.elt] if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp)
            else ast.iter_child_nodes(node)
        )  # fmt: skip
    return found - outside


def _bound_by(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            yield alias.asname or alias.name.partition(".")[0]
    elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
        yield node.name
    elif isinstance(node, ast.MatchMapping) and node.rest:
        yield node.rest


def _place(node: ast.expr) -> dict[str, int]:
    return {"lineno": node.lineno, "col_offset": node.col_offset,
            "end_lineno": node.end_lineno or node.lineno,
            "end_col_offset": node.end_col_offset or node.col_offset}  # fmt: skip


def _asked_for(test: ast.expr) -> set[str]:
    """Return the names that ``test`` looks for in ``globals()`` and the like."""
    found = set()
    for node in ast.walk(test):
        if not (isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn)):
            continue
        where = node.comparators[0]
        name = (
            where.func.id
            if isinstance(where, ast.Call) and isinstance(where.func, ast.Name)
            else ""
        )
        if name in _NAMESPACES and isinstance(node.left, ast.Constant):
            found.add(str(node.left.value))
    return found


def _catches_names(caught: ast.expr | None) -> bool:
    if caught is None:
        return True
    each = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(isinstance(one, ast.Name) and one.id in _CATCHES_NAMES for one in each)


def _each(arguments: ast.arguments) -> list[ast.arg]:
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return every + [one for one in (arguments.vararg, arguments.kwarg) if one]


def _names_of(arguments: ast.arguments) -> set[str]:
    return {one.arg for one in _each(arguments)}
