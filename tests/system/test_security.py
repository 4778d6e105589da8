"""One test for each line of the OWASP IoT Top 10 (2018) and of ETSI EN 303 645 (V3.1.3) that applies to a server.

Not for a server: OWASP I4 and ETSI 5.3, 5.7 (updates and integrity of a device's firmware; Calha is installed and updated with
the system's package tools), OWASP I10, ETSI 5.4-2, 5.6-3, 5.6-4 and 5.6-8 (hardware), ETSI 5.8-3 (sensors of a device). Not
to be tested: ETSI 5.2-2, 5.2-3, 5.5-8, 5.6-9 (how its makers work; see SECURITY.md).
Elsewhere, because it takes more than a request: ETSI 5.5-7 in `test_tls`, 5.9-1 to 5.9-3 in `test_acknowledged_is_stored`,
5.11-2 in `tests/api/test_claims`, 5.12-1 with OWASP I9, 5.12-3 in `tests/cli/test_commands` (`calha doctor`).
"""

import http.client
import ipaddress
import json
import re
import socket
import sqlite3
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from api.browser import Visitor
from calha.config.settings import Settings
from running import running_calha

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PASSWORD = "canoa lenta abacaxi 7"
STRICT = {"CALHA_DEVICES_ANONYMOUS": "false"}


@pytest.fixture(scope="module")
def calha(tmp_path_factory):
    with running_calha(tmp_path_factory.mktemp("security") / "data", STRICT) as running:
        yield running


@pytest.fixture(scope="module")
def secrets(calha):
    """Everything secret that was told to somebody."""
    told = {}
    told["device"] = calha.send("POST", "/api/v1/devices", {"key": "pump", "profile": "machine"})[1]["secret"]
    told["key"] = calha.send("POST", "/api/v1/keys", {"name": "k", "scopes": ["view"]})[1]["key"]
    person = calha.send("POST", "/api/v1/people", {"name": "Maria", "email": "maria@example.org"})[1]
    told["link"] = person["link"].partition("#")[2]
    visitor = Visitor(calha)
    assert visitor.send("POST", "/links/password", {"link": told["link"], "password": PASSWORD})[0] == 201
    (cookie,) = visitor.jar
    told["cookie"] = cookie.value
    told["totp"] = visitor.send("POST", "/account/second-factor")[1]["key"]
    told["refresh"] = Visitor(calha).send("POST", "/tokens", {"login": "maria@example.org", "password": PASSWORD})[1][
        "refresh_token"
    ]
    return told | {"password": PASSWORD}


def status_of(calha, path, headers=None, method="GET", body=None):
    request = urllib.request.Request(calha.address + path, body, headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def id_of(calha, email):
    (found,) = calha.get(f"/api/v1/people?q={email}")["items"]
    return found["id"]


class Socket(NamedTuple):
    host: str
    port: int
    peer: str
    listens: bool


def sockets_of(calha):
    """TCP sockets of all processes of a Calha, as the kernel knows them."""
    found = []
    for pid in calha.processes().values():
        own = set()
        for one in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):  # it was closed meanwhile
                own.add(str(one.readlink()))
        for table in ("tcp", "tcp6"):
            for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
                _, local, remote, state, *_, inode = line.split()[:10]
                if f"socket:[{inode}]" in own:
                    (host, port), (peer, _) = (end.split(":") for end in (local, remote))
                    found.append(Socket(host_of(host), int(port, 16), host_of(peer), state == "0A"))
    return found


def host_of(text):
    """IPv4 and IPv6 addresses as the kernel writes them: words of four bytes, the lowest first."""
    words = b"".join(bytes.fromhex(text[at : at + 8])[::-1] for at in range(0, len(text), 8))
    return str(getattr(ipaddress.ip_address(words), "ipv4_mapped", None) or ipaddress.ip_address(words))


# -- OWASP IoT Top 10


