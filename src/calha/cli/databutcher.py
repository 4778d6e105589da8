"""`calha databutcher add` and `list`: machines with the codes and QR labels that DataButcher gives them; and
`calha import databutcher`, which brings its database over.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from calha.cli.options import ConfigFile, Data, configuration, progress_bar
from calha.domain.errors import InvalidConfiguration, Malformed

MACHINES = "/api/v1/databutcher/machines"
IMPORT = "/api/v1/databutcher/import"
PAGE = 1_000
DOCUMENTS_A_REQUEST = 2_000
MAX_KEPT = 500_000


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


def bring(files: Sequence[Path], dry_run: bool, data: Path | None, config: Path | None) -> None:
    """Bring exported collections over: users, machines, and records first, then readings; and say what became of them."""
    from calha.cli.running import Running

    for file in files:
        if not file.is_file():
            raise InvalidConfiguration(f"there is no file {file}")
    running = Running(configuration(data, config).settings.data.folder)
    receipt = _Receipt()
    first, coming = _all_but_readings(files, receipt)
    with progress_bar("users, machines, records", len(first)) as (progress, task):
        for part in _parts(first):
            receipt.take(_send(running, part, dry_run, coming))
            progress.advance(task, len(part))
    with progress_bar("readings", sum(file.stat().st_size for file in files)) as (progress, task):
        for part, chars in _readings(files):
            receipt.take(_send(running, part, dry_run, coming))
            progress.advance(task, chars)
        progress.update(task, completed=sum(file.stat().st_size for file in files))
    receipt.show(dry_run)


class _Receipt:
    """What became of all parts together."""

    def __init__(self) -> None:
        self.counted = {name: Counter[str]() for name in ("new", "known", "readings", "rejected")}
        self.examples: dict[str, str] = {}

    def take(self, told: dict[str, Any]) -> None:
        for name, counter in self.counted.items():
            counter.update(told[name])
        self.examples = told["examples"] | self.examples

    def reject(self, reason: str, example: str) -> None:
        self.counted["rejected"][reason] += 1
        self.examples.setdefault(reason, example)

    def show(self, dry_run: bool) -> None:
        new, known, readings, rejected = self.counted.values()
        typer.echo("Dry run, nothing was changed:" if dry_run else "Receipt:")
        for kind in ("users", "machines", "records"):
            typer.echo(f"  {kind:9} new {new[kind]}, here already {known[kind]}")
        found = f"new {readings['stored'] + readings['late']}, here already {readings['duplicate']}"
        typer.echo(f"  readings  {found}, corrected {readings['corrected']}")
        typer.echo(f"  rejected  {rejected.total()}")
        for reason, count in rejected.most_common():
            typer.echo(f"    {reason}: {count}, such as {self.examples[reason]}")
        if rejected:
            raise typer.Exit(1)


def _all_but_readings(files: Sequence[Path], receipt: _Receipt) -> tuple[list[Any], list[str]]:
    """Users, then machines, then records; and the codes of the machines."""
    from calha.compat.databutcher.export import kind_of, machine_of

    by_kind: dict[str, list[Any]] = {"users": [], "machines": [], "records": []}
    for file in files:
        for found in _documents(file):
            if found.document is None:
                receipt.reject("malformed", f"{file}, line {found.line}: no document")
                continue
            kind = kind_of(found.document)
            if kind is None:
                receipt.reject(
                    "unknown_document", f"{file}, line {found.line}: {', '.join(sorted(found.document))}"[:200]
                )
            elif kind != "readings":
                by_kind[kind].append(found.document)
            if sum(map(len, by_kind.values())) > MAX_KEPT:
                raise InvalidConfiguration(f"more than {MAX_KEPT} users, machines and records; bring them in parts")
    codes = []
    for machine in by_kind["machines"]:
        with suppress(Malformed):
            codes.append(machine_of(machine).code)
    return [*by_kind["users"], *by_kind["machines"], *by_kind["records"]], codes


def _readings(files: Sequence[Path]) -> Iterator[tuple[list[Any], int]]:
    """Readings in parts, with the characters that were read for them."""
    from calha.compat.databutcher.export import kind_of

    part: list[Any] = []
    chars = 0
    for file in files:
        for found in _documents(file):
            chars += found.chars
            if found.document is not None and kind_of(found.document) == "readings":
                part.append(found.document)
            if len(part) >= DOCUMENTS_A_REQUEST:
                yield part, chars
                part, chars = [], 0
    if part:
        yield part, chars


def _documents(path: Path) -> Iterator[Any]:
    from calha.compat.databutcher.export import documents

    with path.open(encoding="utf-8", errors="replace") as file:
        yield from documents(file)


def _parts(found: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(found), DOCUMENTS_A_REQUEST):
        yield found[start : start + DOCUMENTS_A_REQUEST]


def _send(running: Any, part: Sequence[Any], dry_run: bool, coming: Sequence[str]) -> Any:  # noqa: ANN401 - JSON
    body = {"documents": part} | ({"coming": coming} if dry_run else {})
    return running.post(IMPORT, json.dumps(body).encode(), dry_run="true" if dry_run else None)


def _label(folder: Path, code: str) -> Path:
    """A PNG whose QR code says the code and nothing else, as the app with the camera expects it."""
    import segno

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"qrcode_{code}.png"
    segno.make(code, error="m", micro=False).save(str(path), scale=10, border=4)
    return path
