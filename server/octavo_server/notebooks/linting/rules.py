"""Lint: what keeps a notebook from being reproducible, safe or typed. Pure rules on its JSON."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, get_args

from octavo.records.linting import (
    EnvironmentName,
    LintFinding,
    LintReport,
    LintSettings,
    RuleWeights,
    Severity,
    Weight,
)
from octavo_server.notebooks.document import Document
from octavo_server.notebooks.linting import first_cell, saved, secrets
from octavo_server.notebooks.linting.chance import Chance
from octavo_server.notebooks.linting.domain import RULES, Finding, Span
from octavo_server.notebooks.linting.installs import Installs
from octavo_server.notebooks.linting.libraries import Libraries
from octavo_server.notebooks.linting.names import Missing, Names
from octavo_server.notebooks.linting.reading import CodeCell, Imports, read
from octavo_server.notebooks.linting.surroundings import Surroundings

MOST_CODE: Final = 2**20
"""Characters of code that are looked at."""
MOST_FINDINGS: Final = 500
MOST_LOOKED_AT: Final = 5000
"""Findings after which nothing more is looked at."""
ENVIRONMENTS: Final[tuple[EnvironmentName, ...]] = get_args(EnvironmentName)
_ORDER: Final = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def _unknown_version(_: str) -> str | None:
    return None


@dataclass(frozen=True, kw_only=True)
class Surrounding:
    """What lint knows besides the notebook."""

    settings: LintSettings = field(default_factory=LintSettings)
    """What the project decided."""
    version: Callable[[str], str | None] = _unknown_version
    """Distribution -> version in the runs' environment; None where it isn't there."""
    lake: str = ""
    """Folder that `$OCTAVO_LAKE` stands for; empty: not known."""
    digest: str = ""
    """SHA-256 of the settings."""


def lint(
    document: Document,
    environment: EnvironmentName = "prod",
    surrounding: Surrounding | None = None,
) -> LintReport:
    """Return every finding that weighs something in ``environment``, the worst first."""
    known = surrounding or Surrounding()
    found = list(_bounded(findings(document, known)))
    blocking = {
        name: sum(1 for one in found if name in _blocks(one, known.settings))
        for name in ENVIRONMENTS
    }
    made = [
        _made(document, one, severity, _blocks(one, known.settings))
        for one in found
        if (severity := severity_of(one.rule, environment, known.settings)) is not None
    ]
    made.sort(key=_place)
    return LintReport(
        findings=made[:MOST_FINDINGS],
        errors=sum(1 for one in made if one.severity is Severity.ERROR),
        warnings=sum(1 for one in made if one.severity is Severity.WARNING),
        environment=environment,
        blocking=blocking,
        rules_digest=known.digest,
        left_off=max(0, len(made) - MOST_FINDINGS),
    )


def _bounded(every: Iterator[Finding]) -> Iterator[Finding]:
    """Yield findings until they are too many to be read; what is left out blocks too."""
    yield from islice(every, MOST_LOOKED_AT)
    if next(every, None) is not None:
        yield Finding(
            rule="too-much-code",
            message=f"There are over {MOST_LOOKED_AT:,} findings; the rest was not looked at.",
            fix="Mend what is listed first, or split the notebook.",
        )


def weights_of(rule: str, settings: LintSettings) -> RuleWeights:
    """Return what a rule does in each environment of a project with ``settings``."""
    known = RULES[rule]
    return known.default if known.fixed else settings.weights.get(rule, known.default)


def severity_of(rule: str, environment: EnvironmentName, settings: LintSettings) -> Severity | None:
    """Return how much a finding weighs in ``environment``; None where its rule is off there."""
    weight: Weight = getattr(weights_of(rule, settings), environment)
    return {Weight.BLOCK: Severity.ERROR, Weight.WARN: Severity.WARNING, Weight.OFF: None}[weight]


def findings(document: Document, known: Surrounding) -> Iterator[Finding]:
    """Yield what every rule finds, whatever it weighs."""
    code = list(_readable(document))
    left_out = len(document.code) - len(code)
    if left_out:
        yield Finding(
            rule="too-much-code",
            message=f"Lint looked at {MOST_CODE:,} characters of code; {left_out} cells are left.",
            fix="Split the notebook, or move code to a package.",
        )
    yield from first_cell.findings(document, code)
    yield from saved.findings(document.code, known.settings.largest_output_kib)
    for cell in document.cells:
        yield from secrets.of_source(cell)
    yield from _code(code, known)


def _readable(document: Document) -> Iterator[CodeCell]:
    size = 0
    for cell in document.code:
        size += len(cell.source)
        if size > MOST_CODE:
            return
        yield read(cell)


def _code(cells: Sequence[CodeCell], known: Surrounding) -> Iterator[Finding]:
    """Look at the Python of each cell, and at the names across all cells."""
    imports, names = Imports(cells), Names()
    yield from _read_names(cells, names)
    chance, installs = Chance(cells, imports), Installs(imports, known.version)
    surroundings = Surroundings(imports, known.lake)
    libraries = Libraries(known.settings.forbidden_libraries)
    for code in cells:
        yield from installs.findings(code)
        yield from libraries.findings(code)
        if code.tree is None:
            yield _syntax(code, code.fault, code.fault_line)
            continue
        yield from chance.findings(code)
        yield from surroundings.findings(code, names.bound)
        yield from secrets.by_name(code)
    for one in names.missing():
        yield _missing(cells[one.cell], one)


def _read_names(cells: Sequence[CodeCell], names: Names) -> Iterator[Finding]:
    """Read all cells' names in order; yield where they can't be known."""
    for code in cells:
        tree = code.tree or ast.Module(body=[], type_ignores=[])
        brings = code.plain.brings_names
        try:
            names.read(tree, binds=code.plain.binds, unknown=bool(brings))
        except RecursionError:
            yield _syntax(code, "nested too deep", None)
        line = next((one.line for one in code.plain.magics), 1)
        if brings:
            yield _unchecked(code, f"`{brings}`", Span(line=line))
        for node in code.nodes:
            if isinstance(node, ast.ImportFrom) and any(one.name == "*" for one in node.names):
                yield _unchecked(code, f"`from {node.module or '.'} import *`", code.span(node))


def _unchecked(code: CodeCell, what: str, span: Span) -> Finding:
    return Finding(
        rule="names-unchecked",
        cell=code.cell.index,
        span=span,
        message=f"{what} brings names that can't be known, so missing ones below aren't found.",
        fix="Import by name what the notebook uses.",
    )


def _syntax(code: CodeCell, fault: str, line: int | None) -> Finding:
    return Finding(
        rule="syntax",
        cell=code.cell.index,
        span=Span(line=line) if line else None,
        message=f"This is no Python: {fault[:200]}.",
        fix="Correct it, or make the cell a raw one.",
    )


def _missing(code: CodeCell, one: Missing) -> Finding:
    span = code.span(one.node)
    if one.defined == "below":
        return Finding(
            rule="used-before-definition",
            cell=code.cell.index,
            span=span,
            message=f"`{one.name}` is defined only further below.",
            fix="Move its definition above this cell; then restart and run all.",
        )
    why = "is defined nowhere in this notebook"
    if one.defined == "by itself":
        why = "has no value yet where this uses it"
    return Finding(
        rule="undefined-name",
        cell=code.cell.index,
        span=span,
        message=f"`{one.name}` {why}: only the kernel's memory may hold it.",
        fix="Define or import it above; a deleted cell may have done so.",
    )


def _blocks(one: Finding, settings: LintSettings) -> list[EnvironmentName]:
    weights = weights_of(one.rule, settings)
    return [name for name in ENVIRONMENTS if getattr(weights, name) is Weight.BLOCK]


def _place(one: LintFinding) -> tuple[int, int, int, int]:
    cell = -1 if one.cell is None else one.cell
    return _ORDER[one.severity], cell, one.line or 0, one.column or 0


def _made(
    document: Document, one: Finding, severity: Severity, blocks: list[EnvironmentName]
) -> LintFinding:
    span = one.span
    return LintFinding(
        rule=one.rule,
        severity=severity,
        cell=one.cell,
        cell_id=None if one.cell is None else document.cells[one.cell].id,
        line=span.line if span else None,
        column=span.column if span else None,
        end_line=span.end_line if span else None,
        end_column=span.end_column if span else None,
        message=one.message,
        fix=one.fix,
        in_output=one.in_output,
        blocks=blocks,
        safe_fix=one.safe_fix,
    )
