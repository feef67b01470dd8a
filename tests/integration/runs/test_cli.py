"""The command line against a real service and a real worker."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from click.testing import CliRunner, Result
from tests.integration.runs.conftest import Installation, until
from tests.support.notebooks import notebook
from tests.support.ports import free_ports

from octavo.cli.main import cli


@pytest.fixture(scope="module")
def address(installation: Installation) -> Iterator[str]:
    """Serve the platform on a free port and give its address."""
    port = free_ports()
    config = uvicorn.Config(installation.platform.http.app, port=port, log_level="error", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    until(lambda: server.started, "the service listens")
    yield f"http://127.0.0.1:{port}/services/octavo"
    server.should_exit = True
    thread.join()


def octavo(address: str, who: str, *words: str) -> Result:
    environment = {"OCTAVO_URL": address, "OCTAVO_TOKEN": who, "OCTAVO_PROJECT": "flights"}
    return CliRunner().invoke(cli, list(words), env=environment)


@pytest.mark.timeout(400)
def test_submit_verify_run(installation: Installation, address: str, tmp_path: Path) -> None:
    path = tmp_path / "by_hand.ipynb"
    looks = "import time\ntime.time() and n\ntime.sleep(2)"
    path.write_text(json.dumps(notebook(looks, "open('a', 'w')")))
    done = octavo(address, "scientist", "submit", str(path), "--note", "From the command line")
    assert done.exit_code == 0, done.output
    assert "wall-clock" not in done.output
    assert "gives another answer each time" in done.output
    assert "replay 1 of 2" in done.output
    assert "verdict    identical" in done.output

    listed = installation.call("reviewer", "GET", "/notebooks/submissions", 200)["items"]
    [ready] = [one for one in listed if one["name"] == "by-hand"]
    ready = installation.call("reviewer", "GET", f"/notebooks/submissions/{ready['id']}", 200)
    body = {"decision": "approve", "reason": "It is right.", "digest": ready["bundle_digest"]}
    path_of_review = f"/notebooks/submissions/{ready['id']}/review"
    release = installation.call("reviewer", "POST", path_of_review, 200, body)["release"]

    done = octavo(address, "oncall", "verify", release)
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, "The release verifies.")
    installation.call(
        "scientist", "POST", "/pipelines", 201, {"name": "by-hand", "release": release}
    )
    users = installation.platform.services.catalog.users("cpu-small").items
    assert ("pipeline", "by-hand", "flights") in [(u.kind, u.name, u.project) for u in users]
    done = octavo(address, "scientist", "runs", "start", "by-hand", "-p", "n=5")
    assert done.exit_code == 0, done.output
    assert "state      succeeded: All cells ran." in done.output
    assert "artifact   a (0 bytes" in done.output
    run = done.output.split()[1]
    assert run in octavo(address, "scientist", "runs", "list", "--pipeline", "by-hand").output
    written = tmp_path / "output.ipynb"
    assert octavo(address, "oncall", "runs", "output", run, str(written)).exit_code == 0
    assert json.loads(written.read_text())["nbformat"] == 4

    file = installation.home / "releases" / release / "lint.json"
    file.chmod(0o600)
    file.write_bytes(file.read_bytes() + b" ")
    done = octavo(address, "oncall", "verify", release)
    assert done.exit_code == 1
    assert "FAULT  lint.json" in done.output


def test_a_refusal_is_one_sentence(address: str, tmp_path: Path) -> None:
    path = tmp_path / "text.ipynb"
    path.write_text("no notebook")
    done = octavo(address, "scientist", "submit", str(path))
    assert "is no notebook" in str(done.exception)
    path.write_text(json.dumps(notebook("missing")))
    done = octavo(address, "scientist", "submit", str(path), "--name", "text")
    assert "The notebook has findings that block production." in str(done.exception)
    done = octavo(address, "scientist", "runs", "start", "no-such")
    assert "There is no pipeline 'no-such'" in str(done.exception)
