"""What the `registry` area says about ML models, their versions and aliases; times are UTC."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from octavo.records.base import Answer, Request, Visible, cut
from octavo.records.experiments import LoggedModel

Name = Annotated[str, Field(max_length=500)]
Text = Annotated[str, Field(max_length=20_000)]
Digest = Annotated[str, Field(max_length=64, pattern=r"^[0-9a-f]{64}$")]

MODEL_NAME = r"^[a-z][a-z0-9-]{0,62}$"
ALIAS_NAME = r"^[a-z][a-z0-9-]{0,30}$"


class ItemState(StrEnum):
    """How far one line of the registration checklist is."""

    DONE = "done"
    TODO = "todo"
    REQUIRED = "required"


class ChecklistItem(Answer):
    """One line of the registration checklist."""

    key: Name = Field(description="Stable name of the line, e.g. signature.")
    label: Name = Field(description="What it is, for a person.")
    state: ItemState = Field(
        description="done, todo (missing, may stay missing) or required (missing, policy wants it)."
    )
    detail: Text = Field(description="What was found, or what to do.")
    required_in: list[Literal["dev", "test", "prod"]] = Field(
        default_factory=list, description="Environments that take no version without it."
    )


class TrainingData(Answer):
    """A data set that a run says it read."""

    name: Annotated[Name, cut(500)] = Field(description="Its name.")
    digest: Annotated[Name, cut(500)] = Field(description="The digest that MLflow recorded.")
    context: Annotated[Name, cut(500)] | None = Field(description="What for, such as training.")


class DraftFeatures(Answer):
    """Features that a run says it read."""

    snapshot: Name | None = Field(description="Digest of the feature registry's snapshot.")
    views: list[Name] = Field(description="Feature views by name.")
    services: list[Name] = Field(description="Feature services by name.")


class DraftNotebook(Answer):
    """The notebook version that made a run."""

    path: Annotated[Name, cut(500)] = Field(description="Its path in the person's home.")
    digest: Name | None = Field(description="SHA-256 of its bytes when the run began.")
    cell: Annotated[Name, cut(500)] | None = Field(description="Id of the cell that ran.")


class DraftEnvironment(Answer):
    """Packages that a run was trained with."""

    python: Annotated[Name, cut(500)] = Field(description="Version of Python.")
    packages: Annotated[Text, cut(20_000)] = Field(description="name=version, with spaces between.")
    sha256: Name = Field(description="Digest over both.")


class RegistrationDraft(Answer):
    """What registering a run's model would look like; nothing is stored."""

    run_id: Name = Field(description="The run.")
    run_name: Name = Field(description="Its name.")
    name: Name = Field(description="Suggested name of the model.")
    next_version: int = Field(description="The version that it would get under this name.")
    models: list[LoggedModel] = Field(description="The models that the run logged, newest first.")
    model_id: Name | None = Field(description="The logged model that the checklist is about.")
    checklist: list[ChecklistItem] = Field(description="The checklist.")
    ready: bool = Field(description="True when no line is `required`.")
    card: Text = Field(description="Draft of the model card, Markdown.")
    metrics: dict[str, float | None] = Field(description="The run's metrics.")
    champion: dict[str, float | None] | None = Field(
        description="Metrics of the present champion under this name, to compare with."
    )
    owner: Name = Field(description="Who would answer for it: who asks, unless said otherwise.")
    signature: dict[str, Any] | None = Field(description="The model's signature, where it has one.")
    input_example: dict[str, Any] | None = Field(description="Its input example, where it has one.")
    training_data: list[TrainingData] = Field(description="Data sets that the run says it read.")
    features: DraftFeatures = Field(description="What features the run says it read.")
    notebook: DraftNotebook | None = Field(description="The notebook version that made the run.")
    environment: DraftEnvironment | None = Field(description="Packages that it was trained with.")
    usable_in: dict[Literal["dev", "test", "prod"], bool] = Field(
        description="Environment -> True when nothing that it requires is missing."
    )


class RegisterRequest(Request):
    """Registers a logged model of a run as the next version of a model."""

    run_id: str = Field(max_length=64, pattern=r"^[0-9a-f]{32}$", description="The MLflow run.")
    model_id: str | None = Field(
        default=None,
        max_length=64,
        pattern=r"^m-[0-9a-f]{32}$",
        description="The logged model; may be left out when the run logged exactly one.",
    )
    card: str = Field(
        default="", max_length=20_000, description="Model card, Markdown; empty takes the draft."
    )
    owner: Annotated[str, Field(min_length=1, max_length=255), Visible] | None = Field(
        default=None, description="Who answers for it, a member of the project; null: who asks."
    )
    convert: bool = Field(
        default=True,
        description="Try to make an ONNX form, kept where its outputs match the model's.",
    )


class ArtifactFile(Answer):
    """One file of a model version."""

    path: Name = Field(description="Path inside the model folder, with forward slashes.")
    size: int = Field(description="Bytes.")
    sha256: Digest = Field(description="SHA-256 of its bytes.")


class ScanFinding(Answer):
    """Something in a model file that the scanner does not trust."""

    path: Name = Field(description="The file.")
    severity: Literal["note", "suspicious", "dangerous"] = Field(
        description="note: code runs at load; suspicious: unknown import; dangerous: known attack."
    )
    what: Text = Field(description="The import or opcode that was found.")


class ScanReport(Answer):
    """What the tripwire scan saw. No finding is no proof: models load in an own account only."""

    outcome: Literal["clean", "notes", "suspicious", "dangerous"] = Field(
        description="The worst finding."
    )
    scanned: int = Field(description="How many files were looked into.")
    findings: list[ScanFinding] = Field(description="The findings.")


