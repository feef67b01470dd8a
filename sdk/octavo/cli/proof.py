"""`octavo verify`, `octavo bundle` and `octavo keys`: proof, on this machine and offline."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from octavo.bundles import BundleVerdict, verify_bundle
from octavo.cli.notebooks import project_option
from octavo.client import Client, ClientError
from octavo.edge.claims import PREDICATE as EDGE
from octavo.edge.claims import read_claim
from octavo.envelopes import Refused, TrustedKeys
from octavo.records.notebooks import ReleaseVerification
from octavo.records.proof import KeyList
from octavo.release_bundles import ReleaseVerdict, is_release, verify_release

EXPORT_S = 600.0
"""How long exporting a version may take: every byte is read and checked, seconds."""


@click.command()
@click.argument("target")
@click.option(
    "--key",
    type=click.Path(path_type=Path),
    help="For a bundle: the public key that you trust, as PEM or as `octavo keys` writes it.",
)
@project_option()
def verify(target: str, key: Path | None, project: str) -> None:
    """Check TARGET: a bundle or exported release, offline, or a release by its digest.

    A bundle is checked on this machine alone, against the key that you name. A release is checked
    by the platform service, which reads its stored bytes.
    """
    if key is None and not Path(target).exists():
        _release(target, project)
    elif key is None:
        raise ClientError(
            "no_key",
            f"{target} is checked against a key that you trust, and none was named.",
            "Add --key FILE with the file that `octavo keys` wrote.",
        )
    else:
        _bundle(Path(target), key)


def _bundle(path: Path, key: Path) -> None:
    try:
        if is_release(path):
            _exported(verify_release(path, TrustedKeys.load(key)))
            return
        found = verify_bundle(path, TrustedKeys.load(key))
    except Refused as refusal:
        raise ClientError("refused", refusal.message, refusal.remedy) from refusal
    for fault in found.faults:
        click.echo(f"FAULT  {fault}")
    if found.statement:
        _tell(found)
    click.echo("The bundle verifies." if found.ok else "The bundle does not verify.")
    sys.exit(0 if found.ok else 1)


def _exported(found: ReleaseVerdict) -> None:
    for fault in found.faults:
        click.echo(f"FAULT  {fault}")
    if found.manifest:
        said = found.manifest
        click.echo(f"release  {said['project']}/{said['name']} {said['number']}")
        click.echo(f"digest   {found.digest}")
        click.echo(f"approved by {said['approval']['reviewer']}, counts until "
                   f"{said.get('valid_until') or 'it is withdrawn'}")  # fmt: skip
        click.echo(f"files    {found.files} signed")
    click.echo(f"key      {found.key_id}")
    click.echo("The release verifies." if found.ok else "The release does not verify.")
    sys.exit(0 if found.ok else 1)


def _tell(found: BundleVerdict) -> None:
    """Say what was signed; the words come from the signed statement."""
    said = found.statement.get("predicate", {})
    if found.statement.get("predicateType") == EDGE:
        claim = read_claim(found.statement, found.key_id)
        click.echo(f"model    {claim.place.project}.{claim.model} version {claim.version}")
        click.echo(f"for      devices of the {claim.place}, generation {claim.generation}")
    built = said.get("buildDefinition", {})
    asked = built.get("externalParameters", {})
    if asked.get("model"):
        click.echo(f"model    {asked['project']}.{asked['model']} version {asked['version']}")
        click.echo(f"run      {asked['run_id']}")
    click.echo(f"files    {found.files} signed")
    click.echo(f"bills    {found.bills} signed" if found.bills else "bills    none in the bundle")
    click.echo(f"key      {found.key_id}")


def _release(release: str, project: str) -> None:
    with Client.from_environment() as client:
        path = f"/projects/{project}/notebooks/releases/{release}/verify"
        found = ReleaseVerification.model_validate(client.post(path, {}))
    for check in found.checks:
        click.echo(f"{'ok' if check.ok else 'FAULT':<6} {check.name:<20} {check.detail}")
    click.echo("The release verifies." if found.ok else "The release does not verify.")
    sys.exit(0 if found.ok else 1)


@click.command()
@click.argument("model")
@click.argument("version", type=click.IntRange(1, 1_000_000))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@project_option()
def bundle(model: str, version: int, file: Path, project: str) -> None:
    """Write VERSION of MODEL with all that proves it to FILE, a zip."""
    with Client.from_environment(timeout_s=EXPORT_S) as client:
        size = client.download(
            f"/projects/{project}/models/{model}/versions/{version}/bundle", file
        )
    click.echo(f"{file}  {size:,} bytes")
    click.echo(f"Check it anywhere: octavo verify {file} --key KEYS")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--pem",
    type=click.Choice(["statements", "model-signing"]),
    help="Write one active key as PEM instead; model-signing is what OpenSSF's tool takes.",
)
def keys(file: Path, pem: str | None) -> None:
    """Write the public keys of this installation to FILE, the revoked ones with why."""
    with Client.from_environment() as client:
        found = client.fetch(KeyList, "/keys")
    if pem is None:
        file.write_text(found.model_dump_json(indent=2) + "\n", encoding="utf-8")
    else:
        active = next(one for one in found.items if one.use == pem and one.active)
        file.write_text(active.public_pem, encoding="utf-8")
    for one in found.items:
        state = f"revoked: {one.revoked_reason}" if one.revoked_at else ""
        click.echo(f"{one.key_id[:16]}  {one.use:<13}  {state or ('signs' if one.active else '')}")
