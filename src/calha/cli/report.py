"""`calha report`: make a report on the command line, and look at those that are saved."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from calha.cli.options import ConfigFile, Data, configuration
from calha.domain.errors import CalhaError, Malformed

if TYPE_CHECKING:
    from calha.cli.running import Running

FORMATS = ("pdf", "xlsx", "csv")
LOOK_EVERY_S = 0.2


def add_to(app: typer.Typer) -> None:
    report = typer.Typer(
        no_args_is_help=True,
        help="Reports: flow, consumption, water balance, data quality, alarms, anomalies, machines, cleanings.",
    )
    report.command()(make)
    report.command("list")(list_saved)
    report.command()(run)
    app.add_typer(report, name="report")


def make(
    target: Annotated[Path, typer.Argument(help="File to write: *.pdf, *.xlsx or *.csv.")],
    kind: Annotated[
        str,
        typer.Option(help="flow, consumption, water_balance, data_quality, alarms, anomalies, machines or cleanings."),
    ] = "flow",
    site: Annotated[int, typer.Option(help="Number of the site; it and all below it.")] = 1,
    period: Annotated[str | None, typer.Option(help="yesterday, last_7_days, last_month, this_month…")] = None,
    from_: Annotated[str | None, typer.Option("--from", help="First day, or local time.")] = None,
    to: Annotated[str | None, typer.Option("--to", help="Last day, or local time at which to end.")] = None,
    step: Annotated[str, typer.Option(help="raw, 15m, 1h, 1d or 1mo.")] = "1d",
    device: Annotated[list[str] | None, typer.Option(help="Only this device; repeatable.")] = None,
    channel: Annotated[list[str] | None, typer.Option(help="Only this channel; repeatable.")] = None,
    quality: Annotated[list[str] | None, typer.Option(help="Only good, uncertain or bad; repeatable.")] = None,
    language: Annotated[str, typer.Option(help="pt-BR or en.")] = "pt-BR",
    zone: Annotated[str, typer.Option(help="IANA time zone; the site's without one.")] = "",
    csv: Annotated[str, typer.Option(help="semicolon (`;`, decimal comma) or rfc4180.")] = "semicolon",
    data: Data = None,
    config: ConfigFile = None,
) -> None:
    """Make a report of the running Calha.

    Example: `calha report make january.xlsx --from 2026-01-01 --to 2026-01-31 --step 1h`
    """
    definition: dict[str, Any] = {
        "kind": kind,
        "period": {"from": from_, "to": to} if from_ or to else {"relative": period or "yesterday"},
        "site_id": site,
        "devices": device or [],
        "channels": channel or [],
        "step": step,
        "language": language,
        "zone": zone,
        "csv": csv,
    }
    if quality:
        definition["qualities"] = quality
    format_ = _format_of(target)
    running = _running(data, config)
    body = {"name": target.stem[:100], "definition": definition, "formats": [format_]}
    found = _finished(running, running.post("/api/v1/report-runs", json.dumps(body).encode()), target.name)
    with target.open("wb") as file:
        for piece in running.stream("GET", f"/api/v1/report-runs/{found['id']}/files/{format_}"):
            file.write(piece)
    typer.echo(f"{found['files'][0]['rows']} rows in {target}")


def list_saved(data: Data = None, config: ConfigFile = None) -> None:
    """Show the saved reports: number, name, when the next is due, to whom it goes.

    Example: `calha report list`
    """
    running = _running(data, config)
    after: str | None = None
    while True:
        page = running.get("/api/v1/reports", limit="500", after=after)
        if not page["items"] and after is None:
            typer.echo("No report is saved yet.", err=True)
        for one in page["items"]:
            to = ", ".join([*one["recipients"], *([f"folder {one['folder']}"] if one["folder"] else [])])
            typer.echo(f"{one['id']:>5}  {one['name']}  {one['next_at'] or 'not scheduled'}  {to}")
        after = page["next"]
        if after is None:
            return


def run(
    number: Annotated[int, typer.Argument(help="Number of a saved report, as `calha report list` shows it.")],
    send: Annotated[bool, typer.Option("--send", help="Send it to its recipients and folder.")] = False,
    data: Data = None,
    config: ConfigFile = None,
) -> None:
    """Make a saved report now.

    Example: `calha report run 3 --send`
    """
    running = _running(data, config)
    begun = running.post(f"/api/v1/reports/{number}/runs", b"", send=str(send).lower())
    found = _finished(running, begun, begun["name"])
    for one in found["files"]:
        typer.echo(f"{one['name']}: {one['rows']} rows, {one['size_bytes']} bytes")
    for one in found["sent"]:
        typer.secho(f"{one['to']}: {one['problem'] or 'sent'}", fg="red" if one["problem"] else None)
    if found["problem"]:
        raise typer.Exit(1)


def _finished(running: "Running", begun: dict[str, Any], title: str) -> dict[str, Any]:
    """Wait for a run, with its progress. Raises CalhaError for one that failed."""
    from rich.progress import Progress

    found = begun
    with Progress(transient=True) as progress:
        task = progress.add_task(title, total=1.0)
        while found["state"] == "running":
            time.sleep(LOOK_EVERY_S)
            found = running.get(f"/api/v1/report-runs/{begun['id']}")
            progress.update(task, completed=found["share"])
    if found["state"] != "finished":
        raise CalhaError(found["problem"] or f"the report was {found['state']}")
    return found


def _running(data: Path | None, config: Path | None) -> "Running":
    from calha.cli.running import Running

    return Running(configuration(data, config).settings.data.folder)


def _format_of(target: Path) -> str:
    format_ = target.suffix.lstrip(".").lower()
    if format_ not in FORMATS:
        raise Malformed(f"{target}: a report is a file *.pdf, *.xlsx or *.csv")
    return format_
