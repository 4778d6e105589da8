"""A real mosquitto for tests: on a free port, with its data kept over its death, and a publisher that is acknowledged."""

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import paho.mqtt.client as paho

from databases import require
from ports import free_port

READY_WITHIN_S = 60.0


class Mosquitto:
    """autosave: every message is written to disk before the next, as far as mosquitto can. lines: further configuration."""

    def __init__(self, folder: Path, *lines: str) -> None:
        self.folder = folder
        self.port = free_port()
        self._lines = lines
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        found = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        program = require(found if Path(found).exists() else None, "mosquitto")
        self.folder.mkdir(parents=True, exist_ok=True)
        configuration = self.folder / "mosquitto.conf"
        common = [
            f"listener {self.port} 127.0.0.1",
            "persistence true",
            f"persistence_location {self.folder}/",
            "autosave_interval 1",
            "autosave_on_changes true",
            "max_queued_messages 0",
            "log_type all",
            "user root",
        ]
        configuration.write_text("\n".join([*common, *(self._lines or ("allow_anonymous true",))]) + "\n")
        with (self.folder / "mosquitto.log").open("ab") as log:
            self._process = subprocess.Popen([program, "-c", str(configuration)], stdout=log, stderr=log)
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            assert self._process.poll() is None, (self.folder / "mosquitto.log").read_text()[-2000:]
            time.sleep(0.05)
        raise AssertionError("mosquitto does not answer")

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """As systemd would; it saves what it keeps."""
        self._end(signal.SIGTERM)

    def publish(self, topic: str, *payloads: bytes, qos: int = 1, tls: Path | None = None, **login: str) -> None:
        """Publish, and wait for each acknowledgement."""
        client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        if login:
            client.username_pw_set(login["user"], login["password"])
        if tls is not None:
            client.tls_set(str(tls))
        client.connect("127.0.0.1", self.port)
        client.loop_start()
        for info in [client.publish(topic, payload, qos) for payload in payloads]:
            info.wait_for_publish(60)
            assert info.is_published()
        client.disconnect()
        client.loop_stop()

    def sent_to(self, client_id: str) -> int:
        """How many messages it has sent to a client since the first start."""
        return (self.folder / "mosquitto.log").read_text(errors="replace").count(f"Sending PUBLISH to {client_id}")

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(30)
            self._process = None


@contextmanager
def running_mosquitto(folder: Path, *lines: str) -> Iterator[Mosquitto]:
    broker = Mosquitto(folder, *lines)
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()
