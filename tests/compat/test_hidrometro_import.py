"""The old database brought over, from SQLite and from MariaDB: tried first, twice over, with what is wrong in it told."""

import re
import subprocess
import sys
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal

import httpx
import pytest
from sqlalchemy import create_engine, make_url, text
from werkzeug.security import generate_password_hash

from databases import mariadb
from hidrometro_meter import Meter, running_hidrometro
from persons import Person

pytestmark = pytest.mark.slow

PASSWORD = "senha velha de sempre"
START = datetime(2025, 8, 1, 3, 0, 0)  # noqa: DTZ001 - as the old server wrote it, in UTC
READINGS = 6_000

SCHEMA = """
CREATE TABLE Cliente (id_cliente INTEGER PRIMARY KEY, nome VARCHAR(100) NOT NULL, cpf_cnpj VARCHAR(20) UNIQUE,
    email VARCHAR(100), data_cadastro DATETIME);
CREATE TABLE Endereco (id_endereco INTEGER PRIMARY KEY, cliente_id INTEGER NOT NULL, tipo_endereco VARCHAR(50),
    logradouro VARCHAR(255) NOT NULL, numero VARCHAR(20), complemento VARCHAR(100), bairro VARCHAR(100),
    cidade VARCHAR(100) NOT NULL, estado VARCHAR(2) NOT NULL, cep VARCHAR(10));
CREATE TABLE Telefone (id_telefone INTEGER PRIMARY KEY, cliente_id INTEGER NOT NULL, ddd VARCHAR(5),
    numero VARCHAR(15) NOT NULL, tipo_telefone VARCHAR(50));
CREATE TABLE TipoDispositivo (id_tipo_dispositivo INTEGER PRIMARY KEY, nome_tipo VARCHAR(100) NOT NULL UNIQUE, descricao TEXT);
CREATE TABLE Dispositivo (id_dispositivo INTEGER PRIMARY KEY, modelo VARCHAR(100) NOT NULL,
    numero_serie VARCHAR(100) NOT NULL UNIQUE, cliente_id INTEGER NOT NULL, tipo_dispositivo_id INTEGER,
    data_instalacao DATE, status VARCHAR(50));
CREATE TABLE HistoricoStatusDispositivo (id_historico INTEGER PRIMARY KEY, dispositivo_id INTEGER NOT NULL,
    status_anterior VARCHAR(50), status_novo VARCHAR(50) NOT NULL, data_alteracao DATETIME, observacoes TEXT);
CREATE TABLE Tarifa (id_tarifa INTEGER PRIMARY KEY, nome_tarifa VARCHAR(100) NOT NULL, valor_m3 NUMERIC(10, 2) NOT NULL,
    data_inicio DATE NOT NULL, data_fim DATE, ativa BOOLEAN);
CREATE TABLE ConsumoMensal (id_consumo INTEGER PRIMARY KEY, cliente_id INTEGER NOT NULL, mes_referencia DATE NOT NULL,
    litros_consumidos NUMERIC(10, 2) NOT NULL, valor_estimado NUMERIC(10, 2), tarifa_aplicada_id INTEGER);
CREATE TABLE Usuario (id INTEGER PRIMARY KEY, username VARCHAR(80) NOT NULL UNIQUE, password_hash VARCHAR(255) NOT NULL,
    role VARCHAR(30), created_at DATETIME, active BOOLEAN);
CREATE TABLE Alerta (id_alerta INTEGER PRIMARY KEY, dispositivo_id INTEGER, serial VARCHAR(100), tipo VARCHAR(50),
    message TEXT NOT NULL, threshold FLOAT, flow_lmin FLOAT, total_liters FLOAT, duration_seconds FLOAT,
    detected_at DATETIME, resolved_at DATETIME);
CREATE TABLE Leitura (id_leitura INTEGER PRIMARY KEY, dispositivo_id INTEGER NOT NULL, data_hora DATETIME NOT NULL,
    consumo_litros NUMERIC(10, 2) NOT NULL, bateria NUMERIC(5, 2), pressao_bar NUMERIC(5, 2),
    vazamento_detectado BOOLEAN, total_liters NUMERIC(12, 3), flow_lmin NUMERIC(10, 3))
"""


