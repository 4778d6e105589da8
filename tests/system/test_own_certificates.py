"""Certificates of the operator's own at every door, made out to the name that people use: devices, a gateway, commands."""

import json
import os
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import pytest
import trustme

from ports import free_ports
from running import Calha, ended_afterwards

pytestmark = pytest.mark.slow

NAME = "calha.lan"
WITHIN_S = 60.0


class OwnCertificate(Calha):
    """Asked without a look at its certificate, which is not the matter of most requests here."""

    def open(self, request, timeout=120):
        context = ssl._create_unverified_context()
        return urllib.request.urlopen(request, timeout=timeout, context=context)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with the certificate of the server, by way of an intermediate authority, and one of a device by another."""
    folder = tmp_path_factory.mktemp("own")
    authority, others = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(folder / "authority.pem")
    others.cert_pem.write_to_path(folder / "others.pem")
    for name, leaf in (
        ("server", authority.create_child_ca().issue_cert(NAME, "localhost")),
        ("device", others.issue_cert("meter-1@plant.example", common_name="meter-1")),
    ):
        leaf.private_key_pem.write_to_path(folder / f"{name}.key")
        (folder / f"{name}.pem").write_bytes(b"".join(part.bytes() for part in leaf.cert_chain_pems))
    return folder


@pytest.fixture(scope="module")
def calha(home):
    names = ("HTTP_TLS", "MQTT_TLS", "TCP_TLS", "GATEWAYS_TLS", "GATEWAYS_ENABLED", "MQTT_CLIENT_CERTIFICATES")
    gateways = free_ports(1)[0]
    env = {f"CALHA_{name}": "true" for name in names} | {
        "CALHA_DEVICES_ANONYMOUS": "false",
        "CALHA_TLS_CERTIFICATE": str(home / "server.pem"),
        "CALHA_TLS_KEY": str(home / "server.key"),
        "CALHA_TLS_CLIENT_CA": str(home / "others.pem"),
        "CALHA_HTTP_NAMES": NAME,
        "CALHA_GATEWAYS_HOST": "localhost",
        "CALHA_GATEWAYS_PORT": str(gateways),
        "CALHA_REGISTRY_ZONE": "America/Manaus",
    }
    started = OwnCertificate(home / "data", env)
    with ended_afterwards(started):
        started.start()
        yield started


@pytest.fixture(scope="module")
def meter(calha, home):
    """The secret of a device, which also has a certificate that Calha issued."""
    status, made = calha.send("POST", "/api/v1/devices", {"key": "meter-1"})
    assert (status, made["zone"]) == (201, "America/Manaus")
    status, issued = calha.send("POST", "/api/v1/devices/meter-1/certificates")
    assert status == 201, issued
    (home / "issued.pem").write_text(issued["certificate"])
    (home / "issued.key").write_text(issued["key"])
    return made["secret"]


def test_each_door_shows_it_with_its_chain(calha, home):
    trusting = ssl.create_default_context(cafile=home / "authority.pem")
    for port in (calha.http_port, calha.tcp_port):
        with socket.create_connection(("127.0.0.1", port), WITHIN_S) as plain:
            assert trusting.wrap_socket(plain, server_hostname=NAME).version() in ("TLSv1.2", "TLSv1.3")


def test_a_device_shows_a_certificate_of_calha_or_one_of_the_other_authority_and_its_secret(calha, home, meter):
    with_secret = ["-u", "meter-1", "-P", meter]
    assert publishes(calha, home, 1, certificate(home, "issued")) == 0
    assert publishes(calha, home, 2, [*certificate(home, "device"), *with_secret]) == 0
    assert publishes(calha, home, 3, certificate(home, "device")) != 0
    assert publishes(calha, home, 4, with_secret) != 0
    assert sent_by_tcp(calha, home, "issued", {"values": {"x": 5}}) == [{"ok": 1}]
    assert sent_by_tcp(calha, home, "device", {"token": meter}, {"values": {"x": 6}}) == [{"ok": 0}, {"ok": 1}]
    until(lambda: "x" in [channel["key"] for channel in calha.get("/api/v1/devices/meter-1")["channels"]])
    calha.until_stored()
    assert sorted(calha.values("meter-1", "x")) == [1, 2, 5, 6]


def test_commands_speak_to_it_though_it_is_made_out_to_another_name(calha, home):
    command(calha, home, "backup", "one")
    assert (calha.folder / "backups" / "one").is_dir()
    command(calha, home, "export", str(home / "all.csv"))
    assert (home / "all.csv").exists()
    doctor = command(calha, home, "doctor")
    assert "✓ Calha: runs at https://127.0.0.1:" in doctor
    assert f"{home / 'server.pem'} expires in" not in doctor


def test_a_gateway_links_itself_over_tls(calha, home):
    status, made = calha.send("POST", "/api/v1/devices", {"key": "gw-1", "profile": "gateway"})
    assert status == 201, made
    with gateway(calha, home, made["secret"]):
        until(lambda: [one["state"] for one in calha.get("/api/v1/gateways")["items"]] == ["linked"])


@contextmanager
def gateway(calha, home, secret):
    page, *ports = map(str, free_ports(4))
    hub = f"tls-leaf://localhost:{calha.env['CALHA_GATEWAYS_PORT']}"
    env = {"CALHA_EDGE_SECRET": secret, "CALHA_EDGE_HUB_CA": str(home / "authority.pem")}
    flags = [part for pair in zip(("--http-port", "--mqtt-port", "--tcp-port"), ports, strict=True) for part in pair]
    words = ["edge", "--hub", hub, "--gateway", "gw-1", "--page-port", page, "--data", str(home / "edge"), *flags]
    with (home / "edge.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "calha", *words], env=os.environ | env, cwd=home, stdout=log, stderr=log
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def command(calha, home, *words):
    ended = subprocess.run(
        [sys.executable, "-m", "calha", *words, "--data", str(calha.folder)],
        env=os.environ | calha.env,
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def certificate(home, name):
    return ["--cert", str(home / f"{name}.pem"), "--key", str(home / f"{name}.key")]


def publishes(calha, home, value, proof):
    words = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(calha.mqtt_port), "--cafile", str(home / "authority.pem")]
    words += ["--insecure", "-q", "1", "-t", "calha/v1/meter-1/telemetry", "-m", json.dumps({"values": {"x": value}})]
    return subprocess.run([*words, *proof], check=False, capture_output=True).returncode


def sent_by_tcp(calha, home, name, *lines):
    context = ssl.create_default_context(cafile=home / "authority.pem")
    context.load_cert_chain(home / f"{name}.pem", home / f"{name}.key")
    plain = socket.create_connection(("127.0.0.1", calha.tcp_port), WITHIN_S)
    with context.wrap_socket(plain, server_hostname=NAME) as connection:
        connection.sendall(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
        answers = b""
        while answers.count(b"\n") < len(lines) and (more := connection.recv(4096)):
            answers += more
        return [json.loads(line) for line in answers.splitlines()]


def until(holds):
    deadline = time.monotonic() + WITHIN_S
    while not holds():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)
