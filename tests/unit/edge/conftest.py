"""Forms made once, and a device with a platform of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.edge import FakePlatform, Press, make_forms

from octavo.edge.claims import check_bundle
from octavo.edge.client import EdgeClient, Settings
from octavo.envelopes import TrustedKeys


@pytest.fixture(scope="session")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of the test's ONNX files."""
    return make_forms(tmp_path_factory.mktemp("forms"))


@pytest.fixture
def press(forms: Path) -> Press:
    """Give a signer of bundles."""
    return Press(forms)


@pytest.fixture
def platform() -> Iterator[FakePlatform]:
    """Give a platform over HTTP."""
    answering = FakePlatform()
    yield answering
    answering.close()


@pytest.fixture
def settings(tmp_path: Path, press: Press, platform: FakePlatform) -> Settings:
    """Give what the device is told when it is set up."""
    return Settings(
        folder=tmp_path / "device",
        keys=press.keys(tmp_path / "keys.json"),
        url=platform.url,
        project="flights",
        deployment="late",
        device="kiosk-1",
        token="octc_token",
    )


@pytest.fixture
def opened(settings: Settings) -> Iterator[Callable[..., EdgeClient]]:
    """Give what opens the device; one that is open is closed before."""
    open_now: list[EdgeClient] = []

    def again(**changes: Any) -> EdgeClient:
        while open_now:
            open_now.pop().close()
        open_now.append(EdgeClient(replace(settings, **changes)))
        return open_now[0]

    yield again
    while open_now:
        open_now.pop().close()


@pytest.fixture
def offer(
    tmp_path: Path, press: Press, platform: FakePlatform, settings: Settings
) -> Callable[..., str]:
    """Give what makes the platform offer a bundle; returns its name."""

    def made(name: str = "good", **more: Any) -> str:
        bundle = press.bundle(tmp_path / "offered.zip", name, **more)
        digest = check_bundle(bundle, TrustedKeys.load(settings.keys)).digest
        platform.give(bundle, digest)
        return digest

    return made
