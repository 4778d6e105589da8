"""Options that several commands share, and how they become a configuration."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from calha.config.loading import Configuration, load

Data = Annotated[Path | None, typer.Option("--data", help="Folder of everything that Calha keeps.", show_default=False)]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="Configuration file; otherwise calha.toml here.", show_default=False)
]
HttpHost = Annotated[str | None, typer.Option("--http-host", help="Address of the web app and API.")]
HttpPort = Annotated[int | None, typer.Option("--http-port", help="Port of the web app and API.")]
MqttHost = Annotated[str | None, typer.Option("--mqtt-host", help="Address for MQTT devices.")]
MqttPort = Annotated[int | None, typer.Option("--mqtt-port", help="Port for MQTT devices.")]
TcpHost = Annotated[str | None, typer.Option("--tcp-host", help="Address for TCP devices.")]
TcpPort = Annotated[int | None, typer.Option("--tcp-port", help="Port for TCP devices.")]
Durability = Annotated[
    str | None, typer.Option("--durability", help="disk: fsync before each acknowledgement; interval: every 100 ms.")
]


def configuration(data: Path | None = None, config: Path | None = None, **flags: object) -> Configuration:
    """The configuration with flags written `section_name=value`."""
    given = {name.replace("_", ".", 1): value for name, value in flags.items()}
    return load({"data.folder": data, **given}, config)


def progress_bar(title: str, total: int | None) -> Any:  # noqa: ANN401
    """(progress, task) of a bar that is shown as long as its `with`; total None: not known."""
    from contextlib import contextmanager

    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    @contextmanager
    def showing() -> Iterator[Any]:
        with Progress(TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()) as progress:
            yield progress, progress.add_task(title, total=total)

    return showing()


def working(what: str) -> Any:  # noqa: ANN401
    """A sign of life with the time that has passed, as long as its `with`, where nobody knows how much there is to do."""
    from contextlib import contextmanager

    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    @contextmanager
    def showing() -> Iterator[None]:
        with Progress(SpinnerColumn(), TextColumn(what), TimeElapsedColumn(), transient=True) as progress:
            progress.add_task(what)
            yield

    return showing()
