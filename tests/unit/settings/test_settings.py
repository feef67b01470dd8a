"""The service refuses to start with what it doesn't understand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from octavo.local.cluster import read_cluster
from octavo.local.errors import SettingWrong
from octavo_server.database.migrate import DatabaseVersionRefused, check_version, migrate
from octavo_server.database.sql import open_engine
from octavo_server.settings import SettingRefused, load_settings


def test_a_misspelt_setting_is_refused_with_the_right_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCTAVO_HOME", "/tmp/x")
    monkeypatch.setenv("OCTAVO_PROT", "8000")
    with pytest.raises(SettingRefused, match="OCTAVO_PROT is no setting") as refused:
        load_settings()
    assert "OCTAVO_PORT" in refused.value.remedy


@pytest.mark.parametrize("value", ["zero", "0", "99999"])
def test_a_wrong_value_is_refused_with_its_name(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("OCTAVO_HOME", "/tmp/x")
    monkeypatch.setenv("OCTAVO_PORT", value)
    with pytest.raises(SettingRefused, match=f"OCTAVO_PORT: .*{value}"):
        load_settings()


def test_a_missing_home_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OCTAVO_HOME", raising=False)
    with pytest.raises(SettingRefused, match="OCTAVO_HOME"):
        load_settings()


def test_a_cluster_without_declared_nodes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingRefused, match="OCTAVO_NODE_POOLS isn't set") as refused:
        load_settings(home=tmp_path, spawner="kubernetes")
    assert "docs/admin/kubernetes.md" in refused.value.remedy
    assert load_settings(home=tmp_path, spawner="kubernetes", node_pools=tmp_path / "p.yaml")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OCTAVO_KUBERNETES_NAMESPACE", "Not A Name"),
        ("OCTAVO_KUBERNETES_SPOT_LABEL", "spot"),
        ("OCTAVO_KUBERNETES_GPU_RESOURCE", "nvidia gpu"),
        ("OCTAVO_KUBERNETES_HOME_GIB", "0"),
        ("OCTAVO_KUBERNETES_USER", "0"),
        ("OCTAVO_KUBERNETES_INSIDE_URL", "octavo:8000"),
    ],
)
def test_a_wrong_setting_of_the_cluster_is_refused_with_its_name(name: str, value: str) -> None:
    with pytest.raises(SettingWrong, match=f"^{name}: .*{value}") as refused:
        read_cluster({name: value, "OCTAVO_OTHER": "1"})
    assert refused.value.remedy == f"Correct {name} and start again."


def test_defaults_follow_home_and_port(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path, port=9000)
    assert settings.public == "http://127.0.0.1:9000"
    assert settings.hub_api == "http://127.0.0.1:9001/hub/api"
    assert settings.platform_database == f"sqlite:///{tmp_path}/state/platform.sqlite"
    with pytest.raises(SettingRefused, match="tokens/octavo is missing"):
        settings.service_token("octavo")


def test_a_database_newer_than_the_code_is_refused(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'p.sqlite'}")
    with pytest.raises(DatabaseVersionRefused, match="version none"):
        check_version(engine)
    migrate(engine)
    check_version(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for refuse in (check_version, migrate):
        with pytest.raises(DatabaseVersionRefused, match="9999, which is newer"):
            refuse(engine)
    engine.dispose()


@pytest.mark.parametrize("program", ["app", "prepare", "tracking", "load"])
def test_a_program_ends_with_the_sentence_and_no_traceback(program: str, tmp_path: Path) -> None:
    given = {key: value for key, value in os.environ.items() if not key.startswith("OCTAVO_")}
    ended = subprocess.run(
        [sys.executable, "-m", f"octavo_server.{program}"],
        env={**given, "OCTAVO_HOME": str(tmp_path), "OCTAVO_PROT": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith(
        "OCTAVO_PROT is no setting of Octavo's. Did you"
    )
    assert "Traceback" not in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_scorers_on_a_cluster_need_a_place_for_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCTAVO_HOME", "/tmp/x")
    monkeypatch.setenv("OCTAVO_SCORERS", "kserve")
    with pytest.raises(SettingRefused, match="OCTAVO_KSERVE_MODELS isn't set"):
        load_settings()
    monkeypatch.setenv("OCTAVO_KSERVE_MODELS", "pvc://models/octavo")
    with pytest.raises(SettingRefused, match="OCTAVO_KSERVE_MODELS_FOLDER isn't set"):
        load_settings()
    monkeypatch.setenv("OCTAVO_KSERVE_MODELS", "s3://models/octavo")
    assert load_settings().scorers == "kserve"
    monkeypatch.setenv("OCTAVO_KSERVE_MODELS", "nfs://models")
    with pytest.raises(SettingRefused, match=r"OCTAVO_KSERVE_MODELS: .*nfs://models"):
        load_settings()


def test_runs_on_a_cluster_need_an_image_by_digest_and_a_claim(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OCTAVO_HOME", "/tmp/x")
    monkeypatch.setenv("OCTAVO_RUNS", "kubernetes")
    for name, value in (
        ("IMAGE", "octavo/runner@sha256:" + "a" * 64),
        ("CLAIM", "runs"),
        ("FOLDER", "/srv/runs"),
    ):
        with pytest.raises(SettingRefused, match=f"OCTAVO_RUNS_{name} isn't set"):
            load_settings()
        monkeypatch.setenv(f"OCTAVO_RUNS_{name}", value)
    assert load_settings().runs == "kubernetes"
    monkeypatch.setenv("OCTAVO_RUNS_IMAGE", "octavo/runner:latest")
    with pytest.raises(SettingRefused, match=r"OCTAVO_RUNS_IMAGE: .*octavo/runner:latest"):
        load_settings()
