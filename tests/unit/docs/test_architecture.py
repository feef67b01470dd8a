"""ARCHITECTURE.md names places that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_every_place_it_names_exists() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    tops = (
        "sdk|server|runner|hub|extension|widgets|notebook_templates|spawner_profiles|images|tests"
    )
    named = set(re.findall(rf"`((?:{tops})/[\w./-]+)`", text))
    assert len(named) > 20
    assert [place for place in sorted(named) if not (ROOT / place).exists()] == []


def test_every_area_is_reachable_from_it() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    services = (ROOT / "server/octavo_server").glob("**/service.py")
    areas = {str(p.parent.relative_to(ROOT)) for p in services}
    assert len(areas) > 15
    assert [one for one in sorted(areas) if one not in text] == []
