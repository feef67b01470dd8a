"""`octavo profiles`: spawner profiles kept as files, checked and proposed from Git."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

import click

from octavo.cli.profile_plan import Step, plan_of, request_of
from octavo.client import Client, ClientError
from octavo.records.profiles import DocumentCheck, DocumentRequest, Finding, ProfileChange

FAULTY = 1
"""Exit status for a document with errors."""
DIFFERENT = 3
"""Exit status of `plan --exit-code` when there is something to apply."""
CHECK = "octavo_server.workspaces.check_profiles"
LONGEST_BYTES = 4 * 65_536 + 4
NULL = "\0"


def _url_option() -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option(
        "--url",
        default=lambda: os.environ.get("OCTAVO_URL", ""),
        show_default="OCTAVO_URL",
        help="The platform: <address>/services/octavo. The token comes from OCTAVO_TOKEN.",
    )


def _folder_argument() -> Callable[[Callable[..., None]], Callable[..., None]]:
    kind = click.Path(exists=True, file_okay=False, path_type=Path)
    return click.argument("folder", type=kind, default="spawner_profiles")


@click.group()
def profiles() -> None:
    """Check, compare and propose spawner profiles that are kept as files.

    Exit status: 0 all is well, 1 a document has errors or the platform refused, 2 wrong use.
    """


@profiles.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@_url_option()
@click.option("--offline", is_flag=True, help="Check here, even where a platform is known.")
@click.option("--json", "as_json", is_flag=True, help="Print all findings as one JSON list.")
def validate(paths: tuple[Path, ...], url: str, *, offline: bool, as_json: bool) -> None:
    """Check files, or folders of them.

    Form and meaning, images, groups, and whether a workspace ever fits somewhere.

    With a platform it is asked, and nothing is changed there. Without one, or with --offline, the
    check runs here; that needs the extra octavo[server], leaves groups unchecked, and takes images
    and node pools from OCTAVO_IMAGES and OCTAVO_NODE_POOLS. Exit status 1 for errors.
    """
    files = _files(paths or (Path("spawner_profiles"),))
    if url and not offline:
        with _client(url) as client:
            checks = _alone(files, [_asked(client, file) for file in files])
        by = f"Checked by {url}; nothing was changed."
    else:
        checks = _alone(files, _checked_here(files))
        by = "Checked here, without a platform: groups stay unchecked."
    if as_json:
        click.echo(json.dumps([one.model_dump(mode="json") for one in _findings(checks)], indent=1))
    else:
        _tell(files, checks)
        click.echo(by, err=True)
    sys.exit(0 if all(one.valid for one in checks) else FAULTY)


@profiles.command()
@_folder_argument()
@_url_option()
@click.option("--exit-code", is_flag=True, help="Exit with 3 when there is something to apply.")
def plan(folder: Path, url: str, *, exit_code: bool) -> None:
    """Show what the files of FOLDER would change.

    Exit status: 0, 1 for errors in a file, 3 with --exit-code when something is to be applied.
    """
    with _client(url) as client:
        steps = _planned(client, folder)
    _show(steps)
    _end_if_faulty(steps)
    sys.exit(DIFFERENT if exit_code and any(step.applies for step in steps) else 0)


@profiles.command()
@_folder_argument()
@_url_option()
@click.option("--reason", required=True, help="Why, as a sentence that the reviewer reads.")
def apply(folder: Path, url: str, reason: str) -> None:
    """Propose what the files of FOLDER change.

    Another person reviews each change.
    Proposing the same again does nothing while it waits. A file never takes a profile away: give
    it a `retirement` to retire it. Exit status 1 for errors in a file or a refusal; then nothing,
    or nothing more, was proposed.
    """
    with _client(url) as client:
        steps = _planned(client, folder)
        _end_if_faulty(steps)
        for step in steps:
            if step.applies:
                made = client.post("/profiles/changes", request_of(step, reason))
                change = ProfileChange.model_validate(made)
                click.echo(f"proposed   {step.name:<20} {step.what} as {change.id}")
            else:
                click.echo(f"unchanged  {step.name:<20} {step.what} {step.note}".rstrip())
    if any(step.applies for step in steps):
        click.echo("Another platform admin or a reviewer can decide on them now.")


def _client(url: str) -> Client:
    token = os.environ.get("OCTAVO_TOKEN", "")
    if not url or not token:
        name = "OCTAVO_TOKEN" if url else "OCTAVO_URL (or --url)"
        raise ClientError(
            "not_connected",
            f"{name} is not set, so there is no platform to ask.",
            "Set OCTAVO_URL to <address>/services/octavo and OCTAVO_TOKEN to a token of a platform "
            "admin or reviewer; `octavo profiles validate --offline` needs neither.",
        )
    return Client(url, token)


def _files(paths: Iterable[Path]) -> list[Path]:
    """Return the profile files among ``paths`` and in folders of them, each once."""
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise click.UsageError(f"There is no {path}. Name the files or folders to check.")
        inner = _inside(path) if path.is_dir() else [path]
        if not inner:
            raise click.UsageError(f"{path} holds no .yaml file.")
        found += [file for file in inner if file not in found]
    return found


def _inside(folder: Path) -> list[Path]:
    return sorted(
        file for kind in ("*.yaml", "*.yml") for file in folder.glob(kind) if file.is_file()
    )


def _text(file: Path) -> str:
    """Return a file's text, no more of it than shows that it is too long."""
    with file.open("rb") as stream:
        return stream.read(LONGEST_BYTES).decode("utf-8", errors="replace")


