"""Reads the folder of profile files and checks each against its JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from octavo.local.imports import skip_iri_grammar

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

SCHEMA = "profile.schema.json"


class DocumentLoader(yaml.SafeLoader):
    """Reads dates as the text they are: a document has no types that JSON lacks."""


DocumentLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class ProfileFolder:
    """The profiles of one folder, one YAML file each."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; its schema lies in it as ``profile.schema.json``."""
        self._folder = folder

    def read(self) -> tuple[dict[str, Mapping[str, Any]], dict[str, str]]:
        """Return the valid documents by profile id, and the faults by file name."""
        validator = _validator(json.loads((self._folder / SCHEMA).read_text("utf-8")))
        documents: dict[str, Mapping[str, Any]] = {}
        faults: dict[str, str] = {}
        for file in sorted(self._folder.glob("*.yaml")):
            document, fault = _read(file, validator)
            if fault is not None:
                faults[file.name] = f"{file.name}: {fault}"
            else:
                documents[file.stem] = document
        return documents, faults


def _validator(schema: Any) -> Validator:
    # Imported only where files are read: the service itself never needs it.
    skip_iri_grammar()
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema)


def _read(file: Path, validator: Validator) -> tuple[Any, str | None]:
    from jsonschema.exceptions import best_match

    try:
        document = yaml.load(file.read_text("utf-8"), Loader=DocumentLoader)  # noqa: S506 - a safe one
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        return None, f"it is no YAML: {' '.join(str(error).split())}"
    wrong = best_match(validator.iter_errors(document))
    if wrong is not None:
        field = ".".join(str(part) for part in wrong.absolute_path) or "the document"
        return None, f"{field}: {wrong.message}"
    if document["id"] != file.stem:
        return None, f"id: {document['id']!r} must be the file's name, {file.stem!r}"
    return document, None
