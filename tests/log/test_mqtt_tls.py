"""MQTT over TLS, with and without certificates of the devices."""

import asyncio
import subprocess
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import paho.mqtt.client as paho
import pytest
import trustme

from calha.log import ports
from calha.log.settings import LogSettings, MqttTls
from log.gated import GATED, PASSWORD, Gated, gated_log, shard_of_device, telemetry

DEVICE = "pump-1"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def files(tmp_path: Path, authority: trustme.CA) -> Path:
    """ca.pem, server.pem and server.key, device.pem and device.key, stranger.pem and stranger.key."""
    folder = tmp_path / "certificates"
    folder.mkdir()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    issued = {
        "server": authority.issue_cert("localhost"),
        "device": authority.issue_cert(f"{DEVICE}.example", common_name=DEVICE),
        "stranger": trustme.CA().issue_cert(f"{DEVICE}.example", common_name=DEVICE),
    }
    for name, certificate in issued.items():
        certificate.private_key_pem.write_to_path(folder / f"{name}.key")
        certificate.cert_chain_pems[0].write_to_path(folder / f"{name}.pem")
    return folder


def settings(files: Path, ca_file: str | None) -> LogSettings:
    tls = MqttTls(str(files / "server.pem"), str(files / "server.key"), ca_file, ports.free_port())
    return replace(GATED, mqtt_tls=tls)


async def test_devices_connect_with_tls_and_only_with_it(tmp_path: Path, files: Path) -> None:
    async with gated_log(tmp_path / "log", settings(files, None)) as log:
        publish = _publisher(log, files)
        assert await publish("--cafile", "ca.pem") == 0
        assert await publish() != 0
        assert await publish("--cafile", "stranger.pem") != 0
        found = await log.read(shard_of_device(DEVICE), 1)
        assert [one.payload for one in found] == [b"hello"]


async def test_without_an_authority_certificates_of_devices_are_not_asked_for(tmp_path: Path, files: Path) -> None:
    async with gated_log(tmp_path / "log", settings(files, None)) as log:
        assert await _publisher(log, files)("--cafile", "ca.pem", "--cert", "device.pem", "--key", "device.key") == 0
        assert [knock.certificates for knock in log.knocks] == [()]


async def test_with_an_authority_each_device_must_show_its_certificate_and_the_gate_sees_it(
    tmp_path: Path, files: Path
) -> None:
    async with gated_log(tmp_path / "log", settings(files, str(files / "ca.pem"))) as log:
        publish = _publisher(log, files)
        assert await publish("--cafile", "ca.pem") != 0
        assert await publish("--cafile", "ca.pem", "--cert", "stranger.pem", "--key", "stranger.key") != 0
        assert log.knocks == []
        assert await publish("--cafile", "ca.pem", "--cert", "device.pem", "--key", "device.key") == 0
        leaf = (files / "device.pem").read_text()
        assert [knock.certificates[0].split() for knock in log.knocks] == [leaf.split()]
        await asyncio.to_thread(_publish_with_paho, log.port, files)
        assert len(await log.read(shard_of_device(DEVICE), 2)) == 2


def test_settings_with_tls_survive_the_way_to_the_supervisor(files: Path) -> None:
    from dataclasses import asdict

    asked = settings(files, None)
    assert LogSettings.from_plain(asdict(asked)) == asked
    assert LogSettings.from_plain(asdict(GATED)) == GATED


def _publisher(log: Gated, files: Path) -> Callable[..., Awaitable[int]]:
    login = ["-h", "localhost", "-p", str(log.port), "-u", DEVICE, "-P", PASSWORD, "-i", DEVICE]
    words = ["mosquitto_pub", *login, "-t", telemetry(DEVICE), "-m", "hello", "-q", "1"]

    async def publish(*more: str) -> int:
        """Exit code of mosquitto_pub in the folder of certificates."""
        run = subprocess.run
        done = await asyncio.to_thread(
            run, [*words, *more], cwd=files, capture_output=True, timeout=120, check=False, stdin=subprocess.DEVNULL
        )
        return done.returncode

    return publish


def _publish_with_paho(port: int, files: Path) -> None:
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=DEVICE)
    client.username_pw_set(DEVICE, PASSWORD)
    client.tls_set(str(files / "ca.pem"), str(files / "device.pem"), str(files / "device.key"))
    client.connect("localhost", port)
    client.loop_start()
    client.publish(telemetry(DEVICE), b"paho", 1).wait_for_publish(60)
    client.disconnect()
    client.loop_stop()
