"""Shards: MQTT devices are spread over several accounts of the log server, each with its own stream `$MQTT_msgs`.

With an fsync before each acknowledgement one stream does one after the other; the disk does more of them side by side
(measured: 7,400 a second on one file, 17,800 on four). Topics, sessions and retained messages of one shard are unknown in
the others. Calha's own streams are in an account of their own.

Two further accounts hold no streams: GATEWAYS, to which gateways link their log servers, and LINK, the end of that link on a
gateway. All that passes between a hub and a gateway passes between these two.
"""

import zlib

from calha.log.settings import LogSettings

USER, SYSTEM_USER, GATEWAYS_USER, LINK_USER = "calha", "calha-sys", "calha-gateways", "calha-link"
ACCOUNT, SYSTEM_ACCOUNT, GATEWAYS_ACCOUNT, LINK_ACCOUNT = "CALHA", "SYS", "GATEWAYS", "LINK"


def shard_of(device_key: str, shards: int) -> int:
    """The shard of a device, 0 to shards - 1; the same in every process and for ever."""
    return zlib.crc32(device_key.encode()) % shards


def shard_account(shard: int) -> str:
    return f"DEVICES_{shard}"


def shard_user(shard: int) -> str:
    """Calha's own user in a shard."""
    return f"{USER}-{shard}"


def shard_url(url: str, shard: int) -> str:
    """Address of a shard on our own server, from Calha's main one."""
    return _as_user(url, shard_user(shard))


def system_url(url: str) -> str:
    """Address of the system account on our own server, from Calha's main one."""
    return _as_user(url, SYSTEM_USER)


def gateways_url(url: str) -> str:
    """Address of the account in which gateways are heard, from Calha's main one."""
    return _as_user(url, GATEWAYS_USER)


def link_url(url: str) -> str:
    """Address of the account in which a gateway reaches its hub, from Calha's main one."""
    return _as_user(url, LINK_USER)


def source_urls(url: str, settings: LogSettings) -> tuple[str, ...]:
    """Where the MQTT messages of each shard are read; an existing server (`settings.url`) has one, in Calha's account."""
    if settings.url is not None:
        return (url,)
    return tuple(shard_url(url, shard) for shard in range(settings.shards))


def _as_user(url: str, user: str) -> str:
    scheme, _, rest = url.rpartition("://")
    credentials, _, address = rest.rpartition("@")
    return f"{scheme or 'nats'}://{user}:{credentials.partition(':')[2]}@{address}"
