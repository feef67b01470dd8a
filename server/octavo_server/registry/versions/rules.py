"""Pure decisions about versions: names, manifests, statements, who may move an alias."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from octavo_server.errors import Forbidden, Invalid
from octavo_server.registry.versions.domain import (
    ArtifactFile,
    Derived,
    ModelVersion,
)
from octavo_server.registry.versions.provenance import predicate_problems

#: Kind of the signed statement about another form of a version.
DERIVED_PREDICATE: Final = "urn:octavo:statement:derived-model:v1"
#: Aliases that production loads; a second person moves them.
PROTECTED: Final = frozenset({"champion"})
MODEL_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,62}")
ALIAS_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,30}")
RESERVED_ALIAS: Final = re.compile(r"latest|v\d+")


def check_name(name: str) -> None:
    """Raises Invalid for a name that a model can't have."""
    if not MODEL_NAME.fullmatch(name):
        raise Invalid(
            f"name: {name[:80]!r} can't be a model's name.",
            "Use at most 63 lower-case letters, digits and -, beginning with a letter.",
        )


def check_alias(alias: str) -> None:
    """Raises Invalid for a name that an alias can't have."""
    if not ALIAS_NAME.fullmatch(alias) or RESERVED_ALIAS.fullmatch(alias):
        raise Invalid(
            f"alias: {alias[:80]!r} can't be an alias.",
            "Use at most 31 lower-case letters, digits and -, beginning with a letter; "
            "latest and v<number> are MLflow's own.",
        )


def registered_name(project: str, name: str) -> str:
    """The model's name in MLflow."""
    return f"{project}.{name}"


def manifest_digest(files: Sequence[ArtifactFile]) -> str:
    """SHA-256 over path, size and SHA-256 of every file, sorted by path, as canonical JSON."""
    listed = [
        {"path": one.path, "sha256": one.sha256, "size": one.size}
        for one in sorted(files, key=lambda one: one.path)
    ]
    text = json.dumps(listed, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def differences(signed: Sequence[ArtifactFile], found: Sequence[ArtifactFile]) -> tuple[str, ...]:
    """What differs between the signed files and those that are stored, one sentence each."""
    before = {one.path: one for one in signed}
    after = {one.path: one for one in found}
    problems = [f"{path} is missing." for path in sorted(before.keys() - after.keys())]
    problems += [f"{path} was added." for path in sorted(after.keys() - before.keys())]
    problems += [
        f"{path} was changed: {before[path].sha256[:12]} was signed, {after[path].sha256[:12]} "
        "is stored."
        for path in sorted(before.keys() & after.keys())
        if before[path].sha256 != after[path].sha256
    ]
    return tuple(problems)


def derived_problems(
    version: ModelVersion,
    form: Derived,
    statement: Mapping[str, Any],
    found: Sequence[ArtifactFile],
) -> tuple[str, ...]:
    """Where another form is not the one that was signed as made from this version's files."""
    subjects = {one["name"]: one["digest"]["sha256"] for one in statement["subject"]}
    listed = {one.path: one.sha256 for one in form.files}
    problems = list(differences(form.files, found))
    if subjects != listed:
        problems.append(f"The signed list of files of the {form.kind} form is not the stored one.")
    if statement["predicateType"] != DERIVED_PREDICATE:
        problems.append(f"The statement about the {form.kind} form is about something else.")
    elif statement["predicate"].get("source_manifest_sha256") != version.digest:
        problems.append(f"The {form.kind} form was made from other files than this version's.")
    return tuple(problems)


def check_alias_mover(
    alias: str, version: ModelVersion, caller: str, roles: frozenset[str]
) -> None:
    """Four eyes on what production loads: raises Forbidden.

    A protected alias is moved by a reviewer, an admin or Octavo itself, and by nobody to a
    version that they registered themselves.
    """
    if alias not in PROTECTED:
        return
    if not roles & {"reviewer", "admin", "service"}:
        raise Forbidden(
            f"The alias {alias!r} is what production loads: a reviewer or an admin moves it.",
            "Ask a reviewer, or move `challenger`.",
        )
    if version.created_by == caller:
        raise Forbidden(
            f"You registered version {version.version} yourself, so another person has to make "
            f"it {alias}.",
            "Ask another reviewer.",
        )


def statement_problems(version: ModelVersion, statement: Mapping[str, Any]) -> tuple[str, ...]:
    """Where a verified statement is not about this version and these files."""
    subjects = {one["name"]: one["digest"]["sha256"] for one in statement["subject"]}
    listed = {one.path: one.sha256 for one in version.files}
    problems = [] if subjects == listed else ["The signed list of files is not the stored one."]
    problems += predicate_problems(version, statement)
    if manifest_digest(version.files) != version.digest:
        problems.append("The stored digest is not that of the stored list of files.")
    return tuple(problems)
