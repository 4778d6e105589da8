"""A real MariaDB as ETA flow leaves it is brought over: tried first, interrupted, repeated, with every row accounted for."""

import itertools
import re
import subprocess
import sys
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import bcrypt
import pymysql
import pytest
from eta_client import EtaClient

from calha.compat.eta.old_database import LocalClock
from calha.domain.errors import CalhaError
from calha.domain.times import HOUR_US, to_text
from databases import mariadb

pytestmark = [pytest.mark.databases, pytest.mark.slow]

ZONE = ZoneInfo("America/Sao_Paulo")
DAY = datetime(2025, 5, 1)  # noqa: DTZ001 - as the database holds it
ROWS = 200
TABLES = [
    (
        "CREATE TABLE usuario (id_usuario INT AUTO_INCREMENT PRIMARY KEY, ds_nome VARCHAR(255), ds_username VARCHAR(99) UNIQUE,"
        " ds_email VARCHAR(255) UNIQUE, ds_senha VARCHAR(255), tp_usuario ENUM('ADMIN','COMUM'))"
    ),
    (
        "CREATE TABLE dispositivo (id_dispositivo INT AUTO_INCREMENT PRIMARY KEY, ds_nome VARCHAR(255),"
        " cd_dispositivo INT NULL UNIQUE, tp_dispositivo ENUM('RASPBERRY','CLP'), ds_localizacao VARCHAR(100) NULL)"
    ),
    (
        "CREATE TABLE sensor (id_sensor INT AUTO_INCREMENT PRIMARY KEY, ds_nome VARCHAR(255), cd_sensor INT NULL UNIQUE,"
        " tp_sensor ENUM('TEMPERATURA','VAZAO','PRESSAO','NIVEL'), dispositivo_id_dispositivo INT,"
        " FOREIGN KEY (dispositivo_id_dispositivo) REFERENCES dispositivo (id_dispositivo))"
    ),
    (
        "CREATE TABLE unidade_medida (id_unidade_medida INT AUTO_INCREMENT PRIMARY KEY, ds_denominacao VARCHAR(255),"
        " ds_sigla VARCHAR(20))"
    ),
    "CREATE TABLE coleta (id_coleta INT AUTO_INCREMENT PRIMARY KEY, dt_hora DATETIME, origem VARCHAR(100))",
    (
        "CREATE TABLE medicao (id_medicao INT AUTO_INCREMENT PRIMARY KEY, coleta_id_coleta INT NOT NULL, sensor_id_sensor INT,"
        " unidade_medida_id_unidade_medida INT, vl_valor FLOAT(53) NULL, vl_valor_str VARCHAR(255) NULL,"
        " vl_valor_bool BOOL NULL, dt_hora DATETIME NULL, tp_tipo ENUM('HORA','DIA','INST'), fl_falha BOOL NOT NULL DEFAULT 0)"
    ),
]


def password_hash(password: str) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()


def measured(at, value, sensor=1, unit=5, kind="INST", failed=False, words=None, boolean=None):
    return (1, sensor, unit, value, words, boolean, at, kind, failed)


