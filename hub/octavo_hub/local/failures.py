"""Why a workspace on this machine didn't start, or ended: one sentence and one action each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from octavo_hub.failure import Failure
from octavo_hub.local.amounts import amount

ASK = "Start again; if it stays like this, tell your platform admin."
SHOWN_LINES = 20


def no_account(person: str, said: str) -> Failure:
    """The machine refused to make or give the person's account."""
    return Failure(
        kind="account",
        sentence=f"This machine couldn't give {person} an account of their own.",
        action="Tell your platform admin, who finds the reason below.",
        raw=(said,),
    )


def home_not_writable(home: Path, said: str) -> Failure:
    """The person's home can't be written to, and not because it is full."""
    return Failure(
        kind="volume",
        sentence=f"Your home {home} can't be written to ({said}).",
        action="Tell your platform admin; nothing in it was changed.",
        raw=(f"{home}: {said}",),
    )


def not_furnished(project: str, said: str) -> Failure:
    """The project's notebooks couldn't be copied into the home."""
    return Failure(
        kind="volume",
        sentence=f"The notebooks of project {project} couldn't be copied into your home.",
        action="Tell your platform admin, who finds the reason below.",
        raw=tuple(said.splitlines()[-SHOWN_LINES:]),
    )


def command_missing(command: str) -> Failure:
    """The program that every workspace starts with isn't there or may not be run."""
    return Failure(
        kind="installation",
        sentence=f"{command}, which starts JupyterLab, is missing or can't be run.",
        action="Tell your platform admin: pip install 'octavo[all]' brings it.",
        raw=(command,),
    )


def bad_variable(profile: str, name: str) -> Failure:
    """A profile sets a variable that decides which code runs, as whom, or on which GPU."""
    return Failure(
        kind="bad_profile",
        sentence=f"Profile {profile} sets {name}, which only the platform may set.",
        action="Choose another profile, and tell your platform admin to take it out of this one.",
        raw=(name,),
    )


def out_of_memory(limit_bytes: int, biggest: str = "", used_bytes: int | None = None) -> Failure:
    """All processes of the workspace together took more memory than its profile allows."""
    took = f" It used {amount(used_bytes)}" if used_bytes is not None else ""
    most = f"{took}; most of it was held by {biggest}." if took and biggest else f"{took}."
    return Failure(
        kind="out_of_memory",
        sentence=f"The workspace needed more than its {amount(limit_bytes)} of memory "
        f"and was ended.{most if took else ''}",
        action="Your files are kept. Load less at once, or choose a profile with more memory.",
    )


def died_with_the_hub() -> Failure:
    """It was running when the hub was ended, and no longer when the hub came back."""
    return Failure(
        kind="crashed",
        sentence="The workspace ended together with the hub.",
        action="Start again; your files are kept.",
        raw=("not running when the hub started",),
    )


def said_when_it_died(status: int, words: Sequence[str], limit_bytes: int) -> Failure:
    """Tell from its last words why JupyterLab ended; the unknown is shown as it is."""
    text, raw = "\n".join(words), tuple(words[-SHOWN_LINES:])
    for pattern, failure in _SIGNS:
        found = re.search(pattern, text)
        if found:
            return Failure(
                kind=failure.kind,
                sentence=failure.sentence.format(*found.groups()),
                action=failure.action,
                raw=raw,
            )
    if re.search(r"^MemoryError|Cannot allocate memory", text, re.MULTILINE):
        memory = out_of_memory(limit_bytes)
        return Failure(kind=memory.kind, sentence=memory.sentence, action=memory.action, raw=raw)
    return Failure(
        kind="crashed",
        sentence=f"JupyterLab ended by itself ({_way(status)}).",
        action=ASK,
        raw=raw or (f"{_way(status)}, without a word",),
    )


def _way(status: int) -> str:
    return f"killed by signal {-status}" if status < 0 else f"exit status {status}"


_SIGNS: tuple[tuple[str, Failure], ...] = (
    (
        r"No space left on device|Disk quota exceeded",
        Failure(
            kind="home_full",
            sentence="JupyterLab ended because there was no space left to write to.",
            action="Start again: a home that is full opens with a scratch place beside it.",
        ),
    ),
    (
        r"Address already in use|[Pp]ort (\d+) is already in use|no available port could be found",
        Failure(
            kind="network",
            sentence="The port that was chosen for the workspace was taken in the same moment.",
            action="Start again: it gets another one.",
        ),
    ),
    (
        r"Failed to connect to my Hub",
        Failure(
            kind="network",
            sentence="JupyterLab couldn't reach the hub on this machine.",
            action=ASK,
        ),
    ),
    (
        r"ModuleNotFoundError: No module named '([^']+)'",
        Failure(
            kind="installation",
            sentence="JupyterLab lacks the Python package {0}.",
            action="Tell your platform admin: pip install 'octavo[all]' repairs the installation.",
        ),
    ),
    (
        r"Bad config encountered|TraitError",
        Failure(
            kind="crashed",
            sentence="JupyterLab refused its configuration.",
            action="Undo your last change in ~/.jupyter, or tell your platform admin.",
        ),
    ),
)
