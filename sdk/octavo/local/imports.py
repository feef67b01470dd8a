"""Keeps a costly import that nobody needs out of a process."""

from __future__ import annotations

import sys

IRI_GRAMMAR = "rfc3987_syntax"


def skip_iri_grammar() -> None:
    """Let jsonschema go without its check of international resource identifiers.

    It compiles a grammar for them whenever it is imported: 0.8 s of CPU and 17 MiB, in every
    process that speaks Jupyter's events. To be called before jsonschema is imported.
    """
    sys.modules.setdefault(IRI_GRAMMAR, None)  # type: ignore[arg-type]