MEASUREMENTS = [
    *[measured(DAY + timedelta(minutes=3 * step), 60.0 + step / 10) for step in range(ROWS)],
    *[measured(DAY + timedelta(minutes=3 * step), 30.0, sensor=7, unit=2) for step in range(10)],
    *[measured(DAY + timedelta(minutes=3 * step), 60.0 + step / 10) for step in range(5)],  # posted twice
    measured(DAY + timedelta(days=1), 0.0, failed=True),
    measured(DAY + timedelta(days=1, minutes=3), 66.0),
    measured(DAY + timedelta(days=1, minutes=3), 67.0),  # and posted again with another value
    measured(DAY + timedelta(days=1, minutes=6), None),
    measured(DAY + timedelta(days=1, minutes=9), None, words="64,5"),
    measured(DAY, 61.0, kind="HORA"),
    measured(DAY + timedelta(days=2), 55.0, kind="DIA"),
    measured(DAY + timedelta(days=1, minutes=12), None, words="ligada"),
    measured(None, 1.0),
    measured(datetime(2035, 1, 1), 1.0),  # noqa: DTZ001
    measured(DAY + timedelta(days=1, minutes=15), 17.0, unit=6),
]
REJECTED = {"text_value": 1, "no_time": 1, "time_in_future": 1, "other_unit": 1}


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    """Address of the database, and a connection."""
    with mariadb(tmp_path_factory.mktemp("old")) as url:
        port = int(re.search(r":(\d+)/", url)[1])
        with pymysql.connect(host="127.0.0.1", port=port, user="root", database="calha", autocommit=True) as connection:
            cursor = connection.cursor()
            for table in TABLES:
                cursor.execute(table)
            cursor.executemany(
                "INSERT INTO usuario (ds_nome, ds_username, ds_email, ds_senha, tp_usuario) VALUES (%s, %s, %s, %s, %s)",
                [
                    ("Chefe", "chefe", "chefe@example.org", password_hash("abc123"), "ADMIN"),
                    ("Coletor", "coletor", "coletor@example.org", password_hash("coleta"), "COMUM"),
                    ("Antigo", "antigo", "antigo@example.org", "texto claro", "COMUM"),
                ],
            )
            cursor.executemany(
                "INSERT INTO dispositivo VALUES (%s, %s, %s, %s, %s)",
                [(3, "CLP da ETA", 10, "CLP", "Sala 1"), (4, "Raspberry", None, "RASPBERRY", None)],
            )
            cursor.executemany(
                "INSERT INTO unidade_medida VALUES (%s, %s, %s)",
                [(2, "Grau Celsius", "°C"), (5, "Metro cúbico por hora", "m³/h"), (6, "Litro por segundo", "L/s")],
            )
            cursor.executemany(
                "INSERT INTO sensor VALUES (%s, %s, %s, %s, %s)",
                [
                    (1, "Vazão 1", 1, "VAZAO", 3),
                    (2, "Vazão 2", 2, "VAZAO", 3),
                    (7, "Temperatura da sala", 70, "TEMPERATURA", 4),
                ],
            )
            insert(connection, MEASUREMENTS)
            yield f"mysql://root@127.0.0.1:{port}/calha", connection


def insert(connection, rows):
    connection.cursor().executemany(
        "INSERT INTO medicao (coleta_id_coleta, sensor_id_sensor, unidade_medida_id_unidade_medida, vl_valor, vl_valor_str,"
        " vl_valor_bool, dt_hora, tp_tipo, fl_falha) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        rows,
    )


