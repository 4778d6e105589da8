"""The configuration file of the log server that we run, and the small files beside it that it refers to.

Accounts: CALHA with the log's own streams, DEVICES_0 and so on with the devices (see `shards`), SYS for the server's own
affairs; GATEWAYS or LINK where there are gateways. Calha has a user with a password in each.

The NATS port is open to every program of this machine and MQTT to every device. Gated, whoever comes without Calha's
password is asked about at the gate (see `gate`). Otherwise all are one anonymous user in the first shard, who may not touch
the streams of the log, its management requests, or other people's answers.
"""

import json
import os
import secrets
from pathlib import Path
from urllib.parse import quote

from calha.log import shards
from calha.log.settings import MIB, HubLink, LeafListener, LogSettings, MqttTls

DEVICE = "device"
SYNC_INTERVAL = {"disk": "always", "interval": "100ms"}
FORBIDDEN = ["$JS.>", "$SYS.>", "$KV.>", "$O.>", "READINGS.>", "QUARANTINE.>", "_INBOX.>"]
MAX_CONNECTIONS = 60_000
LINK_PING_S = 10
GATE_TIMEOUT_S = 5  # for a crowd of several thousand; while nobody answers, each waits as long for its refusal

_OLD_ACCOUNT = "$G"  # of everything, before there were shards


class ServerFolder:
    """The files of one log server."""

    def __init__(self, folder: Path) -> None:
        self.path = folder.resolve()
        self.configuration = self.path / "nats-server.conf"
        self.pid = self.path / "nats-server.pid"
        self.lock = self.path / "lock"
        self.store = self.path / "store"
        self._jetstream = self.store / "jetstream"
        self._port = self.path / "client-port"
        self._password = self.path / "password"
        self._issuer_seed = self.path / "issuer-seed"
        self._issuer = self.path / "issuer"

    def make(self) -> None:
        self.store.mkdir(parents=True, exist_ok=True)
        self.path.chmod(0o700)

    def knows_mqtt(self, count: int) -> bool:
        """Whether the server has made its streams for MQTT in each shard already."""
        streams = (self._jetstream / shards.shard_account(shard) / "streams/$MQTT_msgs" for shard in range(count))
        return all((stream / "meta.inf").exists() for stream in streams)

    def shards(self) -> int:
        """How many shards the folder has, 0 at the first start."""
        return sum(1 for _ in self._jetstream.glob(shards.shard_account(0).replace("0", "*")))

    def move_old_account(self) -> None:
        """Bring what was stored before there were shards to where it belongs now, if there is such a thing."""
        old, own, first = (self._jetstream / name for name in (_OLD_ACCOUNT, shards.ACCOUNT, shards.shard_account(0)))
        if not old.exists() or own.exists():
            return
        (first / "streams").mkdir(parents=True, exist_ok=True)
        for stream in old.glob("streams/$MQTT_*"):
            stream.rename(first / "streams" / stream.name)
        old.rename(own)

    def remembered_port(self) -> int:
        """The NATS port of the last start, 0 if there is none."""
        try:
            return int(self._port.read_text())
        except (OSError, ValueError):
            return 0

    def remember_port(self, port: int) -> None:
        self._port.write_text(str(port))

    def password(self) -> str:
        """Calha's own password at the server, made at the first start."""
        if not self._password.exists():
            _write_private(self._password, secrets.token_hex(24))
        return self._password.read_text()

    @property
    def issuer_seed(self) -> str:
        """Secret key of whoever answers for the gate, made at the first start."""
        self.issuer()
        return self._issuer_seed.read_text()

    def issuer(self) -> str:
        """Public key that belongs to `issuer_seed`."""
        if not self._issuer_seed.exists():
            from calha.log import nkeys  # cryptography takes memory, and the supervisor needs it only here

            seed = nkeys.new_account_seed()
            _write_private(self._issuer, nkeys.Signer(seed).public_key)
            _write_private(self._issuer_seed, seed)
        return self._issuer.read_text()

    def write_configuration(self, settings: LogSettings, client_port: int, mqtt_host: str, mqtt_port: int) -> None:
        text = configuration(settings, self, client_port, mqtt_host, mqtt_port)
        _write_private(self.configuration, text)


def configuration(settings: LogSettings, folder: ServerFolder, client_port: int, mqtt_host: str, mqtt_port: int) -> str:
    """Text of the configuration file.

    js_api_timeout: unless told otherwise the server throws a device out that waits 5 s for its PUBACK, which in a flood on
    a slow disk is all of them; a late acknowledgement is what back-pressure should look like.
    """
    return f"""# Written by Calha at each start; changes are lost.
server_name: {json.dumps(_name(settings))}
host: 127.0.0.1
port: {client_port}
max_payload: {settings.max_payload_bytes}
max_pending: {max(64 * MIB, 4 * settings.max_payload_bytes)}
max_connections: {MAX_CONNECTIONS}
jetstream {{
  store_dir: {json.dumps(str(folder.store))}
  max_file_store: {settings.max_store_bytes}
  max_memory_store: {64 * MIB}
  sync_interval: {SYNC_INTERVAL[settings.durability]}
}}
mqtt {{
  host: {json.dumps(mqtt_host)}
  port: {mqtt_port}
  js_api_timeout: "120s"
{_tls(settings.mqtt_tls)}}}
{_links(settings)}{_accounts(settings, folder.password())}
{_gate(settings, folder) if settings.gated else f"no_auth_user: {DEVICE}"}
"""


