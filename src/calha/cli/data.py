"""`calha export`, `import`, `backup`, `restore`."""

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from calha.cli import databutcher, eta, hidrometro
from calha.cli.options import ConfigFile, Data, configuration, progress_bar, working
from calha.domain.errors import InvalidConfiguration, Malformed

ROWS_A_REQUEST = 200_000
ARROW = "application/vnd.apache.arrow.stream"
SYSTEMS = {"databutcher": databutcher.bring}
OF_DATABASES = ("eta", "hidrometro")
COLUMNS = ("device", "channel", "at", "value")
WRITTEN = (".parquet", ".csv")
MAX_NAMED = 20  # rows with unreadable times
RECEIPT = ("stored", "late", "corrected", "duplicate")


def add_to(app: typer.Typer) -> None:
    app.command("export")(export)
    app.command("import")(import_)
    app.command()(backup)
    app.command()(restore)


def export(
    target: Annotated[Path, typer.Argument(help="File to write: *.parquet or *.csv.")],
    device: Annotated[list[str] | None, typer.Option(help="Only this device; repeatable.")] = None,
    from_: Annotated[str | None, typer.Option("--from", help="First time, ISO 8601.")] = None,
    to: Annotated[str | None, typer.Option("--to", help="Time before which to end, ISO 8601.")] = None,
    data: Data = None,
    config: ConfigFile = None,
) -> None:
    """Write readings to a Parquet or CSV file: device, channel, unit, at, value, quality, arrived_at.

    Example: `calha export january.parquet --from 2026-01-01 --to 2026-02-01 --device pump-1`
    """
    from calha.cli.running import Running

    _require_writable(target)
    running = Running(configuration(data, config).settings.data.folder)
    pieces = running.stream("GET", "/api/v1/export", device=",".join(device or []) or None, from_=from_, to=to)
    import pyarrow as pa

    rows = 0
    reader = pa.ipc.open_stream(_Pieces(pieces))
    with progress_bar(f"{target.name}", None) as (progress, task), _writer(target, reader.schema) as write:
        for batch in reader:
            write(batch)
            rows += batch.num_rows
            progress.update(task, completed=rows)
    typer.echo(f"{rows} readings in {target}")


