"""`calha edge`: a gateway, until Ctrl-C."""

import os
from dataclasses import asdict
from typing import Annotated

import typer

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
from calha.cli.up import become, core_arguments
from calha.config.settings import local_address_of
from calha.supervision import HUB_PROOF_VARIABLE

Hub = Annotated[
    str | None, typer.Option("--hub", help="Calha that gets everything: nats-leaf://host:7422, tls-leaf:// with TLS.")
]
Gateway = Annotated[
    str | None, typer.Option("--gateway", help="Key of the device as which this gateway is registered.")
]
PagePort = Annotated[int | None, typer.Option("--page-port", help="Port of the gateway's own status page.")]


def add_to(app: typer.Typer) -> None:
    app.command()(edge)


def edge(
    hub: Hub = None,
    gateway: Gateway = None,
    data: Data = None,
    config: ConfigFile = None,
    http_host: HttpHost = None,
    http_port: HttpPort = None,
    mqtt_host: MqttHost = None,
    mqtt_port: MqttPort = None,
    tcp_host: TcpHost = None,
    tcp_port: TcpPort = None,
    page_port: PagePort = None,
    durability: Durability = None,
) -> None:
    """Start a gateway: it hears devices where they are, keeps everything on disk, and hands it to a Calha elsewhere.

    The gateway is a device of that Calha (profile gateway); its secret comes from `CALHA_EDGE_SECRET` or from `secret` in
    the section `[edge]` of calha.toml.

    Example: `CALHA_EDGE_SECRET=calha_dev_… calha edge --hub nats-leaf://calha.example.org:7422 --gateway eta-1`
    """
    from calha.edge.linking import log_settings

    effective = configuration(
        data,
        config,
        edge_hub=hub,
        edge_gateway=gateway,
        edge_page_port=page_port,
        http_host=http_host,
        http_port=http_port,
        mqtt_host=mqtt_host,
        mqtt_port=mqtt_port,
        tcp_host=tcp_host,
        tcp_port=tcp_port,
        log_durability=durability,
    )
    settings = effective.settings
    log = asdict(log_settings(settings))
    os.environ[HUB_PROOF_VARIABLE] = settings.edge.secret.get_secret_value()  # an argument would be seen by others
    become(
        {
            "folder": str(settings.data.folder),
            "core": core_arguments(effective, config),
            "log": log,
            "address": local_address_of(settings),
            "module": "calha.edge.app",
        }
    )
