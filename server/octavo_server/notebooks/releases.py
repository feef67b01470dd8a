"""Makes, keeps and verifies releases."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from octavo.records.notebooks import (
    Environment,
    Input,
    Parameter,
    ReleaseCheck,
    ReleaseVerification,
    SubmissionReview,
    Tolerance,
)
from octavo_server.adapters.signing import statement
from octavo_server.audit.service import Change
from octavo_server.errors import Conflict, OctavoError
from octavo_server.execution import Blobs
from octavo_server.notebooks import rules, store
from octavo_server.notebooks.domain import Release, Submission, VerifiedRelease
from octavo_server.notebooks.ports import Installed, ReleaseFiles, ReleaseSigner

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can say; an export says nothing about when."""


class ReleaseRefused(Conflict):
    """A release's stored bytes or signature aren't the approved ones; it must not run."""

    code = "release_refused"
    on_trail = True


class Releases:
    """The folder of releases and their signatures."""

    def __init__(
        self,
        files: ReleaseFiles,
        signer: ReleaseSigner,
        blobs: Blobs,
        installed: Installed,
        clock: Callable[[], datetime],
        approval_days: int = 365,
    ) -> None:
        """``approval_days`` is how long an approval counts."""
        self._files = files
        self._signer = signer
        self._blobs = blobs
        self._installed = installed
        self._clock = clock
        self._approval = timedelta(days=approval_days)

    def make(
        self,
        change: Change,
        submission: Submission,
        review: SubmissionReview,
        policy: Mapping[str, Any],
    ) -> Release:
        """Write, sign and record the release of an approved submission."""
        last = store.last_release(change.rows, submission.project, submission.name)
        number = last.number + 1 if last else 1
        contents = self._contents(submission)
        manifest = rules.manifest(
            submission,
            number=number,
            review=review,
            policy=policy,
            files=contents,
            valid_until=change.at + self._approval,
        )
        body = rules.canonical(manifest)
        digest = rules.digest_of(manifest)
        envelope = self._signer.sign(_statement(digest, manifest))
        contents[rules.MANIFEST_FILE] = body
        contents[rules.SIGNATURE_FILE] = json.dumps(envelope, sort_keys=True).encode()
        self._files.write(digest, contents)
        made = Release(
            digest=digest,
            project=submission.project,
            name=submission.name,
            number=number,
            submission=submission.id,
            created_at=change.at,
            manifest=manifest,
            key_id=self._signer.key_id,
        )
        store.add_release(change.rows, made)
        return made

    def _contents(self, submission: Submission) -> dict[str, bytes]:
        assert submission.verdict is not None  # noqa: S101 - reviewable means replayed
        assert submission.results_digest is not None  # noqa: S101
        return {
            rules.NOTEBOOK_FILE: self._blobs.get(submission.notebook_digest),
            rules.RESULTS_FILE: self._blobs.get(submission.results_digest),
            rules.LINT_FILE: rules.canonical(submission.lint.model_dump(mode="json")),
            rules.VERDICT_FILE: rules.canonical(submission.verdict.model_dump(mode="json")),
        }

    def verify(self, release: Release) -> ReleaseVerification:
        """Read all bytes of a release and check each against manifest and signature."""
        checks, _ = self._checked(release)
        return ReleaseVerification(
            digest=release.digest,
            ok=all(check.ok for check in checks),
            checks=checks,
            verified_at=self._clock(),
        )

    def verified(self, release: Release) -> VerifiedRelease:
        """Return the verified content of a release, ready to run.

        Raises ReleaseRefused naming the file that was changed, or the package that is another.
        """
        checks, files = self._checked(release)
        wrong = [check for check in checks if not check.ok]
        if wrong:
            raise ReleaseRefused(
                f"Release {release.name} {release.number} ({release.digest[:12]}) is refused: "
                f"{wrong[0].name}: {wrong[0].detail}",
                "Submit the notebook again; a file that was changed can also be restored.",
            )
        made = _content(release, files)
        self._refuse_other_environment(release, made.environment)
        return made

    def exported(self, release: Release) -> bytes:
        """Return a zip of the release's files as they are stored, the same bytes each time.

        Raises ReleaseRefused for files that aren't the approved ones.
        """
        checks, _ = self._checked(release)
        wrong = [one for one in checks if not one.ok and one.name != "approval"]
        if wrong:
            raise ReleaseRefused(
                f"Release {release.name} {release.number} can't be exported: {wrong[0].name}: "
                f"{wrong[0].detail}",
                "Restore the file from a backup.",
            )
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in sorted(self._files.read(release.digest).items()):
                archive.writestr(zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED)
        return made.getvalue()

    def notebook(self, digest: str) -> bytes | None:
        """Return a release's notebook as it is stored; None where there is none."""
        return self._files.read(digest).get(rules.NOTEBOOK_FILE)

    def _refuse_other_environment(self, release: Release, locked: Environment) -> None:
        found = rules.environment_differences(
            locked, self._installed.versions(list(locked.packages)), self._installed.python()
        )
        if found:
            raise ReleaseRefused(
                f"Release {release.name} {release.number} ({release.digest[:12]}) is refused: "
                f"the environment isn't the approved one: {' '.join(found[:5])}",
                "Install the approved versions, or submit the notebook again to approve these.",
            )

    def _checked(self, release: Release) -> tuple[list[ReleaseCheck], Mapping[str, bytes]]:
        files = dict(self._files.read(release.digest))
        manifest = files.pop(rules.MANIFEST_FILE, None)
        envelope = files.pop(rules.SIGNATURE_FILE, None)
        checks = rules.check_files(release.digest, manifest, files, release.manifest["files"])
        checks.append(self._check_signature(release.digest, envelope))
        checks.append(_check_record(release))
        checks.append(rules.check_approval(release, self._clock()))
        return checks, files

    def _check_signature(self, digest: str, envelope: bytes | None) -> ReleaseCheck:
        name = rules.SIGNATURE_FILE
        if envelope is None:
            return ReleaseCheck(name=name, ok=False, detail="The file is missing.")
        try:
            found = self._signer.verify(json.loads(envelope), predicate_type=rules.PREDICATE)
        except (OctavoError, ValueError, TypeError, AttributeError) as error:
            return ReleaseCheck(name=name, ok=False, detail=f"The signature doesn't hold: {error}")
        signed = [one["digest"]["sha256"] for one in found["subject"]]
        if digest not in signed:
            return ReleaseCheck(name=name, ok=False, detail=f"It signs {signed}, not this release.")
        return ReleaseCheck(name=name, ok=True, detail=f"Signed by key {self._signer.key_id[:16]}.")


