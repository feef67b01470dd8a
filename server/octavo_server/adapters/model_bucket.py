"""The store of models in S3, or in anything that speaks its protocol.

Keys are as the folder's names: ``blobs/ab/<sha256>`` and ``manifests/<sha256>.json`` below a
prefix. Who may write there are the services alone; every byte is hashed again when it is read, so
that what somebody changed in the bucket is noticed and never handed out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from octavo_server.adapters.model_store import (
    BLOCK,
    LARGEST_MANIFEST,
    SCHEME,
    digest_in,
    manifest_text,
    missing_manifest,
    read_manifest,
)
from octavo_server.errors import Conflict, Unavailable
from octavo_server.registry.registration.domain import Staged
from octavo_server.registry.registration.leftovers import Shelved, ShelvedKind
from octavo_server.registry.versions.service import ArtifactFile, manifest_digest

MISSING: Final = frozenset({"404", "NoSuchKey", "NotFound"})
S3: Final = "s3://"
FRESH: Final = timedelta(hours=12)
"""What was kept this long ago is kept anew; only what is a day old or more is ever removed."""
COPYABLE: Final = 5 * 2**30
"""Bytes that the service copies in one go."""


class ModelBucket:
    """The store below a prefix of a bucket."""

    def __init__(self, address: str, endpoint: str = "") -> None:
        """Take ``s3://bucket/prefix``; credentials come from where boto3 looks for them."""
        self._bucket, _, prefix = address.removeprefix(S3).partition("/")
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._endpoint = endpoint
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=endpoint or None,
            config=Config(retries={"max_attempts": 4, "mode": "standard"}),
        )

    def keep(self, staged: Staged) -> str:
        """Keep staged files and return their address; what is there already isn't sent again.

        The manifest comes last, so that nobody finds half a model. Raises Unavailable.
        """
        digest = manifest_digest(staged.files)
        with self._answering():
            for one in staged.files:
                self._keep_file(staged.folder / one.path, one)
            self._client.put_object(
                Bucket=self._bucket,
                Key=self._manifest(digest),
                Body=manifest_text(staged.files),
                ContentType="application/json",
            )
        return f"{SCHEME}{digest}"

    def listed(self, location: str) -> tuple[ArtifactFile, ...]:
        """Return the files at an address, as they were kept. Raises NotFound or Conflict."""
        digest = digest_in(location)
        with self._answering():
            body = self._body(self._manifest(digest))
            if body is None:
                raise missing_manifest(digest)
            with body:
                return read_manifest(body.read(LARGEST_MANIFEST), digest)

    def manifest(self, location: str) -> tuple[ArtifactFile, ...]:
        """Return every file with the digest of its bytes as they are now."""
        return self._read_all(self.listed(location), None)

    def copy(self, location: str, folder: Path) -> tuple[ArtifactFile, ...]:
        """Copy every file into ``folder``; the digests are of the bytes that were copied."""
        return self._read_all(self.listed(location), folder)

    def text(self, location: str, path: str, most: int) -> bytes | None:
        """Return a small file at an address; None when it is not there or larger than ``most``."""
        for one in self.listed(location):
            if one.path == path and one.size <= most:
                with self._answering():
                    body = self._body(self._blob(one.sha256))
                    return None if body is None else bytes(body.read(most))
        return None

    def address(self, digest: str) -> str:
        """Return the address of the model whose manifest has this digest."""
        return f"{SCHEME}{digest}"

    def shelved(self) -> Iterator[Shelved]:
        """Give everything that is kept. Raises Unavailable."""
        with self._answering():
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix):
                for one in page.get("Contents", ()):
                    folder, _, name = one["Key"].removeprefix(self._prefix).rpartition("/")
                    manifest = folder == "manifests"
                    if manifest or folder.startswith("blobs/"):
                        yield Shelved(
                            kind=ShelvedKind.MANIFEST if manifest else ShelvedKind.FILE,
                            digest=name.removesuffix(".json"),
                            size=one["Size"],
                            kept_at=one["LastModified"],
                        )

    def discard(self, one: Shelved, before: datetime) -> bool:
        """Remove something unless somebody kept it again since; say whether it went."""
        manifest = one.kind is ShelvedKind.MANIFEST
        key = self._manifest(one.digest) if manifest else self._blob(one.digest)
        with self._answering():
            found = self._head(key)
            if found is None or found["LastModified"] >= before:
                return False
            self._client.delete_object(Bucket=self._bucket, Key=key)
        return True

    def _keep_file(self, path: Path, one: ArtifactFile) -> None:
        """Send a file that isn't there; have the service copy an old one onto itself."""
        key = self._blob(one.sha256)
        found = self._head(key)
        if found is None or found["ContentLength"] != one.size:
            self._send(path, one)
        elif datetime.now(UTC) - found["LastModified"] < FRESH:
            return
        elif one.size > COPYABLE:
            self._send(path, one)
        else:
            self._client.copy_object(
                Bucket=self._bucket,
                Key=key,
                CopySource={"Bucket": self._bucket, "Key": key},
                MetadataDirective="REPLACE",
                Metadata={"sha256": one.sha256},
            )

    def _send(self, path: Path, one: ArtifactFile) -> None:
        """Send a file; the store is told the digest of every part and refuses another one."""
        with path.open("rb") as source:
            self._client.upload_fileobj(
                source,
                self._bucket,
                self._blob(one.sha256),
                ExtraArgs={"ChecksumAlgorithm": "SHA256", "Metadata": {"sha256": one.sha256}},
            )
        if self._size(self._blob(one.sha256)) != one.size:
            raise Conflict(
                f"The bucket holds another length of {one.path[:120]!r} than was sent.",
                "Ask an admin to look at the bucket, then register the model again.",
            )

    def _read_all(
        self, files: Sequence[ArtifactFile], folder: Path | None
    ) -> tuple[ArtifactFile, ...]:
        found = []
        with self._answering():
            for one in files:
                body = self._body(self._blob(one.sha256))
                if body is not None:
                    found.append(_read(body, one, None if folder is None else folder / one.path))
        return tuple(found)

    def _size(self, key: str) -> int | None:
        found = self._head(key)
        return None if found is None else int(found["ContentLength"])

    def _head(self, key: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self._client.head_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in MISSING:
                return None
            raise
        return found

    def _body(self, key: str) -> Any:
        try:
            return self._client.get_object(Bucket=self._bucket, Key=key)["Body"]
        except ClientError as error:
            if error.response["Error"]["Code"] in MISSING:
                return None
            raise

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Say in words what the store's client raises."""
        try:
            yield
        except (BotoCoreError, ClientError) as error:
            where = f" at {self._endpoint}" if self._endpoint else ""
            raise Unavailable(
                f"The store of models, the bucket {self._bucket!r}{where}, doesn't answer: "
                f"{str(error)[:300]}",
                "Ask an admin to look at OCTAVO_MODEL_STORE and the service's credentials.",
            ) from error

    def _blob(self, digest: str) -> str:
        return f"{self._prefix}blobs/{digest[:2]}/{digest}"

    def _manifest(self, digest: str) -> str:
        return f"{self._prefix}manifests/{digest}.json"


def _read(body: Any, one: ArtifactFile, target: Path | None) -> ArtifactFile:
    digest, size = hashlib.sha256(), 0
    with ExitStack() as opened:
        opened.enter_context(body)
        sink = None
        if target is not None:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            sink = opened.enter_context(target.open("xb"))
        while block := body.read(BLOCK):
            digest.update(block)
            size += len(block)
            if sink is not None:
                sink.write(block)
    return ArtifactFile(path=one.path, size=size, sha256=digest.hexdigest())
