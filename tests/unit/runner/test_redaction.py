"""Secrets aren't in what a run leaves, in whatever usual disguise."""

from __future__ import annotations

import base64
import json
import urllib.parse
from pathlib import Path

import pytest

from octavo_runner.events import EventLog, StreamTeller
from octavo_runner.redaction import Redactor

SECRET = 'p"ä\\ss/wörd 1'
FORMS = [
    SECRET,
    repr(SECRET)[1:-1],
    urllib.parse.quote(SECRET, safe=""),
    base64.b64encode(SECRET.encode()).decode(),
    SECRET.encode().hex(),
]


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_replaced_by_its_name(form: str) -> None:
    redactor = Redactor({"KEY": SECRET})
    assert redactor.text(f"a {form} b").rstrip("=").startswith("a [secret: KEY]")
    found = redactor.json(json.dumps({"x": f"a {form} b"}, ensure_ascii=False))
    assert json.loads(found)["x"].startswith("a [secret: KEY]")


def test_a_secret_that_comes_in_pieces_is_not_told(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    redactor = Redactor({"KEY": "hunter22"})
    log = EventLog(path)
    teller = StreamTeller(log, redactor.text, redactor.longest)
    teller.begin(0)
    for piece in "it is hunter22, yes":
        teller.hear("stdout", piece)
    teller.finish()
    log.close()
    told = "".join(json.loads(line)["text"] for line in path.read_text().splitlines())
    assert told == "it is [secret: KEY], yes"
