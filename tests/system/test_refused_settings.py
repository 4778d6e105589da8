"""Settings that cannot work: the program ends at its start, with code 2 and a sentence that names what to change."""

import json
import os
import socket
import subprocess
from pathlib import Path

import pytest

from ports import free_port
from running import Calha

pytestmark = pytest.mark.slow


@pytest.fixture
def told(tmp_path):
    """What a start that must fail says."""

    def start(env, folder=tmp_path / "data"):
        calha = Calha(folder, env)
        ended = subprocess.run(
            calha.command, cwd=tmp_path, env=os.environ | env, capture_output=True, text=True, timeout=120, check=False
        )
        assert ended.returncode == 2, ended.stderr
        assert "Traceback" not in ended.stderr
        assert calha.processes() == {}
        return ended.stderr

    return start


def test_a_data_folder_that_cannot_be(told, tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    for folder, reason in (
        (file, "not a folder"),
        (file / "data", "Not a directory"),
        (Path("/proc/calha"), "No such file"),
    ):
        assert f"data.folder = {folder}: {reason}" in told({}, folder)


def test_certificates_that_cannot_be_used(told, tmp_path):
    no_pem = tmp_path / "no.pem"
    no_pem.write_text("not a certificate")
    both = {"CALHA_TLS_CERTIFICATE": str(no_pem), "CALHA_TLS_KEY": str(no_pem)}
    assert f"tls.certificate = {no_pem}, tls.key = {no_pem}: " in told({"CALHA_HTTP_TLS": "true", **both})
    assert f"tls.client_ca = {no_pem}: " in told({"CALHA_MQTT_TLS": "true", "CALHA_TLS_CLIENT_CA": str(no_pem)})
    gone = told({"CALHA_MQTT_TLS": "true", "CALHA_TLS_CLIENT_CA": "/no/such.pem"})
    assert "tls.client_ca = /no/such.pem: there is no such file" in gone


def test_client_certificates_without_tls_protect_nobody(told):
    assert "mqtt.client_certificates: without mqtt.tls" in told({"CALHA_MQTT_CLIENT_CERTIFICATES": "true"})


def test_profiles_that_cannot_be_read(told, tmp_path):
    own = tmp_path / "profiles"
    at = {"CALHA_REGISTRY_PROFILES_FOLDER": str(own)}
    assert f"registry.profiles_folder = {own}: there is no such folder" in told(at)
    own.mkdir()
    (own / "silo.yaml").write_text("name: [")
    assert f"registry.profiles_folder: {own}/silo.yaml:2:1: not YAML" in told(at)
    (own / "silo.yaml").write_bytes("title: Reservatório".encode("latin-1"))
    assert f"registry.profiles_folder: {own}/silo.yaml: not UTF-8" in told(at)


def test_addresses_and_ports_that_are_not_to_be_had(told):
    assert "http.port = " in (said := told({"CALHA_HTTP_HOST": "203.0.113.9"}))
    assert "this machine does not have the address 203.0.113.9" in said
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        said = told({"CALHA_GATEWAYS_ENABLED": "true", "CALHA_GATEWAYS_PORT": str(port)})
    assert f"gateways.port = {port}: cannot listen on 127.0.0.1:{port}: in use by" in said


def test_a_log_budget_without_a_rest(told):
    assert "leave nothing of log.max_bytes = 67108864" in told({"CALHA_LOG_MAX_BYTES": str(64 << 20)})


def test_two_doors_at_one_port(told):
    """ETA flow and SensorFlow had the same port, which both keep unless told otherwise."""
    both = {"CALHA_COMPAT_ETA_ENABLED": "true", "CALHA_COMPAT_SENSORFLOW_ENABLED": "true"}
    assert "compat.sensorflow.port and compat.eta.port are both 8000" in told(both)
    port = free_port()
    taken = {
        "CALHA_COMPAT_COIOT_ENABLED": "true",
        "CALHA_COMPAT_COIOT_HOST": "0.0.0.0",
        "CALHA_COMPAT_COIOT_PORT": str(port),
    }
    assert f"both {port}" in told(taken | {"CALHA_GATEWAYS_ENABLED": "true", "CALHA_GATEWAYS_PORT": str(port)})


def test_files_and_folders_that_are_not_there(told):
    pages = {"CALHA_COMPAT_DATABUTCHER_ENABLED": "true", "CALHA_COMPAT_DATABUTCHER_PAGES": "/no/pages"}
    pages["CALHA_COMPAT_DATABUTCHER_PORT"] = str(free_port())
    assert "compat.databutcher.pages = /no/pages: there is no such folder" in told(pages)
    broker = {"name": "plant", "url": "mqtts://127.0.0.1", "ca": "/no/ca.pem", "routes": [{"topic": "x"}]}
    said = told({"CALHA_CONNECTORS_MQTT": json.dumps([broker])})
    assert "connectors.mqtt plant: /no/ca.pem: there is no such file" in said
