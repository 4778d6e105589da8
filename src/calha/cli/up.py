"""`calha up`: the log, the store and the web app, until Ctrl-C."""

import json
import os
import sys
from pathlib import Path

import typer

from calha.certificates import server_certificate
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
from calha.config import Configuration, Settings, local_address_of


def add_to(app: typer.Typer) -> None:
    app.command()(up)


def up(
    data: Data = None,
    config: ConfigFile = None,
    http_host: HttpHost = None,
    http_port: HttpPort = None,
    mqtt_host: MqttHost = None,
    mqtt_port: MqttPort = None,
    tcp_host: TcpHost = None,
    tcp_port: TcpPort = None,
    durability: Durability = None,
) -> None:
    """Start Calha: MQTT, HTTP and TCP input, the durable log, the store and the web app.

    Example: `calha up --data /var/lib/calha --http-port 8080`
    """
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
    become(effective, config)


def become(effective: Configuration, config: Path | None, extra: list[str] | None = None) -> None:
    """Replace this process by the thin one that runs Calha; flags reach the core as flags again."""
    sys.stdout.flush()
    os.execv(  # noqa: S606 - there is no shell in it
        sys.executable, [sys.executable, "-m", "calha.up", json.dumps(plan(effective, config, extra))]
    )


def _mqtt_tls(settings: Settings) -> dict[str, object] | None:
    if not settings.mqtt.tls:
        return None
    found = server_certificate(settings)
    authority = str(found.authority) if settings.mqtt.client_certificates else None
    own = {"cert_file": str(found.certificate), "key_file": str(found.key), "ca_file": authority}
    return own | {"port": settings.mqtt.port}


def plan(effective: Configuration, config: Path | None, extra: list[str] | None = None) -> dict[str, object]:
    """The `calha.up.Plan` of a configuration, as JSON can carry it."""
    settings = effective.settings
    flags = {key: str(effective.value(key)) for key, source in effective.sources.items() if source == "flag"}
    core = ["--flags", json.dumps(flags), *(["--config", str(config)] if config else []), *(extra or [])]
    log = settings.log
    embedded = {
        "mqtt_host": settings.mqtt.host,
        "mqtt_port": settings.mqtt.port,
        "durability": log.durability,
        "max_store_bytes": log.max_bytes,
        "readings_max_bytes": log.readings_max_bytes,
        "quarantine_max_bytes": log.quarantine_max_bytes,
        "quarantine_max_age_s": log.quarantine_days * 86_400,
        "gated": True,
        "mqtt_tls": _mqtt_tls(settings),
    }
    return {
        "folder": str(settings.data.folder),
        "core": core,
        "log": None if log.url else embedded,
        "address": local_address_of(settings),
    }
