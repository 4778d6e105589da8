"""`calha up`: the log, the store and the web app, until Ctrl-C."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import typer

from calha.certificates import mqtt_tls, server_certificate
from calha.cli.doors import require_different_ports
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
from calha.config.loading import Configuration
from calha.config.settings import Settings, local_address_of
from calha.domain.errors import InvalidConfiguration


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
    become(plan(effective, config))


def become(plan: Mapping[str, object]) -> None:
    """Replace this process by the thin one that runs what a `calha.up.Plan` says."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "calha.up", json.dumps(plan)])  # noqa: S606 - there is no shell in it


def core_arguments(effective: Configuration, config: Path | None) -> list[str]:
    """The configuration for the core: flags reach it as flags again."""
    flags = {key: str(effective.value(key)) for key, source in effective.sources.items() if source == "flag"}
    return ["--flags", json.dumps(flags), *(["--config", str(config)] if config else [])]


def _leaf(settings: Settings) -> dict[str, object] | None:
    section = settings.gateways
    if not section.enabled:
        return None
    if settings.log.url is not None:
        raise InvalidConfiguration(
            "gateways.enabled: gateways link themselves to Calha's own log, not to that of log.url"
        )
    found = server_certificate(settings) if section.tls else None
    files = {"cert_file": str(found.certificate), "key_file": str(found.key)} if found is not None else {}
    return {"host": section.host, "port": section.port, **files}


def plan(effective: Configuration, config: Path | None) -> dict[str, object]:
    """The `calha.up.Plan` of a configuration, as JSON can carry it."""
    settings = effective.settings
    require_different_ports(settings)
    log, tls = settings.log, mqtt_tls(settings)
    embedded = {
        "mqtt_host": settings.mqtt.host,
        "mqtt_port": settings.mqtt.port,
        "durability": log.durability,
        "max_store_bytes": log.max_bytes,
        "readings_max_bytes": log.readings_max_bytes,
        "quarantine_max_bytes": log.quarantine_max_bytes,
        "quarantine_max_age_s": log.quarantine_days * 86_400,
        "gated": True,
        "mqtt_tls": asdict(tls) if tls is not None else None,
        "leaf": _leaf(settings),
    }
    return {
        "folder": str(settings.data.folder),
        "core": core_arguments(effective, config),
        "log": None if log.url else embedded,
        "address": local_address_of(settings),
        "certificate": str(own.absolute()) if (own := settings.tls.certificate) is not None else None,
    }
