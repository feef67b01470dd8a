"""Tells IPython's own syntax from Python in a cell, so that the rest can be parsed. Pure.

Lines keep their numbers, so that what is found in the rest stands where the editor shows it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

PYTHON_CELLS: Final = frozenset({"time", "timeit", "capture", "prun", "memray", "memit", "lprun"})
"""Cell magics whose body is Python of this notebook."""
OTHER_CELLS: Final = frozenset({
    "bash", "sh", "html", "HTML", "javascript", "js", "writefile", "file", "latex", "markdown",
    "svg", "SVG", "script", "perl", "ruby", "cmd", "system", "sx", "!",
})  # fmt: skip
"""Cell magics in another language that give the notebook no names."""
PYTHON_LINES: Final = frozenset({"time", "timeit", "prun", "memit"})
"""Line magics whose argument is a Python statement."""
NAMING_LINES: Final = frozenset({"run", "load", "loadpy", "pylab", "store", "sql", "R", "macro"})
"""Line magics that give the notebook names."""
_TARGET: Final = re.compile(r"[\w.\[\]'\", ()*]+")
_ANY: Final = re.compile(r"[%!?]|^[^\S\n]*(?:pip|conda|mamba)", re.MULTILINE)
_AUTOMATIC: Final = re.compile(r"^(?:pip3?|conda|mamba)\s+(?:install|list|freeze|show|uninstall)\b")
_HELP: Final = re.compile(r"^(?:\?{1,2}\s*[\w.*%]+|%{0,2}[\w.*\[\]'\"()]+\s*\?{1,2})$")
_WORD: Final = re.compile(r"[%!]*\s*(\w+|!)?")
_TOKEN: Final = re.compile(
    r"#[^\n]*|\"\"\"|'''|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?|[()\[\]{}]|\\$"
)


@dataclass(frozen=True, kw_only=True)
class Magic:
    """A line, or a whole cell, in IPython's own syntax."""

    line: int
    """Where it starts, from 1."""
    kind: Literal["line", "shell", "cell"]
    """``%``, ``!`` or ``%%``."""
    name: str
    """The magic's word, such as ``pip``; empty for ``!``."""
    text: str
    """What follows the word; for a cell its other lines too; for ``!`` the command."""
    written: str
    """The line as it is written, without the spaces around it."""


@dataclass(frozen=True, kw_only=True)
class Plain:
    """A cell as plain Python."""

    python: str
    """The Python in it; other lines are blank or ``pass``."""
    magics: tuple[Magic, ...] = ()
    """The rest, in order."""
    moved: frozenset[int] = frozenset()
    """Lines whose columns are not those of the cell."""
    binds: frozenset[str] = frozenset()
    """Names that the rest gives the notebook."""
    brings_names: str = ""
    """What gives the notebook names that can't be known; empty: nothing does."""


def plain(source: str) -> Plain:
    """Return the cell with IPython's own syntax taken out."""
    start = source.lstrip()
    if start.startswith("%%"):
        return _cell_magic(source, start)
    if not _ANY.search(source):
        return _dedented(source)
    return _Lines(source).read()


def _dedented(source: str) -> Plain:
    """Take the indentation of the first line off all, as IPython does."""
    first = re.search(r"^[^\S\n]*(?=[^\s#])", source, re.MULTILINE)
    indent = first.group() if first else ""
    if not indent:
        return Plain(python=source)
    lines = source.split("\n")
    moved = frozenset(number for number, one in enumerate(lines, 1) if one.startswith(indent))
    return Plain(python="\n".join(one.removeprefix(indent) for one in lines), moved=moved)


def _cell_magic(source: str, start: str) -> Plain:
    before = source[: len(source) - len(start)].count("\n")
    head, _, body = start.partition("\n")
    word = _WORD.match(head)
    name = (word.group(1) if word else "") or ""
    rest = head[word.end() :].strip() if word else ""
    if name in PYTHON_CELLS:
        inner = plain(body)
        named = rest.split()[-1:] if name == "capture" else []
        binds = {one for one in named if one.isidentifier()}
        return Plain(
            python="\n" * (before + 1) + inner.python,
            magics=tuple(_lowered(one, before + 1) for one in inner.magics),
            moved=frozenset(number + before + 1 for number in inner.moved),
            binds=frozenset(binds) | inner.binds,
            brings_names=inner.brings_names,
        )
    magic = Magic(line=before + 1, kind="cell", name=name, text=f"{rest}\n{body}", written=head)
    known = name in OTHER_CELLS and "--out" not in rest and "--err" not in rest
    return Plain(python="", magics=(magic,), brings_names="" if known else f"%%{name}")


