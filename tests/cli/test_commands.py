"""The command line as a person meets it: help with examples, errors in one sentence, exit codes."""

import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from calha.cli import ALONE, commands
from calha.up import hold, holder
from ports import free_ports
from postman import postman

pytestmark = pytest.mark.slow


def calha(*arguments, cwd=None, env=None):
    command = [sys.executable, "-m", "calha", *arguments]
    known = os.environ | (env or {})
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=known, timeout=60, check=False)


COMMANDS = [
    "up",
    "edge",
    "demo",
    "nodes",
    "simulate",
    "bench",
    "doctor",
    "health",
    "export",
    "import",
    "backup",
    "restore",
    "config",
    "audit",
    "databutcher",
    "set-up-link",
]
GROUPS = {"audit": "verify", "databutcher": "add"}


def test_help_lists_every_command():
    told = calha("--help").stdout
    for command in COMMANDS:
        assert command in told


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_each_command_shows_an_example(command):
    words = [command, GROUPS[command]] if command in GROUPS else [command]
    told = CliRunner().invoke(commands(), [*words, "--help"])
    assert (told.exit_code, "Example: " in told.stdout) == (0, True)


@pytest.mark.parametrize("command", sorted(ALONE))
def test_what_services_start_stands_alone(command):
    assert "Example: " in calha(command, "--help").stdout


def test_config_show_tells_values_and_where_they_come_from(tmp_path):
    (tmp_path / "calha.toml").write_text("[http]\nport = 9123\n")
    told = calha("config", "show", cwd=tmp_path).stdout
    assert "9123" in told
    assert "calha.toml" in told
    assert "built in" in told


def test_a_wrong_configuration_ends_with_code_2_and_names_the_key(tmp_path):
    (tmp_path / "calha.toml").write_text('[log]\ndurability = "ram"\n')
    ended = calha("up", cwd=tmp_path)
    assert ended.returncode == 2
    assert "log.durability = 'ram'" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_export_without_a_running_calha_says_how_to_start_it(tmp_path):
    ended = calha("export", "out.csv", "--data", "nowhere", cwd=tmp_path)
    assert ended.returncode == 1
    assert "calha up --data nowhere" in ended.stderr


def test_health_without_a_running_calha_is_a_failure_that_says_so(tmp_path):
    ended = calha("health", "--data", "nowhere", cwd=tmp_path)
    assert (ended.returncode, ended.stderr) == (1, "calha: no Calha runs on nowhere\n")


def test_doctor_examines_the_machine(tmp_path):
    ended = calha("doctor", "--data", str(tmp_path / "data"), cwd=tmp_path)
    assert "durability" in ended.stdout
    assert "fsync" in ended.stdout


def test_doctor_says_what_is_open_to_whom_and_whether_that_is_wise(tmp_path):
    (tmp_path / "calha.toml").write_text(
        '[http]\nhost = "0.0.0.0"\ntls = true\n[mqtt]\nhost = "0.0.0.0"\n[devices]\nanonymous = true\n'
    )
    ended = calha("doctor", "--data", str(tmp_path / "data"), cwd=tmp_path)
    assert ended.returncode == 1
    assert "0.0.0.0:8080 is open to the network, encrypted" in ended.stdout
    assert "Set mqtt.tls = true" in ended.stdout
    assert "127.0.0.1:4000, reached from this machine only" in ended.stdout
    assert "devices.anonymous: anybody" in ended.stdout


def test_doctor_says_whether_the_mail_server_lets_calha_in(tmp_path):
    (tmp_path / "calha.toml").write_text('[http]\npublic_url = "https://calha.example.org"\n')
    with postman() as server:
        more = {"CALHA_SMTP_HOST": "127.0.0.1", "CALHA_SMTP_PORT": str(server.port)}
        more |= {"CALHA_SMTP_SENDER": "calha@example.org", "CALHA_SMTP_SECURITY": "none"}
        assert f"mail: 127.0.0.1:{server.port} lets Calha in" in calha("doctor", cwd=tmp_path, env=more).stdout
    assert "mail: nothing can be sent" in calha("doctor", cwd=tmp_path, env=more).stdout
    ended = calha("doctor", cwd=tmp_path, env=more | {"CALHA_SMTP_USER": "calha"})
    assert (ended.returncode, "in the clear" in ended.stdout) == (1, True)


