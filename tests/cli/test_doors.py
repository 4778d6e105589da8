"""What `calha doctor` says of open ports, also of those of the replaced systems, and of passwords that travel in the clear."""

import subprocess
import sys

import pytest

from calha.cli.doors import exposure, listeners
from calha.config.loading import load
from running import running_calha


@pytest.fixture
def said(monkeypatch, tmp_path):
    """By setting or name: (verdict, what is said), with these settings."""
    monkeypatch.chdir(tmp_path)
    return lambda **given: {what: (verdict, told) for verdict, what, told in exposure(_settings(given))}


def _settings(given):
    return load({key.replace("__", "."): value for key, value in given.items()}).settings


def test_systems_that_are_off_are_not_spoken_of(said):
    assert not [what for what in said() if what.startswith("compat")]


def test_a_replaced_system_that_is_open_to_the_network_is_a_warning(said):
    found = said(compat__eta__enabled=True, compat__eta__host="0.0.0.0", compat__databutcher__enabled=True)
    assert found["compat.eta.port"][0] == "warning"
    assert "0.0.0.0:8000 is open without TLS" in found["compat.eta.port"][1]
    assert found["compat.databutcher.port"] == ("ok", "127.0.0.1:5000, reached from this machine only")
    assert not found.keys() & {"compat.eta", "compat.databutcher"}, "nobody is let in without a credential"


@pytest.mark.parametrize(("mqtt", "verdict"), [("127.0.0.1", "ok"), ("0.0.0.0", "warning")])
def test_whom_a_replaced_system_lets_in_without_a_credential_is_said(said, mqtt, verdict):
    found = said(
        compat__eta__enabled=True, compat__eta__mqtt_anonymous=True, compat__coiot__enabled=True, mqtt__host=mqtt
    )
    assert found["compat.eta"][0] == verdict
    assert "(mqtt_anonymous = true)" in found["compat.eta"][1]
    assert "(its meters have no credential)" in found["compat.coiot"][1]


@pytest.mark.parametrize(
    ("url", "is_warned"),
    [("mqtt://broker.example.org", True), ("mqtts://broker.example.org", False), ("mqtt://127.0.0.1", False)],
)
def test_a_brokers_password_in_the_clear_is_a_warning(said, url, is_warned):
    broker = {"name": "planta", "url": url, "user": "calha", "password": "segredo", "routes": [{"topic": "t"}]}
    found = said(connectors__mqtt=[broker])
    assert ("broker planta" in found) is is_warned
    assert "segredo" not in str(found)


def test_each_port_is_looked_at_whether_it_is_free(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    on = {"compat.hidrometro.enabled": True, "compat.hidrometro.node_port": 3000}
    keys = [key for key, _, _ in listeners(load(on).settings)]
    assert keys[-3:] == ["compat.hidrometro.port", "compat.hidrometro.mqtt_port", "compat.hidrometro.node_port"]


def test_of_a_running_calha_the_ports_are_told_that_it_really_uses(tmp_path):
    command = [sys.executable, "-m", "calha", "doctor", "--data", str(tmp_path / "data")]

    def told():
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False).stdout

    with running_calha(tmp_path / "data") as calha:
        here = "reached from this machine only"
        found = told()
        assert f"MQTT: 127.0.0.1:{calha.mqtt_port}, {here}" in found
        assert f"TCP: 127.0.0.1:{calha.tcp_port}, {here}" in found
        assert f"web app and API: 127.0.0.1:{calha.http_port}, {here}" in found
        assert "127.0.0.1:1883" not in found
    assert f"MQTT: 127.0.0.1:1883, {here}" in told(), "it runs no more: as it is configured"
