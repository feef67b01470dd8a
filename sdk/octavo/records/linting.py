"""Wire records of lint: findings with their fixes, and the rules that a project lives by."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from octavo.records.base import Answer, Reason, Request, Visible
from octavo.records.parameters import Parameter

EnvironmentName = Literal["dev", "test", "prod"]
"""Where something runs."""


class Severity(StrEnum):
    """How much a finding weighs in the environment that was asked for; an error blocks there."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class ReplaceText(Answer):
    """Replace a range of one cell's source; leave the cell alone unless `expected` stands there."""

    kind: Literal["replace"] = Field(default="replace", description="Says which edit this is.")
    cell: int = Field(description="Index of the cell from 0.")
    cell_id: str | None = Field(description="The cell's id in the notebook, if it has one.")
    start_line: int = Field(description="First line, from 1.")
    start_column: int = Field(description="First column, from 0, in UTF-16 code units.")
    end_line: int = Field(description="Last line, from 1.")
    end_column: int = Field(description="Column behind the last character, in UTF-16 code units.")
    expected: str = Field(description="What the range must hold for the edit to apply.")
    text: str = Field(description="What to put there.")


class InsertCell(Answer):
    """Insert a cell."""

    kind: Literal["insert_cell"] = Field(default="insert_cell", description="Says which edit.")
    index: int = Field(description="Index that the new cell gets, from 0.")
    cell_type: Literal["code", "markdown"] = Field(description="Its type.")
    source: str = Field(description="Its text.")
    tags: list[str] = Field(description="Its tags.")


class TagCell(Answer):
    """Add a tag to a cell's metadata, or remove it."""

    kind: Literal["tag_cell"] = Field(default="tag_cell", description="Says which edit this is.")
    cell: int = Field(description="Index of the cell from 0.")
    cell_id: str | None = Field(description="The cell's id in the notebook, if it has one.")
    tag: str = Field(description="The tag.")
    present: bool = Field(description="True: add it; false: remove it.")


class ClearOutputs(Answer):
    """Clear a cell's saved outputs."""

    kind: Literal["clear_outputs"] = Field(default="clear_outputs", description="Says which edit.")
    cell: int = Field(description="Index of the cell from 0.")
    cell_id: str | None = Field(description="The cell's id in the notebook, if it has one.")


class RunAll(Answer):
    """Restart the kernel and run all cells; the editor asks first."""

    kind: Literal["run_all"] = Field(default="run_all", description="Says which edit this is.")


Edit = Annotated[
    ReplaceText | InsertCell | TagCell | ClearOutputs | RunAll, Field(discriminator="kind")
]
"""One step of a fix that can be made with one click, and undone."""


class SafeFix(Answer):
    """A fix that keeps what the notebook means; apply its edits from the last to the first."""

    label: str = Field(description="What the button says, such as `Pin to 2.3.3`.")
    edits: list[Edit] = Field(description="In the order of the notebook; ranges don't overlap.")


class LintFinding(Answer):
    """One thing that keeps a notebook from being reproducible, safe or typed."""

    rule: str = Field(description="Stable name of the rule, such as `unseeded-randomness`.")
    severity: Severity = Field(description="How much it weighs.")
    cell: int | None = Field(description="Index of the cell from 0; null: the whole notebook.")
    cell_id: str | None = Field(description="The cell's id in the notebook, if it has one.")
    line: int | None = Field(description="Line in the cell from 1; null: the whole cell.")
    message: str = Field(description="What is wrong, with the value.")
    fix: str = Field(description="What to do about it.")
    column: int | None = Field(
        default=None, description="Column from 0 in UTF-16 code units; null: the whole line."
    )
    end_line: int | None = Field(default=None, description="Last line; null: as `line`.")
    end_column: int | None = Field(
        default=None, description="Column behind the last character; null: the whole line."
    )
    in_output: bool = Field(
        default=False, description="Whether it is about the cell's saved output, not its source."
    )
    blocks: list[EnvironmentName] = Field(
        default_factory=list, description="The environments that don't take a notebook with it."
    )
    safe_fix: SafeFix | None = Field(
        default=None, description="The fix as edits for one click; null: a person has to."
    )


