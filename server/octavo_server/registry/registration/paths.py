"""Which paths a model's files may have; pure.

A folder that means one thing here and another where it is unpacked can't be vouched for: names that
differ only by case are one file on some machines, and version control runs what lies in its folder.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from octavo.records.visible import UNSEEN
from octavo_server.errors import Invalid

MOST_FILES: Final = 5_000
DEEPEST: Final = 32
LONGEST_PATH: Final = 400
LONGEST_NAME: Final = 200
RESERVED: Final = "octavo-onnx"
"""Folder beside a version's files in which its derived files lie wherever it is unpacked."""
AGAIN: Final = "Log the model again without it."
PATH_KEYS: Final = frozenset(
    {
        "artifact_path", "code", "data", "keras_module", "model_code_path", "model_data",
        "model_path", "path", "pickled_model", "python_model", "serialized_input_path",
        "state_dict", "transformers_model",
    }
)  # fmt: skip
"""Keys of a model's description under which MLflow's loaders look for paths inside its folder."""
FROM_CODE: Final = "model_code_path"


def check_paths(paths: Sequence[str]) -> None:
    """Raise Invalid for paths that a model can't have, each relative with forward slashes."""
    if not paths:
        raise Invalid("The model has no files.", "Log the model again.")
    check_count(len(paths))
    for path in paths:
        check_path(path)
    _check_twins(paths)


def check_count(files: int) -> None:
    """Raise Invalid for more files than a model may have."""
    if files > MOST_FILES:
        raise Invalid(
            f"The model has over {MOST_FILES:,} files; 1 to {MOST_FILES:,} are allowed.",
            "Log the model again with fewer files, such as one archive.",
        )


def check_path(path: str) -> None:
    """Raise Invalid for a path that no model file has."""
    parts = path.split("/")
    if path.startswith("/") or "\\" in path or any(one in {"", ".", ".."} for one in parts):
        raise _refused(path, "leads out of the model's folder")
    if UNSEEN.search(path) or "\n" in path or "\t" in path or not path.isprintable():
        raise _refused(path, "holds characters that nobody sees")
    if len(parts) > DEEPEST or len(path.encode()) > LONGEST_PATH:
        raise _refused(path, f"is deeper than {DEEPEST} or longer than {LONGEST_PATH} bytes")
    if any(len(one.encode()) > LONGEST_NAME for one in parts):
        raise _refused(path, f"has a name of over {LONGEST_NAME} bytes")
    if any(_plain(one).startswith(".git") for one in parts):
        raise _refused(path, "belongs to version control, which runs what lies there")
    if _plain(parts[0]) == RESERVED:
        raise _refused(path, f"is where Octavo puts derived files ({RESERVED})")


def check_described(described: Mapping[str, Any]) -> None:
    """Raise Invalid where a model's description names a file outside of its own folder."""
    pending: list[Any] = [described.get("flavors"), described.get("saved_input_example_info")]
    for _ in range(10_000):
        if not pending:
            return
        node = pending.pop()
        if isinstance(node, Mapping):
            for key, value in node.items():
                if key in PATH_KEYS and isinstance(value, str):
                    _check_inside(str(key), value)
            pending += node.values()
        elif isinstance(node, list):
            pending += node
    raise Invalid("The model's MLmodel file has over 10,000 entries.", "Log the model again.")


def _check_inside(key: str, path: str) -> None:
    # A model from code says where its source lay; every loader looks for the name in the folder.
    found = PurePosixPath(path.rpartition("/")[2] if key == FROM_CODE else path)
    if found.is_absolute() or ".." in found.parts or "\0" in path:
        raise Invalid(
            f"The model's MLmodel file says {key}: {path[:120]!r}, which is outside of the model.",
            "Log the model again with paths inside of its own folder.",
        )


def _check_twins(paths: Iterable[str]) -> None:
    seen: dict[str, str] = {}
    for path in sorted({way for one in paths for way in _ways(one)}):
        twin = seen.setdefault(_plain(path), path)
        if twin != path:
            raise Invalid(
                f"The model holds {twin[:120]!r} and {path[:120]!r}, which differ only by case or "
                "by how their signs are written: on some machines they are one file.",
                "Give one of them another name and log the model again.",
            )


def _ways(path: str) -> list[str]:
    """Return the path and every folder on its way."""
    parts = path.split("/")
    return ["/".join(parts[: end + 1]) for end in range(len(parts))]


def _plain(text: str) -> str:
    """Return what file systems that ignore case and spelling of signs take a name for."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _refused(path: str, why: str) -> Invalid:
    return Invalid(f"The model's file {path[:120]!r} {why}.", AGAIN)
