"""The folder of a device: the bundle that it holds, the one before, and its own name.

::

    installation        a random name: the platform numbers reports within it
    held.json           which bundle is held, and how new it is
    models/<digest>/    bundles as folders, whole or not there
    spool/              reports that wait
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
import tempfile
import zipfile
from contextlib import ExitStack
from pathlib import Path

from octavo.edge.claims import CONTRACT_FILE, LARGEST, MODEL_FILE, Claim, Place, check_bundle
from octavo.edge.errors import EdgeError
from octavo.edge.files import read_object, settle, write_object, write_whole
from octavo.envelopes import Refused, TrustedKeys

STATEMENT = "proof/statement.dsse.json"
KEPT = (f"model/{MODEL_FILE}", f"model/{CONTRACT_FILE}", STATEMENT)
"""What of a bundle a device keeps."""
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Shelf:
    """One device's folder; one process has it at a time."""

    def __init__(self, folder: Path, *, largest: int = LARGEST) -> None:
        """Open or make the folder. Raises EdgeError while another process has it."""
        self._folder = folder
        self._largest = largest
        self._models = folder / "models"
        self._models.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = (folder / "lock").open("a")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise EdgeError(
                f"Another process uses {folder}.", "Stop it, or give this one another --folder."
            ) from error
        self._clear()

    @property
    def installation(self) -> str:
        """The folder's random name, made once."""
        path = self._folder / "installation"
        found = path.read_text().strip() if path.is_file() else ""
        if not re.fullmatch(r"[0-9a-f]{32}", found):
            found = secrets.token_hex(16)
            write_whole(path, found.encode())
        return found

    def held(self, keys: TrustedKeys) -> Claim | None:
        """Return what is held, checked anew byte by byte; None: nothing. Raises Refused."""
        digest = self._held_digest()
        if digest is None:
            return None
        if not (folder := self.place_of(digest)).is_dir():
            raise Refused(
                f"The bundle {digest[:12]} that this device held is gone from {folder.parent}.",
                "Pull it again.",
            )
        return check_bundle(folder, keys, self._largest)

    def place_of(self, digest: str) -> Path:
        """Return the folder of a bundle."""
        return self._models / digest

    def put(self, bundle: Path, keys: TrustedKeys) -> Claim:
        """Check a bundle and lay it down beside what is held. Raises Refused; changes nothing else.

        What was written is checked again, so that nobody swaps the file in between.
        """
        claim = check_bundle(bundle, keys, self._largest)
        part = Path(tempfile.mkdtemp(dir=self._models, prefix=".part-"))
        try:
            _unpack(bundle, part)
            claim = check_bundle(part, keys, self._largest)
            place = self.place_of(claim.digest)
            if not self._whole(place, keys):
                shutil.rmtree(place, ignore_errors=True)
                settle(part)
                part.replace(place)
                settle(self._models)
            return claim
        finally:
            shutil.rmtree(part, ignore_errors=True)

    def check_newer(self, claim: Claim, place: Place | None, *, allow_older: bool = False) -> None:
        """Raise Refused for a bundle of another place, or older than what is held."""
        known = read_object(self._folder / "held.json") or {}
        follows = str(place) if place is not None else known.get("place")
        if follows is not None and str(claim.place) != follows:
            raise Refused(
                f"The bundle is for the {claim.place}; this device follows the {follows}.",
                "Give the bundle of that one, or use another --folder.",
            )
        if known.get("place") != str(claim.place) or allow_older:
            return
        newest = int(known.get("generation", 0))
        if claim.generation < newest:
            raise Refused(
                f"The bundle is older than what this device held: generation {claim.generation} "
                f"(v{claim.version}), and {newest} was here already.",
                "Nothing is swapped. A rollback comes from the platform with a higher generation.",
            )
        if claim.generation == newest and self._changes_unsaid(claim, known):
            raise Refused(
                f"Two bundles of generation {newest} name different models: "
                f"v{known.get('version')} is held, v{claim.version} came.",
                "Nothing is swapped. Tell the platform's people.",
            )

    def hold(self, claim: Claim) -> None:
        """Write that a bundle that was laid down is held now, and drop those before the last."""
        before = self._held_digest()
        write_object(
            self._folder / "held.json",
            {
                "digest": claim.digest,
                "previous": before,
                "place": str(claim.place),
                "generation": claim.generation,
                "version": claim.version,
                "source": claim.source,
            },
        )
        for one in self._models.iterdir():
            if one.name not in {claim.digest, before}:
                shutil.rmtree(one, ignore_errors=True)

    def close(self) -> None:
        """Let another process have the folder."""
        self._lock.close()

    def _whole(self, place: Path, keys: TrustedKeys) -> bool:
        """Tell whether a bundle that lies there already is what was signed."""
        try:
            return place.is_dir() and bool(check_bundle(place, keys, self._largest))
        except Refused:
            return False

    def _changes_unsaid(self, claim: Claim, known: dict[str, object]) -> bool:
        return (known.get("version"), known.get("source")) != (claim.version, claim.source)

    def _held_digest(self) -> str | None:
        digest = (read_object(self._folder / "held.json") or {}).get("digest")
        return digest if isinstance(digest, str) and _DIGEST.fullmatch(digest) else None

    def _clear(self) -> None:
        """Remove what a process that lost its power left behind."""
        for one in self._models.glob(".part-*"):
            shutil.rmtree(one, ignore_errors=True)


def _unpack(bundle: Path, target: Path) -> None:
    """Write the files that a device keeps, each under the name that this code gives it."""
    with ExitStack() as stack:
        archive = None if bundle.is_dir() else stack.enter_context(zipfile.ZipFile(bundle))
        for name in KEPT:
            path = target / name
            path.parent.mkdir(exist_ok=True)
            source = (bundle / name).open("rb") if archive is None else archive.open(name)
            with source, path.open("wb") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
                sink.flush()
                os.fsync(sink.fileno())
            settle(path.parent)
