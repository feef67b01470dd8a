"""Rules on what runs outside Python: installs without pins, and shell commands. Pure."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from octavo.records.linting import SafeFix
from octavo_server.notebooks.linting.domain import Finding, Span
from octavo_server.notebooks.linting.reading import CodeCell, Imports, edits
from octavo_server.notebooks.magics import Magic

INSTALL: Final = re.compile(
    r"^(?:sudo\s+)?(?:\S*python[\d.]*\s+-m\s+|\{sys\.executable\}\s+-m\s+|uv\s+)?"
    r"(?:pip3?|conda|mamba|micromamba|uv)\s+(?:-\S+\s+)*(?:install|add|create|update)\b(.*)",
    re.DOTALL,
)
PINNED: Final = re.compile(r"^[\w.\-\[\],]+(?:===?|=)(?!.*\*)[\w.+!-]+$")
PINNED_COMMIT: Final = re.compile(r"(?:^|@\s*)git\+\S+@[0-9a-f]{40}(?:#\S*)?$")
NAME: Final = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[\w,.-]*\])?")
WITH_VALUE: Final = frozenset({
    "-i", "--index-url", "--extra-index-url", "-f", "--find-links", "-c", "--channel", "-t",
    "--target", "--constraint", "--prefix", "-p", "--python", "-n", "--name", "--progress-bar",
    "--trusted-host", "--proxy", "--cache-dir", "--log", "--src", "--platform",
})  # fmt: skip
"""Options whose next word is a value, not a package."""
FILES: Final = frozenset({"-r", "--requirement", "--file", "-e", "--editable"})
"""Options that name what can't be seen from here."""
SHELLS: Final = frozenset({"bash", "sh", "script", "!", "cmd", "system", "sx"})
CALLS: Final = frozenset({
    "os.system", "os.popen", "subprocess.run", "subprocess.call", "subprocess.check_call",
    "subprocess.check_output", "subprocess.Popen", "subprocess.getoutput",
})  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Package:
    """One word that an install names."""

    word: str
    """As it is written."""
    pinned: bool
    """Whether it names exactly one version."""
    name: str
    """The distribution's name; empty for an address or a file."""


class Installs:
    """Looks at commands; ``version`` says which version the runs' environment has of a package."""

    def __init__(self, imports: Imports, version: Callable[[str], str | None]) -> None:
        self._imports = imports
        self._version = version

    def findings(self, code: CodeCell) -> Iterator[Finding]:
        """Yield what one cell installs or runs outside Python."""
        for magic in code.plain.magics:
            yield from self._magic(code, magic)
        for node in code.nodes:
            if isinstance(node, ast.Call) and self._imports.origin(node.func) in CALLS:
                command = _command(node)
                found = self._install(code, command, code.span(node)) if command else None
                if found is not None:
                    yield found

    def _magic(self, code: CodeCell, magic: Magic) -> Iterator[Finding]:
        if magic.kind == "cell":
            if magic.name in SHELLS:
                yield from self._script(code, magic)
            elif magic.name in {"perl", "ruby"}:
                yield _shell(code, magic)
            return
        words = magic.text if magic.kind == "shell" else f"{magic.name} {magic.text}".strip()
        if magic.kind == "line" and magic.name in {"install", "list", "freeze", "show"}:
            words = magic.written  # `pip install x` without a percent sign
        found = self._install(code, words, code.line_span(magic.line))
        if found is not None:
            yield found
        elif magic.kind == "shell" or magic.name in {"sx", "system"}:
            yield _shell(code, magic)

    def _script(self, code: CodeCell, magic: Magic) -> Iterator[Finding]:
        yield _shell(code, magic)
        for number, line in enumerate(magic.text.split("\n")):
            found = self._install(code, line.strip(), code.line_span(magic.line + number))
            if found is not None:
                yield found

    def _install(self, code: CodeCell, command: str, span: Span) -> Finding | None:
        packages = installed(command)
        if packages is None:
            return None
        loose = [one for one in packages if not one.pinned]
        if loose or not packages:
            what = ", ".join(one.word for one in loose)[:80] or "what a file names"
            return Finding(
                rule="unpinned-install",
                cell=code.cell.index,
                span=span,
                message=f"`{command[:80]}` installs whatever version of {what} is newest.",
                fix="Use what the profile's environment has, or pin with `==`.",
                safe_fix=self._pins(code, span, loose),
            )
        return Finding(
            rule="install",
            cell=code.cell.index,
            span=span,
            message=f"`{command[:80]}` changes the environment while it runs.",
            fix="Ask for the package in the profile's environment.",
        )

    def _pins(self, code: CodeCell, span: Span, loose: list[Package]) -> SafeFix | None:
        """Return the pins to what the runs' environment has, if it has all of them."""
        versions = {one.word: self._version(one.name) if one.name else None for one in loose}
        if not loose or None in versions.values():
            return None
        written = code.replace(span, "")
        if written is None:
            return None
        text = written.expected
        for one in loose:
            pattern = rf"(?<![\w.=-])(['\"]?){re.escape(one.word)}\1(?![\w.=\[-])"
            extras = NAME.match(one.word)
            whole = extras.group() if extras else one.name
            text, count = re.subn(pattern, f"{whole}=={versions[one.word]}", text)
            if count != 1:
                return None
        made = edits(code.replace(span, text))
        return SafeFix(label="Pin to what runs have", edits=made) if made else None


def installed(command: str) -> list[Package] | None:
    """Return what a command installs; None where it installs nothing."""
    found = INSTALL.match(command[:4096])
    if found is None:
        return None
    packages: list[Package] = []
    words = iter(_words(found.group(1)))
    for word in words:
        if word in {"&&", ";", "|", "||", ">", ">>", "2>&1"} or word.startswith((">", "|", "#")):
            break
        if word in FILES:
            packages.append(Package(word=next(words, word), pinned=False, name=""))
        elif word in WITH_VALUE:
            next(words, None)
        elif not word.startswith("-"):
            name = NAME.match(word)
            plain = name is not None and "://" not in word and "/" not in word
            packages.append(
                Package(
                    word=word,
                    pinned=bool(PINNED.match(word) or PINNED_COMMIT.search(word)),
                    name=name.group(1) if name and plain else "",
                )
            )
    return packages


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text, comments=True)
    except ValueError:
        return text.split()


def _command(node: ast.Call) -> str:
    """Return the command that a call is given as texts; empty where it isn't."""
    first = node.args[0] if node.args else None
    if isinstance(first, ast.Constant) and isinstance(first.value, str):
        return first.value
    if isinstance(first, ast.List | ast.Tuple):
        words = [
            str(one.value) if isinstance(one, ast.Constant) else "python" for one in first.elts
        ]
        return " ".join(words)
    return ""


def _shell(code: CodeCell, magic: Magic) -> Finding:
    return Finding(
        rule="shell",
        cell=code.cell.index,
        span=code.line_span(magic.line),
        message=f"`{magic.written[:80]}` runs outside Python, where nothing is pinned.",
        fix="Do it in Python.",
    )
