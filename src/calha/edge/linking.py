"""The log of a gateway, and how it is linked to that of its hub."""

from urllib.parse import urlsplit

from calha.certificates import mqtt_tls
from calha.config.section import MEBIBYTE
from calha.config.settings import Settings
from calha.domain.errors import InvalidConfiguration
from calha.log.settings import HubLink, LogSettings

LEAF_PORT = 7422
SHARDS = 1  # a gateway has one disk, and not thousands of devices
NO_QUARANTINE_BYTES = 1 * MEBIBYTE  # what cannot be read is the hub's to keep


def hub_link(settings: Settings) -> HubLink:
    """Where the hub is, without the secret. Raises InvalidConfiguration."""
    section = settings.edge
    if not section.hub:
        raise InvalidConfiguration(
            "edge.hub is missing; it is the address of a Calha, such as nats-leaf://host:7422 (--hub)"
        )
    for key in ("gateway", "secret"):
        if not (section.secret.get_secret_value() if key == "secret" else section.gateway):
            raise InvalidConfiguration(
                f"edge.{key} is missing: register this gateway at the hub (profile gateway), and give the key and the "
                "secret that it shows as edge.gateway and edge.secret (or CALHA_EDGE_SECRET)"
            )
    where = urlsplit(section.hub)
    is_tls = where.scheme == "tls-leaf"
    if section.hub_ca is not None and not section.hub_ca.is_file():
        raise InvalidConfiguration(f"edge.hub_ca = {section.hub_ca}: there is no such file")
    host = f"[{where.hostname}]" if ":" in (where.hostname or "") else where.hostname
    authority = str(section.hub_ca.resolve()) if section.hub_ca is not None and is_tls else None
    return HubLink(f"{host}:{where.port or LEAF_PORT}", section.gateway, tls=is_tls, ca_file=authority)


def log_settings(settings: Settings) -> LogSettings:
    """Raises InvalidConfiguration."""
    section = settings.log
    if section.url is not None:
        raise InvalidConfiguration("log.url: a gateway runs a log of its own")
    return LogSettings(
        mqtt_host=settings.mqtt.host,
        mqtt_port=settings.mqtt.port,
        durability=section.durability,
        gated=True,
        shards=SHARDS,
        max_store_bytes=section.max_bytes,
        readings_max_bytes=section.readings_max_bytes,
        quarantine_max_bytes=NO_QUARANTINE_BYTES,
        mqtt_tls=mqtt_tls(settings),
        hub=hub_link(settings),
    )
