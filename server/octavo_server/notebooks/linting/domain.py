"""Records of lint: what a rule found, which rules there are, and versions of a project's rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from octavo.records.linting import LintSettings, RuleWeights, SafeFix, Weight


@dataclass(frozen=True, kw_only=True)
class Span:
    """A range of a cell's source."""

    line: int
    """First line, from 1."""
    column: int | None = None
    """First column from 0, in UTF-16 code units; None: whole lines."""
    end_line: int | None = None
    """Last line; None: the first."""
    end_column: int | None = None
    """Column behind the last character; None: whole lines."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a rule found."""

    rule: str
    """Stable name of the rule, one of :data:`RULES`."""
    message: str
    """What is wrong, with the value; never a secret itself."""
    fix: str
    """What to do about it."""
    cell: int | None = None
    """Index of the cell in the notebook; None: the whole notebook."""
    span: Span | None = None
    """Where in the cell's source; None: the whole cell."""
    in_output: bool = False
    """Whether it is about the cell's saved output."""
    safe_fix: SafeFix | None = None
    """The fix as edits, where one click can't do harm."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule."""

    meaning: str
    """What it finds, in a sentence."""
    default: RuleWeights
    """What it does in each environment where a project says nothing."""
    fixed: bool = False
    """Whether projects can't change that."""


def _weights(dev: Weight, test: Weight, prod: Weight) -> RuleWeights:
    return RuleWeights(dev=dev, test=test, prod=prod)


_ALWAYS: Final = _weights(Weight.BLOCK, Weight.BLOCK, Weight.BLOCK)
_GATE: Final = _weights(Weight.WARN, Weight.BLOCK, Weight.BLOCK)
_PROD: Final = _weights(Weight.WARN, Weight.WARN, Weight.BLOCK)
_HINT: Final = _weights(Weight.WARN, Weight.WARN, Weight.WARN)
_LATER: Final = _weights(Weight.OFF, Weight.WARN, Weight.WARN)

RULES: Final[dict[str, Rule]] = {
    "syntax": Rule(meaning="The cell is no Python.", default=_GATE),
    "undefined-name": Rule(
        meaning="A name is defined nowhere in the notebook: only the kernel remembers it.",
        default=_GATE,
    ),
    "used-before-definition": Rule(
        meaning="A name is defined only further below.", default=_GATE
    ),
    "names-unchecked": Rule(
        meaning="A cell brings names that can't be known without executing it.", default=_HINT
    ),
    "cells-out-of-order": Rule(
        meaning="The saved execution numbers go down.", default=_HINT
    ),
    "saved-error": Rule(meaning="The notebook was saved with a failed cell.", default=_HINT),
    "unseeded-randomness": Rule(
        meaning="Something is drawn at random without a fixed seed.", default=_HINT
    ),
    "wall-clock": Rule(meaning="The result depends on when it runs.", default=_HINT),
    "network": Rule(meaning="The result depends on what the network answers.", default=_HINT),
    "asks-input": Rule(meaning="It waits for a person to type.", default=_GATE),
    "absolute-path": Rule(meaning="A path exists on one machine only.", default=_HINT),
    "secret": Rule(
        meaning="A key or token of a known form is written out, in the source or in an output.",
        default=_ALWAYS,
        fixed=True,
    ),
    "written-password": Rule(
        meaning="A name such as `password` is given a text.", default=_GATE
    ),
    "personal-data": Rule(
        meaning="A saved output shows e-mail addresses, phone, card, account or social security "
        "numbers.",
        default=_PROD,
    ),
    "unpinned-install": Rule(
        meaning="An install takes whatever version is newest.", default=_GATE
    ),
    "install": Rule(meaning="The notebook changes its environment as it runs.", default=_HINT),
    "shell": Rule(meaning="A line or a cell runs outside Python.", default=_HINT),
    "forbidden-library": Rule(
        meaning="A library is imported or installed that the project forbids.", default=_GATE
    ),
    "parameters-missing": Rule(meaning="No cell is tagged `parameters`.", default=_LATER),
    "parameters-twice": Rule(meaning="A second cell is tagged `parameters`.", default=_GATE),
    "parameters-untyped": Rule(
        meaning="A parameter has no literal default of type int, float, bool, str or date.",
        default=_GATE,
    ),
    "parameters-bounds": Rule(
        meaning="A parameter's unit, bounds or choices can't be read, or its default breaks them.",
        default=_GATE,
    ),
    "large-output": Rule(
        meaning="A saved output is larger than the project allows.", default=_HINT
    ),
    "too-much-code": Rule(
        meaning="The notebook has more code than lint looks at.", default=_GATE, fixed=True
    ),
}  # fmt: skip
"""Every rule by its name."""


class VersionState(StrEnum):
    """Where a version of a project's rules stands."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    RETIRED = "retired"
    REJECTED = "rejected"


MOVES: Final[dict[VersionState, frozenset[VersionState]]] = {
    VersionState.PROPOSED: frozenset({VersionState.ACTIVE, VersionState.REJECTED}),
    VersionState.ACTIVE: frozenset({VersionState.RETIRED}),
    VersionState.RETIRED: frozenset(),
    VersionState.REJECTED: frozenset(),
}
"""The allowed moves."""


@dataclass(frozen=True, kw_only=True)
class RulesVersion:
    """One version of a project's rules."""

    id: str
    """Identifier."""
    project: str
    """The project."""
    digest: str
    """SHA-256 of the settings, in hex."""
    settings: LintSettings
    """What they say."""
    state: VersionState
    """Where it stands."""
    loosens: tuple[str, ...]
    """What it asks less of than what was in force when it was proposed, a sentence each."""
    author: str
    """Who proposed it."""
    reason: str
    """Why."""
    created_at: datetime
    """When it was proposed (UTC)."""
    reviewer: str | None = None
    """Who decided."""
    review_reason: str | None = None
    """What the reviewer said."""
    reviewed_at: datetime | None = None
    """When it was decided (UTC)."""
