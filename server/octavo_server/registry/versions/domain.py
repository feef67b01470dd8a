"""Records of registered models; times are UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class ItemState(StrEnum):
    """How far a line of the checklist is."""

    DONE = "done"
    TODO = "todo"
    REQUIRED = "required"


class Severity(StrEnum):
    """How bad a scan's finding is."""

    NOTE = "note"
    SUSPICIOUS = "suspicious"
    DANGEROUS = "dangerous"


class TrialOutcome(StrEnum):
    """Whether a model predicted on its own input example."""

    PASSED = "passed"
    FAILED = "failed"
    NO_EXAMPLE = "no_example"


@dataclass(frozen=True, kw_only=True)
class ChecklistItem:
    """One line of the registration checklist."""

    key: str
    """Stable name."""
    label: str
    """What it is."""
    state: ItemState
    """done, todo, or required by policy."""
    detail: str
    """What was found, or what to do."""
    required_in: tuple[str, ...] = ()
    """Environments that took no version without it, when it was registered."""


@dataclass(frozen=True, kw_only=True)
class ArtifactFile:
    """One file of a model."""

    path: str
    """Path inside the model folder, forward slashes."""
    size: int
    """Bytes."""
    sha256: str
    """SHA-256 of its bytes, hex."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something the scanner does not trust."""

    path: str
    """The file."""
    severity: Severity
    """How bad."""
    what: str
    """The import or opcode."""


@dataclass(frozen=True, kw_only=True)
class Scan:
    """What the tripwire scan saw."""

    scanned: int
    """Files looked into."""
    findings: tuple[Finding, ...]
    """The findings."""

    @property
    def outcome(self) -> str:
        """The worst finding: clean, notes, suspicious or dangerous."""
        found = {finding.severity for finding in self.findings}
        for severity in (Severity.DANGEROUS, Severity.SUSPICIOUS):
            if severity in found:
                return severity.value
        return "notes" if found else "clean"

    @property
    def alarms(self) -> int:
        """How many findings are more than a note."""
        return sum(finding.severity is not Severity.NOTE for finding in self.findings)


@dataclass(frozen=True, kw_only=True)
class Trial:
    """The prediction on the model's own input example, in a separate process."""

    outcome: TrialOutcome
    """How it went."""
    seconds: float | None
    """Wall time, seconds."""
    detail: str
    """Shape of the answer, or the error."""
    isolated: bool
    """True when it ran under an own OS account."""


@dataclass(frozen=True, kw_only=True)
class Packaging:
    """What a model's `MLmodel` file and its neighbours say."""

    flavors: tuple[str, ...] = ()
    """MLflow flavors."""
    signature: Mapping[str, Any] | None = None
    """Inputs, outputs, params; each a list of columns or tensors."""
    example: Mapping[str, Any] | None = None
    """The input example as split-oriented JSON, or `inputs` for a tensor."""
    has_example: bool = False
    """True when an input example was logged, whatever its form."""
    requirements: tuple[str, ...] = ()
    """Lines of requirements.txt."""


class ConversionOutcome(StrEnum):
    """Whether another form of a model could be made."""

    CONVERTED = "converted"
    REFUSED = "refused"
    NOT_TRIED = "not_tried"


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """How making another form of a model went."""

    outcome: ConversionOutcome = ConversionOutcome.NOT_TRIED
    """How it went."""
    detail: str = ""
    """What was compared, or why the model stays as it is."""


@dataclass(frozen=True, kw_only=True)
class Derived:
    """Another form of a version, made from its files and signed for itself."""

    kind: str
    """What it is: onnx."""
    location: str
    """Where its files are, an address of the store."""
    digest: str
    """SHA-256 of the manifest of its files."""
    files: tuple[ArtifactFile, ...]
    """Its files."""
    max_difference: float
    """Largest difference from the model's own outputs."""
    rows: int
    """Rows on which both were compared."""
    speedup: float | None
    """How many times faster one row was; None: unknown."""
    envelope: Mapping[str, Any]
    """The signed statement about it."""

    @property
    def size(self) -> int:
        """Bytes of its files."""
        return sum(one.size for one in self.files)


@dataclass(frozen=True, kw_only=True)
class ModelVersion:
    """One registered, signed version."""

    project: str
    """The project."""
    name: str
    """Name in the project."""
    version: int
    """Number; the same as in MLflow."""
    run_id: str
    """The MLflow run."""
    model_id: str
    """The logged model."""
    location: str
    """Where the files are, a `mlflow-artifacts:` address."""
    digest: str
    """SHA-256 of the manifest of its files."""
    key_id: str
    """Key that signed it."""
    files: tuple[ArtifactFile, ...]
    """Its files."""
    packaging: Packaging
    """Signature, example, requirements."""
    scan_report: Scan
    """What the scan saw."""
    trial: Trial
    """Whether it predicted."""
    checklist: tuple[ChecklistItem, ...]
    """The checklist at registration."""
    card: str
    """Model card, Markdown."""
    metrics: Mapping[str, float | None]
    """The run's metrics at registration."""
    feature_snapshot: str | None
    """Feature snapshot it was trained on."""
    envelope: Mapping[str, Any]
    """The signed statement."""
    created_by: str
    """Who registered it."""
    created_at: datetime
    """When."""
    origin: Mapping[str, Any] = field(default_factory=dict)
    """Where it came from, as signed: run, notebook, inputs, features, parameters, environment."""
    source: str = ""
    """Where MLflow keeps the files that were registered; empty where ``location`` says it."""
    owner: str = ""
    """Who answers for it; empty: who registered it."""
    conversion: Conversion = Conversion()
    """Whether another form of it could be made."""
    derived: tuple[Derived, ...] = ()
    """Its other forms."""
    aliases: tuple[str, ...] = field(default=(), compare=False)
    """Aliases that point to it now; filled in when read."""
    tags: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Its tags now; filled in when read."""

    @property
    def uri(self) -> str:
        """What an MLflow client loads."""
        return f"models:/{self.project}.{self.name}/{self.version}"

    @property
    def scan(self) -> str:
        """The worst finding of the scan."""
        return self.scan_report.outcome

    @property
    def prediction(self) -> str:
        """Whether it predicted."""
        return self.trial.outcome.value


@dataclass(frozen=True, kw_only=True)
class Model:
    """A registered model."""

    project: str
    """The project."""
    name: str
    """Name in the project."""
    latest: ModelVersion | None
    """Newest version."""
    versions: int
    """How many versions."""
    aliases: Mapping[str, int]
    """Alias -> version."""
    updated_at: datetime
    """Last registration or alias move."""

    @property
    def registered_name(self) -> str:
        """Its name in MLflow."""
        return f"{self.project}.{self.name}"


@dataclass(frozen=True, kw_only=True)
class AliasMove:
    """One move of an alias."""

    number: int
    """Position in the model's history, from 1."""
    alias: str
    """The alias."""
    version: int
    """Where it was moved."""
    previous: int | None
    """Where it was."""
    moved_by: str
    """Who."""
    moved_at: datetime
    """When."""
    reason: str
    """Why."""


@dataclass(frozen=True, kw_only=True)
class Verification:
    """A fresh check of stored bytes and signature."""

    name: str
    """The model."""
    version: int
    """The version."""
    digest: str
    """The signed digest."""
    problems: tuple[str, ...]
    """What does not agree."""
    checked_at: datetime
    """When."""

    @property
    def ok(self) -> bool:
        """True when all agrees."""
        return not self.problems
