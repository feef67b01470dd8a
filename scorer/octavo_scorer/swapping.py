"""Reads the command that gives a running scorer another version of its model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from octavo_scorer.errors import Invalid, NotFound
from octavo_scorer.holder import Identity, ModelFiles

FIELDS = ("folder", "manifest", "version", "digest")


class Swaps:
    """Allows versions below one folder, or none at all."""

    def __init__(self, root: Path | None) -> None:
        """``root`` is the folder that swapped models lie in; None: this scorer swaps nothing."""
        self._root = None if root is None else root.resolve()

    def read(self, held: Identity, document: Mapping[str, Any]) -> ModelFiles:
        """Return what ``POST /v2/repository/models/{name}/load`` asks for. Raises ScorerError.

        The body is the protocol's: ``{"parameters": {folder, manifest, version, digest}}``, both
        paths relative to the scorer's folder of models.
        """
        if self._root is None:
            raise NotFound(
                "This scorer keeps the model that it was started with.",
                "Start it with --models FOLDER to swap versions below that folder.",
            )
        parameters = document.get("parameters")
        if not isinstance(parameters, dict) or set(parameters) != set(FIELDS):
            raise Invalid(
                "Field 'parameters' is no object with exactly "
                f"{', '.join(FIELDS[:-1])} and {FIELDS[-1]}.",
                'Send {"parameters": {"folder": ..., "manifest": ..., ...}}.',
            )
        for name in FIELDS:
            if not isinstance(parameters[name], str) or not parameters[name]:
                raise Invalid(f"Parameter {name!r} is no text.", "Send text.")
        return ModelFiles(
            folder=self._below(self._root, "folder", parameters["folder"]),
            manifest=self._below(self._root, "manifest", parameters["manifest"]),
            identity=Identity(
                name=held.name,
                version=parameters["version"][:40],
                digest=parameters["digest"][:64],
            ),
        )

    def _below(self, root: Path, name: str, given: str) -> Path:
        place = (root / given).resolve() if "\0" not in given else root
        if place == root or not place.is_relative_to(root):
            raise Invalid(
                f"Parameter {name!r}: {given[:200]!r} lies outside of the scorer's models.",
                "Send a path below the folder that --models names.",
            )
        return place
