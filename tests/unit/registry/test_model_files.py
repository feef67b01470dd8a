"""Model files: what is read, what is refused, and what the scanner finds in them."""

from __future__ import annotations

import io
import json
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import pytest

from octavo_server.adapters import model_scan_child
from octavo_server.adapters.artifact_folder import ArtifactFolder, read_packaging
from octavo_server.errors import Invalid, NotFound

MLMODEL = """
flavors: {sklearn: {}, python_function: {}}
signature:
  inputs: '[{"type": "double", "name": "delay", "required": true}]'
  outputs: '[{"type": "long", "required": true}]'
  params: null
saved_input_example_info: {artifact_path: input_example.json, type: dataframe}
"""


class Attack:
    """Runs a command when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.system, ("true",))


def packed(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a model's folder in an artifact folder."""
    place = tmp_path / "1" / "models" / "m-1" / "artifacts"
    place.mkdir(parents=True)
    (place / "MLmodel").write_text(MLMODEL)
    (place / "input_example.json").write_text('{"columns": ["delay"], "data": [[0.5]]}')
    (place / "requirements.txt").write_text("numpy==2.0\n")
    return place


@pytest.fixture
def files(tmp_path: Path) -> ArtifactFolder:
    """Give the artifact folder."""
    return ArtifactFolder(tmp_path)


LOCATION = "mlflow-artifacts:/1/models/m-1/artifacts"


def test_a_copy_is_what_the_manifest_says(
    files: ArtifactFolder, folder: Path, tmp_path: Path
) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "model.pkl").write_bytes(b"x" * 3_000_000)
    copied = files.copy(LOCATION, tmp_path / "copy")
    assert copied == files.manifest(LOCATION)
    assert [one.path for one in copied] == [
        "MLmodel", "data/model.pkl", "input_example.json", "requirements.txt",
    ]  # fmt: skip
    assert (tmp_path / "copy" / "data" / "model.pkl").stat().st_size == 3_000_000


@pytest.mark.parametrize(
    "location",
    [
        "",
        "mlflow-artifacts:/",
        "mlflow-artifacts:/nothing",
        "mlflow-artifacts:/../x",
        "mlflow-artifacts:/1/./models",
        "mlflow-artifacts:/1//models/m-1/artifacts",
        "mlflow-artifacts:/1/models/m-1/artifacts/MLmodel",
        "file:///etc",
        "/etc",
        "s3://bucket/x",
        "mlflow-artifacts:/a\0b",
    ],
)
def test_only_folders_inside_are_read(files: ArtifactFolder, folder: Path, location: str) -> None:
    with pytest.raises(NotFound):
        files.manifest(location)


def test_a_link_is_refused(files: ArtifactFolder, folder: Path) -> None:
    (folder / "secret").symlink_to("/etc/passwd")
    with pytest.raises(Invalid, match="secret"):
        files.manifest(LOCATION)


def test_a_linked_folder_is_refused(files: ArtifactFolder, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "2").symlink_to(tmp_path / "1")
    with pytest.raises(NotFound):
        files.manifest("mlflow-artifacts:/2/models/m-1/artifacts")


def test_what_a_model_says_of_itself(folder: Path) -> None:
    found = read_packaging(folder)
    assert found.flavors == ("python_function", "sklearn")
    assert found.signature is not None
    assert found.signature["inputs"][0]["name"] == "delay"
    assert found.example == {"columns": ["delay"], "data": [[0.5]]}
    assert found.requirements == ("numpy==2.0",)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", NotFound),
        ("[]", NotFound),
        ("a: [", Invalid),
        ("!!python/object/apply:os.system ['true']", Invalid),
    ],
)
def test_a_description_that_is_none(folder: Path, text: str, error: type[Exception]) -> None:
    (folder / "MLmodel").write_text(text)
    with pytest.raises(error):
        read_packaging(folder)


@pytest.mark.parametrize("path", ["../../../secret.json", "/etc/passwd", 7, None, "missing.json"])
def test_an_example_stays_inside(folder: Path, path: object) -> None:
    (folder.parent.parent.parent / "secret.json").write_text('{"secret": 1}')
    described = {"saved_input_example_info": {"artifact_path": path}}
    (folder / "MLmodel").write_text(json.dumps(described))
    assert read_packaging(folder).example is None


@pytest.mark.parametrize(
    ("name", "content", "severity"),
    [
        ("model.pkl", pickle.dumps(Attack()), "dangerous"),
        ("model.joblib", pickle.dumps(Attack(), protocol=0), "dangerous"),
        ("MLmodel", pickle.dumps(Attack(), protocol=0), "dangerous"),
        ("requirements.txt", pickle.dumps(Attack(), protocol=0), "dangerous"),
        ("weights.onnx", pickle.dumps(Attack()), "dangerous"),
        ("model.pt", packed("archive/data.pkl", pickle.dumps(Attack())), "dangerous"),
        ("m.pt2", packed("m.pt", packed("a/data.pkl", pickle.dumps(Attack()))), "dangerous"),
        ("m.skops", packed("schema.json", b'{"__module__": "os"}'), "dangerous"),
        ("m.skops", packed("schema.json", b'{"a": [{"__module__": "own.x"}]}'), "suspicious"),
        ("deep.zip", packed("a", packed("b", packed("c", packed("d", b"x")))), "suspicious"),
        ("model.pkl", b"cbuiltins\neval\n.", "dangerous"),
        ("model.pkl", b"cmine.package\nthing\n.", "suspicious"),
        ("model.pkl", b"ccloudpickle.cloudpickle\n_make_function\n.", "note"),
        ("model.pkl", b"csklearn.linear_model\nLinearRegression\n.", None),
        ("model.pkl", pickle.dumps({"a": [1.0]}), None),
        ("code/helper.py", b"x = 1", "note"),
        ("conda.yaml", b"channels:\n- conda-forge\nname: x\n", None),
        ("input.json", b'{"columns": ["c"], "data": []}', None),
        ("requirements.txt", b"numpy==2.0\ncloudpickle[x]==3 ; python_version > '3'\n", None),
        ("empty.pkl", b"", None),
    ],
)  # fmt: skip
def test_what_the_scanner_finds(
    tmp_path: Path, name: str, content: bytes, severity: str | None
) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    found = model_scan_child.scan(tmp_path)
    findings: Any = found["findings"]
    assert {one["severity"] for one in findings} == ({severity} if severity else set()), findings
    assert found["scanned"] == 1
