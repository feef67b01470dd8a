"""Reads YAML from people without trusting it, and writes YAML that reads back the same.

Values are those of YAML 1.2's core schema: text, numbers, true, false, null; a date is text, and so
are ``yes``, ``on`` and ``12:30``. Refused are anchors and aliases (a few lines of them grow to
gigabytes), tags (they name types to build), a second document, keys given twice, deep nesting and
control characters. Whatever the input, the answer is a :class:`Reading` and never an exception.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from octavo.records.visible import HIDDEN, UNSEEN
from octavo_server.workspaces.profiles.findings import (
    Fault,
    Place,
    Reading,
    field_of,
    shown,
)

LARGEST = 65_536
"""Characters that a document may have."""
DEEPEST = 10
"""Levels that mappings and lists may be nested."""
MOST_NODES = 5_000
"""Values that a document may have."""
WHOLE = re.compile(r"[-+]?[0-9]{1,15}")
DECIMAL = re.compile(
    r"[-+]?(?:\.[0-9]{1,20}|[0-9]{1,15}(?:\.[0-9]{0,20})?)(?:[eE][-+]?[0-9]{1,3})?"
)
WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
NOT_TEXT = re.compile(f"{UNSEEN.pattern}|\ufffd")
"""Characters that nobody sees, and what stands for bytes that are no UTF-8."""
HIDDEN_ANYWHERE = re.compile(f"[{HIDDEN}]")
"""Refused in comments too: a reviewer reads the whole text."""
VISIBLE = "visible characters"
NOT_VISIBLE = (
    "Control characters, unseen ones and marks that turn the direction of writing are not allowed."
)
FLAT_AS_TEXT = "tag:yaml.org,2002:timestamp"


class _Refused(Exception):
    """The document can't be read any further."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


@dataclass
class _Open:
    """A mapping or a list that has begun and not ended yet."""

    value: dict[str, Any] | list[Any]
    place: Place
    key: str | None = None
    """The key that waits for its value."""
    skip: bool = False
    """True: the key was given before; its second value is read and thrown away."""


@dataclass
class _Builder:
    """Builds the document out of the parser's events, without recursion."""

    lines: dict[Place, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    root: Any = None
    open: list[_Open] = field(default_factory=list)
    nodes: int = 0

    def take(self, event: yaml.Event) -> None:
        """Take one event. Raises _Refused."""
        line = _line(event)
        self._refuse_anchors_and_tags(event, line)
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event, line)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._begin({} if isinstance(event, yaml.MappingStartEvent) else [], line)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self.open.pop()

    def _refuse_anchors_and_tags(self, event: yaml.Event, line: int) -> None:
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if anchor is not None:
            raise self._refusal(
                shown(str(anchor)),
                "no anchors and aliases",
                "Anchors and aliases are not allowed; write the values out.",
                line,
            )
        if tag is not None:
            said = f"The tag {shown(str(tag))} is not allowed; leave it out."
            raise self._refusal(shown(str(tag)), "no tags", said, line)

    def _begin(self, value: dict[str, Any] | list[Any], line: int) -> None:
        inside = self.open[-1] if self.open else None
        if inside is not None and isinstance(inside.value, dict) and inside.key is None:
            raise self._refusal(
                "a list or a mapping", "text", "A key must be text, not a list or a mapping.", line
            )
        if len(self.open) >= DEEPEST:
            raise self._refusal(
                f"more than {DEEPEST} levels",
                f"at most {DEEPEST} levels",
                f"The document is nested more than {DEEPEST} levels deep.",
                line,
            )
        self.open.append(_Open(value=value, place=self._add(value, line)))

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        text: str = event.value
        if NOT_TEXT.search(text):
            escaped = shown(text.encode("unicode_escape").decode())
            raise self._refusal(escaped, VISIBLE, NOT_VISIBLE, line)
        inside = self.open[-1] if self.open else None
        if inside is not None and isinstance(inside.value, dict) and inside.key is None:
            self._key(inside, text, line)
        else:
            self._add(value_of(text) if event.implicit[0] else text, line)

    def _key(self, inside: _Open, key: str, line: int) -> None:
        inside.key, inside.skip = key, key in inside.value
        place = (*inside.place, key)
        if inside.skip:
            first = self.lines[place]
            self.faults.append(
                Fault(
                    place=place,
                    value=shown(key),
                    limit="once",
                    message=f"{field_of(place)} is given twice, in lines {first} and {line}.",
                    line=line,
                )
            )
        else:
            self.lines[place] = line

    def _add(self, value: Any, line: int) -> Place:
        """Put a value where it belongs and return its place."""
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise self._refusal(
                f"more than {MOST_NODES} values",
                f"at most {MOST_NODES} values",
                f"The document has more than {MOST_NODES} values.",
                line,
            )
        if not self.open:
            self.root = value
            return ()
        inside = self.open[-1]
        if isinstance(inside.value, list):
            place: Place = (*inside.place, len(inside.value))
            inside.value.append(value)
            self.lines.setdefault(place, line)
            return place
        key, inside.key = inside.key or "", None
        if not inside.skip:
            inside.value[key] = value
        return (*inside.place, key)

    def _refusal(self, value: str, limit: str, message: str, line: int) -> _Refused:
        place: Place = ()
        if self.open:
            inside = self.open[-1]
            place = inside.place if inside.key is None else (*inside.place, inside.key)
        return _Refused(Fault(place=place, value=value, limit=limit, message=message, line=line))