def _asked(client: Client, file: Path) -> DocumentCheck:
    text = _text(file)
    if NULL in text:
        return _no_text(file, text)
    try:
        request = DocumentRequest(text=text, document=None, file=str(file)[-255:])
    except ValueError:
        return _too_long(file, text)
    return DocumentCheck.model_validate(client.post("/profiles/check", request))


def _too_long(file: Path, text: str) -> DocumentCheck:
    said = f"The document has {len(text)} characters or more; at most 65536 are allowed."
    limit = "at most 65536 characters"
    return _unasked(_error(file, said, value=f"{len(text)} characters", limit=limit))


def _no_text(file: Path, text: str) -> DocumentCheck:
    line = text[: text.index(NULL)].count("\n") + 1
    said = "The document holds a null character, which is no text. Save it as UTF-8."
    limit = "text without null characters"
    return _unasked(_error(file, said, value="a null character", limit=limit, line=line))


def _error(
    file: Path, said: str, *, value: str, limit: str, field: str = "", line: int | None = None
) -> Finding:
    """Return a fault that is seen here, without asking the platform."""
    return Finding(
        severity="error",
        file=str(file),
        line=line,
        field=field,
        value=value,
        limit=limit,
        message=said,
    )


def _unasked(fault: Finding) -> DocumentCheck:
    return DocumentCheck(
        valid=False,
        text="",
        document=None,
        findings=[fault],
        profile=None,
        base_version=None,
        diff="",
        fits=[],
    )


def _alone(files: Sequence[Path], checks: Sequence[DocumentCheck]) -> list[DocumentCheck]:
    """Return the checks with an error for each profile that has two files in one folder."""
    named = defaultdict[tuple[Path, str | None], list[Path]](list)
    for file, check in zip(files, checks, strict=True):
        named[file.parent, check.profile].append(file)
    return [
        _as_twin(file, check, named[file.parent, check.profile])
        for file, check in zip(files, checks, strict=True)
    ]


def _as_twin(file: Path, check: DocumentCheck, twins: Sequence[Path]) -> DocumentCheck:
    if check.profile is None or len(twins) == 1:
        return check
    names = " and ".join(one.name for one in twins)
    said = f"{names} are of the same profile, {check.profile}. Keep one of them."
    fault = _error(file, said, value=check.profile, limit="one file a profile", field="id")
    return check.model_copy(update={"valid": False, "findings": [*check.findings, fault]})


def _checked_here(files: Sequence[Path]) -> list[DocumentCheck]:
    if find_spec("octavo_server") is None:
        raise ClientError(
            "not_installed",
            "Profiles can't be checked here: the extra octavo[server] is not installed.",
            "Install it, or set OCTAVO_URL and OCTAVO_TOKEN to ask a platform.",
        )
    # A process of its own: the command line imports nothing of the server's.
    command = [sys.executable, "-m", CHECK, *[str(file) for file in files]]
    kept = {"OCTAVO_IMAGES", "OCTAVO_NODE_POOLS"}
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("OCTAVO_") or name in kept
    }
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or ["it said nothing"]
        raise ClientError("check_failed", said[-1], "Correct that and check again.")
    return [DocumentCheck.model_validate(one) for one in json.loads(done.stdout)]


def _planned(client: Client, folder: Path) -> list[Step]:
    files = _files((folder,))
    checks = _alone(files, [_asked(client, file) for file in files])
    return plan_of(client, dict(zip(files, checks, strict=True)))


def _findings(checks: Iterable[DocumentCheck]) -> list[Finding]:
    return [one for check in checks for one in check.findings]


def _tell(files: Sequence[Path], checks: Sequence[DocumentCheck]) -> None:
    for file, check in zip(files, checks, strict=True):
        for one in check.findings:
            click.echo(_line(one))
        fits = f", fits on {', '.join(check.fits)}" if check.fits else ""
        click.echo(f"{'ok' if check.valid else 'FAULTY':<9}{file}{fits if check.valid else ''}")


def _line(one: Finding) -> str:
    place = f"{one.file}:{one.line}" if one.line else one.file
    return f"{place}: {one.severity}: {one.message}"


def _show(steps: Iterable[Step]) -> None:
    for step in steps:
        click.echo(f"{step.what:<12} {step.name}{f'  ({step.note})' if step.note else ''}")
        if step.check is not None:
            for one in step.check.findings:
                click.echo(f"  {_line(one)}")
            if step.applies and step.check.diff:
                click.echo("\n".join(f"  {line}" for line in step.check.diff.splitlines()))


def _end_if_faulty(steps: Iterable[Step]) -> None:
    faulty = [step for step in steps if step.faulty]
    for step in faulty:
        for one in step.check.findings if step.check else ():
            if one.severity == "error":
                click.echo(_line(one), err=True)
    if faulty:
        click.echo("Nothing was proposed: correct the errors first.", err=True)
        sys.exit(FAULTY)