def _lowered(magic: Magic, by: int) -> Magic:
    return Magic(
        line=magic.line + by,
        kind=magic.kind,
        name=magic.name,
        text=magic.text,
        written=magic.written,
    )


class _Lines:
    """Reads a cell line by line; knows where a line stands inside a text or brackets."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._text = ""
        self._depth = 0
        self._goes_on = False
        self._skips = False
        self._magics: list[Magic] = []
        self._moved: set[int] = set()
        self._brings = ""

    def read(self) -> Plain:
        lines = [self._line(number, one) for number, one in enumerate(_split(self._source), 1)]
        inner = _dedented("\n".join(lines))
        return Plain(
            python=inner.python,
            magics=tuple(self._magics),
            moved=inner.moved | self._moved,
            brings_names=self._brings,
        )

    def _line(self, number: int, line: str) -> str:
        if self._skips:
            self._skips = line.endswith("\\")
            return ""
        stripped = line.strip()
        if not (self._text or self._depth or self._goes_on):
            indent = line[: len(line) - len(line.lstrip())]
            if _HELP.match(stripped):
                return f"{indent}pass"
            if stripped.startswith(("%", "!")) or _AUTOMATIC.match(stripped):
                return indent + self._magic(number, stripped)
            before, equals, rest = line.partition("=")
            if rest.lstrip().startswith(("%", "!")) and _TARGET.fullmatch(before):
                return self._assigned(number, stripped, before + equals, rest.lstrip())
        self._follow(line)
        return line

    def _magic(self, number: int, line: str) -> str:
        self._skips = line.endswith("\\")
        if line.startswith("!"):
            self._note(number, "shell", "", line.lstrip("!").strip(), line)
            return "pass"
        word = _WORD.match(line)
        name = (word.group(1) if word else "") or ""
        text = line[word.end() :].strip() if word else ""
        self._note(number, "line", name, text, line)
        if name in PYTHON_LINES and text and not text.startswith("-"):
            self._moved.add(number)
            self._follow(text)
            return text
        return "pass"

    def _assigned(self, number: int, line: str, before: str, rest: str) -> str:
        self._skips = line.endswith("\\")
        if rest.startswith("!"):
            self._note(number, "shell", "", rest[1:].strip(), line)
            return f"{before}None"
        name, _, text = rest[1:].partition(" ")
        self._note(number, "line", name, text.strip(), line)
        if name in PYTHON_LINES and text.strip():
            self._moved.add(number)
            return before + text.strip()
        return f"{before}None"

    def _note(
        self, line: int, kind: Literal["line", "shell"], name: str, text: str, written: str
    ) -> None:
        self._magics.append(Magic(line=line, kind=kind, name=name, text=text, written=written))
        if kind == "line" and name in NAMING_LINES and not (name == "store" and "-r" not in text):
            self._brings = self._brings or f"%{name}"

    def _follow(self, line: str) -> None:
        """Note how the line leaves texts, brackets and a continuation open."""
        self._goes_on = False
        place = 0
        while place < len(line):
            if self._text:
                end = _closing(line, place, self._text)
                if end < 0:
                    return
                self._text, place = "", end
                continue
            found = _TOKEN.search(line, place)
            if found is None:
                return
            token, place = found.group(), found.end()
            if token in {'"""', "'''"}:
                self._text = token
            elif token in "([{":
                self._depth += 1
            elif token in ")]}":
                self._depth = max(0, self._depth - 1)
            elif token == "\\":
                self._goes_on = True


def _closing(line: str, start: int, mark: str) -> int:
    """Return where the triple-quoted text ends, -1 when not in this line."""
    place = start
    while (place := line.find(mark, place)) >= 0:
        slashes = len(line[:place]) - len(line[:place].rstrip("\\"))
        if slashes % 2 == 0:
            return place + len(mark)
        place += 1
    return -1


def _split(source: str) -> list[str]:
    """Split where Python and editors see lines end: not at U+2028 or form feeds."""
    return re.split(r"\r\n?|\n", source)
