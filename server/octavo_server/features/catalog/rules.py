"""Pure decisions about feature views: code for a notebook."""

from __future__ import annotations

from octavo_server.features.catalog.domain import Snippet, View

PROOF_SUFFIX = "_known_at"
"""Columns of this end prove what a row could know; they are no model input."""


def snippets(view: View) -> tuple[Snippet, ...]:
    """Return code that reads ``view`` in a notebook; its names are checked identifiers."""
    inputs = [name for name in view.columns if not name.endswith(PROOF_SUFFIX)]
    listed = "".join(f'        "{view.name}:{name}",\n' for name in inputs)
    keys = ", ".join(view.join_keys) or "no join key"
    historical = (
        "from octavo.features import store\n\n"
        f"# entity_df: a frame with {keys} and event_timestamp (UTC), one row a prediction\n"
        f"{view.name}_features = store().get_historical_features(\n"
        "    entity_df=entity_df,\n"
        f"    features=[\n{listed}    ],\n"
        ").to_df()\n"
        f"{view.name}_features.head()\n"
    )
    row = ", ".join(f'"{key}": ...' for key in view.join_keys)
    online = (
        "from octavo.features import store\n\n"
        "store().get_online_features(\n"
        f"    features=[\n{listed}    ],\n"
        f"    entity_rows=[{{{row}}}],\n"
        ").to_dict()\n"
    )
    return (
        Snippet(title="As of each row's own time", code=historical),
        Snippet(title="Newest values", code=online),
    )
