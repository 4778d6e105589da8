"""TLS at every door: the local authority is believed, a stranger is not, and a client certificate is a credential."""

import hashlib
import json
import socket
import ssl
import subprocess
import threading
import urllib.error
import urllib.request
from datetime import UTC, datetime

import paho.mqtt.client as mqtt
import pytest

from calha import certificates
from calha.accounts.door import fingerprint
from calha.certificates import days_left
from calha.cli.health import answer
from calha.store.accounts.credentials import Credentials
from calha.store.registry import Registry
from running import running_calha

LIVES_S = 20
EVERYWHERE = {
    "CALHA_HTTP_TLS": "true",
    "CALHA_MQTT_TLS": "true",
    "CALHA_TCP_TLS": "true",
    "CALHA_DEVICES_ANONYMOUS": "false",
}


@pytest.fixture(scope="module")
def calha(tmp_path_factory):
    with running_calha(tmp_path_factory.mktemp("tls") / "data", EVERYWHERE) as running:
        yield running


@pytest.fixture(scope="module")
def secret(calha):
    status, made = calha.send("POST", "/api/v1/devices", {"key": "a"})
    assert status == 201
    return made["secret"]


def authority(calha):
    return str(calha.folder / "tls" / "ca.pem")


def tcp(calha, context, *lines):
    plain = socket.create_connection(("127.0.0.1", calha.tcp_port), 60)
    with context.wrap_socket(plain, server_hostname="127.0.0.1") as connection:
        connection.sendall(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
        answers = b""
        while answers.count(b"\n") < len(lines):
            answers += connection.recv(4096)
        return [json.loads(line) for line in answers.splitlines()]


def certificate_fingerprint(path):
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(path.read_text())).hexdigest()


def test_health_is_told_also_where_the_web_app_speaks_tls(calha):
    assert json.loads(answer(calha.folder, "/healthz")) == {"status": "ok"}
    assert json.loads(answer(calha.folder, "/readyz"))["ready"] is True


def test_the_ports_tell_that_they_speak_tls(calha):
    status = calha.get("/api/v1/status")
    assert [status[name]["tls"] for name in ("http", "mqtt", "tcp")] == [True, True, True]
    assert [status[name]["client_certificates"] for name in ("mqtt", "tcp")] == ["none", "optional"]
    assert status["local_authority"] is True


def test_https_is_believed_with_the_local_authority_and_not_without(calha):
    assert calha.get("/api/v1/sites")["items"]
    with pytest.raises(urllib.error.URLError, match="certificate verify failed"):
        urllib.request.urlopen(calha.address + "/healthz", timeout=60)
    assert "BEGIN CERTIFICATE" in calha.get("/api/v1/tls/authority", accept="*/*").decode()


def test_mosquitto_publishes_over_tls(calha, secret):
    command = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(calha.mqtt_port), "--cafile", authority(calha)]
    command += ["-q", "1", "-u", "a", "-P", secret, "-t", "calha/v1/a/telemetry", "-m", '{"mqtt": 1}']
    subprocess.run(command, check=True, timeout=30)
    while not calha.get("/api/v1/devices/a")["channels"]:
        pass
    calha.until_stored()
    assert calha.values("a", "mqtt") == [1]


def test_tcp_takes_a_token_or_a_client_certificate(calha, secret, tmp_path):
    context = ssl.create_default_context(cafile=authority(calha))
    assert tcp(calha, context, {"x": 1})[0]["reason"] == "not_signed_in"
    assert tcp(calha, context, {"token": secret}, {"x": 1}) == [{"ok": 0}, {"ok": 1}]
    status, made = calha.send("POST", "/api/v1/devices/a/certificates")
    assert status == 201
    files = tmp_path / "device.pem", tmp_path / "device.key"
    files[0].write_text(made["certificate"])
    files[1].write_text(made["key"])
    certified = ssl.create_default_context(cafile=authority(calha))
    certified.load_cert_chain(*files)
    assert tcp(calha, certified, {"x": 2}) == [{"ok": 1}]
    calha.until_stored()
    assert calha.values("a", "x") == [1, 2]
    known = calha.get("/api/v1/devices/a/credentials")["items"]
    issued = next(one for one in known if one["kind"] == "certificate")
    assert issued["fingerprint"] == certificate_fingerprint(files[0])
    assert issued["expires_at"] is not None
    assert calha.send("DELETE", f"/api/v1/devices/a/credentials/{issued['id']}")[0] == 204
    assert tcp(calha, certified, {"x": 3})[0]["reason"] == "not_signed_in"
    assert tcp(calha, context, {"token": secret}, {"x": 3}) == [{"ok": 0}, {"ok": 1}]
    assert calha.send("DELETE", f"/api/v1/devices/a/credentials/{issued['id']}")[0] == 404


