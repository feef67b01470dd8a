"""What nvidia-smi says of the leased devices, and what is said where it says nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from octavo_lab import gpu
from octavo_lab.gpu import Gpus, leased, mean_percent


def program(folder: Path, script: str) -> str:
    """Write a program that stands for nvidia-smi and return its path."""
    path = folder / "nvidia-smi"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("environ", "devices"),
    [
        ({}, ""),
        ({"CUDA_VISIBLE_DEVICES": ""}, None),
        ({"CUDA_VISIBLE_DEVICES": "-1"}, None),
        ({"CUDA_VISIBLE_DEVICES": "0,2"}, "0,2"),
        ({"NVIDIA_VISIBLE_DEVICES": "all"}, ""),
        ({"NVIDIA_VISIBLE_DEVICES": "void"}, None),
        ({"CUDA_VISIBLE_DEVICES": "1", "NVIDIA_VISIBLE_DEVICES": "all"}, "1"),
    ],
)
def test_leased_devices_are_read_from_the_environment(
    environ: dict[str, str], devices: str | None
) -> None:
    assert leased(environ) == devices


@pytest.mark.parametrize(
    ("text", "percent"),
    [("0\n", 0.0), ("10\n30\n", 20.0), ("[N/A]\n", None), ("", None), ("5\n[N/A]\n", None)],
)
def test_the_mean_of_the_devices_is_told_and_nothing_where_one_is_silent(
    text: str, percent: float | None
) -> None:
    assert mean_percent(text) == percent


async def test_only_the_leased_devices_are_asked_for(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    path = program(tmp_path, f'echo "$@" > {asked}; echo 40; echo 60')
    assert await Gpus({"CUDA_VISIBLE_DEVICES": "1,3"}, path).percent() == 50
    assert "--id=1,3" in asked.read_text()


async def test_nothing_is_asked_where_no_device_is_leased(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    path = program(tmp_path, f"touch {asked}; echo 40")
    assert await Gpus({"CUDA_VISIBLE_DEVICES": ""}, path).percent() is None
    assert not asked.exists()


async def test_a_driver_that_fails_is_absent_or_never_answers_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await Gpus({}, program(tmp_path, "echo 40; exit 9")).percent() is None
    assert await Gpus({}, str(tmp_path / "absent")).percent() is None
    monkeypatch.setattr(gpu, "ANSWER_S", 0.1)
    assert await Gpus({}, program(tmp_path, "exec sleep 60")).percent() is None
