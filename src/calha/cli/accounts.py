"""`calha audit verify` and `calha set-up-link`."""

from pathlib import Path
from typing import Annotated

import typer

from calha.cli.options import ConfigFile, Data, configuration
from calha.domain.errors import InvalidConfiguration

WRITTEN = (".csv", ".ndjson")


def add_to(app: typer.Typer) -> None:
    audit = typer.Typer(no_args_is_help=True, help="The audit log: who changed what, when, from where.")
    audit.command()(verify)
    audit.command("export")(export)
    app.add_typer(audit, name="audit")
    app.command("set-up-link")(set_up_link)


def verify(data: Data = None, config: ConfigFile = None) -> None:
    """Compute the chain of hashes anew. Keep the last hash elsewhere, and a chain that was rewritten shows as well.

    Example: `calha audit verify`
    """
    from calha.cli.running import Running

    verdict = Running(configuration(data, config).settings.data.folder).get("/api/v1/audit/verdict")
    if verdict["broken_at"] is not None:
        typer.secho(
            f"The chain breaks at entry {verdict['broken_at']}: it was changed, or one before it taken out.", fg="red"
        )
        raise typer.Exit(1)
    typer.echo(f"{verdict['entries']} entries, unbroken. Last hash: {verdict['last_hash']}")


def export(
    target: Annotated[typer.FileTextWrite, typer.Argument(help="File to write; *.csv or *.ndjson.")],
    data: Data = None,
    config: ConfigFile = None,
) -> None:
    """Write the whole audit log to a file, oldest entry first.

    Example: `calha audit export audit.csv`
    """
    from calha.cli.running import Running

    if Path(target.name).suffix not in WRITTEN:
        raise InvalidConfiguration(f"{target.name}: write to *.csv or *.ndjson")
    running = Running(configuration(data, config).settings.data.folder)
    form = Path(target.name).suffix.lstrip(".")
    for piece in running.stream("GET", "/api/v1/audit/export", form=form):
        target.write(piece.decode())


def set_up_link(data: Data = None, config: ConfigFile = None) -> None:
    """A new link to create the first account, when the one printed at the start is lost or too old.

    Example: `calha set-up-link`
    """
    from calha.cli.running import Running

    running = Running(configuration(data, config).settings.data.folder)
    typer.echo(running.post("/api/v1/set-up/link", b"")["link"])