def _check_record(release: Release) -> ReleaseCheck:
    """The database must say what the digest says: its manifest is what decides about files."""
    found = rules.digest_of(dict(release.manifest))
    detail = "The recorded manifest is the approved one."
    if found != release.digest:
        detail = f"The recorded manifest has the digest {found}: it has been changed."
    return ReleaseCheck(name="record", ok=found == release.digest, detail=detail)


def _statement(digest: str, manifest: Mapping[str, Any]) -> bytes:
    name = f"release:{manifest['project']}/{manifest['name']}/{manifest['number']}"
    return statement(
        subjects={name: digest},
        predicate_type=rules.PREDICATE,
        predicate={"manifest": dict(manifest)},
    )


def _content(release: Release, files: Mapping[str, bytes]) -> VerifiedRelease:
    manifest = release.manifest
    return VerifiedRelease(
        digest=release.digest,
        name=release.name,
        number=release.number,
        notebook=files[rules.NOTEBOOK_FILE],
        parameters=tuple(Parameter.model_validate(one) for one in manifest["parameters"]),
        replay_parameters=manifest["replay_parameters"],
        profile=manifest["profile"],
        inputs=tuple(Input.model_validate(one) for one in manifest["inputs"]),
        environment=Environment.model_validate(manifest["environment"]),
        tolerance=Tolerance.model_validate(manifest["tolerance"]),
        idempotent=manifest["idempotent"],
        results=json.loads(files[rules.RESULTS_FILE]),
        replay_seconds=float(manifest["replay_seconds"]),
    )
