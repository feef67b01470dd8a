"""Makes and signs the bills of materials of versions, soon after they were registered."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from octavo.bundles import BILL_PREDICATE, manifest_of
from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Database
from octavo_server.errors import Conflict, OctavoError
from octavo_server.identity import Caller, service_caller
from octavo_server.registry.proof import store
from octavo_server.registry.proof.domain import Attestation, Bill, BillKind
from octavo_server.registry.proof.ports import Bills, Keys
from octavo_server.registry.versions.service import (
    PREDICATE,
    Derived,
    ModelVersion,
    VersionsService,
    statement_predicate,
)

log = logging.getLogger("octavo.registry.proof")

AT_A_TIME = 20
"""Versions that one step looks at, so that a large registry doesn't hold up the worker."""


class Attesting:
    """Bills of materials, signed."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        versions: VersionsService,
        keys: Keys,
        bills: Bills,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._versions = versions
        self._keys = keys
        self._bills = bills
        self._clock = clock
        self._refused: set[tuple[str, str, int]] = set()

    def step(self) -> None:
        """Sign the bills of versions that have none; a task of the worker."""
        with self._database.read() as rows:
            done = store.attested(rows) | self._refused
        for key in [one for one in self._versions.every() if one not in done][:AT_A_TIME]:
            try:
                self.of(self._versions.version(*key))
            except OctavoError as error:
                self._refused.add(key)
                log.warning("%s/%s %s has no bills: %s", *key, error.message)

    def of(self, version: ModelVersion) -> dict[BillKind, Attestation]:
        """The signed bills of a version; made where they are missing.

        Raises Conflict for a version whose own signature doesn't hold: nothing more is signed.
        """
        found = self.known(version)
        if len(found) == len(BillKind):
            return found
        statement_problems = self._versions.problems(version)
        if statement_problems:
            raise Conflict(
                f"Version {version.version} of {version.name} is not what was signed: "
                f"{statement_problems[0]}",
                "Register the model again from its run.",
            )
        return self._make(version)

    def sign_anew(self, caller: Caller, version: ModelVersion, reason: str) -> ModelVersion:
        """Sign a version again whose key was revoked, once all of it is what that key signed.

        Its bills and other forms are signed again too.  Raises Conflict for one whose signature
        holds, that was changed, or that no key of ours ever signed.
        """
        if not self._versions.problems(version):
            raise Conflict(
                f"The signature of version {version.version} of {version.name} holds.",
                "Nothing is to be done.",
            )
        found = self._versions.contradictions(version, self._keys.once_signed(version.envelope))
        if found:
            raise Conflict(
                f"Version {version.version} of {version.name} is not what was signed: {found[0]}",
                "It isn't signed again. Register the model again from its run.",
            )
        made = replace(version, key_id=self._keys.key_id)
        envelope = self._keys.attest(
            subjects={one.path: one.sha256 for one in made.files},
            predicate_type=PREDICATE,
            predicate=statement_predicate(made),
        )
        made = replace(made, envelope=envelope, derived=self._forms_anew(version))
        place = (version.project, version.name, version.version)
        subject = f"model_version:{place[0]}/{place[1]}/{place[2]}"
        with self._audit.change(caller, "registry.sign", subject, version.project) as change:
            self._versions.sign_anew(change, made)
            store.forget_attestations(change.rows, *place)
            change.note(before=version.key_id, key=made.key_id, reason=reason)
        return made

    def _forms_anew(self, version: ModelVersion) -> tuple[Derived, ...]:
        """A version's other forms, each signed again; one that was changed stays as it is."""
        made = []
        for form in version.derived:
            try:
                once = self._keys.once_signed(form.envelope)
            except OctavoError:
                once = None
            if once is not None and not self._versions.form_contradictions(version, form, once):
                envelope = self._keys.attest(
                    subjects={one.path: one.sha256 for one in form.files},
                    predicate_type=once["predicateType"],
                    predicate=once["predicate"],
                )
                form = replace(form, envelope=envelope)
            made.append(form)
        return tuple(made)

    def known(self, version: ModelVersion) -> dict[BillKind, Attestation]:
        """The signed bills that there are."""
        with self._database.read() as rows:
            return store.attestations(rows, version.project, version.name, version.version)

    def document(self, version: ModelVersion, kind: BillKind) -> str:
        """The document of a bill. Raises as `of`."""
        made = self.of(version)[kind]
        with self._database.read() as rows:
            bill = store.bill(rows, made.digest)
        if bill is None or hashlib.sha256(bill.document.encode()).hexdigest() != made.digest:
            raise Conflict(
                f"The stored bill of materials of {version.name} {version.version} is not the one "
                "that was signed.",
                "Restore the platform's database from a backup.",
            )
        return bill.document

    def problems(self, version: ModelVersion, made: Attestation) -> tuple[str, ...]:
        """What is wrong with a signed bill, a sentence each."""
        try:
            statement = self._keys.verify(made.envelope, predicate_type=BILL_PREDICATE)
        except OctavoError as error:
            return (error.message,)
        subjects = {one["name"]: one["digest"]["sha256"] for one in statement["subject"]}
        said = statement["predicate"]
        if subjects != _subject(version):
            return (f"The {made.kind.value} bill is signed for other files.",)
        if (said.get("kind"), said.get("sha256")) != (made.kind.value, made.digest):
            return (f"The {made.kind.value} bill is not the one that was signed.",)
        return ()

    def _make(self, version: ModelVersion) -> dict[BillKind, Attestation]:
        project, name, number = version.project, version.name, version.version
        at = self._clock()
        environment, digest = self._environment(version, at)
        made = {
            BillKind.ENVIRONMENT: environment,
            BillKind.MODEL: self._bills.model(version, environment, at),
        }
        signed = {kind: self._signed(version, kind, bill, at) for kind, bill in made.items()}
        subject = f"model_version:{project}/{name}/{number}"
        worker = service_caller("worker", project)
        with self._audit.change(worker, "registry.attest", subject, project) as change:
            store.keep_bill(change.rows, environment, at, digest)
            store.keep_bill(change.rows, made[BillKind.MODEL], at)
            for one in signed.values():
                store.attest(change.rows, project, name, number, one)
            change.note(**{kind.value: bill.digest for kind, bill in made.items()})
        return signed

    def _environment(self, version: ModelVersion, at: datetime) -> tuple[Bill, str]:
        """The bill of a version's environment, made once an environment, and its digest."""
        lines: Sequence[str] = version.packaging.requirements
        python = str((version.origin.get("environment") or {}).get("python") or "")
        kept = "\n".join([f"python {python}", *sorted(line.strip() for line in lines)])
        digest = hashlib.sha256(kept.encode()).hexdigest()
        with self._database.read() as rows:
            known = store.environment_bill(rows, digest)
        return known or self._bills.environment(lines, python, at), digest

    def _signed(
        self, version: ModelVersion, kind: BillKind, bill: Bill, at: datetime
    ) -> Attestation:
        envelope = self._keys.attest(
            subjects=_subject(version),
            predicate_type=BILL_PREDICATE,
            predicate={"kind": kind.value, "sha256": bill.digest, "format": "CycloneDX 1.6"},
        )
        return Attestation(
            kind=kind,
            digest=bill.digest,
            envelope=envelope,
            made_at=at,
            components=bill.components,
        )


def _subject(version: ModelVersion) -> dict[str, str]:
    return {"model": manifest_of({one.path: one.sha256 for one in version.files})}
