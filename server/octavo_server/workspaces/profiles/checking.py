"""Checks a profile's document: form, meaning, groups, images, and whether it ever fits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from octavo_server.workspaces.profiles import document_rules, fit_rules, rules
from octavo_server.workspaces.profiles.domain import Profile
from octavo_server.workspaces.profiles.findings import (
    Checked,
    Fault,
    Finding,
    Place,
    Reading,
    field_of,
)
from octavo_server.workspaces.profiles.ports import DocumentFormat, Groups, NodePools

UNNAMED = "profile.yaml"
"""Name of a document that came without one."""


class DocumentChecker:
    """Tells everything that speaks against a document, and changes nothing."""

    def __init__(
        self, form: DocumentFormat, groups: Groups, pools: NodePools, images: Iterable[str]
    ) -> None:
        """Take how documents are written, and what they are measured by.

        ``images`` are the patterns of repositories that a profile may name; none: it names none.
        """
        self._form = form
        self._groups = groups
        self._pools = pools
        self._images = tuple(images)

    def schema(self) -> Mapping[str, Any]:
        """Return the JSON Schema of documents."""
        return self._form.schema()

    def write(self, document: Mapping[str, Any]) -> str:
        """Return a document as YAML. Raises ValueError for what YAML can't say."""
        return self._form.write(document)

    def canonical(self, profile: Profile) -> str:
        """Return the one way to write a profile: what differences are made from."""
        return self._form.write(rules.document_of(profile))

    def check_form(
        self, document: Mapping[str, Any], file: str, offered: Iterable[str] | None
    ) -> Checked:
        """Check a document as a form has it; empty fields are left out."""
        try:
            text = self._form.write(rules.without_empty(document))
        except (ValueError, RecursionError) as error:
            message = f"The document can't be written as YAML: {error}."
            fault = Fault(place=(), value="", limit="", message=message)
            return _checked("", Reading(document=None, raw=None, lines={}, faults=(fault,)), file)
        return self.check(text, file, offered)

    def check(self, text: str, file: str, offered: Iterable[str] | None) -> Checked:
        """Check a document; ``offered`` are the profiles there are, None: nobody knows."""
        reading = self._form.read(text)
        if reading.document is None:
            return _checked(text, reading, file)
        document = reading.document
        more = document_rules.faults(document, self._images)
        declared = self._groups.declared()
        if set(document["audiences"]) - declared:
            names = self._groups.names()
            more += document_rules.unknown_groups(document, declared, names)
        more += [one for one in (_misnamed(document, file), _misled(document, offered)) if one]
        if any(one.severity == "error" and one.place[:1] == ("prices",) for one in more):
            return _checked(text, reading, file, more)
        profile = rules.profile_of(document)
        pools = self._pools.pools()
        more += fit_rules.faults(profile, pools)
        fits = fit_rules.fitting(profile, pools)
        return _checked(text, reading, file, more, profile=profile, fits=fits)


def _misnamed(document: Mapping[str, Any], file: str) -> Fault | None:
    return None if file == UNNAMED else document_rules.wrong_file(document, file)


def _misled(document: Mapping[str, Any], offered: Iterable[str] | None) -> Fault | None:
    return None if offered is None else document_rules.wrong_redirect(document, offered)


def _checked(
    text: str,
    reading: Reading,
    file: str,
    more: Iterable[Fault] = (),
    *,
    profile: Profile | None = None,
    fits: tuple[str, ...] = (),
) -> Checked:
    found = [_finding(one, reading, file) for one in (*reading.faults, *more)]
    found.sort(key=lambda one: (one.line or 0, one.field))
    return Checked(
        text=text,
        raw=reading.raw,
        profile=profile,
        retirement=(reading.document or {}).get("retirement"),
        findings=tuple(found),
        fits=fits,
    )


def _finding(fault: Fault, reading: Reading, file: str) -> Finding:
    line = fault.line or _line(fault.place, reading)
    return Finding(
        severity=fault.severity,
        file=file,
        line=line,
        field=field_of(fault.place),
        value=fault.value,
        limit=fault.limit,
        message=fault.message,
    )


def _line(place: Place, reading: Reading) -> int | None:
    """Return the line of the innermost field around a place that has one."""
    while place:
        if place in reading.lines:
            return reading.lines[place]
        place = place[:-1]
    return None
