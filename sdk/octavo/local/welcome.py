"""What `octavo up` prints once everything works."""

from __future__ import annotations

import shutil

from octavo.local import resources
from octavo.local.accounts import EVALUATION_MODE
from octavo.local.launch import Launch
from octavo.local.people import read_passwords

WHAT_THEY_DO = {
    "scientist": "finds features, trains, registers, submits, asks for a deployment",
    "reviewer": "reads diff, lint, verdict and policy, then approves or sends back",
    "oncall": "watches the monitor of what is live, rolls back",
    "admin": "reads the audit trail and the cost, steers profiles and policies",
}


def _callback(launch: Launch) -> str:
    """Return the line with the address that the identity provider must know."""
    return f"  {launch.public_url}/hub/oauth_callback"


def welcome(launch: Launch, seconds: float) -> str:
    """Return the address, the demo people's sign-in, and what to click first."""
    lines = ["", f"Octavo is ready after {seconds:.1f} s:  {launch.public_url}/", ""]
    people = launch.home.root / "people.txt"
    authenticator = launch.environment.get("OCTAVO_AUTHENTICATOR") or "demo"
    if authenticator != "demo":
        # The passwords that an installation makes open nothing then.
        lines += [f"People sign in by {authenticator}, and come back to", "", _callback(launch), ""]
    elif people.exists():
        lines += [f"  {'sign in as':<12}{'password':<24}who"]
        lines += [
            f"  {name:<12}{password:<24}{WHAT_THEY_DO.get(name, '')}"
            for name, password in read_passwords(people).items()
        ]
        lines += [
            "",
            "First: sign in as scientist, choose the project flights and the card cpu-small, press",
            "Start, and click the Octavo icon in JupyterLab's left sidebar.",
            "",
        ]
    if not launch.isolated:
        lines += [EVALUATION_MODE, ""]
    lines.append(f"Logs are in {launch.home.logs}. Stop with Ctrl-C here, or `{_stop()}`.")
    return "\n".join(lines)


def _stop() -> str:
    """Return the command that stops Octavo from another terminal, where it can be found."""
    return "make down" if resources.checkout() and not shutil.which("octavo") else "octavo down"
