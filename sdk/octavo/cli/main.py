"""`octavo`: the entry point and the table of its commands."""

from __future__ import annotations

import importlib
import sys

import click

from octavo import __version__

COMMANDS = {
    "up": "octavo.cli.machine:up",
    "down": "octavo.cli.machine:down",
    "status": "octavo.cli.machine:status",
    "lint": "octavo.cli.linting:lint",
    "submit": "octavo.cli.notebooks:submit",
    "verify": "octavo.cli.proof:verify",
    "bundle": "octavo.cli.proof:bundle",
    "keys": "octavo.cli.proof:keys",
    "models": "octavo.cli.models:models",
    "edge": "octavo.cli.edge:edge",
    "pipelines": "octavo.cli.pipelines:pipelines",
    "runs": "octavo.cli.runs:runs",
    "batches": "octavo.cli.batches:batches",
    "profiles": "octavo.cli.profiles:profiles",
    "features": "octavo.cli.features:features",
    "audit": "octavo.cli.audit:audit",
}
"""Command -> ``module:attribute`` of its click command."""


class LazyGroup(click.Group):
    """A group that imports a command's module only for that command."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands in the table's order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command; None for an unknown name."""
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, attribute = place.partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="octavo")
def cli() -> None:
    """Take a notebook from its first cell to governed production."""


def main() -> None:
    """Run the command line; an expected failure is one sentence on standard error."""
    from octavo.client import ClientError
    from octavo.local.errors import CannotStart

    try:
        cli(prog_name="octavo")
    except (CannotStart, ClientError) as error:
        sys.stderr.write(f"\n{error.message}\n{error.remedy}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
