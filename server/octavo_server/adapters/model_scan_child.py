"""Scans the files of a model for code, without loading them; prints one JSON object.

A tripwire, no boundary: it knows what picklescan knows, and sorts the findings by what they mean
here.  `python -m octavo_server.adapters.model_scan_child FOLDER`.
"""

import io
import json
import logging
import re
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

import yaml
from picklescan import scanner
from picklescan.scanner import SafetyLevel

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
#: cloudpickle's way to carry functions and classes of a notebook: code, but of the author's own.
CARRIED_CODE: Final = frozenset({"cloudpickle", "types"})
#: Files that are read as code by whoever loads the model.
CODE_SUFFIXES: Final = frozenset({".py", ".so", ".pyd", ".dll", ".dylib", ".pyc", ".sh"})
TEXT_SUFFIXES: Final = frozenset({".json", ".yaml", ".yml", ".txt", ""})
REQUIREMENT: Final = re.compile(
    r"\s*(?:#.*|-[a-zA-Z-].*|[A-Za-z0-9][\w.-]*(?:\[[\w, -]*\])?[^()]*)?"
)
DEEPEST: Final = 3
LARGEST_ARCHIVE: Final = 8 * 2**30
LARGEST_TEXT: Final = 16 * 2**20
_RANK: Final = {SafetyLevel.Innocuous: 0, SafetyLevel.Suspicious: 1, SafetyLevel.Dangerous: 2}
Found = dict[str, str]


def severity_of(module: str, name: str, level: SafetyLevel) -> str | None:
    """How bad an import inside a pickle is; None for one that means nothing."""
    package = module.partition(".")[0]
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
    """Findings in one file; archives are opened, the archives in them too."""
    suffix = Path(name).suffix.lower()
    if not file.read(1):
        return  # nothing is in it
    file.seek(0)
    if suffix in CODE_SUFFIXES:
        yield {"severity": "note", "what": f"{name}: a code file travels with the model"}
    elif zipfile.is_zipfile(file):
        file.seek(0)
        yield from _look_inside(file, name, depth)
    elif not _is_plain_text(file, suffix):
        file.seek(0)
        yield from _look_at_pickle(file, name, suffix)


def _look_inside(file: IO[bytes], name: str, depth: int) -> Iterator[Found]:
    if depth == DEEPEST:
        yield {"severity": "suspicious", "what": f"{name}: archives nested {DEEPEST} deep"}
        return
    with zipfile.ZipFile(file) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > LARGEST_ARCHIVE:
            yield {"severity": "suspicious", "what": f"{name}: unpacks to over 8 GiB"}
            return
        for entry in archive.infolist():
            if entry.is_dir():
                continue
            with archive.open(entry) as packed, tempfile.TemporaryFile() as unpacked:
                shutil.copyfileobj(packed, unpacked)
                unpacked.seek(0)
                if entry.filename == "schema.json":
                    yield from _look_at_skops(unpacked)
                    unpacked.seek(0)
                yield from _look(unpacked, Path(entry.filename).name, depth + 1)


def _look_at_pickle(file: IO[bytes], name: str, suffix: str) -> Iterator[Found]:
    try:
        result = scanner.scan_bytes(file, name, suffix)
    except Exception as error:  # noqa: BLE001 - a hostile file may break the parser in any way
        yield {"severity": "suspicious", "what": f"{name}: can't be read ({type(error).__name__})"}
        return
    for found in sorted(result.globals, key=lambda one: (str(one.module), str(one.name))):
        severity = severity_of(found.module, found.name, found.safety)
        if severity == "note":
            yield {"severity": "note", "what": f"{name}: carries code ({found.module})"}
        elif severity:
            what = f"{name}: imports {found.module}.{found.name}"
            yield {"severity": severity, "what": what}
    if result.scan_err and not result.globals:
        yield {"severity": "suspicious", "what": f"{name}: looks like a pickle and is broken"}


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
