"""Rules on randomness that nothing seeds, with the seed as a fix. Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from octavo.records.linting import Edit, SafeFix
from octavo_server.notebooks.linting.domain import Finding, Span
from octavo_server.notebooks.linting.reading import CodeCell, Imports, dotted, edits

RULE: Final = "unseeded-randomness"
_MADE: Final = (
    r"(?!(?:seed|default_rng|Generator|RandomState|SeedSequence|PCG64|MT19937|Philox|SFC64"
    r"|BitGenerator|get_state|set_state)$|bit_generator\.)"
)
_TORCH: Final = (
    r"(?:rand|randn|randint|randperm|normal|bernoulli|multinomial|poisson|rand_like|randn_like)$"
)
GLOBAL: Final = {
    "numpy": re.compile(rf"^numpy\.random\.{_MADE}\w+$"),
    "random": re.compile(
        r"^random\.(?:random|randint|randrange|randbytes|choice|choices|sample|shuffle|uniform"
        r"|gauss|normalvariate|betavariate|expovariate|triangular|getrandbits)$"
    ),
    "torch": re.compile(rf"^torch\.{_TORCH}"),
    "tensorflow": re.compile(r"^tensorflow\.random\.(?!set_seed$|Generator|stateless_)\w+$"),
}
"""Library to what draws from its global generator."""
SEEDS: Final = {
    "numpy": re.compile(r"^numpy\.random\.(?:seed|set_state)$"),
    "random": re.compile(r"^random\.(?:seed|setstate)$"),
    "torch": re.compile(r"^torch\.(?:manual_seed|random\.manual_seed|cuda\.manual_seed\w*)$"),
    "tensorflow": re.compile(r"^tensorflow\.(?:random\.set_seed|keras\.utils\.set_random_seed)$"),
}
"""Library to what seeds its global generator."""
EVERY_SEED: Final = re.compile(
    r"(?:^|\.)(?:\w*seed_everything|(?:set|fix|seed|reset)_(?:all_|random_|global_)?seeds?"
    r"|set_random_seed|seed_all|enable_full_determinism)$"
)
"""What by its name seeds all of them, also where the notebook defines it."""
SEED_LINE: Final = {
    "numpy": "{name}.random.seed(0)",
    "random": "{name}.seed(0)",
    "torch": "{name}.manual_seed(0)",
    "tensorflow": "{name}.random.set_seed(0)",
}
OWN_SEED: Final = re.compile(
    r"^(?:numpy\.random\.(?:default_rng|RandomState)|random\.Random|torch\.Generator)$"
)
UNIQUE: Final = re.compile(r"^uuid\.uuid[14]$|^secrets\.\w+$|^os\.urandom$")
ESTIMATORS: Final = frozenset({
    "train_test_split", "RandomForestClassifier", "RandomForestRegressor", "ExtraTreesClassifier",
    "ExtraTreesRegressor", "GradientBoostingClassifier", "GradientBoostingRegressor",
    "HistGradientBoostingClassifier", "HistGradientBoostingRegressor", "MLPClassifier",
    "MLPRegressor", "KMeans", "MiniBatchKMeans", "SGDClassifier", "SGDRegressor", "TSNE",
    "IsolationForest", "ShuffleSplit", "StratifiedShuffleSplit", "GroupShuffleSplit",
    "RandomizedSearchCV", "BaggingClassifier", "BaggingRegressor", "DecisionTreeClassifier",
    "DecisionTreeRegressor", "shuffle", "resample", "make_blobs", "make_classification",
    "make_regression", "make_moons", "make_circles",
})  # fmt: skip
"""What scikit-learn draws at random where it is given no `random_state`."""

FOLDS: Final = frozenset({"KFold", "StratifiedKFold", "StratifiedGroupKFold"})
"""What scikit-learn draws at random only where it is told to shuffle."""


MOST_TRIED: Final = 500_000
"""Characters of source that are parsed again to see whether a fix leaves sound Python."""


@dataclass(frozen=True, kw_only=True)
class _Place:
    cell: int
    line: int


class Chance:
    """Looks for draws in a notebook whose seeds it has read."""

    def __init__(self, cells: Sequence[CodeCell], imports: Imports) -> None:
        self._imports = imports
        self._seeded: dict[str, _Place] = {}
        self._left = MOST_TRIED
        for code in cells:
            for node in code.nodes:
                if isinstance(node, ast.Call):
                    self._note_seed(code, node)

    def _note_seed(self, code: CodeCell, node: ast.Call) -> None:
        place = _Place(cell=code.cell.index, line=node.lineno)
        origin = self._imports.origin(node.func)
        if EVERY_SEED.search(dotted(node.func)) or EVERY_SEED.search(origin):
            for library in SEEDS:
                self._seeded.setdefault(library, place)
        for library, pattern in SEEDS.items():
            if pattern.match(origin) and (node.args or node.keywords):
                self._seeded.setdefault(library, place)

    def _is_seeded(self, library: str, code: CodeCell, node: ast.Call) -> bool:
        at = self._seeded.get(library)
        return at is not None and (at.cell, at.line) <= (code.cell.index, node.lineno)

    def findings(self, code: CodeCell) -> Iterator[Finding]:
        """Yield what draws at random in one cell."""
        for node in code.nodes:
            if isinstance(node, ast.Call):
                yield from self._call(code, node)

    def _call(self, code: CodeCell, node: ast.Call) -> Iterator[Finding]:
        origin = self._imports.origin(node.func)
        shown = dotted(node.func)
        given = {one.arg for one in node.keywords}
        library = next((name for name, one in GLOBAL.items() if one.match(origin)), "")
        if library and not self._is_seeded(library, code, node):
            problem = f"`{shown}` draws from {library}'s global generator, which nothing seeds."
            yield _found(code, node, problem, self._seed_line(library))
        elif OWN_SEED.match(origin) and not node.args and not given:
            problem = f"`{shown}()` takes its seed from the operating system."
            fix = None if origin == "torch.Generator" else self._argument(code, node, "0")
            if fix or not self._is_seeded("torch", code, node):
                yield _found(code, node, problem, fix)
        elif UNIQUE.match(origin):
            yield _found(code, node, f"`{shown}` is meant to be different each time.", None)
        elif self._wants_state(origin, node, given) and not self._is_seeded("numpy", code, node):
            last = shown.rpartition(".")[2] or "sample"
            problem = f"`{last}` draws at random and has no `random_state`."
            yield _found(code, node, problem, self._argument(code, node, "random_state=0"))

    def _wants_state(self, origin: str, node: ast.Call, given: set[str | None]) -> bool:
        if {"random_state", "seed", None} & given or any(
            isinstance(one, ast.Starred) for one in node.args
        ):
            return False
        if origin.startswith("sklearn."):
            last = origin.rpartition(".")[2]
            shuffle = next((one.value for one in node.keywords if one.arg == "shuffle"), None)
            said = shuffle.value if isinstance(shuffle, ast.Constant) else None
            return (last in ESTIMATORS and said is not False) or (last in FOLDS and said is True)
        is_method = isinstance(node.func, ast.Attribute) and node.func.attr == "sample"
        return is_method and not origin and bool({"n", "frac"} & given)

    def _argument(self, code: CodeCell, node: ast.Call, text: str) -> list[Edit] | None:
        """Return the edit that adds an argument behind the last one, if it leaves sound Python."""
        end = code.span(node)
        if end.end_column is None or end.end_line is None:
            return None
        first = not node.args and not node.keywords
        for one in [text] if first else [f", {text}", f" {text}"]:
            edit = code.insert(end.end_line, end.end_column - 1, one)
            self._left -= len(code.plain.python)
            if edit is not None and self._left > 0 and code.stays_python(edit):
                return [edit]
        return None

    def _seed_line(self, library: str) -> list[Edit] | None:
        """Return the edit that seeds a library right after it is imported."""
        for name in ("np", "numpy", "random", "torch", "tf", "tensorflow"):
            found = self._imports.of(name)
            if found is None or found.origin != library or not isinstance(found.node, ast.Import):
                continue
            tree = found.code.tree
            if tree is None or found.node not in tree.body:
                continue
            end = found.code.span(found.node)
            if end.end_column is None or end.end_line is None:
                continue
            text = "\n" + SEED_LINE[library].format(name=name)
            return edits(found.code.insert(end.end_line, end.end_column, text))
        return None


def _found(code: CodeCell, node: ast.Call, problem: str, fix: list[Edit] | None) -> Finding:
    span: Span = code.span(node.func)
    return Finding(
        rule=RULE,
        cell=code.cell.index,
        span=span,
        message=problem,
        fix="Pass a fixed seed.",
        safe_fix=SafeFix(label="Seed it", edits=fix) if fix else None,
    )
