"""Pickles under every disguise: renamed, packed, compressed, nested, behind arrays, two in one."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import pickle
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

import cloudpickle
import joblib
import numpy as np
import pytest

from octavo_server.adapters import model_scan_child, model_unpacking
from octavo_server.adapters.pickle_opcodes import Beginning, beginning


class Attack:
    """Runs a command when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.system, ("true",))


class Evaluates:
    """Runs text as code when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (eval, ("1",))


ATTACK = pickle.dumps(Attack())


def zipped(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def tarred(name: str, content: bytes, *, kind: int = tarfile.PAX_FORMAT, mode: str = "w") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode, format=kind) as archive:  # type: ignore[call-overload]
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def old_tar(name: str, content: bytes) -> bytes:
    """Return an archive as they were before the mark `ustar`."""
    header = bytearray(tarred(name, content, kind=tarfile.USTAR_FORMAT))
    header[257:265] = b"\0" * 8
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header[:512])
    return bytes(header)


def linked_tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo("weights")
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(entry)
    return buffer.getvalue()


def saved(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def many(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def dumped(what: Any, **more: Any) -> bytes:
    buffer = io.BytesIO()
    joblib.dump(what, buffer, **more)
    return buffer.getvalue()


def polyglot() -> bytes:
    """Return an attack to whoever unpickles it, and an archive to whoever unpacks it."""
    return ATTACK + zipped("weights.json", b"{}")


def named_attack() -> bytes:
    """Return an archive whose first file's name is a pickle."""
    return tarred("cposix\nsystem\n(S'true'\ntR.", b"{}", kind=tarfile.USTAR_FORMAT)


def disassembled_wrongly(argument: bytes) -> bytes:
    """Return an attack behind an argument that Python takes and its disassembler doesn't."""
    return argument + b"0cposix\nsystem\n(S'true'\ntR."


