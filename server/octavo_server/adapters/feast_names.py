"""What may be called how in a Feast registry, and how a child says what it refuses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from feast import FeatureView, FileSource

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
"""What a view, feature, entity or service may be called: it becomes code, SQL and URLs."""

REFUSED = 3
"""Exit status of a child whose last line on stderr says what it does not publish."""


class RegistryRefused(ValueError):
    """The registry holds something that Octavo does not publish; the message says what."""


def check_names(*names: str) -> None:
    """Raise :class:`RegistryRefused` for a name that isn't a plain identifier."""
    for name in names:
        if not NAME.fullmatch(name):
            raise RegistryRefused(
                f"{name[:80]!r} is no name for a feature, view, entity or service: "
                "use up to 100 letters, digits and underscores, not beginning with a digit"
            )


def file_source(view: FeatureView) -> FileSource:
    """Return where the view's rows lie. Raises :class:`RegistryRefused` when that is no file."""
    from feast import FileSource

    if not isinstance(view.batch_source, FileSource):
        raise RegistryRefused(f"the source of {view.name} is not in the project's lake")
    return view.batch_source
