"""What a workspace's environment holds: the profile's own variables, and nothing that decides."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.support.wire_sessions import profile, session

from octavo.local.confinement import Account, Limits
from octavo.local.enforcement import describe, write_down, written_down
from octavo_hub.workspace import environment, forbidden_variable, limits_of

LIMITS = Limits(cpus=1.5)


def variables(home: Path, gpus: list[int], **given: str) -> dict[str, str]:
    """Return the environment of a workspace whose profile sets these variables."""
    (home / "homes" / "ann").mkdir(parents=True)
    account = Account(
        name="ann", uid=os.geteuid(), gid=os.getegid(), home=home / "homes" / "ann", own=False
    )
    asked = session(profile=profile(environment=given), gpus=gpus)
    return environment(asked, account, LIMITS, "http://hub", "the-token")


def test_the_profiles_own_variables_arrive_and_never_over_the_platforms(tmp_path: Path) -> None:
    # One that slipped through every check still has no say over these.
    sly = {"OCTAVO_TOKEN": "other", "HOME": "/root", "CUDA_VISIBLE_DEVICES": "0,1", "PATH": "/x"}
    found = variables(tmp_path, [], FLIGHTS_MODE="quick", OMP_NUM_THREADS="1", **sly)
    assert (found["FLIGHTS_MODE"], found["OMP_NUM_THREADS"]) == ("quick", "1")
    assert (found["OCTAVO_TOKEN"], found["CUDA_VISIBLE_DEVICES"]) == ("the-token", "")
    assert found["HOME"] == str(tmp_path / "homes" / "ann")
    assert "/x" not in found["PATH"].split(":")


def test_leased_gpus_are_shown_by_number(tmp_path: Path) -> None:
    found = variables(tmp_path, [3, 1])
    assert (found["CUDA_VISIBLE_DEVICES"], found["CUDA_DEVICE_ORDER"]) == ("1,3", "PCI_BUS_ID")
    assert found["MKL_NUM_THREADS"] == "2"


@pytest.mark.parametrize(
    "name",
    [
        "LD_PRELOAD", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONSTARTUP", "JUPYTERHUB_API_TOKEN",
        "JUPYTER_CONFIG_PATH", "CUDA_VISIBLE_DEVICES", "OCTAVO_TOKEN", "MLFLOW_TRACKING_TOKEN",
        "PATH", "HOME", "BASH_ENV", "ld_preload", "OPENSSL_CONF", "OPENSSL_MODULES",
        "CUDA_INJECTION64_PATH", "CUDA_DEVICE_ORDER", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS",
        "JDK_JAVA_OPTIONS", "PS0", "PS1", "PS2", "PS4", "LOCPATH", "TMP", "TEMP", "R_PROFILE",
        "R_PROFILE_USER", "R_ENVIRON", "R_LIBS_SITE", "PAGER", "MANPAGER", "LESSOPEN", "EDITOR",
        "VISUAL", "BROWSER",
    ],
)  # fmt: skip
def test_a_variable_that_decides_which_code_runs_is_named(name: str) -> None:
    assert forbidden_variable({"FLIGHTS_MODE": "quick", name: "x"}) == name
    assert forbidden_variable({"FLIGHTS_MODE": "quick"}) is None


def test_limits_are_the_profiles_own() -> None:
    limits = limits_of(profile(cpu=4, cpu_guarantee=0.5, memory_gib=2, processes=300))
    assert limits == Limits(cpus=4, cpus_guaranteed=0.5, memory_bytes=2 * 1024**3, processes=300)


@pytest.mark.parametrize(
    ("isolated", "groups", "hides", "words"),
    [
        (True, "the kernel's control groups (version 1)", True,
         ["by the kernel's control groups (version 1).", "are hidden from a workspace"]),
        (True, None, False, ["by a watch that ends what is over it", "can't be read"]),
        (False, None, False, ["Evaluation mode", "processes not limited"]),
    ],
)  # fmt: skip
def test_the_means_in_force_are_said_and_kept_for_status(
    tmp_path: Path, isolated: bool, groups: str | None, hides: bool, words: list[str]
) -> None:
    said = describe(isolated=isolated, groups=groups, hides=hides)
    assert all(word in sentence for word, sentence in zip(words, said, strict=True))
    assert written_down(tmp_path) == []
    write_down(tmp_path, said)
    assert written_down(tmp_path) == said