def test_owasp_i1_no_password_is_weak_guessable_or_built_in(calha):
    for login in ("admin", "root", "calha", "user"):
        for password in ("admin", "calha", "password", "123456", ""):
            assert Visitor(calha).send("POST", "/session", {"login": login, "password": password})[0] in (401, 422, 429)
    sources = "\n".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))
    assert not re.search(r"password\s*=\s*[\"'][^\"'{]+[\"']", sources), "a password in the source"


def test_owasp_i2_no_network_service_listens_beyond_this_machine_unless_told():
    settings = Settings()
    assert {settings.http.host, settings.mqtt.host, settings.tcp.host} == {"127.0.0.1"}


def test_owasp_i2_the_logs_own_port_opens_nothing_without_its_password(calha):
    port = int((calha.folder / "log" / "client-port").read_text())
    with socket.create_connection(("127.0.0.1", port), 60) as connection:
        connection.sendall(b'CONNECT {"verbose":true}\r\nSUB > 1\r\nPING\r\n')
        told = b""
        connection.settimeout(15)
        while chunk := connection.recv(4096):
            told += chunk
            if b"-ERR" in told:
                break
    assert b"Authorization Violation" in told


def test_owasp_i3_the_web_interface_cannot_be_framed_injected_or_asked_from_another_site(calha, secrets):
    _, headers, page = status_of(calha, "/")
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy
    assert not re.search(rb"<script>|onload=|https?://(?!127)", page), "inline or foreign scripts"
    headers = {"Cookie": f"calha_session={secrets['cookie']}", "Content-Type": "application/json"}
    assert status_of(calha, "/api/v1/account", headers, "PATCH", b'{"name": "Eve"}')[0] == 403
    assert status_of(calha, "/api/v1/sites", {"Host": "evil.example"})[0] == 421


def test_owasp_i3_what_is_kept_cannot_become_script_or_formula(calha):
    nasty = "<img src=x onerror=alert(1)>\"'--"
    assert calha.send("POST", "/api/v1/sites", {"name": nasty})[0] == 201
    _, headers, body = status_of(calha, "/api/v1/sites", {"Authorization": f"Bearer {calha.key}"})
    assert headers["Content-Type"].startswith("application/json")
    assert nasty in {site["name"] for site in json.loads(body)["items"]}
    assert calha.send("POST", "/api/v1/people", {"name": "=cmd()", "email": "x@example.org"})[0] == 201
    exported = calha.get("/api/v1/audit/export", accept="text/csv").decode()
    assert not re.search(r"(?m)(^|,)\"?[=+@]", exported)


def test_owasp_i5_pages_load_nothing_from_elsewhere(calha):
    _, _, page = status_of(calha, "/")
    _, _, docs = status_of(calha, "/api/docs")
    for text in (page, docs):
        assert not re.search(rb"(src|href)=[\"']?(https?:)?//", text)


def test_owasp_i6_personal_data_is_seen_by_administrators_only(calha, secrets):
    headers = {"Authorization": f"Bearer {secrets['key']}"}
    for path in ("/api/v1/people", "/api/v1/audit", "/api/v1/keys"):
        assert status_of(calha, path, headers)[0] == 403


def test_owasp_i7_nothing_secret_is_stored_as_it_is(calha, secrets):
    calha.until_stored()
    with sqlite3.connect(calha.folder / "registry.sqlite") as database:
        content = "\n".join(database.iterdump())
    logged = calha.log.read_text()
    for name, secret in secrets.items():
        assert secret not in content, f"{name} stands in the database"
        assert secret not in logged, f"{name} stands in the log"
    assert "$argon2id$" in content


def test_owasp_i7_files_with_keys_are_their_owners_alone(calha):
    for name in ("keys.json", "log/password", "log/nats-server.conf"):
        assert (calha.folder / name).stat().st_mode & 0o077 == 0, name


