"""The steps of a registration: draft, choose, examine, book in MLflow, sign."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from octavo_server.errors import Conflict, Invalid, NotFound
from octavo_server.experiments.runs.service import LoggedModel, Run
from octavo_server.identity import Caller
from octavo_server.policy.service import PolicyService
from octavo_server.registry.registration import card as cards
from octavo_server.registry.registration import rules
from octavo_server.registry.registration.origin import origin_of
from octavo_server.registry.registration.ports import Workbench
from octavo_server.registry.versions.service import (
    PREDICATE,
    ArtifactFile,
    Attestor,
    ChecklistItem,
    ItemState,
    ModelFiles,
    ModelVersion,
    Packaging,
    Scan,
    Severity,
    Trial,
    TrialOutcome,
    VersionBook,
    manifest_digest,
    registered_name,
    statement_predicate,
)

#: What only registering itself can settle; a draft does not hold it against the model.
SETTLED_LATER = frozenset({"scan", "prediction"})


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A registration that nobody has asked for yet."""

    run: Run
    """The run."""
    name: str
    """Name of the model."""
    next_version: int
    """Version it would get."""
    models: tuple[LoggedModel, ...]
    """Models that the run logged."""
    model_id: str | None
    """The one that the checklist is about."""
    checklist: tuple[ChecklistItem, ...]
    """The checklist."""
    card: str
    """Draft of the card."""
    champion: ModelVersion | None
    """What it would compete with."""

    @property
    def ready(self) -> bool:
        """True when policy wants nothing more."""
        return self.model_id is not None and all(
            item.state is not ItemState.REQUIRED for item in self.checklist
        )


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """An examined model on its way to a version."""

    run: Run
    """The run."""
    model: LoggedModel
    """The logged model."""
    name: str
    """Name of the model."""
    card: str
    """Its card."""
    files: tuple[ArtifactFile, ...]
    """Its files."""
    packaging: Packaging
    """What they say."""
    scan: Scan
    """What the scan saw."""
    trial: Trial
    """Whether it predicted."""
    checklist: tuple[ChecklistItem, ...]
    """The checklist."""

    def facts(self) -> dict[str, object]:
        """What policy decides on."""
        open_items = [one.key for one in self.checklist if one.state is not ItemState.DONE]
        return {"missing": open_items, "scan_findings": self.scan.alarms}


