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
from octavo_server.registry.registration.domain import Checkout, ConvertedForm, Order, Step
from octavo_server.registry.registration.features_read import FeaturesRead, features_read
from octavo_server.registry.registration.origin import origin_of
from octavo_server.registry.registration.ports import Store, Workbench
from octavo_server.registry.registration.requirements import Requirements
from octavo_server.registry.registration.watch import Watch
from octavo_server.registry.versions.service import (
    DERIVED_PREDICATE,
    PREDICATE,
    ArtifactFile,
    Attestor,
    ChecklistItem,
    Conversion,
    ConversionOutcome,
    Derived,
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

NOT_TRIED = Conversion()
"""What is said of a form before anybody tried to make it."""


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
    packaging: Packaging
    """What the model's files say."""
    features: FeaturesRead
    """What features the run says it read."""
    owner: str
    """Who would answer for it."""
    usable_in: Mapping[str, bool]
    """Environment -> whether nothing that it requires is missing."""

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
    owner: str
    """Who answers for it."""
    card: str
    """Its card."""
    location: str
    """Where the files are kept."""
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
    conversion: Conversion = NOT_TRIED
    """Whether another form could be made."""
    derived: tuple[Derived, ...] = ()
    """Its other forms."""

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
        store: Store,
        book: VersionBook,
        attestor: Attestor,
    ) -> None:
        self._policy = policy
        self._requirements = Requirements(policy)
        self._files = files
        self._workbench = workbench
        self._store = store
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
        text = cards.draft(name, run, packaging)
        found = rules.found_of({**_facts(run), "key": self._attestor.key_id}, packaging, "")
        wanted = self._requirements.of(caller, run.project)
        return Draft(
            run=run,
            name=name,
            next_version=self._book.next_version(registered_name(run.project, name)),
            models=tuple(models),
            model_id=model.model_id if model else None,
            checklist=rules.checklist(found, wanted, {}),
            card=text,
            champion=champion,
            packaging=packaging,
            features=features_read(run.tags),
            owner=caller.name,
            usable_in=wanted.usable(rules.missing(found)),
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
        self, caller: Caller, run: Run, model: LoggedModel, order: Order, watch: Watch
    ) -> Proposal:
        """Copies, scans, tries and keeps the model. Raises PolicyRefused with what is against it.

        Nothing is kept of a model that policy refuses.
        """
        watch.step(Step.COPY)
        with self._workbench.checkout(model.location, watch) as copy:
            proposal = self._looked_at(caller, run, model, order, copy, watch)
            facts = proposal.facts()
            self._policy.require(None, "RegisterModel", caller, project=run.project, facts=facts)
            conversion, derived = self._converted(proposal, order, copy, watch)
            watch.step(Step.SIGN)
            location = self._store.keep(copy.staged)
        return replace(proposal, location=location, conversion=conversion, derived=derived)

    def _looked_at(
        self,
        caller: Caller,
        run: Run,
        model: LoggedModel,
        order: Order,
        copy: Checkout,
        watch: Watch,
    ) -> Proposal:
        watch.step(Step.SCAN)
        scan = self._workbench.scan(copy, watch)
        watch.step(Step.TRIAL)
        trial = self._trial(scan, lambda: self._workbench.trial(copy, watch))
        card = order.card
        text = card if card.strip() else cards.draft(order.name, run, copy.packaging)
        facts = {**_facts(run), "key": self._attestor.key_id}
        found = rules.found_of(facts, copy.packaging, text, scan, trial)
        wanted = self._requirements.of(caller, run.project)
        return Proposal(
            run=run,
            model=model,
            name=order.name,
            owner=order.owner or caller.name,
            card=text,
            location="",
            files=copy.staged.files,
            packaging=copy.packaging,
            scan=scan,
            trial=trial,
            checklist=rules.checklist(found, wanted.settled(), _open(scan, trial)),
        )

    def _converted(
        self, proposal: Proposal, order: Order, copy: Checkout, watch: Watch
    ) -> tuple[Conversion, tuple[Derived, ...]]:
        if not order.convert:
            return Conversion(detail="Nobody asked for it."), ()
        if proposal.trial.outcome is not TrialOutcome.PASSED:
            return Conversion(detail="The model did not predict on an example of its own."), ()
        watch.step(Step.CONVERT)
        with self._workbench.convert(copy, watch) as made:
            if isinstance(made, str):
                return Conversion(outcome=ConversionOutcome.REFUSED, detail=made), ()
            derived = self._derived(manifest_digest(proposal.files), made)
        return Conversion(outcome=ConversionOutcome.CONVERTED, detail=made.detail), (derived,)

    def _derived(self, source: str, made: ConvertedForm) -> Derived:
        files = made.staged.files
        location = self._store.keep(made.staged)
        return Derived(
            kind="onnx",
            location=location,
            digest=manifest_digest(files),
            files=files,
            max_difference=made.max_difference,
            rows=made.rows,
            speedup=made.speedup,
            envelope=self._attestor.attest(
                subjects={one.path: one.sha256 for one in files},
                predicate_type=DERIVED_PREDICATE,
                predicate={
                    "kind": "onnx",
                    "source_manifest_sha256": source,
                    "max_difference": repr(made.max_difference),
                    "rows": made.rows,
                    "compared": made.detail,
                },
            ),
        )

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
            location=proposal.location,
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
            source=proposal.model.location,
            owner=proposal.owner,
            conversion=proposal.conversion,
            derived=proposal.derived,
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


def _facts(run: Run) -> dict[str, Any]:
    link = run.notebook
    version = f" at {link.digest[:12]}" if link and link.digest else ""
    cell = f", cell {link.cell[:40]}" if link and link.cell else ""
    produced = run.pipeline_run
    return {
        "feature_snapshot": run.tags.get("octavo.feature_snapshot"),
        "views": features_read(run.tags).views,
        "inputs": [{"name": one.name, "digest": one.digest} for one in run.inputs],
        "metrics": sorted(run.metrics),
        "notebook": f"{link.path}{version}{cell}"
        if link
        else f"production run {produced[:64]}"
        if produced
        else None,
        "owner": run.owner,
    }


def _open(scan: Scan, trial: Trial) -> dict[str, str]:
    worst = [one for one in scan.findings if one.severity is not Severity.NOTE]
    words = "; ".join(f"{one.path}: {one.what}" for one in worst[:3])
    return {"scan": f"{rules.scan_words(scan)}. {words}"[:500], "prediction": trial.detail[:500]}
