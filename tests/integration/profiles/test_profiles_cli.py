"""`octavo profiles` against a real service, and where there is none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.support.platform import Platform
from tests.support.profiles import FORM, document, price

from octavo.cli.main import cli
from octavo.client import ClientError

BAD = document(longest_hours=-1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder of profile files as a team keeps it in Git."""
    made = tmp_path / "spawner_profiles"
    made.mkdir()
    _put(made, document(longest_hours=12))
    _put(made, document(id="cpu-xl", title="Extra large", prices=price(0.9)))
    return made


def _put(folder: Path, made: dict[str, Any]) -> Path:
    file = folder / f"{made['id']}.yaml"
    file.write_text(f"# kept in Git\n{FORM.write(made)}")
    return file


def octavo(address: str, who: str, *words: str) -> Result:
    environment = {"OCTAVO_URL": address, "OCTAVO_TOKEN": who}
    return CliRunner().invoke(cli, ["profiles", *words], env=environment)


def _approve_all(governed: Platform) -> None:
    waiting = governed.call("reviewer", "GET", "/profiles/changes?state=validated").json()["items"]
    for one in waiting:
        body = {"decision": "approve", "reason": "Fine.", "digest": one["digest"]}
        path = f"/profiles/changes/{one['id']}/review"
        assert governed.call("reviewer", "POST", path, json=body).status_code == 200


def test_a_teams_files_become_changes_that_another_person_reviews(
    governed: Platform, address: str, folder: Path
) -> None:
    planned = octavo(address, "admin", "plan", str(folder))
    assert planned.exit_code == 0, planned.output
    assert "change       cpu-small" in planned.output
    assert "  +longest_hours: 12" in planned.output
    assert "new          cpu-xl" in planned.output
    assert "no file      gpu-1  (it stays as it is" in planned.output
    assert octavo(address, "admin", "plan", str(folder), "--exit-code").exit_code == 3

    applied = octavo(address, "admin", "apply", str(folder), "--reason", "As decided on Monday.")
    assert applied.exit_code == 0, applied.output
    assert applied.output.count("proposed ") == 2
    assert "can decide on them now" in applied.output
    again = octavo(address, "admin", "apply", str(folder), "--reason", "As decided on Monday.")
    assert again.output.count("unchanged") == 4
    assert again.output.count("waits for review as") == 2
    changes = governed.call("admin", "GET", "/profiles/changes").json()["items"]
    assert len(changes) == 2
    assert {one["reason"] for one in changes} == {"As decided on Monday."}
    assert changes[0]["text"].startswith("# kept in Git\n")

    _approve_all(governed)
    assert octavo(address, "admin", "plan", str(folder), "--exit-code").exit_code == 0
    assert governed.services.profiles.profile("cpu-small").profile.longest_hours == 12
    assert governed.services.profiles.profile("cpu-xl").version == 1


def test_a_retirement_in_a_file_retires_the_profile(
    governed: Platform, address: str, folder: Path
) -> None:
    said = {"message": "It was too small.", "redirect_to": "cpu-large"}
    (folder / "cpu-xl.yaml").unlink()
    _put(folder, document(retirement=said))
    applied = octavo(address, "admin", "apply", str(folder), "--reason", "Nobody uses it.")
    assert "proposed   cpu-small            retire as" in applied.output
    _approve_all(governed)
    assert governed.services.profiles.resolve("cpu-small").version.profile.id == "cpu-large"
    done = octavo(address, "admin", "plan", str(folder), "--exit-code")
    assert (done.exit_code, "same         cpu-small  (retired)" in done.output) == (0, True)
    _put(folder, document(longest_hours=12))
    assert "bring back   cpu-small" in octavo(address, "admin", "plan", str(folder)).output


def test_one_wrong_file_keeps_all_from_being_proposed(
    governed: Platform, address: str, folder: Path
) -> None:
    file = _put(folder, BAD)
    applied = octavo(address, "admin", "apply", str(folder), "--reason", "As decided.")
    assert applied.exit_code == 1
    assert f"{file}:12: error: longest_hours is -1; it must be at least 0.02." in applied.output
    assert "Nothing was proposed: correct the errors first." in applied.output
    assert governed.call("admin", "GET", "/profiles/changes").json()["items"] == []
    assert octavo(address, "admin", "plan", str(folder)).exit_code == 1


@pytest.mark.parametrize("offline", [[], ["--offline"]])
def test_two_files_of_one_profile_are_an_error_that_names_both(
    governed: Platform, address: str, folder: Path, offline: list[str]
) -> None:
    twin = folder / "cpu-small.yml"
    twin.write_text(FORM.write(document(longest_hours=7)))
    said = "cpu-small.yaml and cpu-small.yml are of the same profile, cpu-small. Keep one of them."
    checked = octavo(address, "admin", "validate", str(folder), *offline)
    assert checked.exit_code == 1
    assert f"{folder / 'cpu-small.yaml'}: error: {said}" in checked.output
    assert f"{twin}: error: {said}" in checked.output
    assert f"ok       {folder / 'cpu-xl.yaml'}" in checked.output
    planned = octavo(address, "admin", "plan", str(folder))
    assert (planned.exit_code, said in planned.output) == (1, True)
    assert "change       cpu-small" not in planned.output
    applied = octavo(address, "admin", "apply", str(folder), "--reason", "As decided.")
    assert (applied.exit_code, said in applied.output) == (1, True)
    assert governed.call("admin", "GET", "/profiles/changes").json()["items"] == []