def read_yaml(text: str) -> Reading:
    """Return what a text says, with the line of each field and everything that is wrong."""
    builder = _Builder()
    try:
        if len(text) > LARGEST:
            raise _too_long(len(text))
        if (found := HIDDEN_ANYWHERE.search(text, 1)) is not None:  # the first marks the order
            raise _hidden(text, found.start())
        for event in _events(text):
            builder.take(event)
    except _Refused as refused:
        return _unread([*builder.faults, refused.fault])
    except (yaml.YAMLError, ValueError, IndexError) as error:
        return _unread([*builder.faults, _no_yaml(error)])
    if not isinstance(builder.root, dict):
        return _unread([_no_mapping(builder.root)])
    return Reading(
        document=builder.root if not builder.faults else None,
        raw=builder.root,
        lines=builder.lines,
        faults=tuple(builder.faults),
    )


def value_of(text: str) -> Any:
    """Return the value of an unquoted text, by YAML 1.2's core schema without octal numbers."""
    if text in WORDS:
        return WORDS[text]
    if WHOLE.fullmatch(text):
        return int(text)
    number = float(text) if DECIMAL.fullmatch(text) else math.inf
    return number if math.isfinite(number) else text


def _events(text: str) -> Iterator[yaml.Event]:
    documents = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        documents += isinstance(event, yaml.DocumentStartEvent)
        if documents > 1:
            raise _Refused(
                Fault(
                    place=(),
                    value="a second document",
                    limit="one document",
                    message="A file holds one profile; this one has a second document.",
                    line=_line(event),
                )
            )
        yield event


def _line(event: yaml.Event) -> int:
    mark = event.start_mark
    return mark.line + 1 if mark is not None else 1


def _unread(faults: list[Fault]) -> Reading:
    return Reading(document=None, raw=None, lines={}, faults=tuple(faults))


def _too_long(length: int) -> _Refused:
    return _Refused(
        Fault(
            place=(),
            value=f"{length} characters",
            limit=f"at most {LARGEST} characters",
            message=f"The document has {length} characters; at most {LARGEST} are allowed.",
        )
    )


def _hidden(text: str, position: int) -> _Refused:
    line = text.count("\n", 0, position) + 1
    value = text[position].encode("unicode_escape").decode()
    return _Refused(Fault(place=(), value=value, limit=VISIBLE, message=NOT_VISIBLE, line=line))


def _no_mapping(root: Any) -> Fault:
    return Fault(
        place=(),
        value=shown(root),
        limit="fields with their values",
        message="The document is empty." if root is None else "The document has no fields.",
    )


def _no_yaml(error: Exception) -> Fault:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    parts = (getattr(error, "context", None), getattr(error, "problem", None))
    said = ", ".join(part for part in parts if part) or "it has characters that no text has"
    return Fault(
        place=(),
        value="",
        limit="YAML",
        message=f"The document is no YAML: {shown(said)}.",
        line=mark.line + 1 if mark else None,
    )


class _Dumper(yaml.SafeDumper):
    """Quotes every text that some reader of YAML could take for something else."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write everything out: readers of profiles refuse aliases."""
        return True


_Dumper.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != FLAT_AS_TEXT]
    for first, found in yaml.SafeDumper.yaml_implicit_resolvers.items()
}
for _pattern in (WHOLE, DECIMAL):
    _Dumper.add_implicit_resolver(
        "tag:yaml.org,2002:float", re.compile(rf"(?:{_pattern.pattern})\Z"), list("-+.0123456789")
    )


def write_yaml(document: Mapping[str, Any]) -> str:
    """Return a document as YAML, its fields in the order given."""
    text: str = yaml.dump(
        dict(document),
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=None,
        width=float("inf"),
    )
    return text
