"""The systems that Calha replaces, switched on in the demo, so that their devices and clients can be tried at once.

What the operator has configured of a system stays as it is. The others are heard on this machine alone, and without a
credential, as their devices have none; on their own ports, or the next ones that are free.
"""

import socket
from collections.abc import Iterator, Set
from ipaddress import ip_address

from calha.config.loading import Configuration
from calha.config.settings import Settings

HOST = "127.0.0.1"
NAMES = {
    "coiot": "COIOT",
    "sensorflow": "SensorFlow",
    "eta": "ETA flow",
    "hidrometro": "Hidrômetro Inteligente",
    "databutcher": "DataButcher",
}
OPEN: dict[str, dict[str, object]] = {
    "sensorflow": {"anonymous": True},
    "eta": {"mqtt_anonymous": True},
    "hidrometro": {"anonymous_meters": True, "anonymous_pages": True, "default_serial": "DEMO-1"},
    "databutcher": {"anonymous": True},
}
MOST_TRIED = 100


def switched_on(effective: Configuration) -> dict[str, object]:
    """The settings, by key, that the demo adds."""
    settings = effective.settings
    taken = {settings.http.port, settings.mqtt.port, settings.tcp.port, settings.gateways.port}
    found: dict[str, object] = {}
    for name, section in settings.compat:
        if any(key.startswith(f"compat.{name}.") for key in effective.sources):
            continue
        opened = OPEN.get(name, {}) if _is_of_this_machine(settings.mqtt.host) else {}
        ports = {key: port for key in section.ports if (port := getattr(section, key))}
        for key, port in ports.items():
            ports[key] = free_port(port, taken)
            taken.add(ports[key])
        own = {"enabled": True, "host": HOST} | ports | opened
        found |= {f"compat.{name}.{key}": value for key, value in own.items()}
    return found


def addresses(settings: Settings) -> Iterator[tuple[str, str]]:
    """(system, where it is) of those that are on."""
    for name, section in settings.compat:
        if section.enabled:
            yield NAMES[name], f"{section.host}:{section.port}"


def free_port(first: int, taken: Set[int]) -> int:
    """The first from here on that nobody listens on; the given one if there is none near."""
    near = (port for port in range(first, min(first + MOST_TRIED, 65_536)) if port not in taken and _is_free(port))
    return next(near, first)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _is_of_this_machine(host: str) -> bool:
    return host == "localhost" or ip_address(host).is_loopback
