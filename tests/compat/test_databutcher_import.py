"""DataButcher's database brought over: every way of writing it, twice over, tried first, with what is wrong in it told."""

import io
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import bcrypt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from butcher import Machine, Page, environment, until
from calha.compat.databutcher import export
from calha.compat.databutcher.export import documents, kind_of
from calha.domain.errors import Malformed
from running import running_calha

SECRET = "senha antiga"
ANA, BETO = "64b000000000000000000001", "64b000000000000000000002"
GRINDER, SAW, GONE = "64c000000000000000000001", "64c000000000000000000002", "64c0000000000000000000ff"
START = datetime(2023, 11, 20, 12, 0, tzinfo=UTC)  # after the machines, whose ids tell when they were made
READINGS = 250


def hashed(password):
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()


USERS = [
    {
        "_id": {"$oid": ANA},
        "nome_usuario": "Ana",
        "senha": hashed(SECRET),
        "empresa": "Açougue",
        "email": "ana@example.org",
    },
    {"_id": {"$oid": BETO}, "nome_usuario": "Beto", "senha": "pbkdf2:sha256:1$x$y", "empresa": None},
]
MACHINES = [
    {
        "_id": {"$oid": GRINDER},
        "fabricante": "Moinhos",
        "modelo": "M-200",
        "id_usuario": {"$oid": ANA},
        "nome_maquina": "Moedor da frente",
        "status": "iniciada",
        "last_heartbeat": {"$date": "2023-11-20T12:30:00.5Z"},
        "configuracoes": {
            "voltagem": 300,
            "velocidade": {"$numberInt": "1500"},
            "temperatura": {"$numberDouble": "80.5"},
        },
    },
    {"_id": {"$oid": SAW}, "fabricante": "Serras", "modelo": "S-1"},
]
RECORDS = [
    {
        "_id": {"$oid": "64d000000000000000000001"},
        "maquina_id": {"$oid": GRINDER},
        "usuario_id": {"$oid": ANA},
        "descricao": "Troca da lâmina",
        "timestamp": {"$date": {"$numberLong": str(int(START.timestamp() * 1000))}},
    }
]


def reading(number, machine=GRINDER, **more):
    at = (START + timedelta(seconds=5 * number)).isoformat().replace("+00:00", "Z")
    values = {"tensao": 225.5, "vibracao": 2.1, "temperatura": 65.3, "rpm": number} | more
    return {
        "_id": {"$oid": f"64e{number:021x}"},
        "maquina_id": {"$oid": machine},
        "dados_sensor": values,
        "timestamp": {"$date": at},
    }


# -- documents


WRITTEN = {
    "lines": lambda found: "".join(json.dumps(one) + "\n" for one in found),
    "array": lambda found: "[" + ",\n".join(json.dumps(one) for one in found) + "]\n",
    "pretty": lambda found: json.dumps(found, indent=2, ensure_ascii=False),
    "bom": lambda found: "\ufeff" + json.dumps(found),
}


@pytest.mark.parametrize("write", WRITTEN.values(), ids=WRITTEN)
@pytest.mark.parametrize("chunk", [1, 7, 1 << 20])
def test_documents_are_found_however_they_are_written(monkeypatch, write, chunk):
    monkeypatch.setattr(export, "CHUNK_CHARS", chunk)
    wanted = [*USERS, *MACHINES, *RECORDS, reading(1)]
    assert [found.document for found in documents(io.StringIO(write(wanted)))] == wanted


def test_a_dump_of_all_collections_in_one_object_is_taken_apart():
    text = json.dumps({"usuarios": USERS, "maquinas": MACHINES, "registros_manuais": RECORDS, "dados_sensores": []})
    assert [found.document for found in documents(io.StringIO(text))] == [*USERS, *MACHINES, *RECORDS]


def test_what_is_broken_is_told_with_its_line_and_the_rest_is_read():
    lines = [json.dumps(reading(1)), '{"maquina_id": ', "7", json.dumps(reading(2)), '{"a": "']
    found = list(documents(io.StringIO("\n".join(lines))))
    assert [one.document for one in found] == [reading(1), None, None, reading(2), None]
    assert [one.line for one in found] == [1, 2, 3, 4, 5]


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