def bring(eta, url, *options):
    """(exit code, output) of the command."""
    command = [sys.executable, "-m", "calha", "import", "eta", "--from", url, "--data", str(eta.folder), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout + done.stderr


def counts(output):
    """(new, duplicate, corrected) of the measurements."""
    found = re.search(r"measurements +new (\d+), duplicate (\d+), corrected (\d+)", output)
    assert found is not None, output
    return tuple(map(int, found.groups()))


GOOD = len(MEASUREMENTS) - sum(REJECTED.values())
UNIQUE = GOOD - 6  # five were posted twice, one was posted again with another value


def test_the_whole_database_is_brought_over(eta, old):
    """Tried first, then done, then done again; in the order in which somebody does it."""
    url, connection = old
    code, told = bring(eta, url, "--dry-run")
    assert code == 1, "something is rejected"
    assert "Dry run, nothing was changed" in told
    assert re.search(r"users +new 2", told)
    assert eta.get("/api/v1/people")["items"] == []
    assert sum(counts(told)) == GOOD

    code, told = bring(eta, url)
    assert code == 1
    assert counts(told) == (UNIQUE, 5, 1), told
    for reason, count in REJECTED.items():
        assert f"{reason}: {count}" in told
    assert "no_bcrypt: 1, such as antigo" in told
    assert re.search(r"sensors +new 1, here already 0, changed 2", told), told

    code, told = bring(eta, url)
    assert "Going on behind measurement" in told
    assert counts(told) == (0, 0, 0)
    assert re.search(r"sensors +new 0, here already 3, changed 0", told), told
    assert re.search(r"users +new 0, here already 2", told), told

    code, told = bring(eta, url, "--again")
    assert counts(told) == (0, GOOD - 2, 2), told

    insert(connection, [measured(DAY + timedelta(days=3), 50.0)])
    code, told = bring(eta, url)
    assert counts(told) == (1, 0, 0), "what came meanwhile"


def test_people_keep_their_passwords_and_clients_their_numbers(eta, old):
    client = EtaClient(eta)
    assert client.sign_in("coletor", "errada")[0] == 400
    assert client.sign_in("coletor", "coleta")[0] == 200
    assert client.ask("GET", "/usuario/all")[0] == 403
    assert client.sign_in("chefe", "abc123")[0] == 200
    assert {one["username"]: one["tipo"] for one in client.get("/usuario/all")} == {
        "chefe": "ADMIN",
        "coletor": "COMUM",
    }
    sensors = {one["id"]: one for one in client.get("/sensor/all")}
    assert sensors.keys() == {1, 2, 7}
    assert (sensors[7]["codigo"], sensors[7]["unidade_id"], sensors[7]["dispositivo_id"]) == (70, 2, 4)
    devices = {one["id"]: one for one in client.get("/dispositivo/all")}
    assert devices.keys() == {3, 4}, "the device of the gateway has the number that it had"
    assert (devices[3]["nome"], devices[3]["codigo"], devices[3]["localizacao"]) == ("CLP da ETA", 10, "Sala 1")
    assert {one["id"] for one in client.get("/unidade-medida/all")} == {2, 5, 6}


def test_readings_are_where_the_gateway_goes_on(eta, old):
    client = EtaClient(eta)
    client.sign_in("coletor", "coleta")
    first = client.get("/medicao/historico/1", tipo="INST", data=DAY.isoformat())
    assert len(first) == ROWS
    assert (first[1]["data"], first[1]["valor"]) == ((DAY + timedelta(minutes=3)).isoformat(), 60.1)
    second = client.get("/medicao/historico/1", tipo="INST", data=(DAY + timedelta(days=1)).isoformat())
    assert [row["valor"] for row in second] == [67.0, 64.5], "the corrected one, the written one, and no failed one"
    values = eta.values("eta-1", "flow_1")
    assert len(values) == ROWS + 5, "the same series that the gateway's messages go to"
    assert client.get("/medicao/historico/70", tipo="INST")[0]["unidade"] == "°C"


def test_imported_means_stand_only_where_there_are_no_readings(eta, old):
    client = EtaClient(eta)
    client.sign_in("coletor", "coleta")
    hour = client.get("/medicao/historico/1", tipo="HORA", data=DAY.isoformat())[0]
    assert hour["valor"] == pytest.approx(60.95), "of readings, not the 61.0 that was stored"
    day = client.get("/medicao/historico/1", tipo="DIA", data=(DAY + timedelta(days=2)).isoformat())
    assert [row["valor"] for row in day] == [55.0]


def test_an_import_that_was_interrupted_goes_on(eta, old, monkeypatch):
    """A part is dealt with, or not: the place is kept after each."""
    from calha.cli import eta as command
    from calha.compat.eta import old_database

    url, connection = old
    insert(connection, [measured(DAY + timedelta(days=4, minutes=3 * step), 51.0) for step in range(10)])
    monkeypatch.setattr(old_database, "ROWS_AT_ONCE", 4)
    kept = command._write
    written = []

    def killed_after_one(file, progress):
        kept(file, progress)
        written.append(progress.last_id)
        if len(written) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(command, "_write", killed_after_one)
    with pytest.raises(KeyboardInterrupt):
        command.bring(url, None, False, False, eta.folder, None)
    _code, told = bring(eta, url)
    assert f"Going on behind measurement {written[0]}" in told
    assert counts(told) == (10, 0, 0), "with what had been done before the interruption"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite:///x.db", "is not read"),
        ("mysql://root@127.0.0.1:9/calha", "an't connect"),
        ("nonsense", "no database address"),
    ],
)
def test_a_database_that_is_none_is_named(eta, url, words):
    from calha.cli.eta import bring as brought

    with pytest.raises(CalhaError, match=words):
        brought(url, None, True, False, eta.folder, None)


def test_another_database_ends_the_command_with_a_sentence(eta, old):
    port = re.search(r":(\d+)/", old[0])[1]
    code, told = bring(eta, f"mysql://root@127.0.0.1:{port}/mysql")
    assert (code, "doesn't exist" in told, "Traceback" in told) == (2, True, False)


def test_the_hour_that_a_zone_has_twice_is_told_apart():
    """Summer time ended at midnight of 2018-02-18, so the hour before came twice."""
    clock = LocalClock(ZONE)
    evening = datetime(2018, 2, 17, 22, 30)  # noqa: DTZ001
    steps = [evening + timedelta(minutes=30 * step) for step in (0, 1, 2, 1, 2, 3)]
    found = [clock.instant(1, "INST", moment) for moment in steps]
    assert [later - earlier for earlier, later in itertools.pairwise(found)] == [HOUR_US // 2] * 5
    assert to_text(found[-1]) == "2018-02-18T03:00:00Z"
