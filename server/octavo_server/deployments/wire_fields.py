"""Reads a wire record's fields from a record of the same words."""

from __future__ import annotations

from typing import Any


def fields_of(record: Any, model: type[Any]) -> dict[str, Any]:
    """Return what ``record`` has of the wire record's fields."""
    return {name: getattr(record, name) for name in model.model_fields if hasattr(record, name)}