FIELDS = st.text().filter(lambda name: name not in export.COLLECTIONS)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.dictionaries(FIELDS, JSON, max_size=3), max_size=5))
def test_any_documents_come_out_as_they_went_in(wanted):
    found = [one.document for one in documents(io.StringIO("\n".join(map(json.dumps, wanted))))]
    assert found == wanted


@settings(max_examples=50, deadline=None)
@given(st.text())
def test_nonsense_ends(text):
    for one in documents(io.StringIO(text)):
        assert one.document is None or isinstance(one.document, dict)


@settings(max_examples=50, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["_id", "maquina_id", "timestamp", "descricao", "dados_sensor", "nome_usuario"]), JSON
    )
)
def test_a_document_of_any_content_is_read_or_refused(document):
    readers = {
        "users": export.user_of,
        "machines": export.machine_of,
        "readings": export.reading_of,
        "records": export.record_of,
    }
    kind = kind_of(document)
    if kind is not None:
        try:
            readers[kind](document)
        except Malformed as error:
            assert error.reason in ("bad_id", "bad_time", "bad_text", "no_name", "no_values", "malformed")


# -- brought over


@pytest.fixture(scope="module")
def calha(tmp_path_factory):
    pages = tmp_path_factory.mktemp("templates")
    (pages / "TelaInicial.html").write_text("<h1>Início</h1>")
    (pages / "machines.html").write_text("<h1>Máquinas</h1>")
    limits = {"max_devices": "3", "messages_per_s": "0.01", "burst_messages": "20"}
    env = environment(pages=str(pages), received_status="200", **limits) | {"CALHA_REGISTRY_ZONE": "America/Sao_Paulo"}
    with running_calha(tmp_path_factory.mktemp("import") / "data", env) as running:
        yield running


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    found = [reading(number) for number in range(READINGS)]
    found += [reading(900, corrente=12.5), reading(901, tensao="abc"), reading(902, machine=GONE)]
    written = {"usuarios": USERS, "maquinas": MACHINES, "registros_manuais": RECORDS, "dados_sensores": found}
    paths = []
    for (name, content), write in zip(written.items(), WRITTEN.values(), strict=True):
        path = folder / f"{name}.json"
        path.write_text(write(content), encoding="utf-8")
        paths.append(path)
    with (folder / "dados_sensores.json").open("a") as file:
        file.write("\n{broken\n")
    return list(reversed(paths))  # readings before the machines that they are of


