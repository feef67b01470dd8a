"""GPUs as the driver's folder lists them; a double of that folder, since few machines have one."""

from __future__ import annotations

from pathlib import Path

import pytest

from octavo.local.gpus import GpuUse, device_numbers, gpus, kept_devices, lease_environment

INFORMATION = "Model: \t\t NVIDIA A100\nIRQ:   \t\t 24\nDevice Minor: \t {minor}\n"


@pytest.fixture
def driver(tmp_path: Path) -> Path:
    """A double of the driver's folder: two GPUs, numbered the other way round than on the bus."""
    for bus, minor in (("0000:3b:00.0", 1), ("0000:86:00.0", 0)):
        folder = tmp_path / "gpus" / bus
        folder.mkdir(parents=True)
        (folder / "information").write_text(INFORMATION.format(minor=minor))
    return tmp_path / "gpus"


@pytest.fixture
def devices(tmp_path: Path) -> Path:
    """A double of /dev with the driver's files."""
    folder = tmp_path / "dev"
    (folder / "nvidia-caps").mkdir(parents=True)
    for name in ("nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm", "null"):
        (folder / name).write_text("")
    return folder


def smi(folder: Path, answer: str) -> str:
    """Write a double of the driver's program that says `answer` and counts how often it ran."""
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\necho x >> {folder}/asked\nprintf '{answer}'\n")
    program.chmod(0o755)
    return str(program)


def test_they_are_numbered_by_their_place_on_the_bus(driver: Path, tmp_path: Path) -> None:
    assert [(one.number, one.name, one.minor) for one in gpus(driver)] == [
        (0, "NVIDIA A100", 1),
        (1, "NVIDIA A100", 0),
    ]
    assert gpus(tmp_path / "nothing") == ()


def test_a_workspace_is_shown_what_it_got_and_nothing_without() -> None:
    assert lease_environment([1, 0])["CUDA_VISIBLE_DEVICES"] == "0,1"
    assert lease_environment([])["CUDA_VISIBLE_DEVICES"] == ""
    assert lease_environment([2])["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"


def test_the_others_device_files_are_kept_from_it(driver: Path, devices: Path) -> None:
    def kept(*numbers: int) -> list[str]:
        return [file.name for file in kept_devices(numbers, driver, devices)]

    assert kept(0) == ["nvidia0"]
    assert kept(1) == ["nvidia1"]
    assert kept(0, 1) == []
    assert kept() == ["nvidia-uvm", "nvidia0", "nvidia1", "nvidiactl"]


def test_only_device_files_have_numbers(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("")
    assert device_numbers([Path("/dev/null"), tmp_path / "plain"]) == ((1, 3),)


def test_their_use_is_the_mean_and_asked_once_for_everybody(tmp_path: Path) -> None:
    now = [0.0]
    use = GpuUse(smi(tmp_path, "0, 90\\n1, 30\\n"), clock=lambda: now[0])
    assert (use.of([0]), use.of([1]), use.of([0, 1])) == (90.0, 30.0, 60.0)
    assert (tmp_path / "asked").read_text().count("x") == 1
    now[0] = 20.0
    use.of([0])
    assert (tmp_path / "asked").read_text().count("x") == 2


@pytest.mark.parametrize("answer", ["0, [N/A]\\n", "no devices were found", ""])
def test_a_use_that_isnt_known_isnt_none_at_all(tmp_path: Path, answer: str) -> None:
    assert GpuUse(smi(tmp_path, answer)).of([0]) is None


def test_without_gpus_or_driver_nothing_is_asked(tmp_path: Path) -> None:
    assert GpuUse(str(tmp_path / "none")).of([0]) is None
    assert GpuUse(smi(tmp_path, "0, 1\\n")).of([]) is None
    assert not (tmp_path / "asked").exists()
