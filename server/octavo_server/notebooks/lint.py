"""Lint: what keeps a notebook from being reproducible, safe or typed. Pure rules on its JSON."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator
from typing import Final

from octavo.records.notebooks import LintFinding, LintReport, Severity
from octavo_server.notebooks import lint_code, lint_names
from octavo_server.notebooks.document import PARAMETERS_TAG, Cell, Document
from octavo_server.notebooks.parameters import read_cell
from octavo_server.notebooks.source import Finding, plain_python

LARGE_OUTPUT: Final = 2**20
SECRETS: Final = {
    "an AWS access key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a GitHub token": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{50,})"),
    "a Slack token": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a JSON Web Token": re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    "a Google API key": re.compile(r"\bAIza[\w-]{35}\b"),
    "a password in an address": re.compile(
        r"\b[a-z][a-z0-9+]{2,}://[^\s/:@'\"{}]+:[^\s/:@'\"{}]{3,}@"
    ),
    "a run token": re.compile(r"\boctavo-run\.[\w=-]{20,}\.[0-9a-f]{64}"),
}
_ORDER: Final = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def lint(document: Document) -> LintReport:
    """Return every finding, the worst first."""
    found = [
        *_parameters(document),
        *_executed_out_of_order(document.code),
        *_saved_outputs(document),
        *_secrets(document.cells),
        *_code(document.code),
    ]
    found.sort(
        key=lambda one: (_ORDER[one.severity], -1 if one.cell is None else one.cell, one.line or 0)
    )
    return LintReport(
        findings=found[:500],
        errors=sum(1 for one in found if one.severity is Severity.ERROR),
        warnings=sum(1 for one in found if one.severity is Severity.WARNING),
    )


def _made(cell: Cell | None, finding: Finding) -> LintFinding:
    return LintFinding(
        rule=finding.rule,
        severity=finding.severity,
        cell=None if cell is None else cell.index,
        cell_id=None if cell is None else cell.id,
        line=finding.line,
        message=finding.message,
        fix=finding.fix,
    )


def _code(cells: Iterable[Cell]) -> Iterator[LintFinding]:
    """Look at the Python of each cell, and at the names across all cells."""
    parsed: list[tuple[Cell, lint_names.Scope]] = []
    whole = "\n".join(cell.source for cell in cells)
    for cell in cells:
        source, shell = plain_python(cell.source)
        for finding in shell:
            yield _made(cell, finding)
        try:
            tree = ast.parse(source)
            scope = lint_names.read(tree)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            yield _made(cell, _syntax(error))
            continue
        parsed.append((cell, scope))
        for finding in lint_code.findings(tree, whole):
            yield _made(cell, finding)
    for index, finding in lint_names.findings([scope for _, scope in parsed]):
        yield _made(parsed[index][0], finding)


def _syntax(error: Exception) -> Finding:
    return Finding(
        rule="syntax",
        severity=Severity.ERROR,
        line=getattr(error, "lineno", None),
        message=f"This is no Python: {getattr(error, 'msg', str(error)) or 'nested too deep'}.",
        fix="Correct it, or make the cell a raw one.",
    )


def _parameters(document: Document) -> Iterator[LintFinding]:
    tagged = [cell for cell in document.code if PARAMETERS_TAG in cell.tags]
    if not tagged:
        yield _made(
            None,
            Finding(
                rule="parameters-missing",
                severity=Severity.WARNING,
                message="No cell is tagged `parameters`, so every run does the same.",
                fix="Put what a run may choose into one cell and tag it `parameters`.",
            ),
        )
    for cell in tagged[1:]:
        yield _made(
            cell,
            Finding(
                rule="parameters-twice",
                severity=Severity.ERROR,
                message=f"Cell {tagged[0].index + 1} is tagged `parameters` already.",
                fix="Move these parameters there and remove the tag.",
            ),
        )
    if tagged and None in read_cell(plain_python(tagged[0].source)[0]):
        yield _made(
            tagged[0],
            Finding(
                rule="parameters-untyped",
                severity=Severity.ERROR,
                message="A parameter has no literal default of type int, float, bool, str or date.",
                fix="Write `name: type = literal`; derive everything else in the next cell.",
            ),
        )


def _executed_out_of_order(cells: Iterable[Cell]) -> Iterator[LintFinding]:
    last, where = 0, 0
    for cell in cells:
        if cell.execution_count is None:
            continue
        if cell.execution_count < last:
            message = (
                f"It was executed as [{cell.execution_count}], before cell {where + 1} "
                f"([{last}]) that stands above it."
            )
            yield _made(
                cell,
                Finding(
                    rule="cells-out-of-order",
                    severity=Severity.WARNING,
                    message=message,
                    fix="Restart the kernel, run all cells, and save.",
                ),
            )
        last, where = cell.execution_count, cell.index


def _saved_outputs(document: Document) -> Iterator[LintFinding]:
    for cell in document.code:
        size = len(json.dumps(cell.outputs)) if cell.outputs else 0
        if size > LARGE_OUTPUT:
            yield _made(
                cell,
                Finding(
                    rule="large-output",
                    severity=Severity.WARNING,
                    message=f"Its saved output has {size / 2**20:.1f} MiB; over 1 MiB is too much.",
                    fix="Show a summary, and write the data to a file.",
                ),
            )
        if any(output.get("output_type") == "error" for output in cell.outputs):
            yield _made(
                cell,
                Finding(
                    rule="saved-error",
                    severity=Severity.WARNING,
                    message="It failed when it was last executed.",
                    fix="Correct it, run all cells, and save.",
                ),
            )


def _secrets(cells: Iterable[Cell]) -> Iterator[LintFinding]:
    for cell in cells:
        texts = [cell.source, json.dumps(cell.outputs) if cell.outputs else ""]
        for name, pattern in SECRETS.items():
            place = next((one for one in map(pattern.search, texts) if one), None)
            if place is None:
                continue
            in_source = place.string == cell.source
            line = cell.source[: place.start()].count("\n") + 1 if in_source else None
            yield _made(
                cell,
                Finding(
                    rule="secret",
                    severity=Severity.ERROR,
                    line=line,
                    message=f"This looks like {name}.",
                    fix="Remove it, revoke it, and read it from the environment at run time.",
                ),
            )