def _accounts(settings: LogSettings, password: str) -> str:
    def user(name: str) -> str:
        return f"{{ user: {name}, password: {json.dumps(password)} }}"

    lines = [f"{shards.ACCOUNT} {{ jetstream: enabled, users: [ {user(shards.USER)} ] }}"]
    for shard in range(settings.shards):
        users = user(shards.shard_user(shard))
        if shard == 0 and not settings.gated:
            users += f", {_anonymous()}"
        lines.append(f"{shards.shard_account(shard)} {{ jetstream: enabled, users: [ {users} ] }}")
    lines += [f"{account} {{ users: [ {user(name)} ] }}" for account, name in _streamless(settings)]
    return "accounts {\n  " + "\n  ".join(lines) + f"\n}}\nsystem_account: {shards.SYSTEM_ACCOUNT}"


def _anonymous() -> str:
    forbidden = json.dumps(FORBIDDEN)
    denied = f"publish: {{ deny: {forbidden} }}, subscribe: {{ deny: {forbidden} }}"
    return f'{{ user: {DEVICE}, password: "", permissions: {{ {denied} }} }}'


def _streamless(settings: LogSettings) -> list[tuple[str, str]]:
    """(account, Calha's user in it) of those that hold no streams."""
    found = [(shards.SYSTEM_ACCOUNT, shards.SYSTEM_USER)]
    if settings.leaf is not None:
        found.append((shards.GATEWAYS_ACCOUNT, shards.GATEWAYS_USER))
    if settings.hub is not None:
        found.append((shards.LINK_ACCOUNT, shards.LINK_USER))
    return found


def _gate(settings: LogSettings, folder: ServerFolder) -> str:
    own = [shards.USER, *(shards.shard_user(shard) for shard in range(settings.shards))]
    own += [name for _, name in _streamless(settings)]
    return f"""authorization {{
  timeout: {GATE_TIMEOUT_S}
  auth_callout {{
    issuer: {folder.issuer()}
    account: {shards.ACCOUNT}
    auth_users: {json.dumps(own)}
  }}
}}"""


def _name(settings: LogSettings) -> str:
    """Servers that are linked need names that differ."""
    return f"calha-gateway-{settings.hub.gateway}" if settings.hub is not None else "calha"


def _links(settings: LogSettings) -> str:
    """The leaf nodes: pings tell within half a minute that the other end has gone without a word."""
    parts = [
        *([_listener(settings.leaf)] if settings.leaf is not None else []),
        *([_remote(settings.hub)] if settings.hub is not None else []),
    ]
    if not parts:
        return ""
    return f'ping_interval: "{LINK_PING_S}s"\nping_max: 2\nleafnodes {{\n' + "".join(parts) + "}\n"


def _listener(leaf: LeafListener) -> str:
    tls = ""
    if leaf.cert_file is not None:
        tls = (
            f"  tls {{ cert_file: {json.dumps(leaf.cert_file)}, key_file: {json.dumps(leaf.key_file)}, timeout: 10 }}\n"
        )
    return f"  host: {json.dumps(leaf.host)}\n  port: {leaf.port}\n  no_advertise: true\n{tls}"


def _remote(hub: HubLink) -> str:
    scheme = "tls" if hub.tls else "nats-leaf"
    url = f"{scheme}://{quote(hub.gateway, safe='')}:{quote(hub.secret, safe='')}@{hub.address}"
    authority = f"ca_file: {json.dumps(hub.ca_file)}, " if hub.ca_file is not None else ""
    tls = f", tls {{ {authority}timeout: 10 }}" if hub.tls else ""  # without it the server takes TLS for a wish only
    return f'  reconnect: "1s"\n  remotes: [ {{ url: {json.dumps(url)}, account: {shards.LINK_ACCOUNT}{tls} }} ]\n'


def _tls(tls: MqttTls | None) -> str:
    if tls is None:
        return ""
    files = f"cert_file: {json.dumps(tls.cert_file)}, key_file: {json.dumps(tls.key_file)}"
    if tls.ca_file is not None:
        files += f", ca_file: {json.dumps(tls.ca_file)}, verify: true"
    return f"  tls {{ {files}, timeout: 10 }}\n"


def _write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    temporary = path.with_suffix(".new")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    temporary.replace(path)
