"""`calha invoice verify`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from calha.cli.options import ConfigFile, Data, configuration

if TYPE_CHECKING:
    from calha.cli.running import Running


def add_to(app: typer.Typer) -> None:
    invoice = typer.Typer(no_args_is_help=True, help="Invoices: prove that what was issued is what was computed.")
    invoice.callback()(lambda: None)  # else typer would make the only command the group itself
    invoice.command()(verify)
    app.add_typer(invoice, name="invoice")


def verify(
    number: Annotated[str | None, typer.Argument(help="Number of an invoice; all of them without one.")] = None,
    month: Annotated[str | None, typer.Option(help="Only invoices whose cycle begins in a month, YYYY-MM.")] = None,
    data: Data = None,
    config: ConfigFile = None,
) -> None:
    """Compute invoices anew from all that was sealed with them, and compare to the last byte.

    Example: `calha invoice verify 2026-000123`, `calha invoice verify --month 2026-07`
    """
    from calha.cli.running import Running

    running = Running(configuration(data, config).settings.data.folder)
    numbers = [number] if number is not None else list(_numbers(running, month))
    broken = 0
    for one in numbers:
        verdict = running.get(f"/api/v1/invoices/{one}/verification")
        if not verdict["holds"]:
            broken += 1
            typer.secho(f"{one}: {'; '.join(verdict['faults'])}", fg="red")
    typer.echo(f"{len(numbers)} invoices computed anew, {len(numbers) - broken} the same to the last byte")
    if broken:
        raise typer.Exit(1)


def _numbers(running: "Running", month: str | None) -> Iterator[str]:
    after: str | None = None
    while True:
        page = running.get("/api/v1/invoices", limit="500", month=month, after=after)
        yield from (one["number"] for one in page["items"])
        after = page["next"]
        if after is None:
            return
