"""Pipelines as YAML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from octavo_server.adapters.safe_yaml import read_yaml, write_yaml
from octavo_server.errors import Invalid


class PipelineYaml:
    """Reads and writes `pipeline.yaml`."""

    def read(self, text: str) -> dict[str, Any]:
        """Return what a text says. Raises Invalid naming the line that can't be read."""
        reading = read_yaml(text)
        wrong = next((one for one in reading.faults if one.severity == "error"), None)
        if wrong is not None or reading.raw is None:
            message = "it says nothing." if wrong is None else wrong.message
            line = None if wrong is None else reading.lines.get(wrong.place)
            where = f"line {line}: " if line else ""
            raise Invalid(
                f"pipeline.yaml: {where}{message}", "Correct it; docs/user/pipelines.md has one."
            )
        return reading.raw

    def write(self, document: Mapping[str, Any]) -> str:
        """Return the text that reads back as ``document``."""
        return write_yaml(document)
