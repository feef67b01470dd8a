"""Keeps and checks signed versions, and moves their aliases."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from octavo_server.audit.service import AuditService, Change
from octavo_server.database.rows import Database, RowExists
from octavo_server.errors import Conflict, NotFound, OctavoError
from octavo_server.identity import Caller
from octavo_server.policy.service import PolicyService
from octavo_server.registry.versions import rules, store
from octavo_server.registry.versions.aliases import AliasPoint, points
from octavo_server.registry.versions.comparison import (
    Comparison,
    ViewVersion,
    check_versions,
    compare,
    unknown_view,
)
from octavo_server.registry.versions.differences import Difference
from octavo_server.registry.versions.domain import (
    AliasMove,
    ArtifactFile,
    ChecklistItem,
    Conversion,
    ConversionOutcome,
    Derived,
    Finding,
    ItemState,
    Model,
    ModelVersion,
    Packaging,
    Scan,
    Severity,
    Trial,
    TrialOutcome,
    Verification,
)
from octavo_server.registry.versions.ports import Attestor, ModelFiles, VersionBook
from octavo_server.registry.versions.provenance import (
    FIRST_PREDICATE,
    PREDICATE,
    data_node,
    statement_predicate,
)
from octavo_server.registry.versions.reconciliation import listed
from octavo_server.registry.versions.rules import (
    DERIVED_PREDICATE,
    MODEL_NAME,
    check_name,
    manifest_digest,
    registered_name,
)
from octavo_server.registry.versions.tags import Tag, Tags

__all__ = [
    "DERIVED_PREDICATE",
    "FIRST_PREDICATE",
    "MODEL_NAME",
    "PREDICATE",
    "AliasMove",
    "ArtifactFile",
    "Attestor",
    "ChecklistItem",
    "Conversion",
    "ConversionOutcome",
    "Derived",
    "Finding",
    "ItemState",
    "Model",
    "ModelFiles",
    "ModelVersion",
    "Packaging",
    "Scan",
    "Severity",
    "Tag",
    "Trial",
    "TrialOutcome",
    "Verification",
    "VersionBook",
    "VersionsService",
    "check_name",
    "data_node",
    "manifest_digest",
    "registered_name",
    "statement_predicate",
]


class VersionsService:
    """Registered versions of the projects' models."""

    def __init__(
        self,
        *,
        database: Database,
        audit: AuditService,
        policy: PolicyService,
        files: ModelFiles,
        book: VersionBook,
        attestor: Attestor,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._policy = policy
        self._files = files
        self._book = book
        self._attestor = attestor
        self._clock = clock
        self.view_version: ViewVersion = unknown_view
        self.tags = Tags(database, audit, book, self.version)

    def models(self, project: str) -> list[Model]:
        """The project's models, the last changed first."""
        with self._database.read() as rows:
            return store.models(rows, project)

    def model(self, project: str, name: str) -> tuple[Model, list[ModelVersion]]:
        """A model with its versions, newest first. Raises NotFound."""
        with self._database.read() as rows:
            found = store.get_model(rows, project, name)
            if found is None:
                raise _no_model(project, name)
            return found, store.versions(rows, project, name)

    def version(self, project: str, name: str, version: int) -> ModelVersion:
        """One version. Raises NotFound."""
        with self._database.read() as rows:
            found = store.get_version(rows, project, name, version)
        if found is None:
            raise NotFound(
                f"Model {name[:80]!r} has no version {version} in project {project}.",
                "See the model's versions; one that was made past Octavo isn't signed.",
            )
        return found

    def pointed_to(self, project: str, name: str, alias: str) -> ModelVersion | None:
        """Return the version that an alias points to, None where it points to none."""
        with self._database.read() as rows:
            number = store.aliases(rows, project, name).get(alias)
            return store.get_version(rows, project, name, number) if number else None

    def add(self, change: Change, version: ModelVersion) -> None:
        """Keep a signed version, in the transaction of its registration. Raises Conflict."""
        store.touch_model(change.rows, version.project, version.name, change.caller.name, change.at)
        _add(change, version)

    def refuse_twin(self, project: str, name: str, model_id: str) -> None:
        """Raise Conflict when a logged model is a version already."""
        with self._database.read() as rows:
            twin = store.version_of_model(rows, project, name, model_id)
        if twin is not None:
            raise Conflict(
                f"This logged model is version {twin} of {name} already.",
                "Use that version, or log the model again after a change.",
            )

    def verify(self, project: str, name: str, version: int) -> Verification:
        """Checks the stored bytes and the signature of a version now. Raises NotFound."""
        found = self.version(project, name, version)
        problems = list(self._signature_problems(found))
        problems += self._changed(found.location, found.files)
        if found.source:
            told = self._changed(found.source, found.files)
            problems += [f"What MLflow's clients load: {one}" for one in told]
        for form in found.derived:
            told = self._changed(form.location, form.files)
            problems += [f"The {form.kind} form: {one}" for one in told]
        return Verification(
            name=name,
            version=version,
            digest=found.digest,
            problems=tuple(problems),
            checked_at=self._clock(),
        )

    def _changed(self, location: str, files: Sequence[ArtifactFile]) -> tuple[str, ...]:
        """What differs between signed files and those at an address now, one sentence each."""
        try:
            return rules.differences(files, self._files.manifest(location))
        except OctavoError as error:
            return (error.message,)

    def signed(self, project: str, name: str, version: int) -> tuple[ModelVersion, bool]:
        """A version, and whether its signature holds now; the bytes are not read."""
        found = self.version(project, name, version)
        return found, not self._signature_problems(found)

    def problems(self, version: ModelVersion) -> tuple[str, ...]:
        """What is wrong with a version's signature now, a sentence each; the bytes aren't read."""
        return self._signature_problems(version)

    def contradictions(
        self, version: ModelVersion, statement: Mapping[str, Any]
    ) -> tuple[str, ...]:
        """Where rows or stored bytes of a version aren't what a statement says."""
        stored = self._changed(version.location, version.files)
        return rules.statement_problems(version, statement) + stored

    def form_contradictions(
        self, version: ModelVersion, form: Derived, statement: Mapping[str, Any]
    ) -> tuple[str, ...]:
        """Where another form, or its stored bytes, aren't what a statement says."""
        stored = self._changed(form.location, form.files)
        return rules.derived_problems(version, form, statement, form.files) + stored

    def sign_anew(self, change: Change, version: ModelVersion) -> None:
        """Keep a new signature of a version, in the transaction of whoever decided on it."""
        store.sign_anew(change.rows, version)

    def every(self) -> list[tuple[str, str, int]]:
        """Project, name and number of all versions, the newest first."""
        with self._database.read() as rows:
            return store.every(rows)

    def kept_digests(self) -> set[str]:
        """Digests of the manifests and files of every version and of its other forms."""
        with self._database.read() as rows:
            return store.kept_digests(rows)

    def fetch(self, project: str, name: str, version: int, folder: Path) -> dict[str, str]:
        """Copies a version's files into `folder`; returns path -> SHA-256 as signed.

        Its other forms lie beside them, an ONNX form in ``octavo-onnx``.  Raises Conflict when
        a signature or a copied byte is not what was signed.
        """
        found = self.version(project, name, version)
        problems = self._signature_problems(found)
        copied = () if problems else self._files.copy(found.location, folder)
        problems = problems or rules.differences(found.files, copied)
        if problems:
            raise Conflict(
                f"Version {version} of {name} is not what was signed: {problems[0]}",
                "Don't use it. Register the model again from its run.",
            )
        return {one.path: one.sha256 for one in found.files} | self._fetch_derived(found, folder)

    def fetch_form(self, project: str, name: str, version: int, kind: str, folder: Path) -> None:
        """Copy one of a version's other forms into `folder`. Raises Conflict unless it is whole."""
        found = self.version(project, name, version)
        form = next((one for one in found.derived if one.kind == kind), None)
        if form is None:
            raise Conflict(
                f"Version {version} of {name} has no {kind} form.",
                "Register its run again with conversion on.",
            )
        statement = self._attestor.verify(form.envelope)
        copied = self._files.copy(form.location, folder)
        if problems := rules.derived_problems(found, form, statement, copied):
            raise Conflict(
                f"The {kind} form of version {version} of {name} is not what was signed: "
                f"{problems[0]}",
                "Don't use it. Register the model again from its run.",
            )

    def _fetch_derived(self, version: ModelVersion, folder: Path) -> dict[str, str]:
        """Copy the other forms that are what was signed; the version is whole without them."""
        fetched: dict[str, str] = {}
        for form in version.derived:
            beside = f"octavo-{form.kind}"
            try:
                statement = self._attestor.verify(form.envelope)
                copied = self._files.copy(form.location, folder / beside)
            except OctavoError:
                copied = ()
            else:
                copied = () if rules.derived_problems(version, form, statement, copied) else copied
            if copied:
                fetched |= {f"{beside}/{one.path}": one.sha256 for one in copied}
            else:
                shutil.rmtree(folder / beside, ignore_errors=True)
        return fetched

    def move_alias(
        self,
        caller: Caller,
        project: str,
        name: str,
        alias: str,
        *,
        version: int,
        reason: str,
        expected: int | None = None,
    ) -> AliasMove:
        """Points an alias to a version, here and in MLflow, and keeps who, when and why.

        Raises Invalid, NotFound, Forbidden, PolicyRefused, or Conflict when the alias doesn't
        point to `expected` any more.
        """
        rules.check_alias(alias)
        target = self.version(project, name, version)
        rules.check_alias_mover(alias, target, caller.name, caller.roles)
        subject = f"model:{project}/{name}"
        with self._audit.change(caller, "registry.alias", subject, project) as change:
            present = store.aliases(change.rows, project, name).get(alias)
            _check_expected(alias, present, version, expected)
            self._alias_gate(change, caller, target, alias)
            move = AliasMove(
                number=store.next_move(change.rows, project, name),
                alias=alias,
                version=version,
                previous=present,
                moved_by=caller.name,
                moved_at=change.at,
                reason=reason,
            )
            store.move_alias(change.rows, project, name, move)
            store.touch_model(change.rows, project, name, caller.name, change.at)
            change.note(alias=alias, version=version, previous=present, reason=reason)
            self._book.set_alias(rules.registered_name(project, name), alias, version)
        return move

    def alias_moves(
        self, project: str, name: str, before: int | None = None, limit: int = 50
    ) -> list[AliasMove]:
        """The moves of a model's aliases, newest first. Raises NotFound."""
        with self._database.read() as rows:
            if store.get_model(rows, project, name) is None:
                raise _no_model(project, name)
            return store.moves(rows, project, name, before=before, limit=limit)

    def aliases_on(self, project: str, name: str, at: datetime) -> list[AliasPoint]:
        """Where each alias of a model pointed at a moment. Raises NotFound."""
        with self._database.read() as rows:
            if store.get_model(rows, project, name) is None:
                raise _no_model(project, name)
            return points(store.moves(rows, project, name, limit=None), at)

    def compare(self, project: str, name: str, numbers: Sequence[int]) -> Comparison:
        """Versions of a model side by side. Raises Invalid or NotFound."""
        check_versions(numbers)
        versions = [self.version(project, name, one) for one in numbers]
        return compare(name, versions, self.view_version)

    def differences(self, project: str) -> list[Difference]:
        """What was changed in MLflow past Octavo, the newest first."""
        with self._database.read() as rows:
            return listed(rows, project)

    def _alias_gate(
        self, change: Change, caller: Caller, version: ModelVersion, alias: str
    ) -> None:
        facts = {
            "alias": alias,
            "protected": alias in rules.PROTECTED,
            "scan_findings": version.scan_report.alarms,
        }
        self._policy.require(change, "MoveAlias", caller, project=version.project, facts=facts)

    def _signature_problems(self, version: ModelVersion) -> tuple[str, ...]:
        try:
            statement = self._attestor.verify(version.envelope)
        except OctavoError as error:
            return (error.message,)
        return rules.statement_problems(version, statement)


def _add(change: Change, version: ModelVersion) -> None:
    try:
        store.add_version(change.rows, version)
    except RowExists as error:
        raise Conflict(
            f"Somebody registered this model as a version of {version.name} just now.",
            "Reload the model's versions.",
        ) from error


def _no_model(project: str, name: str) -> NotFound:
    return NotFound(
        f"Project {project} has no model {name[:80]!r}.", "See the project's list of models."
    )


def _check_expected(alias: str, present: int | None, version: int, expected: int | None) -> None:
    if present == version:
        raise Conflict(f"{alias} points to version {version} already.", "Nothing is to be done.")
    if expected is not None and present != expected:
        raise Conflict(
            f"{alias} points to version {present}, not to {expected}: somebody moved it.",
            "Reload the model and decide again.",
        )