def test_owasp_i8_a_device_is_listed_changed_over_and_shut_out(calha):
    made = calha.send("POST", "/api/v1/devices", {"key": "managed"})[1]
    assert "managed" in {one["key"] for one in calha.get("/api/v1/devices?limit=1000")["items"]}
    sent = {"Authorization": f"Bearer {made['secret']}", "Content-Type": "application/json"}
    path = "/api/v1/telemetry/managed"
    assert status_of(calha, path, sent, "POST", b'{"x": 1}')[0] == 200
    newer = calha.send("POST", "/api/v1/devices/managed/credentials", {"overlap_s": 60})[1]["secret"]
    assert status_of(calha, path, sent, "POST", b'{"x": 2}')[0] == 200, "within the overlap"
    assert calha.send("DELETE", "/api/v1/devices/managed/credentials")[0] == 204
    for secret in (made["secret"], newer):
        headers = sent | {"Authorization": f"Bearer {secret}"}
        assert status_of(calha, path, headers, "POST", b'{"x": 3}')[0] == 401


def test_owasp_i9_the_defaults_protect():
    settings = Settings()
    assert settings.devices.anonymous is False
    assert settings.log.durability == "disk"
    assert settings.log.url is None


# -- ETSI EN 303 645


def test_etsi_5_1_1_every_secret_is_a_devices_own(calha):
    made = [calha.send("POST", "/api/v1/devices", {"key": f"unique-{number}"})[1]["secret"] for number in range(5)]
    assert len(set(made)) == 5
    assert all(len(secret) > 50 for secret in made)


def test_etsi_5_1_4_a_password_is_changed_in_one_step(calha, secrets):
    calha.send("POST", "/api/v1/people", made := {"name": "Rui", "email": "rui@example.org"})
    link = calha.send("POST", f"/api/v1/people/{id_of(calha, made['email'])}/reset-link")[1]["link"].partition("#")[2]
    visitor = Visitor(calha)
    assert visitor.send("POST", "/links/password", {"link": link, "password": PASSWORD})[0] == 201
    other = "girassol bravo no telhado 4"
    assert visitor.send("PUT", "/account/password", {"old": PASSWORD, "new": other})[0] == 204
    assert Visitor(calha).send("POST", "/session", {"login": made["email"], "password": PASSWORD})[0] == 401
    assert Visitor(calha).send("POST", "/session", {"login": made["email"], "password": other})[0] == 201


def test_etsi_5_1_5_trying_passwords_becomes_slow(calha):
    login = {"login": "guessed@example.org", "password": "wrong"}
    answers = [Visitor(calha).send("POST", "/session", login)[0] for _ in range(8)]
    assert 429 in answers


def test_etsi_5_2_1_it_is_published_how_to_report_a_fault():
    text = (ROOT / "SECURITY.md").read_text()
    assert "report" in text
    assert "days" in text


def test_etsi_5_4_1_the_second_factor_is_sealed_with_a_key_beside_the_database(calha, secrets):
    with sqlite3.connect(calha.folder / "registry.sqlite") as database:
        assert secrets["totp"] not in "\n".join(database.iterdump())


def test_etsi_5_4_3_no_secret_stands_in_the_source():
    kinds = re.compile(r"PRIVATE KEY-----\s+[A-Za-z0-9+/]{40}|calha_(key|dev)_[A-Za-z0-9_-]{30}|\bS[UA][A-Z2-7]{54}\b")
    for path in (ROOT / "src").rglob("*"):
        if path.suffix in (".py", ".yaml", ".toml", ".json"):
            assert not kinds.search(path.read_text()), path


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    settings = STRICT | {"CALHA_HTTP_TLS": "true", "CALHA_TCP_TLS": "true"}
    with running_calha(tmp_path_factory.mktemp("secure") / "data", settings) as running:
        yield running


def test_etsi_5_5_1_tls_is_not_older_than_1_2(secure):
    for port in (secure.http_port, secure.tcp_port):
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
        plain = socket.create_connection(("127.0.0.1", port), 60)
        with pytest.raises((ssl.SSLError, ConnectionError)):
            old.wrap_socket(plain)


