"""`calha demo`: Calha with a simulated fleet of every kind and a month of history, so that each screen shows something."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from calha.cli import demo_originals
from calha.cli.demo_alarms import put_ready_rules_in_force
from calha.cli.demo_compat import addresses, switched_on
from calha.cli.demo_plc import connect_plc
from calha.cli.options import (
    ConfigFile,
    Data,
    Durability,
    HttpHost,
    HttpPort,
    MqttHost,
    MqttPort,
    TcpHost,
    TcpPort,
    configuration,
)
from calha.cli.running import trusting
from calha.cli.simulate import parse_span
from calha.cli.up import plan
from calha.config.loading import Configuration, load
from calha.config.settings import Settings, address_of, local_address_of
from calha.domain.cip import MAX_GAP_S
from calha.log.child import dies_with_parent

READY_WITHIN_S = 60.0
PLC_INTERVAL_S = 2
STOP_WITHIN_S = 20.0


@dataclass(frozen=True)
class Group:
    """Devices of one kind in the demo, which has names in the language of its first users."""

    kind: str
    prefix: str
    name: str
    near: str
    devices: int
    interval_s: float
    history_interval_s: float
    over: str
    faults: tuple[str, ...] = ()


FLEET = (
    Group("water-flow", "eta", "Vazão da ETA", "-8.021,-34.951", 2, 2, 300, "mqtt"),
    Group("water-meter", "agua", "Hidrômetro", "-8.047,-34.893", 6, 5, 900, "mqtt", ("leak",)),
    Group("energy-meter", "medidor", "Medidor de energia", "-8.062,-34.881", 6, 5, 900, "tcp"),
    Group("machine", "maquina", "Máquina", "-8.098,-34.912", 4, 2, 600, "mqtt", ("drift",)),
    Group("cip", "cip", "Estação CIP", "-8.086,-34.938", 2, 2, MAX_GAP_S, "http"),  # else nobody could judge a cleaning
)


def add_to(app: typer.Typer) -> None:
    app.command()(demo)


def demo(
    data: Data = None,
    config: ConfigFile = None,
    http_host: HttpHost = None,
    http_port: HttpPort = None,
    mqtt_host: MqttHost = None,
    mqtt_port: MqttPort = None,
    tcp_host: TcpHost = None,
    tcp_port: TcpPort = None,
    durability: Durability = None,
    history: Annotated[str, typer.Option(help="How much history to make at the first start: 7d, 30d …")] = "30d",
) -> None:
    """Start Calha with simulated plants, meters and machines. Everything lands in one folder that can be deleted.

    Example: `calha demo --http-port 8080`
    """
    parse_span(history)
    effective = configuration(
        data,
        config,
        http_host=http_host,
        http_port=http_port,
        mqtt_host=mqtt_host,
        mqtt_port=mqtt_port,
        tcp_host=tcp_host,
        tcp_port=tcp_port,
        log_durability=durability,
    )
    given = {key: effective.value(key) for key, source in effective.sources.items() if source == "flag"}
    effective = load(given | switched_on(effective), config)
    signal.signal(signal.SIGTERM, _interrupt)
    calha = subprocess.Popen(
        [sys.executable, "-m", "calha.up", json.dumps(plan(effective, config))], preexec_fn=dies_with_parent()
    )
    simulators: list[subprocess.Popen[bytes]] = []
    try:
        _wait_until_ready(effective, calha)
        is_first = not (effective.settings.data.folder / "demo").exists()
        if is_first:
            put_ready_rules_in_force(effective.settings.data.folder)
        simulators = [_simulator(group, effective, history if is_first else None) for group in FLEET]
        port = connect_plc(effective.settings.data.folder, is_first)
        simulators += [_plc(port)] if port is not None else []
        originals = demo_originals.command(effective.settings)
        simulators += [_started(originals)] if originals else []
        (effective.settings.data.folder / "demo").write_text("The demo's history has been made.\n")
        _say_where(effective.settings)
        code = calha.wait()
    except KeyboardInterrupt:
        code = 0
    finally:
        for process in [*simulators, calha]:
            _end(process)
    raise typer.Exit(code)


def _say_where(settings: Settings) -> None:
    typer.secho(f"\n  Calha is at {address_of(settings)}  (Ctrl-C ends it)\n", fg="green", bold=True, err=True)
    for system, address in addresses(settings):
        typer.echo(f"  Devices and clients of {system} find it at {address}", err=True)


def _wait_until_ready(effective: Configuration, calha: "subprocess.Popen[bytes]") -> None:
    settings = effective.settings
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        if (code := calha.poll()) is not None:
            raise typer.Exit(code)
        try:
            where = f"{local_address_of(settings)}/readyz"
            context = trusting(settings.data.folder, settings.tls.certificate)
            with urllib.request.urlopen(where, timeout=2, context=context):  # noqa: S310 - our own address
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    typer.echo(f"calha: not ready after {READY_WITHIN_S:.0f} s; see the messages above", err=True)
    raise typer.Exit(1)


def _simulator(group: Group, effective: Configuration, history: str | None) -> "subprocess.Popen[bytes]":
    settings = effective.settings
    ports = {"mqtt": settings.mqtt.port, "http": settings.http.port, "tcp": settings.tcp.port}
    arguments = [
        *("--devices", str(group.devices)),
        *("--interval", str(group.interval_s)),
        *("--over", group.over),
        *("--port", str(ports[group.over])),
        *("--http-port", str(settings.http.port)),
        *("--prefix", group.prefix),
        *("--name", group.name),
        f"--near={group.near}",
        *("--data", str(settings.data.folder)),
    ]
    for fault in group.faults:
        arguments += ["--fault", fault]
    if history is not None:
        arguments += ["--backfill", history, "--backfill-interval", str(group.history_interval_s)]
    return _started(["simulate", group.kind, *arguments])


def _plc(port: int) -> "subprocess.Popen[bytes]":
    return _started(["simulate", "plc", "--port", str(port), "--interval", str(PLC_INTERVAL_S), "--older"])


def _started(command: Sequence[str]) -> "subprocess.Popen[bytes]":
    environment = {key: value for key, value in os.environ.items() if not key.startswith("CALHA_")}
    whole = [sys.executable, "-m", "calha", *command]
    return subprocess.Popen(whole, stdout=subprocess.DEVNULL, env=environment, preexec_fn=dies_with_parent())


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