def test_the_same_profile_in_two_folders_is_no_error(
    address: str, folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    _put(other, document(longest_hours=7))
    assert octavo(address, "admin", "validate", str(folder), str(other)).exit_code == 0


def test_a_null_character_is_a_finding_of_its_file_and_hides_no_other(
    address: str, folder: Path
) -> None:
    bad, null = _put(folder, BAD), folder / "nul.yaml"
    null.write_text("id: nul\ntitle: \0\n")
    done = octavo(address, "admin", "validate", str(bad), str(null))
    assert done.exit_code == 1
    assert f"{bad}:12: error: longest_hours is -1" in done.output
    assert f"{null}:2: error: The document holds a null character" in done.output


def test_a_folder_that_is_called_like_a_file_is_no_file(address: str, folder: Path) -> None:
    (folder / "x.yaml").mkdir()
    assert octavo(address, "admin", "validate", str(folder)).exit_code == 0
    assert octavo("", "", "validate", str(folder)).exit_code == 0
    assert octavo(address, "admin", "plan", str(folder)).exit_code == 0


def test_what_can_not_be_a_token_is_said_before_anything_is_asked(folder: Path) -> None:
    done = octavo("http://127.0.0.1:1", "ü", "plan", str(folder))
    assert isinstance(done.exception, ClientError)
    assert "holds a character that no token has" in done.exception.message


def test_validating_asks_the_platform_where_there_is_one(address: str, folder: Path) -> None:
    done = octavo(address, "admin", "validate", str(folder))
    assert done.exit_code == 0, done.output
    assert f"ok       {folder / 'cpu-small.yaml'}, fits on this machine" in done.output
    assert f"Checked by {address}; nothing was changed." in done.stderr
    _put(folder, BAD)
    bad = octavo(address, "reviewer", "validate", str(folder))
    assert bad.exit_code == 1
    assert "cpu-small.yaml:12: error: longest_hours is -1" in bad.output
    assert f"FAULTY   {folder / 'cpu-small.yaml'}" in bad.output


def test_who_may_not_is_told_so(address: str, folder: Path) -> None:
    done = octavo(address, "scientist", "apply", str(folder), "--reason", "I want it.")
    assert isinstance(done.exception, ClientError)
    assert "that takes the role admin" in done.exception.message


def test_validating_works_without_a_platform(folder: Path) -> None:
    _put(folder, BAD)
    big = folder / "big.yaml"
    big.write_text("a: " + "x" * 300_000)
    done = octavo("", "", "validate", str(folder), "--json")
    assert done.exit_code == 1, done.output
    found = json.loads(done.output)
    errors = [(Path(one["file"]).name, one["line"], one["field"]) for one in found]
    assert ("big.yaml", None, "") in errors
    assert ("cpu-small.yaml", 12, "longest_hours") in errors


def test_offline_images_and_pools_are_those_of_the_environment(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pools = tmp_path / "pools.yaml"
    pools.write_text("pools: [{name: tiny, cpu: 0.1, memory_gib: 1, nodes: 3}]")
    monkeypatch.setenv("OCTAVO_NODE_POOLS", str(pools))
    done = octavo("http://nobody.example", "x", "validate", str(folder), "--offline")
    assert done.exit_code == 1
    assert "it fits on no node pool (tiny: it guarantees 0.5 CPU" in done.output
    assert "Checked here, without a platform: groups stay unchecked." in done.stderr
    pools.write_text("pools: 3")
    done = octavo("", "", "validate", str(folder))
    assert isinstance(done.exception, ClientError)
    assert "OCTAVO_NODE_POOLS" in done.exception.message
    assert "pools is 3; it must be a list" in done.exception.message


def test_without_the_server_it_says_what_to_do(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("octavo.cli.profiles.find_spec", lambda _name: None)
    done = octavo("", "", "validate", str(folder))
    assert isinstance(done.exception, ClientError)
    assert "the extra octavo[server] is not installed" in done.exception.message
    assert "OCTAVO_URL" in done.exception.remedy


@pytest.mark.parametrize(
    ("url", "said"), [("", "OCTAVO_URL (or --url) is not set"), ("http://x", "OCTAVO_TOKEN")]
)
def test_a_plan_needs_a_platform_and_a_token(folder: Path, url: str, said: str) -> None:
    done = octavo(url, "", "plan", str(folder))
    assert isinstance(done.exception, ClientError)
    assert said in done.exception.message


def test_nothing_to_check_is_wrong_use(tmp_path: Path) -> None:
    done = octavo("", "", "validate", str(tmp_path))
    assert done.exit_code == 2
    assert "holds no .yaml file" in done.output


def test_as_a_program_a_refusal_is_two_lines_and_no_traceback(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "octavo.cli.main", "profiles", "plan", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 2
    assert "Traceback" not in done.stderr
