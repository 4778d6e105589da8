"""Which ports are open to whom, and whether that is wise: what `calha doctor` says of it."""

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any, Literal
from urllib.parse import urlsplit

from calha.certificates import days_left
from calha.config.settings import Settings
from calha.domain.errors import InvalidConfiguration

Verdict = Literal["ok", "warning", "fault"]
Finding = tuple[Verdict, str, str]

EXPIRES_SOON_DAYS = 30
EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 - compared, not bound
LOOPBACK = ("127.0.0.1", "::1", "localhost")
THIS_MACHINE = "reached from this machine only"
IN_THE_CLEAR = "passwords and secrets can be read on the way"


def exposure(settings: Settings) -> Iterator[Finding]:
    yield from _own(settings)
    yield from _replaced(settings)
    yield from _brokers(settings)
    own, made = settings.tls.certificate, settings.data.folder / "tls" / "server.pem"
    mending = "a restart of Calha renews it" if own is None else "renew it, and start Calha again"
    certificate = own or made
    if certificate.exists() and (left := days_left(certificate)) < EXPIRES_SOON_DAYS:
        yield "warning", "certificate", f"{certificate} expires in {left} days; {mending}"


def in_use(settings: Settings, status: Mapping[str, Any]) -> Settings:
    """The settings with the doors that a running Calha tells of: flags may have given it others."""
    told = {
        name: getattr(settings, name).model_copy(update={key: door[key] for key in ("host", "port", "tls")})
        for name in ("http", "mqtt", "tcp")
        if (door := status[name]) is not None
    }
    tcp = told.get("tcp", settings.tcp).model_copy(update={"enabled": "tcp" in told})
    return settings.model_copy(update=told | {"tcp": tcp})


def listeners(settings: Settings) -> Iterator[tuple[str, str, int]]:
    """(key, host, port) of all that Calha listens on with these settings, but for the replaced systems."""
    yield "http.port", settings.http.host, settings.http.port
    yield "mqtt.port", settings.mqtt.host, settings.mqtt.port
    if settings.tcp.enabled:
        yield "tcp.port", settings.tcp.host, settings.tcp.port
    if settings.gateways.enabled:
        yield "gateways.port", settings.gateways.host, settings.gateways.port
    yield from _replaced_listeners(settings)


def require_different_ports(settings: Settings) -> None:
    """Raises InvalidConfiguration where two would listen at one place: the second would only be restarted for ever."""
    for (one, host, port), (other, other_host, other_port) in combinations(listeners(settings), 2):
        if port == other_port and (host == other_host or EVERYWHERE & {host, other_host}):
            raise InvalidConfiguration(f"{one} and {other} are both {port}; give one of them another port")


def _own(settings: Settings) -> Iterator[Finding]:
    http, mqtt, tcp = settings.http, settings.mqtt, settings.tcp
    doors = [
        ("web app and API", "http", http.host, http.port, http.tls),
        ("MQTT", "mqtt", mqtt.host, mqtt.port, mqtt.tls),
    ]
    if tcp.enabled:
        doors.append(("TCP", "tcp", tcp.host, tcp.port, tcp.tls))
    if (gateways := settings.gateways).enabled:
        doors.append(("gateways", "gateways", gateways.host, gateways.port, gateways.tls))
    for name, section, host, port, has_tls in doors:
        if host in LOOPBACK:
            yield "ok", name, f"{host}:{port}, {THIS_MACHINE}"
        elif has_tls:
            proof = "who comes in has to prove who he is"
            yield "ok", name, f"{host}:{port} is open to the network, encrypted (TLS); {proof}"
        else:
            risk = f"{host}:{port} is open to the network without TLS: {IN_THE_CLEAR}"
            yield "warning", name, f"{risk}. Set {section}.tls = true, or put it behind a proxy that speaks TLS"
    if settings.devices.anonymous:
        is_open = any(host not in LOOPBACK for _, _, host, _, _ in doors)
        risk = "anybody who reaches a port can send readings in the name of any registered device"
        verdict: Verdict = "fault" if is_open else "warning"
        yield verdict, "devices.anonymous", f"{risk}; give the devices credentials and switch it off"


def _replaced_listeners(settings: Settings) -> Iterator[tuple[str, str, int]]:
    for name, section in settings.compat:
        for key in section.ports if section.enabled else ():
            if port := getattr(section, key):
                yield f"compat.{name}.{key}", section.host, port


def _replaced(settings: Settings) -> Iterator[Finding]:
    """They speak as the systems that they replace did: without TLS, and to the anonymous if the operator says so."""
    for key, host, port in _replaced_listeners(settings):
        if host in LOOPBACK:
            yield "ok", key, f"{host}:{port}, {THIS_MACHINE}"
        else:
            advice = "open it to the network of its devices only, or put it behind a proxy that speaks TLS"
            yield "warning", key, f"{host}:{port} is open without TLS, as its devices speak: {IN_THE_CLEAR}; {advice}"
    for name, section in settings.compat:
        if section.enabled and (open_to := _anonymous(name, section)):
            is_near = section.host in LOOPBACK and settings.mqtt.host in LOOPBACK
            who = "whoever reaches its port speaks for its devices, and for no others"
            yield "ok" if is_near else "warning", f"compat.{name}", f"{who} ({open_to})"


def _anonymous(name: str, section: Any) -> str:  # noqa: ANN401 - any of the sections
    """What lets devices in without a credential; empty if nothing does."""
    if name == "coiot":
        return "its meters have no credential"
    switches = [key for key in type(section).model_fields if "anonymous" in key and getattr(section, key)]
    return ", ".join(f"{key} = true" for key in switches)


def _brokers(settings: Settings) -> Iterator[Finding]:
    for one in settings.connectors.mqtt:
        parts = urlsplit(one.url)
        is_bare = parts.scheme == "mqtt" and (parts.hostname or "") not in LOOPBACK
        if is_bare and one.user:
            yield "warning", f"broker {one.name}", f"{one.url} is spoken to without TLS: {IN_THE_CLEAR}; use mqtts://"