def bring(calha, *arguments):
    command = [
        sys.executable,
        "-m",
        "calha",
        "import",
        "databutcher",
        *map(str, arguments),
        "--data",
        str(calha.folder),
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_a_dry_run_tells_what_would_become_of_everything_and_changes_nothing(calha, files):
    told = bring(calha, *files, "--dry-run")
    assert told.returncode == 1, told.stderr  # something is rejected
    assert "Dry run, nothing was changed:" in told.stdout
    assert "users     new 2, here already 0" in told.stdout
    assert "machines  new 2, here already 0" in told.stdout
    assert calha.get("/api/v1/databutcher/machines")["items"] == []
    assert calha.get("/api/v1/devices")["items"] == []
    assert calha.get("/api/v1/people")["items"] == []


def test_everything_is_brought_over_and_what_is_wrong_is_told(calha, files):
    told = bring(calha, *files)
    assert told.returncode == 1, told.stderr
    assert "records   new 1, here already 0" in told.stdout
    new = 4 * READINGS + 5 + 3 + 1  # one with a further value, one without its voltage, and the last state of a machine
    assert f"readings  new {new}, here already 0, corrected 0" in told.stdout
    for reason in ("not_a_number: 1", "unknown_machine: 4", "no_password: 1", "malformed: 1"):
        assert reason in told.stdout
    calha.until_stored()
    assert calha.values(f"databutcher-{GRINDER}", "rpm") == [*range(READINGS), 900, 901]
    assert calha.values(f"databutcher-{GRINDER}", "corrente") == [12.5]


def test_a_second_time_everything_is_here_already(calha, files):
    told = bring(calha, *files)
    assert "users     new 0, here already 2" in told.stdout
    assert "machines  new 0, here already 2" in told.stdout
    assert "records   new 0, here already 1" in told.stdout
    assert "readings  new 0" in told.stdout
    assert "corrected 0" in told.stdout
    assert len(calha.values(f"databutcher-{GRINDER}", "rpm")) == READINGS + 2


def test_one_goes_on_with_the_old_password_which_is_kept_better_from_then_on(calha):
    page = Page(calha)
    status, told = page.ask("POST", "//api/auth/login", {"nome_usuario": "Ana", "senha": SECRET})
    assert (status, told["user_id"]) == (200, ANA)
    page.token = told["token"]
    mine = {"_id": GRINDER, "id_usuario": ANA, "nome_maquina": "Moedor da frente", "status": "iniciada"}
    assert page.ask("GET", "/api/machines")[1]["machines"] == [mine]
    rows = page.ask("GET", f"/api/sensor-data/{GRINDER}")[1]["sensor_data"]
    assert rows[0]["timestamp"] == (START + timedelta(seconds=5 * 901)).replace(tzinfo=None).isoformat()
    record = page.ask("GET", f"/api/manual-log/{GRINDER}")[1]["registros"]
    wall = START.replace(tzinfo=None).isoformat()
    assert record == [{"registro_id": "64d000000000000000000001", "descricao": "Troca da lâmina", "timestamp": wall}]
    assert page.link(SAW, "Serra")[0] == 201
    assert Page.ask(page, "POST", "/api/auth/login", {"nome_usuario": "Beto", "senha": "x"})[0] == 401
    database = next(calha.folder.glob("registry.sqlite"))
    kept = subprocess.run(
        [sys.executable, "-c", _HASH_OF_ANA, str(database)], capture_output=True, text=True, timeout=60, check=True
    )
    assert kept.stdout.startswith("$argon2id$")


def test_a_machine_that_was_brought_over_is_started_with_its_settings(calha):
    machine = Machine(calha, GRINDER)
    machine.say("parada")
    assert calha.send("POST", f"/api/v1/devices/databutcher-{GRINDER}/commands", {"command": "start"})[0] == 201
    until(lambda: machine.heard, "start")
    assert machine.heard[0]["parametros"] == {"voltagem": 300, "velocidade": 1500, "temperatura_max": 80.5}
    machine.stop()


def test_a_name_that_somebody_has_is_not_taken_over(calha, tmp_path):
    path = tmp_path / "usuarios.json"
    path.write_text(json.dumps(USERS[0] | {"_id": {"$oid": "f" * 24}, "senha": hashed("other")}))
    told = bring(calha, path)
    assert told.returncode == 1
    assert "name_taken: 1" in told.stdout


# -- what else the operator may say (this Calha keeps the old pages, answers as documented, and takes few machines)


def test_the_old_pages_are_served_where_they_are_kept(calha):
    page = Page(calha)
    for path, title in (("/", "Início"), ("/machines", "Máquinas")):
        status, content, headers = page.exchange("GET", path)
        assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert title in content.decode()


def test_readings_are_acknowledged_as_documented_and_machines_without_a_credential_are_limited(calha):
    page = Page(calha)
    body = {"tensao": 1, "vibracao": 1, "temperatura": 1, "rpm": 1}
    asked = [page.ask("POST", "/api/sensor-data", {"maquina_id": SAW} | body)[0] for _ in range(30)]
    assert asked[0] == 200
    assert asked[-1] == 429
    assert page.ask("POST", "/dados", {"maquina_id": "moedor_001"} | body) == (200, {"status": "ok"})
    assert page.ask("POST", "/dados", {"maquina_id": "moedor_002"} | body) == (404, {"error": "Máquina não encontrada"})
    refused = calha.get("/api/v1/status")["ingest"]["refused"]
    assert refused["too_fast"] > 0
    assert refused["too_many_devices"] == 1


_HASH_OF_ANA = """
import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute("SELECT password_hash FROM person WHERE user_name = 'ana'").fetchone()[0])
"""
