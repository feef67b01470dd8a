"""Signs bundles for devices, takes what devices report, and says who holds what."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path

from octavo.edge.claims import CONTRACT_FILE, MODEL_FILE, PREDICATE, Place, canonical, digest_of
from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Database, Rows
from octavo_server.deployments.consumers.service import Consumer
from octavo_server.deployments.edge import rules, store
from octavo_server.deployments.edge.domain import Device, Fleet, Offer, Report
from octavo_server.deployments.edge.ports import BundleFolder, Keys
from octavo_server.deployments.rollouts.service import RolloutsService
from octavo_server.errors import Conflict, NotFound, OctavoError
from octavo_server.identity import Caller
from octavo_server.registry.versions.service import (
    DERIVED_PREDICATE,
    Derived,
    ModelVersion,
    VersionsService,
)
from octavo_server.turns import Turns

__all__ = ["Device", "EdgeService", "Fleet", "Offer", "Report"]

CHAMPION = "champion"


class EdgeService:
    """Bundles and devices of all projects."""

    def __init__(
        self,
        *,
        database: Database,
        audit: AuditService,
        versions: VersionsService,
        rollouts: RolloutsService,
        keys: Keys,
        public_keys: Callable[[], bytes],
        folder: BundleFolder,
    ) -> None:
        """``public_keys`` gives the list of keys that `octavo keys` writes."""
        self._database = database
        self._audit = audit
        self._versions = versions
        self._rollouts = rollouts
        self._keys = keys
        self._public_keys = public_keys
        self._folder = folder
        self._turns = Turns("bundles for devices", at_once=4, most_waiting=32, wait_s=60)

    def now(self) -> datetime:
        """Return the platform's time (UTC)."""
        return self._rollouts.now()

    def of_deployment(self, caller: Caller, project: str, name: str) -> Offer:
        """Return the bundle of a deployment's live version. Raises NotFound or Conflict."""
        deployment, _ = self._rollouts.traffic(project, name)
        if deployment.stable_version is None:
            raise Conflict(
                f"{name} has no live version yet, so there is nothing for devices.",
                "Pull again once its first version is live.",
            )
        version = self._versions.version(project, deployment.model, deployment.stable_version)
        place = Place(project=project, kind="deployment", name=name)
        return self._offer(caller, place, version, deployment.generation)

    def of_model(
        self, caller: Caller, project: str, model: str, version: int | None, alias: str | None
    ) -> Offer:
        """Return the bundle of a version, or of where an alias points (else `champion`).

        Raises Invalid, NotFound or Conflict.
        """
        rules.choice(version, alias)
        if version is not None:
            found = self._versions.version(project, model, version)
            place = Place(project=project, kind="version", name=model)
            return self._offer(caller, place, found, version)
        moves = self._versions.alias_moves(project, model, limit=10_000)
        named = alias or CHAMPION
        pointed = self._versions.pointed_to(project, model, named)
        if pointed is None:
            raise NotFound(
                f"{named[:63]} of {model} points to no version.",
                f"Name a version, such as {model}/1, or another alias, such as {model}@challenger.",
            )
        generation = max((one.number for one in moves if one.alias == named), default=0)
        place = Place(project=project, kind="alias", name=f"{model}@{named}")
        return self._offer(caller, place, pointed, generation)

    def bundle(self, offer: Offer) -> Path:
        """Return a zip file with an offer's files; the caller removes it. Raises Conflict."""
        proof = {
            "statement.dsse.json": json.dumps(offer.envelope, sort_keys=True).encode(),
            "keys.json": self._public_keys(),
        }
        with self._turns.turn():
            scratch = self._folder.scratch()
            try:
                self._versions.fetch_form(
                    offer.project, offer.model, offer.version, rules.ONNX, scratch
                )
                return self._folder.write(scratch, sorted((CONTRACT_FILE, MODEL_FILE)), proof)
            finally:
                self._folder.remove(scratch)

    def remove_bundle(self, bundle: Path) -> None:
        """Remove a bundle that was sent."""
        self._folder.remove(bundle)

    def report(
        self,
        consumer: Consumer,
        caller: Caller,
        deployment: str,
        device: str,
        installation: str,
        client: str,
        reports: Sequence[Report],
    ) -> tuple[Device, int]:
        """Take what a device tells; return it, and how many reports were new. Raises Conflict.

        That a device joins is on the audit trail; what it tells governs nothing.
        """
        project = consumer.project
        with self._database.read() as rows:
            known = store.device(rows, project, deployment, device) is not None
        subject = f"edge:{project}/{deployment}/{device}"
        joining = (
            nullcontext()
            if known
            else self._audit.change(caller, "edge.device_joined", subject, project)
        )
        with joining as change:
            if change is not None:
                change.note(consumer=consumer.name, client=client)
                return self._told(
                    change.rows, consumer, deployment, device, installation, client, reports
                )
            with self._database.write() as rows:
                return self._told(rows, consumer, deployment, device, installation, client, reports)

    def fleet(self, project: str, deployment: str) -> Fleet:
        """Return a deployment's devices, those that need a look first. Raises NotFound."""
        found, _ = self._rollouts.traffic(project, deployment)
        with self._database.read() as rows:
            devices = store.devices(rows, project, deployment)
        live, now = found.stable_version, self.now()
        return Fleet(
            devices=tuple(sorted(devices, key=lambda one: rules.needing_a_look(one, live, now))),
            live_version=live,
            why_not=self._why_not(project, found.model, live),
        )

    def live_version(self, project: str, deployment: str) -> int | None:
        """Return the version that a deployment's devices should hold. Raises NotFound."""
        return self._rollouts.traffic(project, deployment)[0].stable_version

    def forget(
        self, caller: Caller, project: str, deployment: str, device: str, reason: str
    ) -> None:
        """Remove a device; one that is still there joins again. Raises NotFound."""
        subject = f"edge:{project}/{deployment}/{device}"
        with self._audit.change(caller, "edge.device_removed", subject, project) as change:
            if not store.remove(change.rows, project, deployment, device):
                raise NotFound(
                    f"{deployment[:63]} has no device {device[:63]!r}.", "See its devices."
                )
            change.note(reason=reason)

    def _offer(self, caller: Caller, place: Place, version: ModelVersion, generation: int) -> Offer:
        """Sign what devices may have; the same state gives the same bundle."""
        form = rules.form_of(version)
        if problem := self._problem(version, form):
            raise Conflict(
                f"Version {version.version} of {version.name} is not given to devices: {problem}",
                "Ask a platform admin: it has to be signed anew, or rolled back.",
            )
        key_id = self._keys.key_id
        envelope = self._keys.attest(
            subjects={one.path: one.sha256 for one in form.files},
            predicate_type=PREDICATE,
            predicate=rules.predicate(place, version, generation, key_id, _example(version)),
        )
        statement = json.loads(base64.b64decode(envelope["payload"]))
        offer = Offer(
            project=place.project,
            digest=digest_of(canonical(statement)),
            kind=place.kind,
            place=place.name,
            model=version.name,
            version=version.version,
            generation=generation,
            key_id=key_id,
            envelope=envelope,
            made_by=caller.name,
            made_at=self.now(),
        )
        self._keep(caller, offer)
        return offer

    def _problem(self, version: ModelVersion, form: Derived) -> str | None:
        """Say why a version or its form is trusted no more; the bytes are not read."""
        if problems := self._versions.problems(version):
            return problems[0]
        try:
            self._keys.verify(form.envelope, predicate_type=DERIVED_PREDICATE)
        except OctavoError as error:
            return f"its {form.kind} form: {error.message}"
        return None

    def _keep(self, caller: Caller, offer: Offer) -> None:
        with self._database.read() as rows:
            if store.offered(rows, offer.project, offer.digest):
                return
        subject = f"edge:{offer.project}/{offer.place}"
        with self._audit.change(caller, "edge.signed", subject, offer.project) as change:
            store.put_offer(change.rows, offer)
            change.note(
                kind=offer.kind,
                model=offer.model,
                version=offer.version,
                generation=offer.generation,
                digest=offer.digest,
                key_id=offer.key_id,
            )

    def _told(
        self,
        rows: Rows,
        consumer: Consumer,
        deployment: str,
        name: str,
        installation: str,
        client: str,
        reports: Sequence[Report],
    ) -> tuple[Device, int]:
        project, now = consumer.project, self.now()
        rows.lock(f"edge:{project}/{deployment}")
        kept = store.device(rows, project, deployment, name)
        if kept is None:
            rules.check_room(store.count(rows, project, deployment), deployment)
            kept = Device(
                project=project,
                deployment=deployment,
                device=name,
                consumer=consumer.name,
                installation=installation,
                client=client,
                first_seen_at=now,
                last_seen_at=now,
                told_until=now,
            )
        rules.check_device(kept, consumer.name)
        device, counted = rules.told(kept, installation, client, reports, now)
        store.put_device(rows, device)
        return device, counted

    def _why_not(self, project: str, model: str, live: int | None) -> str | None:
        if live is None:
            return "Nothing is live yet."
        try:
            rules.form_of(self._versions.version(project, model, live))
        except OctavoError as error:
            return f"{error.message} {error.remedy}"
        return None


def _example(version: ModelVersion) -> str | None:
    """Return the version's example as JSON, where it is small enough to be signed along."""
    if version.packaging.example is None:
        return None
    text = json.dumps(version.packaging.example, sort_keys=True)
    return text if len(text) <= rules.LARGEST_EXAMPLE else None
