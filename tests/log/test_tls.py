"""The log behind TLS: a NATS server elsewhere, whose certificate is proved before anything is said."""

import json
import socket
import subprocess
import time

import pytest
import trustme

from calha.domain.errors import LogUnavailable
from calha.log import jetstream
from calha.log.child import find_program
from calha.log.connection import Connection


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def address(authority, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    certificate = authority.issue_cert("localhost")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(folder / "certificate.pem")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    tls = {"cert_file": str(folder / "certificate.pem"), "key_file": str(folder / "key.pem")}
    store = {"store_dir": str(folder / "store")}
    (folder / "server.conf").write_text(json.dumps({"listen": f"127.0.0.1:{port}", "tls": tls, "jetstream": store}))
    server = subprocess.Popen([find_program(None), "-c", folder / "server.conf"], stderr=subprocess.DEVNULL)
    _until_open(port)
    yield f"tls://localhost:{port}"
    server.terminate()
    server.wait()


async def test_a_server_whose_certificate_is_trusted_is_used(address, authority, tmp_path, monkeypatch):
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    connection = await Connection.open(address)
    try:
        assert "memory" in await jetstream.call(connection, "INFO")
    finally:
        await connection.close()


async def test_a_server_whose_certificate_nobody_vouches_for_is_not_used(address):
    with pytest.raises(LogUnavailable, match="certificate verify failed"):
        await Connection.open(address, wait_s=3)


async def test_a_server_that_is_not_who_it_should_be_is_not_used(address, authority, tmp_path, monkeypatch):
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with pytest.raises(LogUnavailable, match="IP address mismatch"):
        await Connection.open(address.replace("localhost", "127.0.0.1"), wait_s=3)


def _until_open(port):
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the server does not listen")