class PredictionCheck(Answer):
    """Whether the version predicted on its own input example, in a separate process."""

    outcome: Literal["passed", "failed", "no_example"] = Field(description="How it went.")
    seconds: float | None = Field(description="Wall time of loading and predicting, seconds.")
    detail: Text = Field(description="Shape of the answer, or the error.")
    isolated: bool = Field(description="True when it ran under an own OS account.")


class ModelVersion(Answer):
    """One registered, signed version of a model."""

    name: Name = Field(description="The model's name in the project.")
    version: int = Field(description="Its number, from 1.")
    uri: Name = Field(description="What an MLflow client loads: models:/<name>/<version>.")
    run_id: Name = Field(description="The MLflow run it came from.")
    model_id: Name = Field(description="The logged model it came from.")
    digest: Digest = Field(description="SHA-256 of the manifest of its files.")
    key_id: Name = Field(description="Key that signed it.")
    aliases: list[Name] = Field(description="Aliases that point to it now.")
    created_by: Name = Field(description="Who registered it.")
    created_at: datetime = Field(description="When, UTC.")
    metrics: dict[str, float | None] = Field(description="The run's metrics at registration.")
    scan: Literal["clean", "notes", "suspicious", "dangerous"] = Field(
        description="The worst finding of the scan."
    )
    prediction: Literal["passed", "failed", "no_example"] = Field(
        description="Whether it predicted on its input example."
    )


class DerivedModel(Answer):
    """Another form of a version, made by Octavo from its files and signed for itself."""

    kind: Literal["onnx"] = Field(description="What it is.")
    digest: Digest = Field(description="SHA-256 of the manifest of its files.")
    size: int = Field(description="Bytes.")
    max_difference: float = Field(description="Largest difference from the model's own outputs.")
    rows: int = Field(description="Rows on which both were compared.")
    speedup: float | None = Field(description="How many times faster one row was; null: unknown.")


class Conversion(Answer):
    """Whether another form of the version could be made."""

    outcome: Literal["converted", "refused", "not_tried"] = Field(description="How it went.")
    detail: Text = Field(description="What was compared, or why the model stays as it is.")


class ModelVersionDetail(Answer):
    """Everything about one version."""

    version: ModelVersion = Field(description="The row.")
    card: Text = Field(description="Model card, Markdown.")
    files: list[ArtifactFile] = Field(description="Its files.")
    signature: dict[str, Any] | None = Field(
        description="MLflow signature: inputs, outputs, params, each a list of columns or tensors."
    )
    input_example: dict[str, Any] | None = Field(
        description="The model's input example as MLflow's split-oriented JSON, where it has one."
    )
    scan: ScanReport = Field(description="What the scan saw.")
    prediction: PredictionCheck = Field(description="The prediction check.")
    checklist: list[ChecklistItem] = Field(description="The checklist at registration.")
    feature_snapshot: Name | None = Field(
        description="Feature registry snapshot it was trained on."
    )
    envelope: dict[str, Any] = Field(description="The DSSE envelope that was signed.")
    owner: Name = Field(default="", description="Who answers for it.")
    conversion: Conversion = Field(
        default=Conversion(outcome="not_tried", detail=""),
        description="Whether an ONNX form could be made.",
    )
    derived: list[DerivedModel] = Field(default_factory=list, description="Its other forms.")


class Verification(Answer):
    """A fresh check of the stored bytes and the signature."""

    name: Name = Field(description="The model.")
    version: int = Field(description="The version.")
    digest: Digest = Field(description="The digest that was signed.")
    ok: bool = Field(description="True when every byte and the signature agree.")
    problems: list[Text] = Field(description="What does not agree, one line each.")
    checked_at: datetime = Field(description="When it was checked, UTC.")


class Model(Answer):
    """A registered model of the project."""

    name: Name = Field(description="Its name in the project.")
    registered_name: Name = Field(description="Its name in MLflow: <project>.<name>.")
    latest: ModelVersion | None = Field(description="The newest version.")
    versions: int = Field(description="How many versions it has.")
    aliases: dict[str, int] = Field(description="Alias -> version.")
    updated_at: datetime = Field(description="Last registration or alias move, UTC.")


class ModelList(Answer):
    """The models of a project, the last changed first."""

    items: list[Model] = Field(description="The models.")
    next_cursor: Text | None = Field(description="Always null: the list is short.")


class ModelDetail(Answer):
    """A model with its versions, newest first."""

    model: Model = Field(description="The model.")
    versions: list[ModelVersion] = Field(description="Its versions.")


class AliasRequest(Request):
    """Moves an alias of a model to a version."""

    version: int = Field(ge=1, le=1_000_000, description="The version it shall point to.")
    reason: Annotated[str, Field(min_length=8, max_length=1_000), Visible] = Field(
        description="Why, a sentence."
    )
    expected: int | None = Field(
        default=None, ge=1, le=1_000_000, description="Refuse unless it points to this version now."
    )


class AliasMove(Answer):
    """One move of an alias."""

    alias: Name = Field(description="champion, challenger or an own one.")
    version: int = Field(description="The version it was moved to.")
    previous: int | None = Field(description="The version it left; null for the first move.")
    moved_by: Name = Field(description="Who moved it.")
    moved_at: datetime = Field(description="When, UTC.")
    reason: Text = Field(description="Why.")


class AliasHistory(Answer):
    """The moves of a model's aliases, newest first."""

    items: list[AliasMove] = Field(description="The moves.")
    next_cursor: Text | None = Field(description="Give it back as cursor= for older ones.")
