"""Checks a document against its JSON Schema and says in plain words what doesn't hold."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from octavo.local.imports import skip_iri_grammar
from octavo_server.workspaces.profiles.findings import (
    Fault,
    Place,
    field_of,
    must_be,
    shown,
)

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

MOST_FAULTS = 50
"""Faults that one check tells of; who has more is on the wrong track altogether."""
TYPES = {
    "object": "fields with their values",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}
SMUGGLED = frozenset(
    {"privileged", "securitycontext", "hostpath", "hostnetwork", "hostpid", "hostipc", "hostusers",
     "runasuser", "runasgroup", "allowprivilegeescalation", "capabilities", "serviceaccount",
     "serviceaccountname", "automountserviceaccounttoken", "initcontainers", "extracontainers",
     "sidecars", "command", "args", "cmd", "lifecycle", "extrapodconfig", "extracontainerconfig",
     "kubespawneroverride", "runtimeclassname", "devices", "procmount", "sysctls"}
)  # fmt: skip
"""Names of what would give a workspace rights on its node, without hyphens and underscores."""


class DocumentSchema:
    """A JSON Schema of the repository's own."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        """Take the schema itself."""
        # Imported only where documents are checked: most processes never do.
        skip_iri_grammar()
        from jsonschema import Draft202012Validator
        from jsonschema.validators import extend

        self.content = content
        self._validator = extend(Draft202012Validator, {"pattern": _unlike})(content)

    @classmethod
    def of(cls, file: Path) -> DocumentSchema:
        """Return the schema of a file."""
        import json

        return cls(json.loads(file.read_text(encoding="utf-8")))

    def faults(self, document: Any) -> list[Fault]:
        """Return what doesn't hold, at most 50 faults; none for a document that has its form.

        What one field asks of another is left to the rules, which say it better.
        """
        found: list[Fault] = []
        for error in self._validator.iter_errors(document):
            path = set(error.absolute_schema_path)
            if "propertyNames" in path:
                found.append(_bad_name(error))
            elif not {"allOf", "oneOf"} & path:
                found += _WORDS.get(str(error.validator), _plain)(error)
            if len(found) >= MOST_FAULTS:
                break
        return found[:MOST_FAULTS]

    def in_order(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return the document with its fields in the schema's order, unknown ones last."""
        ordered: dict[str, Any] = _in_order(document, self.content)
        return ordered


def _unlike(_validator: Any, pattern: str, value: Any, _schema: Any) -> Iterator[ValidationError]:
    """Yield the error of a text that isn't like its pattern.

    A schema's ``$`` is the text's very end; Python's lets a line break follow.
    """
    from jsonschema.exceptions import ValidationError

    if isinstance(value, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


def _in_order(value: Any, schema: Mapping[str, Any]) -> Any:
    if isinstance(value, Mapping):
        known = schema.get("properties", {})
        keys = [key for key in known if key in value]
        keys += sorted(key for key in value if key not in known)
        return {key: _in_order(value[key], known.get(key, {})) for key in keys}
    if isinstance(value, list):
        return [_in_order(one, schema.get("items", {})) for one in value]
    return value


def _place(error: ValidationError) -> Place:
    return tuple(error.absolute_path)


def _plain(error: ValidationError) -> list[Fault]:
    return [must_be(_place(error), error.instance, _LIMITS[str(error.validator)](error))]


def _missing(error: ValidationError) -> list[Fault]:
    # The library tells of each missing name by itself, in its message alone.
    missing = [
        name
        for name in error.validator_value
        if name not in error.instance and error.message.startswith(f"{name!r} is a required")
    ]
    found = []
    for name in missing:
        place = (*_place(error), name)
        limit = _wanted(error.schema.get("properties", {}).get(name, {}))
        message = f"{field_of(place)} is missing; it must be given: {limit}."
        found.append(Fault(place=place, value="nothing", limit=limit, message=message))
    return found


def _wanted(inner: Mapping[str, Any]) -> str:
    if "const" in inner:
        return str(inner["const"])
    if "enum" in inner:
        return f"one of {', '.join(inner['enum'])}"
    return str(inner.get("patternErrorMessage") or TYPES.get(inner.get("type", ""), "given"))


def _unknown(error: ValidationError) -> list[Fault]:
    known = sorted(error.schema.get("properties", {}))
    found = []
    for name in error.instance:
        if name not in known:
            place = (*_place(error), name)
            found.append(
                Fault(
                    place=place,
                    value=shown(error.instance[name]),
                    limit=", ".join(known),
                    message=_why_unknown(place, name, known),
                )
            )
    return found[:MOST_FAULTS]


def _why_unknown(place: Place, name: str, known: list[str]) -> str:
    field = field_of(place)
    if name.replace("_", "").replace("-", "").casefold() in SMUGGLED:
        return f"{field} is refused: no profile gives a workspace rights on its node."
    near = difflib.get_close_matches(name[:60], known, 1)
    hint = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(known)}."
    return f"{field} is no field here. {hint}"


def _bad_name(error: ValidationError) -> Fault:
    place = (*_place(error), str(error.instance))
    name, limit = shown(error.instance) or "An empty name", _pattern(error)
    message = f"{field_of(_place(error))}: {name} is no name here; it must be {limit}."
    return Fault(place=place, value=shown(error.instance), limit=limit, message=message)


def _twins(error: ValidationError) -> list[Fault]:
    seen: list[Any] = []
    for one in error.instance:
        if one in seen:
            place = (*_place(error), error.instance.index(one))
            said = f"{field_of(_place(error))} names {shown(one)} twice."
            return [Fault(place=place, value=shown(one), limit="once each", message=said)]
        seen.append(one)
    return []


def _pattern(error: ValidationError) -> str:
    return str(error.schema.get("patternErrorMessage", f"like {error.validator_value}"))


_WORDS: dict[str, Callable[[ValidationError], list[Fault]]] = {
    "required": _missing,
    "additionalProperties": _unknown,
    "uniqueItems": _twins,
}
_LIMITS: dict[str, Callable[[ValidationError], str]] = {
    "type": lambda error: TYPES.get(str(error.validator_value), str(error.validator_value)),
    "minimum": lambda error: f"at least {error.validator_value}",
    "maximum": lambda error: f"at most {error.validator_value}",
    "enum": lambda error: f"one of {', '.join(error.validator_value)}",
    "const": lambda error: str(error.validator_value),
    "pattern": _pattern,
    "minLength": lambda error: f"at least {error.validator_value} characters long",
    "maxLength": lambda error: f"at most {error.validator_value} characters long",
    "minItems": lambda error: f"a list of at least {error.validator_value}",
    "maxItems": lambda error: f"a list of at most {error.validator_value}",
    "maxProperties": lambda error: f"at most {error.validator_value} of them",
}
