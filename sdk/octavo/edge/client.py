"""A device that follows a deployment: pulls, checks, swaps, predicts and tells."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from octavo import __version__
from octavo.edge.claims import LARGEST, Claim, Place
from octavo.edge.errors import EdgeError
from octavo.edge.model import EdgeModel
from octavo.edge.reports import Spool, Window, plain
from octavo.edge.server import Platform
from octavo.edge.shelf import Shelf
from octavo.envelopes import Refused, TrustedKeys

AT_ONCE = 50
"""Reports of one request."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a device is told when it is set up."""

    folder: Path
    """Its own folder."""
    keys: Path
    """The pinned public keys: a PEM file, or what `octavo keys` wrote."""
    url: str = ""
    """The platform service's address; empty for a device that is only given files."""
    project: str = ""
    """Project."""
    deployment: str = ""
    """The deployment that it follows."""
    device: str = ""
    """Its name: small letters, digits and dashes."""
    token: str = ""
    """A consumer's token that opens the deployment."""
    allow_http: bool = False
    """True in a network that is trusted without encryption."""
    largest: int = LARGEST
    """Most bytes of a bundle."""
    threads: int = 1
    """Threads of one prediction."""


class EdgeClient:
    """One device. What is held answers until something better was loaded and tried."""

    def __init__(self, settings: Settings) -> None:
        """Open the device's folder and load what it holds, checked anew.

        Raises EdgeError while another process has the folder, Refused without usable keys.
        """
        self._settings = settings
        self._pinned()
        self._shelf = Shelf(settings.folder, largest=settings.largest)
        self._spool = Spool(settings.folder / "spool")
        self._window = Window()
        self._swapping = threading.Lock()
        self._model: EdgeModel | None = None
        self.refusal: str | None = None
        """Why the newest pull, or what was held at the start, was refused; None: it was not."""
        try:
            held = self._shelf.held(self._pinned())
            self._model = None if held is None else self._loaded(held)
        except Refused as refusal:
            self._refused(refusal)

    @property
    def claim(self) -> Claim | None:
        """What the model that answers now claims; None: there is none."""
        model = self._model
        return None if model is None else model.claim

    def pull(self) -> bool:
        """Ask for a newer model and swap to it; False: what is held is the newest.

        Raises Refused for one that isn't to be trusted, and EdgeError without the platform's word;
        after both what was held keeps answering.
        """
        platform, held = self._platform(), self.claim
        with TemporaryDirectory(dir=self._settings.folder, prefix=".pull-") as scratch:
            target = Path(scratch) / "bundle.zip"
            try:
                tag = platform.pull(held.digest if held else None, target, self._settings.largest)
                if tag is None:
                    self.refusal = None
                    return False
                self._swap(target, tag=tag)
            except (Refused, EdgeError) as refusal:
                self._refused(refusal)
                raise
        return True

    def install(self, bundle: Path, *, allow_older: bool = False) -> Claim:
        """Swap to a bundle that was brought as a file. Raises Refused."""
        try:
            return self._swap(bundle, allow_older=allow_older)
        except Refused as refusal:
            self._refused(refusal)
            raise

    def predict(self, rows: Sequence[Any]) -> list[Any]:
        """Return one prediction a row, and count it. Raises EdgeError."""
        model, began = self._model, time.perf_counter()
        try:
            if model is None:
                raise EdgeError(
                    "This device holds no model yet."
                    + (f" {self.refusal}" if self.refusal else ""),
                    "Pull one first.",
                    code="empty",
                )
            predictions = model.predict(rows)
        except EdgeError as error:
            self._window.answered(time.perf_counter() - began, error.message)
            raise
        self._window.answered(time.perf_counter() - began)
        return predictions

    def keep(self) -> None:
        """Write what happened since the last report to the disk."""
        claim = self.claim
        self._spool.put(
            {
                **self._window.close(),
                "version": claim and claim.version,
                "digest": claim and claim.digest,
                "generation": claim and claim.generation,
                "refusal": self.refusal and plain(self.refusal),
            }
        )

    def report(self) -> int:
        """Send what happened and what waits; return how many reports still wait.

        Raises EdgeError when the platform doesn't take it; it waits on the disk then.
        """
        self.keep()
        platform = self._platform()
        while waiting := self._spool.waiting(AT_ONCE):
            answer = platform.send(
                {
                    "device": self._settings.device,
                    "installation": self._shelf.installation,
                    "client": f"octavo-edge {__version__}",
                    "reports": waiting,
                }
            )
            self._spool.sent(max(one["sequence"] for one in waiting))
            if "sequence" not in answer:
                break
        return len(self._spool)

    def run(self, over: threading.Event, period_s: float, say: Any = None) -> None:
        """Pull and tell again and again until ``over`` is set; failures are told to ``say``."""
        while True:
            for step in (self.pull, self.report):
                try:
                    if step() is True and say is not None and self.claim is not None:
                        say(f"swapped to v{self.claim.version} of {self.claim.model}")
                except (Refused, EdgeError) as error:
                    if say is not None:
                        say(str(error))
            if over.wait(period_s):
                return

    def close(self) -> None:
        """Let another process have the folder."""
        self._shelf.close()

    def _swap(self, bundle: Path, *, tag: str | None = None, allow_older: bool = False) -> Claim:
        with self._swapping:
            keys = self._pinned()
            claim = self._shelf.put(bundle, keys)
            if tag is not None and tag != claim.digest:
                raise Refused(
                    f"The platform named {tag[:12]!r} and sent {claim.digest[:12]!r}.",
                    "Pull again; if it stays so, something between here and Octavo changes it.",
                )
            self._shelf.check_newer(claim, self._follows(), allow_older=allow_older)
            model = self._loaded(claim)
            self._shelf.hold(claim)
            self._model, self.refusal = model, None
            return claim

    def _loaded(self, claim: Claim) -> EdgeModel:
        place = self._shelf.place_of(claim.digest)
        model = EdgeModel(place, claim, self._settings.threads)
        model.try_example()
        return model

    def _follows(self) -> Place | None:
        """What this device follows; None: what the first bundle is for."""
        settings = self._settings
        if not settings.deployment:
            return None
        return Place(project=settings.project, kind="deployment", name=settings.deployment)

    def _pinned(self) -> TrustedKeys:
        """Read the pinned keys: a revocation that was written there counts at the next look."""
        return TrustedKeys.load(self._settings.keys)

    def _platform(self) -> Platform:
        settings = self._settings
        missing = [
            name
            for name in ("url", "project", "deployment", "device", "token")
            if not getattr(settings, name)
        ]
        if missing:
            raise EdgeError(
                f"This device isn't told its {missing[0]}, so it can't ask the platform.",
                "Set --url, --project, --deployment, --device and --token-file.",
            )
        return Platform(
            settings.url,
            settings.project,
            settings.deployment,
            settings.token,
            allow_http=settings.allow_http,
        )

    def _refused(self, refusal: Refused | EdgeError) -> None:
        if isinstance(refusal, Refused) or refusal.code not in {"offline", ""}:
            self.refusal = plain(refusal.message)
