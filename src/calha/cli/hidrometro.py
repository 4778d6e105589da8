"""`calha import hidrometro`: brings the database of Hidrômetro Inteligente over."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from calha.cli.options import configuration, progress_bar
from calha.domain.errors import InvalidConfiguration

MAX_NAMED = 5  # users
IMPORT = "/api/v1/hidrometro/import"
LABELS = {
    "customers": "customers",
    "kinds": "kinds of meters",
    "meters": "meters",
    "tariffs": "tariffs",
    "months": "typed months",
    "users": "users",
    "alerts": "alerts",
    "readings": "readings",
    "node_readings": "readings (Node)",
}


def bring(
    url: str | None, zone: str | None, serial: str | None, dry_run: bool, data: Path | None, config: Path | None
) -> None:
    """Bring all tables over, and say what became of them."""
    from calha.cli.running import Running
    from calha.compat.hidrometro.old_database import OldDatabase

    if url is None:
        raise InvalidConfiguration(
            "name the old database: --from sqlite:///FILE or --from mysql://USER:PASSWORD@HOST/NAME"
        )
    settings = configuration(data, config).settings
    running, old = Running(settings.data.folder), OldDatabase.open(url)
    serial = serial or settings.compat.hidrometro.default_serial or None
    receipts: dict[str, _Receipt] = {}
    viewers: list[str] = []
    coming = old.serials() if dry_run else []
    for table in old.tables():
        receipt = receipts[table] = _Receipt()
        with progress_bar(LABELS[table], old.count(table)) as (progress, task):
            for part in old.parts(table):
                body = {"table": table, "rows": part, "zone": zone or "UTC", "serial": serial, "coming": coming}
                told = running.post(IMPORT, json.dumps(body).encode(), dry_run="true" if dry_run else None)
                receipt.take(told)
                viewers += [str(row.get("username")) for row in part if table == "users" and row.get("role") != "admin"]
                progress.advance(task, len(part))
    _show(receipts, viewers, dry_run)


class _Receipt:
    """What became of the parts of a table together."""

    def __init__(self) -> None:
        self.new = self.known = 0
        self.readings: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()
        self.examples: dict[str, str] = {}

    def take(self, told: dict[str, Any]) -> None:
        self.new += told["new"]
        self.known += told["known"]
        self.readings.update(told["readings"])
        self.rejected.update(told["rejected"])
        self.examples = told["examples"] | self.examples


def _show(receipts: dict[str, _Receipt], viewers: Sequence[str], dry_run: bool) -> None:
    """viewers: users who could send readings there, and may not here."""
    typer.echo("Dry run, nothing was changed:" if dry_run else "Receipt:")
    for table, receipt in receipts.items():
        if table.endswith("readings"):
            values = receipt.readings
            told = f"values: new {values['stored'] + values['late']}, here already {values['duplicate']}"
            told += f", corrected {values['corrected']}"
        else:
            told = f"new {receipt.new}, here already {receipt.known}"
        typer.echo(f"  {LABELS[table]:16} {told}")
    rejected = sum(receipt.rejected.total() for receipt in receipts.values())
    typer.echo(f"  rejected         {rejected}")
    for table, receipt in receipts.items():
        for reason, count in receipt.rejected.most_common():
            typer.echo(f"    {LABELS[table]}, {reason}: {count}, such as {receipt.examples.get(reason, '–')}")
    if viewers:
        named = ", ".join(viewers[:MAX_NAMED]) + (", …" if len(viewers) > MAX_NAMED else "")
        typer.echo(f"Users who are no admin see, and send no readings: {named}.")
        typer.echo("A program that sends as one of them (POST /api/data) needs a secret, a key or the role engineer.")
    if rejected:
        raise typer.Exit(1)
