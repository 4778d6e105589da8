"""`calha doctor`: is this machine fit, is the configuration sound, how does a running Calha do."""

import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

from calha.cli.doors import Finding, exposure, in_use, listeners
from calha.cli.options import ConfigFile, Data, configuration
from calha.config.section import GIBIBYTE
from calha.config.settings import Settings
from calha.domain.errors import InvalidConfiguration
from calha.mail.smtp import Unreachable, connected
from calha.post_office import mail_server
from calha.up import holder

FSYNC_TRIALS = 50
SLOW_FSYNC_MS = 20.0
_MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "fault": ("✗", "red")}


def add_to(app: typer.Typer) -> None:
    app.command()(doctor)


def doctor(data: Data = None, config: ConfigFile = None) -> None:
    """Examine machine, configuration and, if it runs, Calha; says what is wrong and how to mend it.

    Example: `calha doctor --data /var/lib/calha`
    """
    settings = configuration(data, config).settings
    faults = 0
    for verdict, what, detail in _findings(settings):
        mark, colour = _MARKS[verdict]
        typer.secho(f"{mark} {what}", fg=colour, nl=False)
        typer.echo(f": {detail}")
        faults += verdict == "fault"
    raise typer.Exit(1 if faults else 0)


def _findings(settings: Settings) -> Iterator[Finding]:
    yield _durability(settings)
    yield _disk_space(settings)
    yield _fsync(settings.data.folder)
    yield _open_files()
    running = _running(settings)
    yield from exposure(settings if running is None else in_use(settings, running))
    yield from _mail(settings)
    yield from _pages(settings)
    if running is None and (found := holder(settings.data.folder)) is not None:
        yield _held(settings, found)
        return
    if running is None:
        yield from _ports(settings)
        yield "ok", "Calha", f"does not run on {settings.data.folder}"
        return
    yield "ok", "Calha", f"runs at {running['address']}, {running['store']['readings']} readings in the store"
    for warning in running["warnings"]:
        yield "warning", warning["code"], warning["text"]["en"]


def _durability(settings: Settings) -> Finding:
    if settings.log.durability == "disk":
        return "ok", "durability", "disk: each acknowledged reading has been written with fsync; a power cut loses none"
    return "warning", "durability", "interval: a power cut may lose up to 100 ms of acknowledged readings"


def _disk_space(settings: Settings) -> Finding:
    folder = _existing(settings.data.folder)
    free = shutil.disk_usage(folder).free
    needed = settings.log.max_bytes
    text = f"{free / GIBIBYTE:.1f} GiB free in {folder}, the log's budget is {needed / GIBIBYTE:.1f} GiB"
    if free < needed:
        return "warning", "disk", f"{text}; free some space or lower log.max_bytes"
    return "ok", "disk", text


def _fsync(folder: Path) -> Finding:
    with tempfile.TemporaryFile(dir=_existing(folder)) as file:
        times = []
        for _ in range(FSYNC_TRIALS):
            file.write(b"x" * 4096)
            file.flush()
            started = time.perf_counter()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - started)
    middle_ms = sorted(times)[FSYNC_TRIALS // 2] * 1000
    text = f"{middle_ms:.2f} ms for 4 KiB (median of {FSYNC_TRIALS})"
    if middle_ms > SLOW_FSYNC_MS:
        return "warning", "fsync", f"{text}: slow; an SSD acknowledges much sooner"
    return "ok", "fsync", text


def _open_files() -> Finding:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    text = f"{soft} open files (at most {hard})"
    return (
        ("warning", "limits", f"{text}: too few for thousands of devices") if hard < 8_192 else ("ok", "limits", text)
    )


def _mail(settings: Settings) -> Iterator[Finding]:
    """Whether the mail server is there and lets Calha in; nothing is sent."""
    try:
        server = mail_server(settings)
        if server is None:
            return
        with connected(server):
            yield "ok", "mail", f"{server.host}:{server.port} lets Calha in"
    except InvalidConfiguration as error:
        yield "fault", "mail", str(error)
    except Unreachable as error:
        yield "warning", "mail", f"nothing can be sent by {settings.smtp.host}:{settings.smtp.port}: {error}"


def _pages(settings: Settings) -> Iterator[Finding]:
    """Whether there is the folder of pages that are to be served as before; without it the app's own way is shown."""
    section = settings.compat.databutcher
    if section.enabled and section.pages is not None and not section.pages.is_dir():
        yield "warning", "compat.databutcher.pages", f"there is no folder {section.pages}; its pages are not served"


def _held(settings: Settings, found: Mapping[str, Any]) -> Finding:
    """Of a folder in use whose process has no status to tell: a gateway, or a Calha that does not answer."""
    where = f"process {found['pid']} runs on {settings.data.folder}, at {found['address']}"
    if settings.edge.hub:
        page = f"http://{settings.edge.page_host}:{settings.edge.page_port}"
        return "ok", "gateway", f"{where}; how it does is told at {page}"
    return "warning", "Calha", f"{where}, and does not answer; look into its log"


def _ports(settings: Settings) -> Iterator[Finding]:
    for key, host, port in listeners(settings):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                yield "fault", key, f"{host}:{port} cannot be used: {error.strerror}; choose another"


def _running(settings: Settings) -> dict[str, Any] | None:
    from calha.cli.running import Running
    from calha.domain.errors import CalhaError

    try:
        running = Running(settings.data.folder)
        return {"address": running.address, **running.get("/api/v1/status")}
    except CalhaError:
        return None


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.absolute().parent
    return folder
