"""Says, for logs and `octavo status`, by what means workspaces are kept within their limits."""

from __future__ import annotations

from pathlib import Path

from octavo.local.confinement import EVALUATION_MODE

FILE = "enforcement.txt"


def describe(*, isolated: bool, groups: str | None, hides: bool) -> list[str]:
    """Return what is in force, a sentence each.

    ``groups`` names the control groups in use, None where a watch has to do; ``hides`` is whether a
    workspace sees no other account's processes.
    """
    if not isolated:
        shared = (
            "Limits of workspaces: memory by a watch that ends what is over it, and of each "
            "process by the kernel; processes not limited; CPU by the cores it may use."
        )
        return [EVALUATION_MODE, shared]
    kept = (
        f"Limits of workspaces: memory, CPU and processes of a whole workspace by {groups}."
        if groups
        else "Limits of workspaces: memory of a whole workspace by a watch that ends what is over "
        "it (this machine gives Octavo no control groups), processes by the account, CPU by the "
        "cores it may use."
    )
    seen = (
        "Processes of other accounts are hidden from a workspace."
        if hides
        else "Processes of other accounts are listed in a workspace's /proc (this machine gives "
        "Octavo no mount namespaces); their environment and memory can't be read."
    )
    return [kept, seen]


def write_down(state: Path, sentences: list[str]) -> None:
    """Keep the sentences in the state folder, where `octavo status` finds them."""
    draft = state / f"{FILE}.new"
    draft.write_text("".join(f"{one}\n" for one in sentences), encoding="utf-8")
    draft.replace(state / FILE)


def written_down(state: Path) -> list[str]:
    """Return the sentences of the hub that started last; none before the first start."""
    try:
        return (state / FILE).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
