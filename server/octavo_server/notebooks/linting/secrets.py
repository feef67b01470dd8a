"""Rules on keys, tokens and passwords that are written out. Pure; no message repeats one."""

from __future__ import annotations

import ast
import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from octavo.records.linting import ClearOutputs, SafeFix
from octavo_server.notebooks.document import Cell
from octavo_server.notebooks.linting.domain import Finding, Span
from octavo_server.notebooks.linting.reading import CodeCell

REMEDY: Final = "Remove it, revoke it, and read it from the environment at run time."
KNOWN: Final = {
    "an AWS access key": ("IA", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    "a GitHub token": ("gh", re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36,}|\bgithub_pat_\w{50,}")),
    "a GitLab token": ("glpat-", re.compile(r"\bglpat-[\w-]{20,}")),
    "a Slack token": ("xox", re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}")),
    "a private key": ("PRIVATE KEY", re.compile(r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----")),
    "a JSON Web Token": ("eyJ", re.compile(r"\beyJ[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{10}")),
    "a Google API key": ("AIza", re.compile(r"\bAIza[\w-]{35}(?![\w-])")),
    "an OpenAI key": ("sk-", re.compile(r"\bsk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{32,}")),
    "an Anthropic key": ("sk-ant-", re.compile(r"\bsk-ant-[\w-]{24,}")),
    "a Hugging Face token": ("hf_", re.compile(r"\bhf_[A-Za-z0-9]{30,}\b")),
    "a Stripe key": ("k_live_", re.compile(r"\b[sr]k_live_[A-Za-z0-9]{20,}")),
    "a PyPI token": ("pypi-", re.compile(r"\bpypi-AgEIcHlwaS5vcmc[\w-]{40,}")),
    "a password in an address": (
        "://",
        re.compile(
            r"\b[a-z][a-z0-9+]{2,20}://[^\s/:@'\"{}<>]{1,100}:([^\s/:@'\"{}<>$*]{3,100})@[\w\[]"
        ),
    ),
    "a run token": ("octavo-run.", re.compile(r"\boctavo-run\.[\w=-]{20,}\.[0-9a-f]{64}")),
}
"""What it is, to a text that it always holds, and its form."""
NAMED: Final = re.compile(
    r"(?i)(?:^|[_-])(?:password|passwd|pwd|passphrase|secret|secret_?key|client_?secret|api_?key"
    r"|access_?key|private_?key|auth_?token|access_?token|api_?token|bearer_?token|token)$"
)
WEAKLY_NAMED: Final = re.compile(
    r"(?i)(?<!api_)(?<!auth_)(?<!access_)(?<!bearer_)(?<!client_)(?:token|secret)$"
)
"""Names that mean much else too: only a text that looks random counts."""
PLACEHOLDER: Final = re.compile(
    r"(?i)your|example|change.?me|placeholder|dummy|redacted|insert|enter|todo|none|null|test"
    r"|sample|fake|xxx|\*\*\*|\.\.\.|<[^>]*>|\{[^}]*\}|\[[^\]]*\]|\$\w|^(.)\1*$|env|prompt|anonymous"
)

LONGEST: Final = 500
"""Characters of the longest text that may be a password."""
FILLER: Final = re.compile(r"(?i)x{6,}|\*{3}|your")
"""What nobody's real key holds."""


def of_source(cell: Cell) -> Iterator[Finding]:
    """Yield known forms of secrets in a cell's source, of any kind of cell."""
    for name, place in _known(cell.source):
        start = cell.source.rfind("\n", 0, place.start()) + 1
        line = cell.source.count("\n", 0, place.start()) + 1
        before = cell.source[start : place.start()]
        column = len(before.encode("utf-16-le", "surrogatepass")) // 2
        span = Span(line=line, column=column, end_line=line, end_column=column + len(place.group()))
        yield Finding(
            rule="secret",
            cell=cell.index,
            span=span,
            message=f"This looks like {name}.",
            fix=REMEDY,
        )


def of_outputs(cell: Cell, text: str) -> Iterator[Finding]:
    """Yield known forms of secrets in a cell's saved outputs, whose text is ``text``."""
    for name, _ in _known(text):
        yield Finding(
            rule="secret",
            cell=cell.index,
            in_output=True,
            message=f"Its saved output shows what looks like {name}.",
            fix="Revoke it, clear the output, and don't print it.",
            safe_fix=SafeFix(
                label="Clear this output", edits=[ClearOutputs(cell=cell.index, cell_id=cell.id)]
            ),
        )
        return


def _known(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    for name, (hint, pattern) in KNOWN.items():
        place = pattern.search(text) if hint in text else None
        if place is None or FILLER.search(place.group()):
            continue
        if not (place.groups() and PLACEHOLDER.search(place.group(1))):
            yield name, place


def by_name(code: CodeCell) -> Iterator[Finding]:
    """Yield texts that are given to names such as ``password``."""
    for node in code.nodes:
        for name, value in _given(node):
            if not (isinstance(value, ast.Constant) and isinstance(value.value, str)):
                continue
            if NAMED.search(name) and looks_secret(name, value.value):
                yield Finding(
                    rule="written-password",
                    cell=code.cell.index,
                    span=code.span(value),
                    message=f"`{name[:60]}` looks like a secret and is written out.",
                    fix=REMEDY,
                )


def _given(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield name and value of each assignment, keyword and dictionary entry of one node."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield _name(target), node.value
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        yield _name(node.target), node.value
    elif isinstance(node, ast.keyword) and node.arg:
        yield node.arg, node.value
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value, value


def _name(target: ast.expr) -> str:
    if isinstance(target, ast.Name):
        return target.id
    if isinstance(target, ast.Attribute):
        return target.attr
    if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
        return str(target.slice.value)
    return ""


def looks_secret(name: str, text: str) -> bool:
    """Return whether a text given to a telling name is more than a placeholder or a word."""
    if (
        not 6 <= len(text) <= LONGEST
        or any(one.isspace() for one in text)
        or PLACEHOLDER.search(text)
    ):
        return False
    if NAMED.search(text) or text.lower() in name.lower():
        return False  # password="password" names a field
    if WEAKLY_NAMED.search(name):
        return len(text) >= 16 and entropy(text) >= 3.0 and any(one.isdigit() for one in text)
    return True


def entropy(text: str) -> float:
    """Return Shannon's entropy of the characters, in bits a character."""
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())
