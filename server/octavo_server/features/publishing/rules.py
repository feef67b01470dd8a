"""Pure decisions about publications: usable names, what a change removes."""

from __future__ import annotations

import keyword
from collections.abc import Sequence

from octavo_server.errors import Invalid
from octavo_server.features.catalog.domain import View


def check_publishable(views: Sequence[View]) -> None:
    """Raise Invalid when a name would not be safe or usable as code."""
    for view in views:
        for name in (view.name, *view.columns, *view.join_keys, *view.entities, *view.services):
            if not name.isidentifier() or not name.isascii() or keyword.iskeyword(name):
                raise Invalid(
                    f"{view.name[:80]!r}: {name[:80]!r} can't name a feature, view or entity.",
                    "Use letters, digits and underscores, not beginning with a digit.",
                )


def removed(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """Return the views that a publication takes away."""
    return sorted(set(before) - set(after))
