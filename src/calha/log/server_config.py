"""The configuration file of the log server that we run, and the small files beside it that it refers to.

The NATS port is open to every program of this machine and MQTT to every device, so both are anonymous users that
may not touch the streams of the log, its management requests, or other people's answers. Calha itself has a password.
"""

import json
import os
import secrets
from pathlib import Path

from calha.log.settings import MIB, LogSettings

USER, DEVICE = "calha", "device"
SYNC_INTERVAL = {"disk": "always", "interval": "100ms"}
FORBIDDEN = ["$JS.>", "$SYS.>", "$KV.>", "$O.>", "READINGS.>", "QUARANTINE.>", "_INBOX.>"]
MAX_CONNECTIONS = 60_000


class ServerFolder:
    """The files of one log server."""

    def __init__(self, folder: Path) -> None:
        self.path = folder.resolve()
        self.configuration = self.path / "nats-server.conf"
        self.pid = self.path / "nats-server.pid"
        self.lock = self.path / "lock"
        self.store = self.path / "store"
        self._port = self.path / "client-port"
        self._password = self.path / "password"

    def make(self) -> None:
        self.store.mkdir(parents=True, exist_ok=True)
        self.path.chmod(0o700)

    @property
    def knows_mqtt(self) -> bool:
        """Whether the server has made its streams for MQTT in this folder already."""
        return any(self.store.glob("jetstream/*/streams/$MQTT_msgs/meta.inf"))

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

    def write_configuration(self, settings: LogSettings, client_port: int, mqtt_host: str, mqtt_port: int) -> None:
        text = configuration(settings, self, client_port, mqtt_host, mqtt_port)
        _write_private(self.configuration, text)


def configuration(settings: LogSettings, folder: ServerFolder, client_port: int, mqtt_host: str, mqtt_port: int) -> str:
    """Text of the configuration file.

    js_api_timeout: unless told otherwise the server throws a device out that waits 5 s for its PUBACK, which in a flood on
    a slow disk is all of them; a late acknowledgement is what back-pressure should look like.
    """
    forbidden = json.dumps(FORBIDDEN)
    return f"""# Written by Calha at each start; changes are lost.
server_name: calha
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
}}
authorization {{
  users: [
    {{ user: {USER}, password: {json.dumps(folder.password())} }}
    {{ user: {DEVICE}, password: "", permissions: {{ publish: {{ deny: {forbidden} }}, subscribe: {{ deny: {forbidden} }} }} }}
  ]
}}
no_auth_user: {DEVICE}
"""


def _write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    temporary = path.with_suffix(".new")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    temporary.replace(path)