def test_etsi_5_5_4_nothing_is_told_without_a_proof(calha):
    for path in (
        "/api/v1/devices",
        "/api/v1/latest",
        "/api/v1/live",
        "/api/v1/export",
        "/api/v1/events",
        "/api/v1/sites",
    ):
        assert status_of(calha, path)[0] == 401, path


def test_etsi_5_5_5_nothing_is_configured_without_a_proof(calha):
    for method, path in (("POST", "/api/v1/devices"), ("PUT", "/api/v1/profiles/x"), ("DELETE", "/api/v1/sites/1")):
        assert status_of(calha, path, {"Content-Type": "application/json"}, method, b"{}")[0] == 401


def test_etsi_5_5_6_with_tls_the_session_never_travels_in_the_clear(secure):
    link = secure.log.read_text().split("/link#")[1].split()[0]
    wanted = {"link": link, "name": "Maria", "email": "maria@example.org", "password": PASSWORD}
    request = secure.request(
        "/api/v1/set-up", json.dumps(wanted).encode(), {"Content-Type": "application/json"}, "POST"
    )
    with secure.open(request) as answer:
        cookie = answer.headers["Set-Cookie"].lower()
    assert "secure" in cookie
    assert "httponly" in cookie
    assert "samesite=" in cookie


def test_etsi_5_6_1_no_other_port_listens_than_those_that_are_told(calha):
    told = {calha.http_port, calha.mqtt_port, calha.tcp_port, int((calha.folder / "log" / "client-port").read_text())}
    listening = {(one.host, one.port) for one in sockets_of(calha) if one.listens}
    assert {host for host, _ in listening} == {"127.0.0.1"}
    assert {port for _, port in listening} == told


def test_etsi_5_6_2_who_has_not_signed_in_learns_nothing_of_the_installation(calha):
    for path in ("/healthz", "/readyz", "/api/v1/set-up"):
        _, headers, body = status_of(calha, path)
        assert not re.search(rb"\d+\.\d+\.\d+|python|nats|uvicorn", body, re.IGNORECASE)
        assert "server" not in {name.lower() for name in headers}
    assert status_of(calha, "/metrics")[0] == 401
    assert status_of(calha, "/api/v1/status")[0] == 401


def test_etsi_5_6_2_whether_an_account_exists_cannot_be_told(calha, secrets):
    known = Visitor(calha).send("POST", "/session", {"login": "maria@example.org", "password": "wrong words"})
    unknown = Visitor(calha).send("POST", "/session", {"login": "nobody@example.org", "password": "wrong words"})
    assert known[0] == unknown[0] == 401
    assert known[1]["detail"] == unknown[1]["detail"]


