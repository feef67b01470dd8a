"""Scans the files of a model for code, without loading them; prints one JSON object.

A tripwire, no boundary: it knows what picklescan knows, and sorts the findings by what they mean
here.  `python -m octavo_server.adapters.model_scan_child FOLDER`.
"""

import io
import json
import logging
import re
import sys
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import IO, Final

import yaml
from picklescan import scanner
from picklescan.scanner import SafetyLevel

from octavo_server.adapters.model_unpacking import Refused, holds_lambda, layers, may_be_two
from octavo_server.adapters.pickle_opcodes import Beginning, beginning

#: Packages whose objects are what a model is made of.
TRUSTED: Final = frozenset(
    {
        "catboost", "collections", "copyreg", "datetime", "joblib", "lightgbm", "mlflow", "numpy",
        "onnx", "pandas", "scipy", "sklearn", "skl2onnx", "skops", "statsmodels", "torch",
        "xgboost", "decimal", "fractions", "pathlib", "re",
    }
)  # fmt: skip
#: Builtins that make plain values.
PLAIN_BUILTINS: Final = frozenset(
    {
        "bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset", "int", "list",
        "object", "range", "set", "slice", "str", "tuple", "type", "Ellipsis", "NotImplemented",
    }
)  # fmt: skip
#: How pickles of the second protocol, which torch writes, say bytes.
PLAIN_BYTES: Final = ("_codecs", "encode")
#: cloudpickle's way to carry functions and classes of a notebook: code, but of the author's own.
CARRIED_CODE: Final = frozenset({"cloudpickle", "types"})
#: Modules that reach outside of the process; no model imports them.
OUTSIDE: Final = (
    "asyncio", "code", "commands", "ctypes", "importlib", "marshal", "multiprocessing", "nt", "os",
    "pip", "posix", "pty", "requests", "runpy", "shutil", "socket", "subprocess", "sys", "timeit",
    "urllib", "webbrowser",
)  # fmt: skip
#: Builtins that run text as code, or reach what was not named.
RUNNERS: Final = ("__import__", "breakpoint", "compile", "eval", "exec", "getattr", "open")
#: Files that loaders take for pickles, whatever is in them.
PICKLE_SUFFIXES: Final = frozenset({".ckpt", ".joblib", ".p", ".pickle", ".pkl", ".pt", ".pth"})
#: Files that are read as code by whoever loads the model.
CODE_SUFFIXES: Final = frozenset({".py", ".so", ".pyd", ".dll", ".dylib", ".pyc", ".sh"})
TEXT_SUFFIXES: Final = frozenset({".json", ".yaml", ".yml", ".txt", ""})
REQUIREMENT: Final = re.compile(
    r"\s*(?:#.*|-[a-zA-Z-].*|[A-Za-z0-9][\w.-]*(?:\[[\w, -]*\])?[^()]*)?"
)
DEEPEST: Final = 3
BLOCK: Final = 2**20
LARGEST_TEXT: Final = 16 * 2**20
_RANK: Final = {SafetyLevel.Innocuous: 0, SafetyLevel.Suspicious: 1, SafetyLevel.Dangerous: 2}
Found = dict[str, str]


def _any_of(words: Iterable[str]) -> bytes:
    return b"(?:" + b"|".join(re.escape(one.encode()) for one in words) + b")"


_TEXT: Final = rb"(?:\x8c[\x00-\xff]|[XT][\x00-\xff]{4}|U[\x00-\xff])"
_MEMO: Final = rb"(?:\x94|q[\x00-\xff]|r[\x00-\xff]{4})?"
_OUT: Final = _any_of(OUTSIDE) + rb"(?:\.\w+)*"
_BUILT: Final = rb"(?:builtins|__builtin__)"
#: Finds imports of what no model imports, as every protocol of pickles says them, wherever.
BEHIND: Final = re.compile(
    rb"[ci](?:" + _OUT + rb"\n\w|" + _BUILT + rb"\n" + _any_of(RUNNERS) + rb"\n)"
    rb"|" + _TEXT + rb"(?:" + _OUT + _MEMO + _TEXT + rb"\w|"
    rb"" + _BUILT + _MEMO + _TEXT + _any_of(RUNNERS) + rb")",
    re.DOTALL,
)
LONGEST_IMPORT: Final = 400


def severity_of(module: str, name: str, level: SafetyLevel) -> str | None:
    """How bad an import inside a pickle is; None for one that means nothing."""
    package = module.partition(".")[0]
    if (module, name) == PLAIN_BYTES:
        return None
    if package in CARRIED_CODE:
        return "note"
    if level is SafetyLevel.Dangerous:
        return "dangerous"
    if level is SafetyLevel.Innocuous or package in TRUSTED:
        return None
    if package in ("builtins", "__builtin__") and name in PLAIN_BUILTINS:
        return None
    return "suspicious"


def scan(folder: Path) -> dict[str, object]:
    """All findings in a folder, with the number of files looked into."""
    findings: list[Found] = []
    scanned = 0
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            scanned += 1
            relative = path.relative_to(folder).as_posix()
            with path.open("rb") as file:
                found = {(one["severity"], one["what"]) for one in _look(file, path.name, 0)}
            findings += [
                {"path": relative, "severity": severity, "what": what}
                for severity, what in sorted(found)
            ]
    return {"scanned": scanned, "findings": findings[:200]}


