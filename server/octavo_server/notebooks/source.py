"""What the lint rules share: a finding, and a cell's text as plain Python."""

from __future__ import annotations

import re
from dataclasses import dataclass

from octavo.records.notebooks import Severity

OTHER_LANGUAGE = ("%%bash", "%%sh", "%%html", "%%javascript", "%%js", "%%writefile", "%%latex",
                  "%%markdown", "%%svg", "%%sql", "%%script", "%%perl", "%%ruby")  # fmt: skip
INSTALL = re.compile(
    r"^\s*[%!]\s*(?:(?:python3?|uv)\s+(?:-m\s+)?)?(pip3?|conda|mamba|uv)\s+.*\b(?:install|add)\b(.*)"
)
PINNED = re.compile(r"^[A-Za-z0-9_.\-\[\],]+==[^*\s]+$")
ASSIGNED_MAGIC = re.compile(r"^(\s*[\w, ]+=\s*)[%!].*")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A finding inside one cell."""

    rule: str
    """Stable name of the rule."""
    severity: Severity
    """How much it weighs."""
    message: str
    """What is wrong, with the value."""
    fix: str
    """What to do about it."""
    line: int | None = None
    """Line in the cell from 1."""


def plain_python(source: str) -> tuple[str, list[Finding]]:
    """Return the cell with IPython's own syntax blanked out, and what that syntax is faulted for.

    Lines keep their numbers.
    """
    lines, found = [], []
    if source.lstrip().startswith(OTHER_LANGUAGE):
        return "", [_shell(1, source.lstrip().splitlines()[0])]
    for number, line in enumerate(source.splitlines(), start=1):
        stripped = line.strip()
        if stripped.startswith(("%", "!")):
            found += _magic(number, stripped)
            lines.append(line[: len(line) - len(line.lstrip())] + "pass")
        elif stripped.endswith("?") or stripped.startswith("?"):
            lines.append("pass")
        elif place := ASSIGNED_MAGIC.match(line):
            found.append(_shell(number, stripped))
            lines.append(f"{place.group(1)}None")
        else:
            lines.append(line)
    return "\n".join(lines), found


def _magic(number: int, line: str) -> list[Finding]:
    install = INSTALL.match(line)
    if install:
        wanted = [word for word in install.group(2).split() if not word.startswith("-")]
        if not wanted or not all(PINNED.match(word.strip("'\"")) for word in wanted):
            return [
                Finding(
                    rule="unpinned-install",
                    severity=Severity.ERROR,
                    line=number,
                    message=f"`{line[:80]}` installs whatever version is newest.",
                    fix="Use what the profile's environment has, or pin with `==`.",
                )
            ]
        return [
            Finding(
                rule="install",
                severity=Severity.WARNING,
                line=number,
                message=f"`{line[:80]}` changes the environment while it runs.",
                fix="Ask for the package in the profile's environment.",
            )
        ]
    return [_shell(number, line)] if line.startswith("!") else []


def _shell(number: int, line: str) -> Finding:
    return Finding(
        rule="shell",
        severity=Severity.WARNING,
        line=number,
        message=f"`{line[:80]}` runs outside Python, where nothing is pinned.",
        fix="Do it in Python.",
    )