def import_(
    what: Annotated[
        str,
        typer.Argument(
            help="File with columns device, channel, at, value (*.parquet or *.csv), or databutcher, eta or hidrometro."
        ),
    ],
    files: Annotated[list[Path] | None, typer.Argument(help="Exported files of the system that is named.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would become of the readings.")] = False,
    from_: Annotated[
        str | None,
        typer.Option("--from", help="Database of eta or hidrometro: mysql://USER@HOST/NAME, sqlite:///FILE."),
    ] = None,
    zone: Annotated[
        str | None, typer.Option(help="Zone of the times in that database: its site's (eta), UTC (hidrometro).")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Begin with its first row, not where the last ended.")] = False,
    serial: Annotated[str | None, typer.Option(help="Meter of hidrometro's readings that name none.")] = None,
    data: Data = None,
    config: ConfigFile = None,
) -> None:
    """Bring readings in, through the log like everything else, and say what became of each; or another system's database.

    Example: `calha import january.parquet --dry-run`

    Example: `calha import databutcher usuarios.json maquinas.json dados_sensores.json registros_manuais.json`

    Example: `calha import eta --from mysql://root@127.0.0.1/tcc --dry-run`

    Example: `calha import hidrometro --from sqlite:///instance/hidrometro.db --dry-run`
    """
    from calha.cli.running import Running

    if what == "eta":
        eta.bring(from_, zone, dry_run, again, data, config)
        return
    if what == "hidrometro":
        hidrometro.bring(from_, zone, serial, dry_run, data, config)
        return
    if what in SYSTEMS:
        if not files:
            raise InvalidConfiguration(f"name the exported files behind {what}; `calha import --help` shows an example")
        SYSTEMS[what](files, dry_run, data, config)
        return
    if files:
        known = ", ".join([*SYSTEMS, *OF_DATABASES])
        raise InvalidConfiguration(f"one file at a time; {what!r} is no system that is brought over ({known})")
    source = Path(what)
    if not source.is_file():
        raise InvalidConfiguration(f"there is no file {source}")
    running = Running(configuration(data, config).settings.data.folder)
    counted: Counter[str] = Counter()
    rejected: Counter[str] = Counter()
    unreadable: list[dict[str, Any]] = []
    row, line = ("line", 2) if source.suffix == ".csv" else ("row", 1)  # line 1 has the headings
    total, tables = _tables(source)
    with progress_bar(source.name, total) as (progress, task):
        for table in tables:
            receipt = running.post(
                "/api/v1/import",
                _as_stream(table),
                ARROW,
                dry_run="true" if dry_run else None,
                first_line=str(line),
            )
            line += table.num_rows
            unreadable += receipt["unreadable"]
            counted.update({name: receipt[name] for name in RECEIPT})
            rejected.update(receipt["rejected"])
            progress.advance(task, table.num_rows)
    typer.echo("Dry run, nothing was changed:" if dry_run else "Receipt:")
    typer.echo(f"  new        {counted['stored'] + counted['late']}")
    typer.echo(f"  duplicate  {counted['duplicate']}")
    typer.echo(f"  corrected  {counted['corrected']}")
    typer.echo(f"  rejected   {rejected.total()}")
    for reason, count in rejected.most_common():
        typer.echo(f"    {reason}: {count}")
    for one in unreadable[:MAX_NAMED]:
        typer.echo(f"    {row} {one['line']}: {one['problem']}")
    if len(unreadable) > MAX_NAMED:
        typer.echo("    …")
    if rejected:
        raise typer.Exit(1)


def backup(
    name: Annotated[
        str | None, typer.Argument(help="Its name, of letters, digits, '.', '-' and '_'; the time when missing.")
    ] = None,
    data: Data = None,
    config: ConfigFile = None,
) -> None:
    """Copy everything while Calha runs, into `backups/<name>` of the data folder.

    Example: `calha backup before-upgrade`
    """
    import json

    from calha.cli.running import Running

    running = Running(configuration(data, config).settings.data.folder)
    chosen = name or datetime.now().astimezone().strftime("%Y-%m-%dT%H%M%S")
    with working("Copying, and comparing what was copied"):
        manifest = running.post("/api/v1/backups", json.dumps({"name": chosen}).encode(), timeout_s=None)
    typer.echo(f"{manifest['folder']}: {_told(manifest)}")
    typer.echo("Not in it: keys.json, tls/ and calha.toml. Copy them and the backup to another machine.")
    if not manifest["registry_included"]:
        typer.echo("The registry is in another database; back that up now, with its own tools (pg_dump, mariadb-dump).")


def restore(
    backup_folder: Annotated[Path, typer.Argument(metavar="BACKUP", help="Folder of the backup.")],
    data: Data = None,
    config: ConfigFile = None,
) -> None:
    """Bring a backup into an empty data folder and prove it by counts and checksums.

    Example: `calha restore calha-data/backups/before-upgrade --data restored`
    """
    from calha.backup import restore_backup
    from calha.up import hold

    folder = configuration(data, config).settings.data.folder
    with hold(folder), working("Copying, and comparing what was copied"):
        manifest = restore_backup(backup_folder, folder)
    typer.echo(f"{folder} has what {backup_folder} promises: {_told(manifest)}")
    typer.echo(f"Copy keys.json and tls/ into {folder}, then start Calha on it.")
    if not manifest["registry_included"]:
        typer.echo("The registry was in another database; restore that with its own tools (pg_restore, mariadb).")


def _told(manifest: dict[str, Any]) -> str:
    telemetry = manifest["telemetry"]
    counts = f"{telemetry['readings']} readings of {telemetry['series']} series, checksum {telemetry['checksum']}"
    return f"{counts}; {manifest['quarantine_messages']} messages in quarantine"


def _require_writable(target: Path) -> None:
    if target.suffix not in WRITTEN:
        raise InvalidConfiguration(f"{target}: write to *.parquet or *.csv")
    if not target.parent.is_dir():
        raise InvalidConfiguration(f"{target}: there is no folder {target.parent}")


class _Pieces(io.RawIOBase):
    """An iterator of bytes as a readable file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - a writable buffer
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


def _writer(target: Path, schema: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    from contextlib import contextmanager

    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    plain = pa.schema([(field.name, _plain(field.type)) for field in schema])

    @contextmanager
    def writing() -> Iterator[Any]:
        if target.suffix == ".parquet":
            with pa.parquet.ParquetWriter(target, schema, compression="zstd") as writer:
                yield writer.write_batch
        else:
            with pa.csv.CSVWriter(target, plain) as writer:
                yield lambda batch: writer.write_table(pa.Table.from_batches([batch]).cast(plain))

    return writing()


def _plain(kind: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    import pyarrow as pa

    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _tables(source: Path) -> tuple[int | None, Iterator[Any]]:
    """(rows, tables of at most ROWS_A_REQUEST rows). Raises Malformed."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    def unreadable(error: pa.ArrowInvalid) -> Malformed:
        form = "; CSV has commas between its columns and points in its decimals, or semicolons and commas"
        return Malformed(f"{source}: {error}{form if source.suffix == '.csv' else ''}")

    def of_batches(batches: Any) -> Iterator[Any]:  # noqa: ANN401
        try:
            for batch in batches:
                table = pa.Table.from_batches([batch])
                for start in range(0, table.num_rows, ROWS_A_REQUEST):
                    yield table.slice(start, ROWS_A_REQUEST)
        except pa.ArrowInvalid as error:
            raise unreadable(error) from None

    try:
        if source.suffix == ".parquet":
            file = pa.parquet.ParquetFile(source)
            _require_columns(source, file.schema_arrow.names)
            return file.metadata.num_rows, of_batches(file.iter_batches(ROWS_A_REQUEST))
        if source.suffix == ".csv":
            types = dict.fromkeys(COLUMNS, pa.string()) | {"value": pa.float64()}
            separator, point = _separators(source)
            rows = pa.csv.open_csv(
                source,
                parse_options=pa.csv.ParseOptions(delimiter=separator),
                convert_options=pa.csv.ConvertOptions(column_types=types, decimal_point=point),
            )
            _require_columns(source, rows.schema.names)
            return None, of_batches(rows)
    except pa.ArrowInvalid as error:
        raise unreadable(error) from None
    raise InvalidConfiguration(f"{source}: only *.parquet and *.csv are read")


def _separators(source: Path) -> tuple[str, str]:
    """What stands between columns, and in decimals: Brazilian spreadsheets write semicolons and commas."""
    with source.open(errors="replace") as lines:
        return (";", ",") if ";" in lines.readline() else (",", ".")


def _require_columns(source: Path, found: Sequence[str]) -> None:
    if missing := [name for name in COLUMNS if name not in found]:
        raise Malformed(f"{source}: it lacks {', '.join(missing)}; its columns are {', '.join(found)}")


def _as_stream(table: Any) -> bytes:  # noqa: ANN401
    import pyarrow as pa

    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()
