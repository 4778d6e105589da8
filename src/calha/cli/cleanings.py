"""`calha cleaning verify`."""

from typing import Annotated

import typer

from calha.cli.options import ConfigFile, Data, configuration

TOLD = {
    "holds": "the seal holds: the cleaning is what the report says",
    "changed": "the seal is ours, but the readings have been corrected since: make the report again",
    "forged": "the seal is not ours, or was not made for that person",
}


def add_to(app: typer.Typer) -> None:
    cleaning = typer.Typer(no_args_is_help=True, help="Cleanings (CIP): prove that a report says what was measured.")
    cleaning.callback()(lambda: None)  # else typer would make the only command the group itself
    cleaning.command()(verify)
    app.add_typer(cleaning, name="cleaning")


def verify(
    device: Annotated[str, typer.Argument(help="Key of the station.")],
    at: Annotated[str, typer.Argument(help="When the cleaning began, in the station's zone, as the report says.")],
    seal: Annotated[str, typer.Argument(help="The seal, as the report prints it.")],
    by: Annotated[str, typer.Option(help="Who made the report, as it says.")],
    data: Data = None,
    config: ConfigFile = None,
) -> None:
    """Check the seal of a cleaning in a report against what the readings tell now.

    Example: `calha cleaning verify cip-1 2026-01-31T09:00:10 "0f3a91c2 55e0…" --by maria`
    """
    from calha.cli.running import Running

    running = Running(configuration(data, config).settings.data.folder)
    found = running.get(f"/api/v1/devices/{device}/cleanings/verification", at=at, seal=seal, by=by)
    holds = found["verdict"] == "holds"
    typer.secho(TOLD[found["verdict"]], fg=None if holds else "red")
    if not holds:
        raise typer.Exit(1)
