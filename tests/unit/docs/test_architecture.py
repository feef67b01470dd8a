"""ARCHITECTURE.md names places that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_every_place_it_names_exists() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    tops = "sdk|server|hub|extension|widgets|notebook_templates|spawner_profiles|images|tests"
    named = set(re.findall(rf"`((?:{tops})/[\w./-]+)`", text))
    assert len(named) > 20
    assert [place for place in sorted(named) if not (ROOT / place).exists()] == []


def test_every_area_is_reachable_from_it() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    areas = [p.parent.name for p in (ROOT / "server/octavo_server").glob("*/service.py")]
    assert len(areas) == 13
    assert [one for one in areas if one not in text] == []