@contextmanager
def database(kind, folder):
    """An old database: its URL."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/hidrometro.db"
        return
    with mariadb(folder) as url:
        yield url.replace("mariadb://", "mysql://")


def fill(url, name, first):
    """name: of its people and things, so that those of two databases differ. first: of its numbers."""
    parsed = make_url(url)
    engine = create_engine(parsed.set(drivername="mysql+pymysql") if parsed.get_backend_name() == "mysql" else parsed)
    with engine.begin() as connection:
        for statement in SCHEMA.split(";\n"):
            connection.execute(text(statement))
        for table, rows in tables(name, first).items():
            columns = ", ".join(rows[0])
            values = ", ".join(f":{column}" for column in rows[0])
            plain = [{key: str(one) if type(one) is Decimal else one for key, one in row.items()} for row in rows]
            connection.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({values})"), plain)
    engine.dispose()


def tables(name, first):
    def reading(number):
        total = Decimal(number) / 10 if number < READINGS // 2 else Decimal(number - READINGS // 2) / 10
        return {
            "id_leitura": number + 1,
            "dispositivo_id": first,
            "data_hora": START + timedelta(minutes=number),
            "consumo_litros": round(total, 2),
            "total_liters": total,
            "flow_lmin": Decimal("0.1") if number % 2 else 0,
            "vazamento_detectado": number == 0,
        }

    odd = {"total_liters": None, "flow_lmin": None, "vazamento_detectado": None}
    return {
        "Cliente": [
            {
                "id_cliente": first,
                "nome": f"{name} Ana",
                "cpf_cnpj": f"{name}-1",
                "email": None,
                "data_cadastro": START,
            },
            {
                "id_cliente": first + 1,
                "nome": f"{name} Bia",
                "cpf_cnpj": None,
                "email": "b@x.br",
                "data_cadastro": START,
            },
        ],
        "Endereco": [
            {"id_endereco": 1, "cliente_id": first, "logradouro": "Rua Velha", "cidade": "Campinas", "estado": "SP"}
        ],
        "Telefone": [{"id_telefone": 1, "cliente_id": first, "ddd": "19", "numero": "3333-0000"}],
        "TipoDispositivo": [{"id_tipo_dispositivo": first, "nome_tipo": f"{name} residencial", "descricao": None}],
        "Dispositivo": [
            {
                "id_dispositivo": first,
                "modelo": "YF-S201",
                "numero_serie": f"{name}-a",
                "cliente_id": first,
                "tipo_dispositivo_id": first,
                "data_instalacao": START.date(),
                "status": "Manutencao",
            },
            {
                "id_dispositivo": first + 1,
                "modelo": "X",
                "numero_serie": f"{name}-B",
                "cliente_id": first + 1,
                "tipo_dispositivo_id": None,
                "data_instalacao": None,
                "status": "Ativo",
            },
        ],
        "HistoricoStatusDispositivo": [
            {
                "id_historico": 1,
                "dispositivo_id": first,
                "status_anterior": "Ativo",
                "status_novo": "Manutencao",
                "data_alteracao": START,
                "observacoes": "troca",
            }
        ],
        "Tarifa": [
            {
                "id_tarifa": first,
                "nome_tarifa": f"{name} social",
                "valor_m3": Decimal("5.25"),
                "data_inicio": START.date(),
                "data_fim": None,
                "ativa": True,
            }
        ],
        "ConsumoMensal": [
            {
                "id_consumo": first,
                "cliente_id": first,
                "mes_referencia": START.date(),
                "litros_consumidos": Decimal("12345.00"),
                "valor_estimado": Decimal("64.81"),
                "tarifa_aplicada_id": first,
            }
        ],
        "Usuario": [
            user(1, f"{name}.carla", generate_password_hash(PASSWORD, "pbkdf2:sha256:1000"), "admin"),
            user(2, f"{name}.davi", generate_password_hash(PASSWORD, "scrypt:1024:8:1"), "user"),
            user(3, f"{name}.eva", generate_password_hash("admin", "pbkdf2:sha256:1000"), "admin"),
            user(4, f"{name}.fabio", "plain", "user"),
            user(5, f"{name}.gil", generate_password_hash(PASSWORD, "pbkdf2:sha256:1000"), "user", active=False),
        ],
        "Alerta": [
            {
                "id_alerta": first,
                "dispositivo_id": first,
                "serial": f"{name}-A",
                "tipo": "leak",
                "message": "Vazamento",
                "threshold": 0.2,
                "flow_lmin": 0.5,
                "detected_at": START,
                "resolved_at": None,
            }
        ],
        "Leitura": [
            *(reading(number) for number in range(READINGS)),
            # typed by hand; a stranger's; one of the future
            reading(READINGS) | odd | {"dispositivo_id": first + 1, "consumo_litros": Decimal("77.50")},
            reading(READINGS + 1) | {"dispositivo_id": first + 900},
            reading(READINGS + 2) | {"data_hora": datetime(2099, 1, 1)},  # noqa: DTZ001
        ],
    }


def user(number, name, password_hash, role, active=True):
    known = {"id": number, "username": name, "password_hash": password_hash, "role": role}
    return known | {"created_at": START, "active": active}


@pytest.fixture(scope="module")
def calha(tmp_path_factory):
    with running_hidrometro(tmp_path_factory.mktemp("import") / "data") as running:
        yield running


def bring(calha, url, *options):
    """(exit code, what was said) of `calha import hidrometro`."""
    command = [
        sys.executable,
        "-m",
        "calha",
        "import",
        "hidrometro",
        "--data",
        str(calha.folder),
        "--from",
        url,
        *options,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout + done.stderr


def told(output):
    """What the receipt says of each kind of rows."""
    return {line[:18].strip(): line[18:].strip() for line in output.splitlines() if re.match(r"  [a-z]", line)}


REJECTED = {"no_serial": 1, "bad_time": 1, "password_not_taken": 2}


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("mariadb", marks=pytest.mark.databases)])
def test_everything_comes_over_once_and_is_found_where_it_was(calha, kind, tmp_path):
    name, first = kind.upper()[:3], 100 if kind == "sqlite" else 200
    with database(kind, tmp_path) as url:
        fill(url, name, first)
        code, tried = bring(calha, url, "--dry-run")
        assert "Dry run, nothing was changed:" in tried
        assert f"hidrometro-{name}-A" not in {one["key"] for one in calha.get("/api/v1/devices?limit=500")["items"]}
        code, said = bring(calha, url)
        assert told(tried) == told(said), "a trial tells what will be"
        assert code == 1, "something was rejected"
        assert f"see, and send no readings: {name}.davi, {name}.fabio, {name}.gil." in said, "as they could before"
        assert told(said) == {
            "customers": "new 2, here already 0",
            "kinds of meters": "new 1, here already 0",
            "meters": "new 2, here already 0",
            "tariffs": "new 1, here already 0",
            "typed months": "new 1, here already 0",
            "users": "new 3, here already 0",
            "alerts": "new 1, here already 0",
            "readings": f"values: new {3 * READINGS + 1}, here already 0, corrected 0",
            "rejected": "4",
        }
        for reason, count in REJECTED.items():
            assert re.search(rf", {reason}: {count}, such as ", said), reason
        code, again = bring(calha, url)
        assert "readings         values: new 0, here already" in again
        assert not re.search(r"new [1-9]", again), again
    calha.until_stored()
    total = calha.values(f"hidrometro-{name}-A", "total")
    assert len(total) == READINGS
    assert total[:2] == [0.0, 0.1]
    assert calha.values(f"hidrometro-{name}-A", "leak")[:2] == [1, 0]
    assert calha.values(f"hidrometro-{name}-B", "typed") == [77.5]
    assert calha.values(f"hidrometro-{name}-B", "total") == []
    path = f"/api/v1/devices/hidrometro-{name}-A/readings?channel=total&resolution=raw&from=2025-08-01&to=2025-09-30"
    assert calha.get(path)["series"][0]["t"][0] == 1_754_017_200_000, "the old server's clock is UTC"
    pages_show_it(calha, name, first)


def pages_show_it(calha, name, first):
    carla = sign_in(calha, f"{name}.carla")
    assert "Rua Velha" in carla.get(f"/cliente/detalhes/{first}").text
    assert "3333-0000" in carla.get(f"/cliente/detalhes/{first}").text
    meter = carla.get(f"/dispositivo/editar/{first}").text
    assert 'value="2025-08-01"' in meter
    assert f"{name} residencial" in meter
    assert "Ativo → Manutencao (troca)" in carla.get(f"/dispositivo/leituras/{first}").text
    row = re.search(rf"{name} Ana</a></td>(.*?)</tr>", carla.get("/consumos_mensais?mes=2025-08").text, re.DOTALL)[1]
    assert "599,8" in row, "counted from readings, over the reset"
    assert "R$ 3,15" in row
    assert "12.345,0 L, R$ 64,81" in row, "what was typed stays known"
    assert first in {one["id"] for one in carla.get("/api/alerts").json()["alerts"]}
    davi = sign_in(calha, f"{name}.davi")
    assert davi.get("/clientes").status_code == 200
    assert davi.get("/cliente/adicionar").status_code == 403


def sign_in(calha, login, expected=303):
    address = f"http://127.0.0.1:{calha.page_port}"
    browser = httpx.Client(base_url=address, timeout=60, headers={"Origin": address})
    answer = browser.post("/login", data={"username": login, "password": PASSWORD})
    assert answer.status_code == expected, answer.text
    return browser


def test_passwords_are_upgraded_and_those_that_everybody_knows_do_not_come_over(calha, tmp_path):
    url = f"sqlite:///{tmp_path}/u.db"
    fill(url, "UP", 300)
    bring(calha, url)
    people = {one["user_name"]: one for one in calha.get("/api/v1/people?limit=100&q=up.")["items"]}
    assert {key: one["has_password"] for key, one in people.items()} == {
        "up.carla": True,
        "up.davi": True,
        "up.eva": False,
        "up.fabio": False,
        "up.gil": True,
    }
    assert people["up.gil"]["state"] == "blocked"
    sign_in(calha, "up.gil", expected=401)
    sign_in(calha, "up.eva", expected=401)
    engine = create_engine(f"sqlite:///{calha.folder}/registry.sqlite")
    hashes = text("SELECT password_hash FROM person WHERE user_name = 'up.carla'")
    with engine.connect() as connection:
        assert connection.execute(hashes).scalar().startswith("pbkdf2:sha256:1000$")
    sign_in(calha, "up.carla")
    with engine.connect() as connection:
        assert connection.execute(hashes).scalar().startswith("$argon2id$")
    engine.dispose()


def test_numbers_that_mean_somebody_else_here_give_him_nothing(calha, tmp_path):
    url = f"sqlite:///{tmp_path}/c.db"
    fill(url, "CON", 400)
    own = sign_in_as_engineer(calha)
    with Meter(calha.meter_port) as meter:
        meter.report(totalLiters=5, flowLmin=0, numeroSerie="SOMEBODY")
    engine = create_engine(f"sqlite:///{calha.folder}/registry.sqlite")
    own.get("/dispositivos")
    with engine.begin() as connection:
        stranger = "INSERT INTO hidrometro_customer VALUES (400, 'Stranger', NULL, NULL, '2020-01-01', '[]', '[]')"
        connection.execute(text(stranger))
        device = connection.execute(text("SELECT id FROM device WHERE key = 'hidrometro-SOMEBODY'")).scalar()
        connection.execute(text(f"UPDATE hidrometro_meter SET number = 400 WHERE device_id = {device}"))
    engine.dispose()
    _, said = bring(calha, url)
    assert "customers, number_taken: 1, such as customer 400: that number is Stranger's here" in said
    assert "meters, customer_missing: 1" in said
    assert "months, customer_missing: 1" in said
    calha.until_stored()
    assert len(calha.values("hidrometro-CON-A", "total")) == READINGS, "its own readings are its own"
    assert calha.values("hidrometro-SOMEBODY", "total") == [5]
    assert "CON-A" not in own.get("/cliente/detalhes/400").text
    assert "CON-A" in own.get("/dispositivos").text


def sign_in_as_engineer(calha):
    from persons import PASSWORD as GOOD

    person = Person(calha, "engineer", {"role": "engineer"})
    address = f"http://127.0.0.1:{calha.page_port}"
    browser = httpx.Client(base_url=address, timeout=60, headers={"Origin": address})
    assert browser.post("/login", data={"username": person.login, "password": GOOD}).status_code == 303
    return browser


def test_the_first_generations_total_and_the_node_generations_readings_come_over(calha, tmp_path):
    url = f"sqlite:///{tmp_path}/first.db"
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in (
            "CREATE TABLE Dispositivo (id_dispositivo INTEGER PRIMARY KEY, modelo TEXT, numero_serie TEXT, cliente_id INT)",
            "INSERT INTO Dispositivo VALUES (501, 'X', 'FIRST-1', 1)",
            "CREATE TABLE Leitura (id_leitura INTEGER PRIMARY KEY, dispositivo_id INT, data_hora DATETIME, consumo_litros INT)",
            "INSERT INTO Leitura VALUES (1, 501, '2025-08-01 03:00:00', 12.5)",
            "CREATE TABLE readings (id INTEGER PRIMARY KEY, ts INTEGER, totalLiters REAL, flowLmin REAL)",
            "INSERT INTO readings VALUES (1, 1754017200000, 99.5, 0), (2, 1754017201000, 100, 1.5)",
        ):
            connection.execute(text(statement))
    engine.dispose()
    code, said = bring(calha, url)
    assert code == 1
    assert "readings (Node), no_serial: 2" in said
    code, said = bring(calha, url, "--serial", "first-1")
    assert code == 0, said
    calha.until_stored()
    assert calha.values("hidrometro-FIRST-1", "total") == [99.5, 100.0], "the later one replaces what has the same time"


@pytest.mark.parametrize(
    "url", ["sqlite:////nowhere.db", "postgresql://x/y", "nonsense", "mysql://root@127.0.0.1:1/x", "sqlite://"]
)
def test_what_cannot_be_read_is_told_in_a_sentence(calha, url):
    code, said = bring(calha, url)
    assert code == 2
    assert "Traceback" not in said
    assert "--from" in said


def test_an_import_says_what_it_needs(calha):
    command = [sys.executable, "-m", "calha", "import", "hidrometro", "--data", str(calha.folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert "--from sqlite:///FILE" in done.stderr