def test_etsi_5_6_7_a_device_reaches_only_its_own_topics(calha, secrets):
    calha.send("POST", "/api/v1/devices", {"key": "neighbour", "profile": "machine"})
    own = ["-p", str(calha.mqtt_port), "-u", "pump", "-P", secrets["device"], "-i", "pump"]
    heard = subprocess.run(
        ["mosquitto_sub", *own, "-t", "calha/v1/neighbour/#", "-t", "#", "-W", "2"],
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert heard.stdout == b""
    topic = "calha/v1/neighbour/telemetry"
    subprocess.run(["mosquitto_pub", *own, "-q", "1", "-t", topic, "-m", '{"x": 1}'], check=False, timeout=30)
    time.sleep(0.5)
    calha.until_stored()
    assert "x" not in {channel["key"] for channel in calha.get("/api/v1/devices/neighbour")["channels"]}


def test_etsi_5_8_2_personal_data_leaves_with_no_cache_behind(calha, secrets):
    headers = {"Cookie": f"calha_session={secrets['cookie']}"}
    _, answered, _ = status_of(calha, "/api/v1/session", headers)
    assert answered["Cache-Control"] in ("no-store", "no-cache")


def test_etsi_5_10_1_what_looks_like_an_attack_is_written_down(calha):
    Visitor(calha).send("POST", "/session", {"login": "attacked@example.org", "password": "wrong words"})
    found = calha.get("/api/v1/audit?q=attacked")["items"]
    assert [one["action"] for one in found] == ["sign_in.failed"]


def test_etsi_5_11_1_a_person_can_be_forgotten(calha):
    made = calha.send("POST", "/api/v1/people", {"name": "Passing", "email": "passing@example.org"})[1]["person"]
    assert calha.send("DELETE", f"/api/v1/people/{made['id']}")[0] == 204
    with sqlite3.connect(calha.folder / "registry.sqlite") as database:
        assert database.execute("SELECT email FROM person WHERE id = ?", (made["id"],)).fetchone() == (None,)


def test_etsi_5_11_3_and_5_11_4_how_to_be_forgotten_is_told_and_that_it_was_done(calha):
    assert "DELETE /api/v1/people/<id>" in (ROOT / "docs" / "security.md").read_text()
    made = calha.send("POST", "/api/v1/people", {"name": "Gone", "email": "gone@example.org"})[1]["person"]
    assert calha.send("DELETE", f"/api/v1/people/{made['id']}")[0] == 204
    assert calha.get(f"/api/v1/people/{made['id']}")["state"] == "anonymised"
    (told, *_) = calha.get(f"/api/v1/audit?target=person%20{made['id']}")["items"]
    assert told["action"] == "person.anonymised"


def test_etsi_5_12_2_the_set_up_tells_how_to_do_it_safely(calha):
    told = calha.log.read_text()
    assert "Open this link to create the first account" in told


def test_etsi_5_13_1_input_of_any_size_and_kind_gets_an_answer(calha):
    connection = http.client.HTTPConnection("127.0.0.1", calha.http_port, timeout=20)
    for body in (b"\x00" * 1000, b"[" * 100_000, b'{"login":' + b'"x"' * 9, b"\xff\xfe"):
        connection.request("POST", "/api/v1/session", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        assert 400 <= answer.status < 500
    connection.request("GET", "/healthz")
    assert connection.getresponse().status == 200


def test_etsi_6_1_it_is_told_which_personal_data_is_kept_and_why():
    text = (ROOT / "docs" / "security.md").read_text().partition("## Personal data (LGPD)")[2]
    assert re.search(r"Art\. 16|Art\. 37", text)
    assert "written down" in text


def test_etsi_6_4_nothing_is_sent_home(calha):
    peers = {one.peer for one in sockets_of(calha) if not one.listens}
    assert peers <= {"127.0.0.1"}, "Calha speaks to somebody whom nobody has configured"


def test_a_device_that_publishes_where_it_may_not_is_told_of(calha, secrets):
    own = ["-p", str(calha.mqtt_port), "-u", "pump", "-P", secrets["device"], "-i", "pump"]
    subprocess.run(["mosquitto_pub", *own, "-t", "calha/v1/neighbour/telemetry", "-m", "{}"], check=False, timeout=30)
    for _ in range(50):
        status = calha.get("/api/v1/status")
        if "pump" in status["gate"]["violations"]:
            break
        time.sleep(0.1)
    assert "forbidden_topic" in {warning["code"] for warning in status["warnings"]}
    assert b"calha_gate_violations_total" in calha.get("/metrics", accept="*/*")
    site = calha.send("POST", "/api/v1/sites", {"name": "elsewhere"})[1]["id"]
    wanted = {"name": "neighbour", "role": "viewer", "site_id": site, "scopes": ["view"]}
    key = calha.send("POST", "/api/v1/keys", wanted)[1]["key"]
    answered, _, body = status_of(calha, "/api/v1/status", {"Authorization": f"Bearer {key}"})
    assert (answered, b"pump" in body) == (200, False), "a device of another site"