def test_plain_text_is_no_way_in(calha):
    with pytest.raises((urllib.error.URLError, ConnectionError)):
        urllib.request.urlopen(calha.address.replace("https", "http") + "/healthz", timeout=60)
    with socket.create_connection(("127.0.0.1", calha.tcp_port), 60) as plain:
        plain.sendall(b'{"device":"a","x":1}\n')
        assert b'"ok"' not in plain.recv(4096)


def test_the_keys_are_their_owners_alone_and_the_certificate_is_kept_while_it_serves(calha):
    folder = calha.folder / "tls"
    for name in ("ca.key", "server.key"):
        assert (folder / name).stat().st_mode & 0o777 == 0o600
    before = (folder / "server.pem").read_bytes()
    assert days_left(folder / "server.pem") > 300
    calha.stop()
    calha.start()
    assert (folder / "server.pem").read_bytes() == before


@pytest.fixture(scope="module")
def mutual(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mutual") / "data"
    with running_calha(folder, EVERYWHERE | {"CALHA_MQTT_CLIENT_CERTIFICATES": "true"}) as running:
        running.create_device("b")
        yield running


def written(folder, certificate, key):
    files = folder / "b.pem", folder / "b.key"
    files[0].write_text(certificate)
    files[1].write_text(key)
    return str(files[0]), str(files[1])


def test_with_client_certificates_a_device_needs_no_password_and_a_stranger_no_try(mutual, tmp_path):
    made = mutual.send("POST", "/api/v1/devices/b/certificates")[1]
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="b")
    client.tls_set(authority(mutual), *written(tmp_path, made["certificate"], made["key"]))
    client.connect("127.0.0.1", mutual.mqtt_port)
    client.loop_start()
    client.publish("calha/v1/b/telemetry", json.dumps({"x": 7}), 1).wait_for_publish(60)
    client.disconnect()
    client.loop_stop()
    while not mutual.get("/api/v1/devices/b")["channels"]:
        pass
    mutual.until_stored()
    assert mutual.values("b", "x") == [7]
    stranger = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(mutual.mqtt_port), "--cafile", authority(mutual)]
    stranger += ["-q", "1", "-t", "calha/v1/b/telemetry", "-m", '{"x": 8}']
    assert subprocess.run(stranger, check=False, capture_output=True, timeout=30).returncode != 0


def test_no_connection_outlives_the_certificate_that_opened_it(mutual, tmp_path, monkeypatch):
    monkeypatch.setattr(certificates, "DEVICE_YEARS", LIVES_S / (365 * 86_400))
    certificate, key = certificates.device_certificate(mutual.folder, "b")
    ends_at = certificates.expires_at(certificate.encode())
    registry = Registry.open(f"sqlite:///{mutual.folder}/registry.sqlite")
    Credentials(registry.engine).add("b", "certificate", fingerprint(certificate), expires_at=ends_at)
    registry.close()
    files = written(tmp_path, certificate, key)
    context = ssl.create_default_context(cafile=authority(mutual))
    context.load_cert_chain(*files)
    closed = threading.Event()
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="b", reconnect_on_failure=False)
    client.tls_set(authority(mutual), *files)
    client.on_disconnect = lambda *_: closed.set()
    while tcp(mutual, context, {"x": 1}) != [{"ok": 1}]:  # until the credential is known
        assert datetime.now(UTC) < ends_at
    plain = socket.create_connection(("127.0.0.1", mutual.tcp_port), 60)
    with context.wrap_socket(plain, server_hostname="127.0.0.1") as idle:
        client.connect("127.0.0.1", mutual.mqtt_port)
        client.loop_start()
        told = client.publish("calha/v1/b/telemetry", json.dumps({"x": 9}), 1)
        told.wait_for_publish(60)
        assert told.is_published()
        assert datetime.now(UTC) < ends_at
        assert closed.wait(60)
        assert idle.recv(1) == b""
    client.loop_stop()
    assert datetime.now(UTC) >= ends_at
