"""Find the data that travels with Octavo: profiles, templates and the hub's configuration."""

import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]


def checkout() -> Path | None:
    """Return the source tree that Octavo runs from, or None when it runs from a wheel."""
    return CHECKOUT if (CHECKOUT / "setup.py").is_file() else None


def path(name: str) -> Path:
    """Return where a data file or folder lies, e.g. ``notebook_templates``.

    In a checkout that is the source tree itself, so an edit is seen at once; from a wheel it is
    ``<sys.prefix>/share/octavo``.

    Raises:
        FileNotFoundError: neither place holds it, so this installation is incomplete.

    """
    source = checkout()
    places = [source / name] if source else []
    places.append(Path(sys.prefix) / "share" / "octavo" / name)
    for place in places:
        if place.exists():
            return place
    looked = " nor ".join(str(place) for place in places)
    raise FileNotFoundError(f"Octavo's {name} is not at {looked}. Install octavo again.")
