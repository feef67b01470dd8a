"""Lint rules on one cell's syntax tree: chance, clock, network, secrets, paths. Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from octavo.records.notebooks import Severity
from octavo_server.notebooks.source import Finding

CLOCK: Final = re.compile(
    r"^(?:(?:\w+\.)?datetime\.(?:now|utcnow|today)|(?:\w+\.)?date\.today|time\.(?:time|time_ns|localtime|gmtime)"
    r"|(?:pd|pandas)\.Timestamp\.(?:now|today|utcnow))$"
)
NETWORK: Final = re.compile(
    r"^(?:requests|httpx|aiohttp|urllib3)\.\w+|^urllib\.request\.\w+|^urlopen$|^urlretrieve$"
    r"|^socket\.(?:socket|create_connection)$|^(?:ftplib|smtplib)\.\w+$"
)
GLOBAL_NUMPY: Final = re.compile(
    r"^(?:np|numpy)\.random\.(?!seed$|default_rng$|Generator$|RandomState$|SeedSequence$|PCG64$)\w+$"
)
GLOBAL_RANDOM: Final = re.compile(
    r"^random\.(?:random|randint|randrange|choice|choices|sample|shuffle|uniform|gauss|normalvariate)$"
)
UNSEEDED_SOURCE: Final = re.compile(r"^(?:(?:np|numpy)\.random\.)?(?:default_rng|RandomState)$")
UNIQUE: Final = re.compile(r"^(?:uuid\.)?uuid[14]$|^secrets\.\w+$|^os\.urandom$")
WANTS_SEED: Final = frozenset({
    "train_test_split", "RandomForestClassifier", "RandomForestRegressor", "ExtraTreesClassifier",
    "ExtraTreesRegressor", "GradientBoostingClassifier", "GradientBoostingRegressor",
    "HistGradientBoostingClassifier", "HistGradientBoostingRegressor", "MLPClassifier",
    "MLPRegressor", "KMeans", "MiniBatchKMeans", "SGDClassifier", "SGDRegressor", "TSNE",
    "IsolationForest", "ShuffleSplit", "StratifiedShuffleSplit", "RandomizedSearchCV",
})  # fmt: skip
SECRET_NAME: Final = re.compile(
    r"(?i)(?:^|_)(?:password|passwd|secret|api_?key|access_?key|auth_?token|token)$"
)
ABSOLUTE: Final = re.compile(
    r"^(?:/(?:home|Users|root|tmp|mnt|data|var|opt|srv|etc|usr|work|media)/\S+|~/\S+|[A-Za-z]:\\\S+)$"
)
WEB: Final = re.compile(r"^(?:https?|ftp|s3|gs)://")
READS: Final = re.compile(
    r"(?:^|\.)(?:read_(?:csv|parquet|json|excel|html|table|feather)|urlopen|urlretrieve|load_dataset)$"
)


def findings(tree: ast.Module, whole: str) -> Iterator[Finding]:
    """Yield what one cell is faulted for; ``whole`` is the notebook's code, to look for seeds."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _call(node, whole)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            yield from _secret(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _path(node)


def _call(node: ast.Call, whole: str) -> Iterator[Finding]:
    name = _dotted(node.func)
    if CLOCK.match(name):
        yield _warning(
            "wall-clock", node, f"`{name}()` gives another answer each time.",
            "Make the time a parameter, or tag the cell `volatile`.",
        )  # fmt: skip
    if NETWORK.match(name) or (READS.search(name) and _first_text(node, WEB)):
        yield _warning(
            "network", node, f"`{name}` depends on the network.",
            "Read from the lake, so that the input can be pinned.",
        )  # fmt: skip
    yield from _chance(node, name, whole)


def _chance(node: ast.Call, name: str, whole: str) -> Iterator[Finding]:
    keywords = {one.arg for one in node.keywords}
    last = name.rpartition(".")[2]
    problem = ""
    if GLOBAL_NUMPY.match(name) and "random.seed(" not in whole:
        problem = f"`{name}` draws from numpy's global generator, which nothing seeds."
    elif GLOBAL_RANDOM.match(name) and not re.search(r"\brandom\.seed\(", whole):
        problem = f"`{name}` draws from the global generator, which nothing seeds."
    elif UNSEEDED_SOURCE.match(name) and not node.args and not keywords:
        problem = f"`{name}()` takes its seed from the operating system."
    elif last in WANTS_SEED and "random_state" not in keywords and None not in keywords:
        problem = f"`{last}` draws at random and has no `random_state`."
    elif UNIQUE.match(name):
        problem = f"`{name}` is meant to be different each time."
    elif last == "sample" and {"n", "frac"} & keywords and "random_state" not in keywords:
        problem = "`sample` draws at random and has no `random_state`."
    if problem:
        yield _warning("unseeded-randomness", node, problem, "Pass a fixed seed.")


def _secret(node: ast.Assign | ast.AnnAssign) -> Iterator[Finding]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    value = node.value
    if not (isinstance(value, ast.Constant) and isinstance(value.value, str)):
        return
    for target in targets:
        name = target.id if isinstance(target, ast.Name) else getattr(target, "attr", "")
        if SECRET_NAME.search(name) and len(value.value) >= 6:
            yield Finding(
                rule="secret",
                severity=Severity.ERROR,
                line=node.lineno,
                message=f"`{name}` looks like a secret and is written out.",
                fix="Remove it, revoke it, and read it from the environment at run time.",
            )


def _path(node: ast.Constant) -> Iterator[Finding]:
    if ABSOLUTE.match(str(node.value)) and "\n" not in str(node.value):
        yield _warning(
            "absolute-path", node, f"{str(node.value)[:80]!r} exists on one machine only.",
            "Use a path relative to the working folder, or $OCTAVO_LAKE.",
        )  # fmt: skip


def _warning(rule: str, node: ast.expr, message: str, fix: str) -> Finding:
    return Finding(rule=rule, severity=Severity.WARNING, line=node.lineno, message=message, fix=fix)


def _first_text(node: ast.Call, pattern: re.Pattern[str]) -> bool:
    first = node.args[0] if node.args else None
    return (
        isinstance(first, ast.Constant)
        and isinstance(first.value, str)
        and bool(pattern.match(first.value))
    )


def _dotted(node: ast.expr) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
    elif parts:
        parts.append("")
    return ".".join(reversed(parts))
