"""Puts the files of models where pods find them: on a claim that both mount, or in a bucket.

What is put there is what was signed: the catalog checks it while it copies. Pods get the digests
apart from the files and compare them before anything is loaded.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from octavo_scorer.errors import ScorerError
from octavo_scorer.manifest import verify_files
from octavo_server.deployments.rollouts.ports import ModelCatalog, ScorerOrder
from octavo_server.errors import Unavailable

S3 = "s3://"
NO_BYTES = hashlib.sha256(b"").hexdigest()


class Shelf(Protocol):
    """Where pods find files."""

    def place(self, order: ScorerOrder) -> tuple[str, Mapping[str, str]]:
        """Put a version's files there; return the address, and path -> SHA-256 as signed.

        Raises Unavailable when they can't be put there, or aren't what was signed.
        """


def place_of(order: ScorerOrder) -> str:
    """Return the folder of a version: the same each time, another one for each version."""
    model = hashlib.sha256(f"{order.project}\0{order.model}".encode()).hexdigest()[:16]
    return f"{model}/v{order.version}-{order.digest[:16]}"


class ClaimShelf:
    """A folder that the worker sees, and pods as a claim, read-only."""

    def __init__(self, address: str, folder: Path, catalog: ModelCatalog) -> None:
        """Take ``pvc://claim/folder`` and where the worker sees that folder."""
        self._address = address.rstrip("/")
        self._folder = folder
        self._catalog = catalog

    def place(self, order: ScorerOrder) -> tuple[str, Mapping[str, str]]:
        """Put a version's files into the folder, whole or not at all."""
        place = place_of(order)
        target = self._folder / place
        try:
            target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            made = Path(tempfile.mkdtemp(prefix=".new-", dir=self._folder))
            try:
                files = self._catalog.fetch(
                    order.project, order.model, order.version, made / "files"
                )
                _replace(made, target, files)
            finally:
                _remove(made)
        except OSError as error:
            raise Unavailable(
                f"The files of v{order.version} can't be put into {self._folder}: {error}.",
                "See that OCTAVO_KSERVE_MODELS_FOLDER is the mounted claim, and has room.",
            ) from error
        return f"{self._address}/{place}", files


class BucketShelf:
    """A prefix of a bucket, from which KServe fetches before the scorer starts."""

    def __init__(self, address: str, endpoint: str, catalog: ModelCatalog) -> None:
        """Take ``s3://bucket/prefix``; credentials come from where boto3 looks for them."""
        self._address = address.rstrip("/")
        self._bucket, _, prefix = self._address.removeprefix(S3).partition("/")
        self._prefix = f"{prefix}/" if prefix else ""
        self._catalog = catalog
        self._client: Any = boto3.client("s3", endpoint_url=endpoint or None)

    def place(self, order: ScorerOrder) -> tuple[str, Mapping[str, str]]:
        """Send a version's files; what is there with the same digest isn't sent again."""
        place = place_of(order)
        try:
            with tempfile.TemporaryDirectory(prefix="octavo-shelf-") as made:
                folder = Path(made) / "files"
                files = self._catalog.fetch(order.project, order.model, order.version, folder)
                _check_sizes(order, files)
                for name, digest in files.items():
                    self._send(folder / name, f"{self._prefix}{place}/{name}", digest)
        except (BotoCoreError, ClientError, OSError) as error:
            raise Unavailable(
                f"The files of v{order.version} can't be put into {self._address}: {error}.",
                "See that the bucket is there, and that Octavo may write to it.",
            ) from error
        return f"{self._address}/{place}", files

    def _send(self, path: Path, key: str, digest: str) -> None:
        if self._digest(key) == digest:
            return
        with path.open("rb") as source:
            self._client.upload_fileobj(
                source, self._bucket, key, ExtraArgs={"Metadata": {"sha256": digest}}
            )

    def _digest(self, key: str) -> str | None:
        try:
            found = self._client.head_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 404:
                return None
            raise
        digest: str | None = found.get("Metadata", {}).get("sha256")
        return digest


def _check_sizes(order: ScorerOrder, files: Mapping[str, str]) -> None:
    """Raise Unavailable for a file without bytes: KServe leaves it out when it fetches from S3."""
    empty = sorted(name for name, digest in files.items() if digest == NO_BYTES)
    if empty:
        raise Unavailable(
            f"v{order.version} has a file without bytes, {empty[0][:120]!r}; KServe doesn't fetch "
            "such files from a bucket, so the model would not be what was signed.",
            "Set OCTAVO_KSERVE_MODELS to a claim, or register the model without that file.",
        )


def _replace(made: Path, target: Path, files: Mapping[str, str]) -> None:
    """Let ``target`` hold the new files, unless it holds exactly those already."""
    try:
        if target.is_dir():
            verify_files(target, files)
            return
    except ScorerError:
        target.rename(made / "spoilt")
    new = made / "files"
    for place, folders, names in os.walk(new):
        for name in (*folders, *names):
            path = Path(place) / name
            path.chmod(0o755 if path.is_dir() else 0o444)
    new.chmod(0o755)
    new.rename(target)


def _remove(folder: Path) -> None:
    """Remove a folder, read-only parts of it too."""
    for place, _, _ in os.walk(folder):
        Path(place).chmod(0o700)
    shutil.rmtree(folder)
