"""What MLflow's registry holds against what Octavo kept: what differs, what becomes of it.  Pure.

Octavo's rows are the truth about versions and aliases; MLflow holds a copy for its clients.  Tags
of people are written on either side, so that those of MLflow are taken over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

#: The tag that a version carries in MLflow: the digest of what was signed.
DIGEST_TAG: Final = "octavo.manifest_sha256"


@dataclass(frozen=True, kw_only=True)
class BookEntry:
    """A registered model as MLflow has it."""

    aliases: Mapping[str, int] = field(default_factory=dict)
    """Alias -> version."""
    versions: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    """Version -> its tags."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A registered model as Octavo keeps it."""

    project: str
    """The project."""
    name: str
    """Name in the project."""
    aliases: Mapping[str, int]
    """Alias -> version."""
    digests: Mapping[int, str]
    """Version -> digest of its manifest."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """One difference."""

    project: str
    """The project."""
    name: str
    """The model."""
    kind: str
    """version_deleted, version_unsigned, alias_moved, alias_removed, alias_added, tag_changed."""
    about: str
    """The alias, tag or version: what tells it from another of its kind."""
    version: int | None
    """The version, where it is about one."""
    detail: str
    """What was found, a sentence."""
    repairable: bool
    """Whether Octavo can put it right."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A difference that was found and kept."""

    id: int
    """Its number in the project."""
    name: str
    """The model."""
    version: int | None
    """The version."""
    kind: str
    """As in `Found`."""
    about: str
    """As in `Found`."""
    detail: str
    """What was found and done."""
    repaired: bool
    """Whether it was put right."""
    found_at: datetime
    """When it was found."""
    resolved_at: datetime | None
    """When it was found no more."""


def differences(kept: Kept, entry: BookEntry) -> Iterator[Found]:
    """What differs for one model."""
    yield from _versions(kept, entry)
    yield from _aliases(kept, entry)
    for number in sorted(kept.digests.keys() & entry.versions.keys()):
        said = entry.versions[number].get(DIGEST_TAG)
        if said != kept.digests[number]:
            yield _found(
                kept,
                "tag_changed",
                f"{DIGEST_TAG}@{number}",
                number,
                f"In MLflow the tag {DIGEST_TAG} of version {number} was "
                f"{'removed' if said is None else f'changed to {said[:80]!r}'}.",
                repairable=True,
            )


def _versions(kept: Kept, entry: BookEntry) -> Iterator[Found]:
    for number in sorted(kept.digests.keys() - entry.versions.keys()):
        yield _found(
            kept,
            "version_deleted",
            str(number),
            number,
            f"Version {number} was deleted in MLflow: its clients can't load it by name. Octavo "
            "keeps its files and its proof, and deployments of it go on.",
            repairable=False,
        )
    for number in sorted(entry.versions.keys() - kept.digests.keys()):
        yield _found(
            kept,
            "version_unsigned",
            str(number),
            number,
            f"Version {number} was made in MLflow past Octavo: nobody scanned or signed it, and it "
            "can't be deployed. Register its run in Octavo.",
            repairable=False,
        )


def _aliases(kept: Kept, entry: BookEntry) -> Iterator[Found]:
    for alias in sorted(kept.aliases.keys() | entry.aliases.keys()):
        ours, theirs = kept.aliases.get(alias), entry.aliases.get(alias)
        if ours == theirs:
            continue
        if ours is None:
            words = f"The alias {alias[:60]} was set to version {theirs} in MLflow past Octavo."
            yield _found(kept, "alias_added", alias, theirs, words, repairable=True)
        elif theirs is None:
            words = f"The alias {alias} of version {ours} was removed in MLflow."
            there = ours in entry.versions
            yield _found(kept, "alias_removed", alias, ours, words, repairable=there)
        else:
            words = f"The alias {alias} was moved in MLflow from version {ours} to {theirs}."
            there = ours in entry.versions
            yield _found(kept, "alias_moved", alias, ours, words, repairable=there)


def _found(
    kept: Kept, kind: str, about: str, version: int | None, detail: str, *, repairable: bool
) -> Found:
    return Found(
        project=kept.project,
        name=kept.name,
        kind=kind,
        about=about[:200],
        version=version,
        detail=detail,
        repairable=repairable,
    )


def people_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags that people set: neither Octavo's own nor MLflow's."""
    return {
        key: value
        for key, value in tags.items()
        if not key.lower().startswith(("octavo.", "mlflow.")) and len(key) <= 100
    }
