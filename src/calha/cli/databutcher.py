"""`calha databutcher add` and `list`: machines with the codes and QR labels that DataButcher gives them."""

import json
from pathlib import Path
from typing import Annotated

import typer

from calha.cli.options import ConfigFile, Data, configuration

MACHINES = "/api/v1/databutcher/machines"
PAGE = 1_000


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="Machines of DataButcher: their codes and QR labels.")
    group.command()(add)
    group.command("list")(list_)
    app.add_typer(group, name="databutcher")


def add(
    maker: Annotated[str, typer.Argument(help="Who made it.")],
    model: Annotated[str, typer.Argument(help="Which model it is.")],
    device: Annotated[str | None, typer.Option(help="A machine that Calha knows already gets the code.")] = None,
    code: Annotated[str | None, typer.Option(help="What its program calls itself; a new one when missing.")] = None,
    site: Annotated[int | None, typer.Option(help="Site of a new one, by number.")] = None,
    folder: Annotated[Path, typer.Option(help="Folder for the QR code.")] = Path("Qrcode"),
    data: Data = None,
    config: ConfigFile = None,
) -> None:
    """Register a machine and write its label, `qrcode_<code>.png`. A program gets the code as its MAQUINA_ID.

    Example: `calha databutcher add "Moinhos Silva" M-200`
    """
    from calha.cli.running import Running

    running = Running(configuration(data, config).settings.data.folder)
    new = {"maker": maker, "model": model, "device": device, "code": code, "site_id": site}
    made = running.post(MACHINES, json.dumps({key: value for key, value in new.items() if value is not None}).encode())
    typer.echo(f"{made['code']}  {made['device']}  {_label(folder, made['code'])}")


def list_(
    labels: Annotated[Path | None, typer.Option(help="Write the QR code of each into this folder.")] = None,
    data: Data = None,
    config: ConfigFile = None,
) -> None:
    """The codes of all machines.

    Example: `calha databutcher list --labels Qrcode`
    """
    from calha.cli.running import Running

    running = Running(configuration(data, config).settings.data.folder)
    after: str | None = None
    while True:
        page = running.get(MACHINES, after=after, limit=str(PAGE))
        for row in page["items"]:
            label = f"  {_label(labels, row['code'])}" if labels is not None else ""
            typer.echo(f"{row['code']}  {row['device']}  {row['maker']} {row['model']}{label}")
        after = page["next"]
        if after is None:
            return


def _label(folder: Path, code: str) -> Path:
    """A PNG whose QR code says the code and nothing else, as the app with the camera expects it."""
    import segno

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"qrcode_{code}.png"
    segno.make(code, error="m", micro=False).save(str(path), scale=10, border=4)
    return path