class Carried:
    """Calls what it carries when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.system, ("true",))


ARRAY = np.arange(3_000, dtype="float64")
OBJECTS = np.array([Attack()], dtype=object)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("weights.safetensors", ATTACK),
        ("card.md", ATTACK),
        ("noise.bin", pickle.dumps(Evaluates(), protocol=2)),
        ("model.tar", tarred("model.pkl", ATTACK)),
        ("model.old", old_tar("model.pkl", ATTACK)),
        ("model.tgz", tarred("model.pkl", ATTACK, mode="w:gz")),
        ("model.tar.xz", tarred("model.pkl", ATTACK, mode="w:xz")),
        ("model.pkl.gz", gzip.compress(ATTACK)),
        ("model.pkl.bz2", bz2.compress(ATTACK)),
        ("model.pkl.xz", lzma.compress(ATTACK)),
        ("model.pkl.lzma", lzma.compress(ATTACK, format=lzma.FORMAT_ALONE)),
        ("model.pkl.z", zlib.compress(ATTACK)),
        ("model.png", gzip.compress(zlib.compress(ATTACK))),
        ("array.npy", saved(OBJECTS)),
        ("arrays.npz", many(numbers=ARRAY, objects=OBJECTS)),
        ("model.pt", zipped("archive/data.pkl", ATTACK)),
        ("model.mar", zipped("model.tar", tarred("model.pkl", ATTACK))),
        ("model.joblib", dumped(Attack())),
        ("zlib.joblib", dumped({"array": ARRAY, "attack": Attack()}, compress=("zlib", 3))),
        ("gzip.joblib", dumped({"array": ARRAY, "attack": Attack()}, compress=("gzip", 3))),
        ("bz2.joblib", dumped([Attack()], compress=("bz2", 3))),
        ("xz.joblib", dumped([Attack()], compress=("xz", 3))),
        ("lzma.joblib", dumped([Attack()], compress=("lzma", 3))),
        ("behind.joblib", dumped({"array": ARRAY, "attack": Attack()})),
        ("behind2.joblib", dumped({"array": ARRAY, "attack": Attack()}, protocol=2)),
        ("eval.joblib", dumped({"array": ARRAY, "attack": Evaluates()})),
        ("polyglot.zip", polyglot()),
        ("named.tar", named_attack()),
        ("second.pkl", pickle.dumps({"a": 1}) + ATTACK),
        ("script.py", ATTACK),
        ("python_model.pkl", cloudpickle.dumps({"model": Carried(), "code": lambda: Carried})),
        ("model.onnx.data", ATTACK),
        ("weights/model.onnx_data", bytes(4096) + zipped("data.pkl", ATTACK)),
        ("model.keras", zipped("assets/vocabulary.bin", ATTACK)),
        ("model.pt2", zipped("model/data/weights/weight_0", ATTACK)),
        ("deep.zip", zipped("a.tar", tarred("b.gz", gzip.compress(ATTACK)))),
        ("hexadecimal.pkl", disassembled_wrongly(b"I0x10\n")),
        ("hexadecimal.bin", disassembled_wrongly(b"(lp0\nI0x1F\na")),
        ("octal.pt", zipped("archive/data.pkl", disassembled_wrongly(b"I0o7\n"))),
    ],
)
def test_an_attack_is_found_under_its_disguise(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(content)
    findings: Any = model_scan_child.scan(tmp_path)["findings"]
    assert "dangerous" in {one["severity"] for one in findings}, findings


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("model.7z", b"7z\xbc\xaf\x27\x1c" + bytes(60), "a 7z archive, which is not looked into"),
        ("model.lz4", b"\x04\x22\x4d\x18" + bytes(60), "a lz4 archive"),
        ("links.tar", linked_tar(), "holds the link or device 'weights'"),
        ("broken.pkl", ATTACK[:-3].replace(b"posix", b"mine2") + b"\xff\xff", "is broken"),
        ("model.keras", zipped("config.json", b'{"class_name": "Lambda"}'), "marshalled code"),
        ("model.h5", b"\x89HDF\r\n" + bytes(99) + b'{"class_name": "Lambda"}', "marshalled code"),
        ("long.npy", b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**30), "header is 1,073,741,824"),
    ],
)
def test_what_cannot_be_looked_into_is_suspicious(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    (tmp_path / name).write_bytes(content)
    findings: Any = model_scan_child.scan(tmp_path)["findings"]
    assert any(one["severity"] == "suspicious" and words in one["what"] for one in findings), (
        findings
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("arrays.npz", many(a=ARRAY, b=ARRAY)),
        ("array.npy", saved(ARRAY)),
        ("plain.joblib", dumped({"array": ARRAY, "more": ARRAY[:5]})),
        ("small.joblib", dumped({"array": ARRAY, "more": [1, "two"]}, compress=3)),
        ("words.json.gz", gzip.compress(b'{"os": "posix", "words": ["eval", "exec"]}')),
        ("model.pt", zipped("archive/data.pkl", pickle.dumps({"a": 1}))),
        ("xylophone.txt", b"x\n"),
        ("weights.bin", bytes(range(256)) * 20),
        ("model.keras", zipped("config.json", b'{"class_name": "Dense"}')),
        ("weight_2", b"\x93\x9e\xb1\x3e" * 24),
        ("weight_3", b"cr\xb1\x3e\n9\n" * 24),
        ("model.pt2", zipped("model/data/weights/weight_2", b"\x93\x9e\xb1\x3e" * 24)),
        ("bytes.pkl", pickle.dumps(b"\xff bytes", protocol=2)),
    ],
)
def test_what_models_are_made_of_raises_no_alarm(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    findings: Any = model_scan_child.scan(tmp_path)["findings"]
    assert {one["severity"] for one in findings} <= {"note"}, findings


def test_raw_numbers_are_not_taken_for_pickles() -> None:
    random = np.random.default_rng(3)
    found = [
        one
        for _ in range(1_000)
        for one in model_scan_child._look(
            io.BytesIO(random.standard_normal(90).astype("float32").tobytes()), "weight_0", 1
        )
    ]
    assert found == []


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", Beginning.NOTHING),
        (b"\x93", Beginning.NOTHING),
        (b"NN\x93", Beginning.NOTHING),
        (b"(t\x93", Beginning.NOTHING),
        (b"t", Beginning.NOTHING),
        (b"\x82\x01.", Beginning.NOTHING),
        (b"Ia b\n", Beginning.NOTHING),
        (b"I0x10", Beginning.NOTHING),
        (b"\xff", Beginning.NOTHING),
        (b"N.", Beginning.PICKLE),
        (b"NP\xff\n", Beginning.NOTHING),
        (b"cos\nsystem\n", Beginning.PICKLE),
        (b"I0x1\nNP1\n", Beginning.DISGUISED),
        (b"I0x1\n(ios\nsystem\n", Beginning.DISGUISED),
        (b"I0x1\nX\x02\0\0\0osX\x06\0\0\0system\x93", Beginning.DISGUISED),
        (b"I0x1\nN.", Beginning.PICKLE),
    ],
)
def test_a_beginning_is_followed_as_an_unpickler_does(content: bytes, found: Beginning) -> None:
    assert beginning(io.BytesIO(content)) is found


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_unpacking, "LARGEST", 2**20)
    for name, content in (
        ("a.gz", gzip.compress(bytes(2**22))),
        ("b.z", zlib.compress(bytes(2**22))),
        ("c.zip", zipped("zeros", bytes(2**22))),
        ("d.tar", tarred("zeros", bytes(2**22))),
    ):
        (tmp_path / name).write_bytes(content)
    findings: Any = model_scan_child.scan(tmp_path)["findings"]
    assert len(findings) == 4
    assert all("unpacks to over" in one["what"] for one in findings)