class LintReport(Answer):
    """All findings of one notebook, the worst first."""

    findings: list[LintFinding] = Field(description="Sorted by severity, cell and line.")
    errors: int = Field(description="Number of findings of severity `error`.")
    warnings: int = Field(description="Number of findings of severity `warning`.")
    environment: EnvironmentName = Field(
        default="prod", description="The environment that the severities are about."
    )
    blocking: dict[EnvironmentName, int] = Field(
        default_factory=dict, description="Environment to number of findings that block there."
    )
    rules_digest: str = Field(
        default="", description="SHA-256 of the project's rules that it was looked at with."
    )
    left_off: int = Field(default=0, description="How many more findings there are, not listed.")


class LintRequest(Request):
    """A notebook to look at; nothing is stored."""

    notebook: dict[str, Any] = Field(description="The notebook as nbformat 4 JSON, <= 10 MiB.")
    environment: EnvironmentName = Field(
        default="prod", description="The environment that the severities are about."
    )


class LintAnswer(Answer):
    """What lint and the parameter inference found."""

    lint: LintReport = Field(description="The findings.")
    parameters: list[Parameter] = Field(description="The typed parameters, in order.")


class Weight(StrEnum):
    """What a rule does in an environment."""

    BLOCK = "block"
    WARN = "warn"
    OFF = "off"


class RuleWeights(Request):
    """What a rule does in each environment."""

    dev: Weight = Field(description="For notebooks handed off, which nobody has approved.")
    test: Weight = Field(description="For releases that run in test.")
    prod: Weight = Field(description="For releases that run in prod.")


RuleName = Annotated[str, Field(pattern=r"^[a-z][a-z-]{1,39}$")]
"""The stable name of a lint rule."""


class ForbiddenLibrary(Request):
    """A library that notebooks of this project may not import or install."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$",
        description="Name that is imported, or of the distribution, such as `pickle5`.",
    )
    reason: Annotated[str, Field(min_length=3, max_length=300), Visible] = Field(
        description="Why, as a sentence that the author reads."
    )
    instead: Annotated[str, Field(max_length=300), Visible] = Field(
        default="", description="What to use instead; may be empty."
    )


class LintSettings(Request):
    """What a project's lint rules say, besides the defaults."""

    weights: dict[RuleName, RuleWeights] = Field(
        default_factory=dict, max_length=60, description="Rule to weights, where not the default."
    )
    forbidden_libraries: list[ForbiddenLibrary] = Field(
        default_factory=list, max_length=200, description="Libraries that notebooks may not use."
    )
    largest_output_kib: int = Field(
        default=1024, ge=1, le=10240, description="Largest saved output of one cell, KiB."
    )


class LintRule(Answer):
    """One rule as it is in force in a project."""

    rule: str = Field(description="Its stable name.")
    meaning: str = Field(description="What it finds, in a sentence.")
    weights: RuleWeights = Field(description="What it does in each environment.")
    default: RuleWeights = Field(description="What it would do without the project's change.")
    fixed: bool = Field(description="Whether projects can't change it.")


class LintRules(Answer):
    """The rules in force in a project."""

    digest: str = Field(description="SHA-256 of the settings, in hex.")
    rules: list[LintRule] = Field(description="All rules, by name.")
    settings: LintSettings = Field(description="What the project decided.")
    since: datetime | None = Field(description="When they were approved, UTC; null: the defaults.")
    approved_by: str | None = Field(description="Who approved them; null: the defaults.")


class LintRulesChange(Request):
    """New rules for a project, offered for review; they replace the present ones."""

    settings: LintSettings = Field(description="All that the project decides.")
    reason: Reason = Field(description="Why, as a sentence.")


class LintRulesVersion(Answer):
    """One version of a project's rules."""

    id: str = Field(description="Identifier.")
    digest: str = Field(description="SHA-256 of the settings, in hex.")
    settings: LintSettings = Field(description="What they say.")
    state: str = Field(description="proposed, active, retired or rejected.")
    loosens: list[str] = Field(
        description="One sentence for each rule that asks for less than what was in force."
    )
    author: str = Field(description="Who proposed it.")
    reason: str = Field(description="Why.")
    created_at: datetime = Field(description="When it was proposed, UTC.")
    reviewer: str | None = Field(description="Who decided; null: nobody yet.")
    review_reason: str | None = Field(description="What the reviewer said.")
    reviewed_at: datetime | None = Field(description="When it was decided, UTC.")


class LintRulesVersions(Answer):
    """A project's versions of lint rules, the newest first."""

    items: list[LintRulesVersion] = Field(description="At most 50.")
    next_cursor: str | None = Field(default=None, description="Always null.")