def _look(file: IO[bytes], name: str, depth: int) -> Iterator[Found]:
    """Findings in one file; what is packed in it is opened, and what is packed in that."""
    suffix = Path(name).suffix.lower()
    if not file.read(1):
        return  # nothing is in it
    file.seek(0)
    if suffix in CODE_SUFFIXES:
        yield {"severity": "note", "what": f"{name}: a code file travels with the model"}
    if holds_lambda(file):
        yield {"severity": "suspicious", "what": f"{name}: a Keras layer made of marshalled code"}
    try:
        opened = yield from _look_inside(file, name, depth)
    except Refused as error:
        yield {"severity": "suspicious", "what": str(error)}
        return
    except Exception as error:  # noqa: BLE001 - a hostile archive may break its reader in any way
        yield {"severity": "suspicious", "what": f"{name}: can't be read ({type(error).__name__})"}
        return
    if opened and not may_be_two(file):
        return
    if suffix in CODE_SUFFIXES:
        file.seek(0)
        found = _look_at_pickle(file, name, suffix, packed=True)
        yield from (one for one in found if one["severity"] == "dangerous")
    elif opened or not _is_plain_text(file, suffix):
        file.seek(0)
        yield from _look_at_pickle(file, name, suffix, packed=opened)


def _look_inside(file: IO[bytes], name: str, depth: int) -> Generator[Found, None, bool]:
    """Findings in what is packed in a file; returns whether anything is."""
    opened = False
    for inner, unpacked in layers(file, name):
        with unpacked:
            opened = True
            if depth == DEEPEST:
                what = f"{name}: archives nested {DEEPEST} deep"
                yield {"severity": "suspicious", "what": what}
                return True
            if inner == "schema.json":
                yield from _look_at_skops(unpacked)
                unpacked.seek(0)
            yield from _look(unpacked, Path(inner).name, depth + 1)
    return opened


def _look_at_pickle(
    file: IO[bytes], name: str, suffix: str, *, packed: bool = False
) -> Iterator[Found]:
    begins = beginning(file)
    if begins is Beginning.DISGUISED:
        what = f"{name}: a pickle written so that scanners lose their way in it"
        yield {"severity": "dangerous", "what": what}
    if begins is Beginning.NOTHING and suffix not in PICKLE_SUFFIXES:
        return
    file.seek(0)
    try:
        result = (
            scanner.scan_pickle_bytes(file, name)
            if packed
            else scanner.scan_bytes(file, name, suffix)
        )
    except Exception as error:  # noqa: BLE001 - a hostile file may break the parser in any way
        if not packed:
            what = f"{name}: can't be read ({type(error).__name__})"
            yield {"severity": "suspicious", "what": what}
        return
    for found in sorted(result.globals, key=lambda one: (str(one.module), str(one.name))):
        severity = severity_of(found.module, found.name, found.safety)
        if severity == "note":
            yield {"severity": "note", "what": f"{name}: carries code ({found.module})"}
        elif severity:
            what = f"{name}: imports {found.module}.{found.name}"
            yield {"severity": severity, "what": what}
    if result.scan_err and not packed:
        yield from _look_behind(file, name, {one.module for one in result.globals})


def _look_behind(file: IO[bytes], name: str, imported: set[str]) -> Iterator[Found]:
    """Findings in a pickle that can't be followed to its end.

    joblib puts the bytes of arrays between the parts of one, so what comes behind them is looked
    for by what it would have to say.
    """
    if not any(one.partition(".")[0] == "joblib" for one in imported):
        yield {"severity": "suspicious", "what": f"{name}: looks like a pickle and is broken"}
    file.seek(0)
    kept = b""
    while block := file.read(BLOCK):
        if found := BEHIND.search(kept + block):
            words = re.sub(rb"[^\w.]+", b" ", found.group()).decode("ascii", "replace").strip()
            yield {"severity": "dangerous", "what": f"{name}: imports {words} behind an array"}
            return
        kept = block[-LONGEST_IMPORT:]


def _look_at_skops(file: IO[bytes]) -> Iterator[Found]:
    """Types that a skops file would import; it names what it trusts itself, so that is no proof."""
    try:
        pending = [json.load(file)]
    except (ValueError, RecursionError):
        return
    seen: set[tuple[str, str]] = set()
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            if isinstance(node.get("__module__"), str):
                seen.add((node["__module__"], str(node.get("__class__"))))
            pending += node.values()
        elif isinstance(node, list):
            pending += node
    for module, name in sorted(seen):
        severity = severity_of(module, name, level_of(module, name))
        if severity:
            yield {"severity": severity, "what": f"schema.json: names {module}.{name}"}


def level_of(module: str, name: str) -> SafetyLevel:
    """What picklescan thinks of an import."""
    data = b"c" + module.encode() + b"\n" + name.encode() + b"\n."
    found = scanner.scan_pickle_bytes(io.BytesIO(data), "name").globals
    return max((one.safety for one in found), key=_RANK.__getitem__, default=SafetyLevel.Dangerous)


def _is_plain_text(file: IO[bytes], suffix: str) -> bool:
    """Whether a file is the text that its name says, which nobody unpickles by mistake.

    A text pickle is no mapping in YAML or JSON and no list of requirements.
    """
    if suffix not in TEXT_SUFFIXES:
        return False
    file.seek(0)
    try:
        text = file.read(LARGEST_TEXT).decode()
        if suffix == ".txt":
            return all(REQUIREMENT.fullmatch(line) for line in text.splitlines())
        found = json.loads(text) if suffix == ".json" else yaml.safe_load(text)
    except (ValueError, yaml.YAMLError, RecursionError):
        return False
    return isinstance(found, dict | list)


def main() -> None:
    """Scans the folder that the command line names."""
    logging.disable()
    sys.stdout.write(json.dumps(scan(Path(sys.argv[1]))) + "\n")


if __name__ == "__main__":
    main()
