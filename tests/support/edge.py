"""Bundles for devices, and a platform that gives them, for tests.

- ``make_forms``: ONNX files and contracts in a folder, made in a child: ``good`` adds 1 to
  ``delay + hour``, ``better`` adds 2, ``picky`` takes no row of its example
- ``Press``: signs bundles; its methods write zips
- ``FakePlatform``: answers a device over HTTP as the platform does; ``away``, ``refuse``
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
import zipfile
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from octavo.edge.claims import PREDICATE
from octavo_server.adapters.signing import Signer

PLACE = {"project": "flights", "kind": "deployment", "name": "late"}
EXAMPLE = {"columns": ["delay", "hour"], "data": [[10.0, 3], [4.0, 5]]}
CONTRACT = {
    "format": 1,
    "inputs": [
        {"name": "delay", "type": "float32", "column": "delay"},
        {"name": "hour", "type": "int64", "column": "hour"},
    ],
    "output": {"name": "late", "answer": "vector"},
    "nulls": ["delay"],
}
MAKE = """
import sys
from pathlib import Path
from onnx import TensorProto, helper
for name, more in (("good", 1.0), ("better", 2.0)):
    nodes = [
        helper.make_node("Cast", ["hour"], ["hours"], to=TensorProto.FLOAT),
        helper.make_node("Add", ["delay", "hours"], ["sum"]),
        helper.make_node("Add", ["sum", "more"], ["late"]),
    ]
    graph = helper.make_graph(
        nodes, name,
        [helper.make_tensor_value_info("delay", TensorProto.FLOAT, [None, 1]),
         helper.make_tensor_value_info("hour", TensorProto.INT64, [None, 1])],
        [helper.make_tensor_value_info("late", TensorProto.FLOAT, [None, 1])],
        [helper.make_tensor("more", TensorProto.FLOAT, [1], [more])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    Path(sys.argv[1], name + ".onnx").write_bytes(model.SerializeToString())
"""


def make_forms(folder: Path) -> Path:
    """Write the ONNX files; `onnx` is imported in a child alone."""
    subprocess.run([sys.executable, "-c", MAKE, str(folder)], check=True, timeout=120)
    (folder / "broken.onnx").write_bytes(b"no model at all")
    return folder


def pem(signer: Signer) -> str:
    """The public half of a signer's key."""
    raw = bytes.fromhex(signer.public_key["keyval"]["public"])
    key = Ed25519PublicKey.from_public_bytes(raw)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


class Press:
    """Signs bundles."""

    def __init__(self, forms: Path) -> None:
        self.forms = forms
        self.signer = Signer(Ed25519PrivateKey.generate())

    def keys(self, path: Path, *, revoked: bool = False) -> Path:
        """Write the public keys as `octavo keys` does."""
        one: dict[str, Any] = {"use": "statements", "public_pem": pem(self.signer)}
        if revoked:
            one |= {
                "revoked_at": "2026-03-01T12:00:00Z",
                "revoked_by": "admin",
                "revoked_reason": "It was copied.",
            }
        path.write_text(json.dumps({"items": [one]}))
        return path

    def content(
        self,
        name: str = "good",
        *,
        version: int = 1,
        generation: int = 1,
        contract: dict[str, Any] | None = None,
        kind: str = PREDICATE,
        **said: Any,
    ) -> dict[str, bytes]:
        """The files of a bundle."""
        files = {
            "model.onnx": (self.forms / f"{name}.onnx").read_bytes(),
            "contract.json": json.dumps(contract or CONTRACT).encode(),
        }
        predicate = {
            "place": PLACE,
            "model": "late",
            "version": version,
            "generation": generation,
            "source": str(version).rjust(64, "0"),
            "example": json.dumps(EXAMPLE),
            **said,
        }
        envelope = self.signer.attest(
            subjects={path: hashlib.sha256(data).hexdigest() for path, data in files.items()},
            predicate_type=kind,
            predicate=predicate,
        )
        made = {f"model/{path}": data for path, data in files.items()}
        return {
            **made,
            "proof/statement.dsse.json": json.dumps(envelope).encode(),
            "proof/keys.json": b"{}",
        }

    def bundle(self, path: Path, name: str = "good", **more: Any) -> Path:
        """Write a bundle as a zip."""
        return zipped(path, self.content(name, **more))


def zipped(path: Path, content: dict[str, bytes], packed: int = zipfile.ZIP_STORED) -> Path:
    """Write files as a zip."""
    with zipfile.ZipFile(path, "w", packed) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path


@dataclass
class Refusal:
    """An answer in Octavo's one shape of errors."""

    status: int
    message: str
    remedy: str = "Ask."


class _Handler(BaseHTTPRequestHandler):
    platform: FakePlatform

    def do_GET(self) -> None:
        platform = self.platform
        platform.asked.append(("GET", self.path, dict(self.headers)))
        held = (self.headers.get("If-None-Match") or "").strip('"')
        if self._refused():
            return
        if held == platform.tag:
            self._say(304, {"ETag": f'"{held}"'}, b"")
        else:
            assert platform.bundle is not None
            self._say(200, {"ETag": f'"{platform.tag}"'}, platform.bundle.read_bytes())

    def do_POST(self) -> None:
        platform = self.platform
        platform.asked.append(("POST", self.path, dict(self.headers)))
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self._refused():
            platform.reports += body["reports"]
            newest = max(one["sequence"] for one in platform.reports)
            answer = {"sequence": newest, "counted": len(body["reports"]), "version": 1}
            self._say(200, {}, json.dumps(answer).encode())

    def _refused(self) -> bool:
        if self.platform.raw is not None:
            self._say(*self.platform.raw)
        elif (refuse := self.platform.refuse) is not None:
            shape = {"error": "x", "message": refuse.message, "remedy": refuse.remedy}
            self._say(refuse.status, {}, json.dumps(shape).encode())
        else:
            return False
        return True

    def _say(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


class FakePlatform:
    """Answers one device."""

    def __init__(self) -> None:
        self.bundle: Path | None = None
        self.tag = ""
        self.refuse: Refusal | None = None
        self.raw: tuple[int, dict[str, str], bytes] | None = None
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.reports: list[dict[str, Any]] = []
        handler = type("Handler", (_Handler,), {"platform": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/services/octavo"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def give(self, bundle: Path, tag: str) -> None:
        """Offer a bundle under its name."""
        self.bundle, self.tag = bundle, tag

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