class Registration:
    """Carries a logged model to a signed version, step by step."""

    def __init__(
        self,
        policy: PolicyService,
        files: ModelFiles,
        workbench: Workbench,
        book: VersionBook,
        attestor: Attestor,
    ) -> None:
        self._policy = policy
        self._files = files
        self._workbench = workbench
        self._book = book
        self._attestor = attestor

    def draft(
        self,
        caller: Caller,
        run: Run,
        models: Sequence[LoggedModel],
        model_id: str | None,
        name: str,
        champion: ModelVersion | None,
    ) -> Draft:
        """What registering would look like. Raises NotFound for a model the run didn't log."""
        model = self.choose(models, model_id) if model_id else next(iter(models), None)
        packaging = self._files.packaging(model.location) if model else Packaging()
        found = rules.found_of(_facts(run), packaging, "")
        text = cards.draft(name, run, packaging)
        return Draft(
            run=run,
            name=name,
            next_version=self._book.next_version(registered_name(run.project, name)),
            models=tuple(models),
            model_id=model.model_id if model else None,
            checklist=rules.checklist(found, self._required(caller, run.project, found), {}),
            card=text,
            champion=champion,
        )

    def choose(self, models: Sequence[LoggedModel], model_id: str | None) -> LoggedModel:
        """The logged model that is meant. Raises NotFound, Invalid or Conflict."""
        if model_id is None and len(models) > 1:
            raise Invalid(
                f"model_id: the run logged {len(models)} models.",
                "Say which: " + ", ".join(one.model_id for one in models[:5]),
            )
        found = [one for one in models if model_id in (None, one.model_id)]
        if not found:
            raise NotFound(
                f"The run logged no model {model_id}." if model_id else "The run logged no model.",
                "Log one: mlflow.sklearn.log_model(model, name='model', input_example=X.head()).",
            )
        if found[0].status != "READY":
            raise Conflict(
                f"The logged model is {found[0].status}, not READY.",
                "Wait until it is logged completely, or log it again.",
            )
        return found[0]

    def examine(
        self, caller: Caller, run: Run, model: LoggedModel, name: str, card: str
    ) -> Proposal:
        """Copies, scans and tries the model. Raises PolicyRefused with what speaks against it."""
        with self._workbench.checkout(model.location) as copy:
            scan = self._workbench.scan(copy)
            trial = self._trial(scan, lambda: self._workbench.trial(copy))
        text = card if card.strip() else cards.draft(name, run, copy.packaging)
        found = rules.found_of(_facts(run), copy.packaging, text, scan, trial)
        proposal = Proposal(
            run=run,
            model=model,
            name=name,
            card=text,
            files=copy.files,
            packaging=copy.packaging,
            scan=scan,
            trial=trial,
            checklist=rules.checklist(found, frozenset(), _open(scan, trial)),
        )
        facts = proposal.facts()
        self._policy.require(None, "RegisterModel", caller, project=run.project, facts=facts)
        return proposal

    def book(self, proposal: Proposal) -> int:
        """Makes the version in MLflow and returns its number."""
        return self._book.create_version(
            registered_name(proposal.run.project, proposal.name),
            source=f"models:/{proposal.model.model_id}",
            run_id=proposal.run.run_id,
            model_id=proposal.model.model_id,
            tags={"octavo.manifest_sha256": manifest_digest(proposal.files)},
        )

    def sign(self, caller: Caller, proposal: Proposal, version: int, at: datetime) -> ModelVersion:
        """The version with a signature over every file's digest."""
        unsigned = ModelVersion(
            project=proposal.run.project,
            name=proposal.name,
            version=version,
            run_id=proposal.run.run_id,
            model_id=proposal.model.model_id,
            location=proposal.model.location,
            digest=manifest_digest(proposal.files),
            key_id=self._attestor.key_id,
            files=proposal.files,
            packaging=proposal.packaging,
            scan_report=proposal.scan,
            trial=proposal.trial,
            checklist=proposal.checklist,
            card=proposal.card,
            metrics=proposal.run.metrics,
            feature_snapshot=proposal.run.tags.get("octavo.feature_snapshot"),
            origin=origin_of(proposal.run, proposal.packaging, proposal.card),
            envelope={},
            created_by=caller.name,
            created_at=at,
        )
        envelope = self._attestor.attest(
            subjects={one.path: one.sha256 for one in unsigned.files},
            predicate_type=PREDICATE,
            predicate=statement_predicate(unsigned),
        )
        return replace(unsigned, envelope=envelope)

    def _trial(self, scan: Scan, run: Any) -> Trial:
        if any(one.severity is Severity.DANGEROUS for one in scan.findings):
            return Trial(
                outcome=TrialOutcome.FAILED,
                seconds=None,
                detail="Not tried: the scan found something dangerous.",
                isolated=False,
            )
        found: Trial = run()
        return found

    def _required(self, caller: Caller, project: str, found: Mapping[str, str]) -> frozenset[str]:
        """The missing items that the policies in force insist on."""
        return frozenset(
            key
            for key in rules.missing(found)
            if key not in SETTLED_LATER
            and not self._policy.decide(
                "RegisterModel",
                caller,
                project=project,
                facts={"missing": [key], "scan_findings": 0},
            ).allowed
        )


def _facts(run: Run) -> dict[str, Any]:
    link = run.notebook
    version = f" at {link.digest[:12]}" if link and link.digest else ""
    return {
        "feature_snapshot": run.tags.get("octavo.feature_snapshot"),
        "inputs": [{"name": one.name, "digest": one.digest} for one in run.inputs],
        "metrics": sorted(run.metrics),
        "notebook": f"{link.path}{version}" if link else None,
        "owner": run.owner,
    }


def _open(scan: Scan, trial: Trial) -> dict[str, str]:
    worst = [one for one in scan.findings if one.severity is not Severity.NOTE]
    words = "; ".join(f"{one.path}: {one.what}" for one in worst[:3])
    return {"scan": f"{rules.scan_words(scan)}. {words}"[:500], "prediction": trial.detail[:500]}
