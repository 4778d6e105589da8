"""Connections that Calha makes to other systems: what an engineer says of one, and in which states it can be.

A node id is written as OPC UA writes it (Part 6 §5.3.1.10): `ns=4;s=…` with the number of a namespace, or `nsu=…;s=…` with
its URI, which holds also when the server numbers its namespaces anew.
"""

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple

from calha.domain.errors import Malformed
from calha.domain.times import Micros

Security = Literal["none", "sign", "encrypt", "aes128", "aes256"]
StateName = Literal["disabled", "connecting", "connected", "waiting"]
Mode = Literal["subscription", "polling"]
Cause = Literal[
    "unreachable",
    "policy_not_offered",
    "certificate_unknown",
    "certificate_changed",
    "certificate_refused",
    "login_refused",
    "server_refused",
    "silent",
    "ended",
]

MAX_NODE_ID_CHARS = 500
MAX_NODES = 50_000  # of one connection
MAX_CONNECTIONS = 200
FASTEST_MS, SLOWEST_MS = 50, 86_400_000

_NODE_ID = re.compile(r"(?:ns=(?P<index>\d{1,5});|nsu=(?P<uri>[^;]+);)?(?P<kind>[isgb])=(?P<identifier>.+)", re.DOTALL)
_IDENTIFIERS = {
    "i": re.compile(r"\d{1,9}|[1-3]\d{9}"),
    "s": re.compile(r".+", re.DOTALL),
    "g": re.compile(r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}"),
    "b": re.compile(r"[A-Za-z0-9+/]+={0,2}"),
}
_ENDPOINT = re.compile(r"opc\.tcp://(?:\[[0-9A-Fa-f:.]+\]|[^\s/:@\[\]]+)(?::\d{1,5})?(?:/\S*)?")


@dataclass(slots=True)
class BrokerState:
    """An external MQTT broker as it can be shown. trouble: why it is not connected. messages: that were taken."""

    name: str
    address: str
    state: StateName = "connecting"
    since: Micros = 0
    trouble: str | None = None
    messages: int = 0


class NodeId(NamedTuple):
    """namespace: its number; None where its uri is given. kind: i, s, g or b; identifier: as text."""

    namespace: int | None
    uri: str | None
    kind: str
    identifier: str


def read_node_id(text: str) -> NodeId:
    """Raises Malformed."""
    found = _NODE_ID.fullmatch(text) if len(text) <= MAX_NODE_ID_CHARS else None
    if found is None or not _IDENTIFIERS[found["kind"]].fullmatch(found["identifier"]):
        raise Malformed(f"{text[:80]!r} is no node id; write it as ns=4;s=… or nsu=…;i=…", "bad_node_id")
    uri = found["uri"].replace("%3B", ";").replace("%25", "%") if found["uri"] is not None else None
    namespace = int(found["index"]) if found["index"] is not None else 0 if uri is None else None
    return NodeId(namespace, uri, found["kind"], found["identifier"])


def write_node_id(uri: str, kind: str, identifier: str) -> str:
    """With the URI of its namespace; that of OPC UA itself is left out."""
    if not uri:
        return f"{kind}={identifier}"
    return f"nsu={uri.replace('%', '%25').replace(';', '%3B')};{kind}={identifier}"


def require_endpoint(text: str) -> str:
    """An address such as opc.tcp://10.0.0.5:4840. Raises Malformed; also for one that holds a password."""
    if not _ENDPOINT.fullmatch(text):
        raise Malformed(f"{text[:80]!r} is no OPC UA address; write it as opc.tcp://10.0.0.5:4840", "bad_endpoint")
    return text