def test_a_data_folder_is_held_by_one_process_and_says_by_whom(tmp_path):
    assert holder(tmp_path) is None
    with hold(tmp_path, "http://127.0.0.1:8080"):
        code = f"from pathlib import Path; from calha.up import hold; hold(Path({str(tmp_path)!r})).__enter__()"
        ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert "FolderInUse" in ended.stderr
        assert "http://127.0.0.1:8080" in ended.stderr
    assert holder(tmp_path) is None


def test_devices_of_other_systems_that_nobody_hears_are_told_and_end_in_an_error():
    (port,) = free_ports(1)
    ended = calha("simulate", "originals", "--coiot", str(port), "--devices", "1", "--duration", "1")
    assert ended.returncode == 1
    assert f"calha: coiot: no reading was answered at 127.0.0.1, port {port}" in ended.stderr
    assert "--host" in ended.stderr


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("export", "out.xlsx"), 2, "write to *.parquet or *.csv"),
        (("export", "nowhere/out.csv"), 2, "there is no folder nowhere"),
        (("audit", "export", "audit.xlsx"), 2, "write to *.csv or *.ndjson"),
        (("import", "databutcher"), 2, "name the exported files"),
        (("import", "sensorflow", "old.csv"), 2, "databutcher, eta, hidrometro"),
        (("demo", "--history", "long"), 2, "write it as 90s, 15m, 36h, 30d or 2w"),
        (("simulate", "water-meter", "--backfill", "long"), 2, "write it as 90s, 15m, 36h, 30d or 2w"),
        (("edge", "--hub", "http://hub", "--gateway", "g"), 2, "nats-leaf://host:7422"),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, tuple) else "",
)
def test_wrong_words_end_in_a_sentence_that_says_what_to_write(tmp_path, words, code, told):
    ended = calha(*words, cwd=tmp_path)
    assert (ended.returncode, told in ended.stderr) == (code, True), ended.stderr
    assert "Traceback" not in ended.stderr


def test_simulated_devices_whom_no_calha_hears_say_where_they_looked(tmp_path):
    api, mqtt = map(str, free_ports(2))
    ended = calha("simulate", "water-meter", "--http-port", api, "--port", mqtt, cwd=tmp_path)
    assert ended.returncode == 1
    assert f"no Calha answers at 127.0.0.1, ports {api} (API) and {mqtt}" in ended.stderr
    assert "--http-port" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_doctor_knows_a_gateway_that_runs_from_a_calha_that_does_not_answer(tmp_path):
    (port,) = free_ports(1)
    (tmp_path / "calha.toml").write_text(f"[http]\nport = {port}\n")
    with hold(tmp_path / "data", f"http://127.0.0.1:{port}"):
        told = calha("doctor", "--data", "data", cwd=tmp_path).stdout
        assert "and does not answer" in told
        assert "cannot be used" not in told
        gateway = {"CALHA_EDGE_HUB": "nats-leaf://127.0.0.1:7422", "CALHA_EDGE_PAGE_PORT": "8099"}
        assert (
            "how it does is told at http://127.0.0.1:8099"
            in calha("doctor", cwd=tmp_path, env=gateway | {"CALHA_DATA_FOLDER": "data"}).stdout
        )


def test_doctor_misses_pages_that_are_not_there(tmp_path):
    (tmp_path / "calha.toml").write_text('[compat.databutcher]\nenabled = true\npages = "templates"\n')
    assert "there is no folder templates" in calha("doctor", cwd=tmp_path).stdout
    (tmp_path / "templates").mkdir()
    assert "no folder" not in calha("doctor", cwd=tmp_path).stdout
