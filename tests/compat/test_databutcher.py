"""Pages and machines of DataButcher, unchanged, against a running Calha with its port switched on."""

import base64
import json
import re
import socket
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from butcher import PASSWORD, SETTINGS, Machine, Page, environment, register, until
from running import running_calha

READING = {"tensao": 225.5, "vibracao": 2.1, "temperatura": 65.3, "rpm": 1500}
STARTED = {
    "comando": "start",
    "parametros": {"voltagem": 300, "velocidade": 1500, "temperatura_max": 80},
}


@pytest.fixture(scope="module")
def calha(tmp_path_factory):
    with running_calha(tmp_path_factory.mktemp("databutcher") / "data", environment()) as running:
        yield running


@pytest.fixture(scope="module")
def page(calha):
    return Page(calha, "Ana Souza")


@pytest.fixture(scope="module")
def code(calha, page):
    """A machine of the page's user."""
    made = register(calha)
    assert page.link(made)[0] == 201
    return made


@pytest.fixture
def machine(calha, code):
    running = Machine(calha, code)
    yield running
    running.stop()


def device_of(calha, code):
    page = calha.get("/api/v1/databutcher/machines?limit=1000")
    return next(one["device"] for one in page["items"] if one["code"] == code)


# -- people


def test_the_api_is_there_as_it_says_in_ascii_with_sorted_keys(page):
    status, content, headers = page.exchange("GET", "/api/health")
    assert status == 200
    assert headers["Content-Type"] == "application/json"
    assert content == b'{"message":"API est\\u00e1 funcionando!","status":"healthy"}\n'


def test_one_registers_in_english_and_signs_in_in_portuguese_under_two_slashes(calha):
    page = Page(calha)
    body = {"name": "Bia", "password": PASSWORD, "company": "Frigorífico", "email": "bia@example.org"}
    assert page.ask("POST", "//api/auth/register", body) == (201, {"message": "Usuário cadastrado com sucesso!"})
    assert page.ask("POST", "/api/auth/register", body) == (400, {"error": "Erro ao cadastrar usuário"})
    for path in ("//api/auth/login", "/api/auth/login"):
        status, told = page.ask("POST", path, {"nome_usuario": "Bia", "senha": PASSWORD})
        assert (status, told["message"], told["nome_usuario"]) == (200, "Login realizado com sucesso!", "Bia")
        assert re.fullmatch("[0-9a-f]{24}", told["user_id"])
    head, claims, _ = (base64.urlsafe_b64decode(part + "==") for part in told["token"].split("."))
    assert json.loads(head)["alg"] == "HS256"
    claims = json.loads(claims)
    assert claims["user_id"] == told["user_id"]
    assert claims["nome_usuario"] == "Bia"
    assert 86_000 < claims["exp"] - datetime.now(UTC).timestamp() <= 86_400


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"nome_usuario": "Zé", "senha": PASSWORD}, 400, "Usuário e senha são obrigatórios"),
        ({"name": "Zé", "password": ""}, 400, "Usuário e senha são obrigatórios"),
        ({"name": "Zé", "password": "12345678"}, 400, "A senha precisa ter de 8 a 200 caracteres"),
        ({"name": "chefe@example.org", "password": PASSWORD}, 400, "O nome tem de 1 a 64 caracteres, sem @"),
    ],
)
def test_what_is_missing_or_weak_is_refused_at_registration(calha, body, status, error):
    found, told = Page(calha).ask("POST", "/api/auth/register", body)
    assert found == status
    assert told["error"].startswith(error)


@pytest.mark.parametrize(
    "body",
    [
        {"nome_usuario": "Ana Souza", "senha": "errada"},
        {"nome_usuario": "ninguém", "senha": "x"},
        {"name": "Ana Souza", "password": PASSWORD},
        {},
    ],
)
def test_a_wrong_sign_in_is_told_as_before(page, body):
    assert Page.ask(page, "POST", "/api/auth/login", body) == (401, {"error": "Credenciais inválidas"})


def test_token_errors_stand_under_message_and_all_others_under_error(calha, page):
    nobody = Page(calha)
    assert nobody.ask("GET", "/api/machines") == (401, {"message": "Token está faltando!"})
    for token in ("Bearer null", "abc", "a.b.c"):
        told = nobody.ask("GET", "/api/machines", headers={"Authorization": token})
        assert told == (401, {"message": "Token inválido!"})
    assert nobody.ask("GET", "/api/machines", headers={"Authorization": page.token})[0] == 200
    assert nobody.ask("GET", "/nothing") == (404, {"error": "Não encontrado"})


# -- machines


def test_a_machine_is_linked_by_its_code_listed_and_given_back(calha, page):
    code = register(calha)
    assert page.link("")[1] == {"error": "Código da máquina é obrigatório"}
    assert page.link(code, "")[1] == {"error": "Nome da máquina é obrigatório"}
    status, told = page.link(code.upper(), "Moedor 2")
    assert status == 201
    assert told["message"] == "Máquina adicionada ao seu perfil com sucesso!"
    mine = {"_id": code, "nome_maquina": "Moedor 2", "id_usuario": told["machine"]["id_usuario"]}
    assert told["machine"] == mine
    assert mine | {"status": "parada"} in page.ask("GET", "/api/machines")[1]["machines"]
    assert page.link(code) == (409, {"error": "Esta máquina já pertence a você."})
    assert page.ask("DELETE", f"/api/machines/{code}") == (200, {"message": "Máquina removida com sucesso!"})
    gone = (404, {"error": "Máquina não encontrada ou não pertence ao usuário"})
    assert page.ask("DELETE", f"/api/machines/{code}") == gone
    assert page.link(code)[0] == 201  # its label still holds


@pytest.mark.parametrize("code", ["f" * 24, "no object id", "moedor_001", 7])
def test_a_code_of_no_machine_is_not_found(page, code):
    assert page.link(code) == (404, {"error": "Máquina não encontrada."})


def test_a_reading_is_acknowledged_told_again_and_shown_in_calha(calha, page, code, machine):
    status, told = machine.report()
    assert (status, told["message"]) == (201, "Dados do sensor recebidos com sucesso!")
    assert re.fullmatch("[0-9a-f]{24}", told["sensor_data_id"])
    calha.until_stored()
    newest = page.ask("GET", f"/api/sensor-data/{code}")[1]["sensor_data"][0]
    assert newest["sensor_data_id"] == told["sensor_data_id"]
    assert newest["dados_sensor"] == READING
    assert datetime.fromisoformat(newest["timestamp"]).tzinfo is None
    found = calha.get(f"/api/v1/devices/{device_of(calha, code)}")
    units = {channel["key"]: channel["unit"] for channel in found["channels"]}
    assert units["voltage"] == "V"
    assert calha.values(device_of(calha, code), "temperature")[-1] == 65.3


def test_what_a_machine_measures_besides_becomes_a_channel(calha, code, machine):
    assert machine.report(corrente=12.5, umidade="41,5")[0] == 201
    calha.until_stored()
    assert calha.values(device_of(calha, code), "corrente") == [12.5]
    assert calha.values(device_of(calha, code), "umidade") == [41.5]


def test_the_newest_hundred_readings_are_told_newest_first(calha, page):
    code = register(calha)
    page.link(code)
    machine = Machine(calha, code)
    for number in range(105):
        assert machine.report(rpm=number)[0] == 201
    machine.stop()
    calha.until_stored()
    rows = page.ask("GET", f"/api/sensor-data/{code}")[1]["sensor_data"]
    assert [row["dados_sensor"]["rpm"] for row in rows] == list(range(104, 4, -1))
    assert len({row["sensor_data_id"] for row in rows}) == 100
    assert page.ask("GET", f"/api/sensor-data/{'e' * 24}") == (404, {"error": "Máquina não encontrada"})


def test_the_bytes_of_the_sketch_are_answered_with_201(calha, code):
    body = b'{"maquina_id":"%b","tensao":225.5,"vibracao":2.1,"temperatura":65.3,"rpm":1500}' % code.encode()
    head = b"POST /api/sensor-data HTTP/1.1\r\nHost: 10.0.0.2:5000\r\nUser-Agent: ESP32HTTPClient\r\n"
    head += b"Connection: keep-alive\r\nAccept-Encoding: identity;q=1,chunked;q=0.1,*;q=0\r\n"
    head += b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    port = int(calha.env["CALHA_COMPAT_DATABUTCHER_PORT"])
    with socket.create_connection(("127.0.0.1", port), 30) as connection:
        connection.sendall(head + body)
        assert connection.recv(4_096).startswith(b"HTTP/1.1 201 ")


def test_the_first_generation_registers_itself_by_a_free_text(calha):
    page = Page(calha)
    assert page.ask("POST", "/dados", {"maquina_id": "moedor_001"} | READING) == (200, {"status": "ok"})
    calha.until_stored()
    assert calha.values("databutcher-moedor_001", "rpm") == [1500]


def test_a_free_text_of_any_letters_is_the_same_machine_for_ever(calha, page):
    decomposed = unicodedata.normalize("NFD", "Moinho São João")
    said = ["Moedor 1", 7, "moedor.001", "Moinho São João", "moedor 1", "7", " Moedor 1 ", decomposed, "机", "m" * 200]
    for number, text in enumerate(said):
        body = {"maquina_id": text} | READING | {"rpm": number}
        assert Page(calha).ask("POST", "/dados", body) == (200, {"status": "ok"}), text
    calha.until_stored()
    names = {one["name"]: one["key"] for one in calha.get("/api/v1/devices?limit=1000")["items"]}
    heard = {
        text: sorted(calha.values(names[text], "rpm")) for text in ("Moedor 1", "7", "moedor.001", "Moinho São João")
    }
    assert heard == {"Moedor 1": [0, 6], "7": [1, 5], "moedor.001": [2], "Moinho São João": [3, 7]}
    assert names["moedor 1"] != names["Moedor 1"]
    assert {"机", "m" * 100} <= names.keys()
    label = names["Moedor 1"].removeprefix("databutcher-")
    assert page.link(label)[1]["machine"]["_id"] == label
    assert page.link("Moedor 1") == (409, {"error": "Esta máquina já pertence a você."})
    assert Page(calha).ask("POST", "/api/sensor-data", {"maquina_id": label} | READING)[0] == 201


@pytest.mark.parametrize("text", ["", "  ", "a\0b", "a\nb", "\ud800", "m" * 256, True, None, [1]])
def test_what_is_no_name_registers_no_machine(calha, text):
    body = {"maquina_id": text} | READING
    assert Page(calha).ask("POST", "/dados", body) == (404, {"error": "Máquina não encontrada"})


def test_a_machine_of_a_free_text_hears_its_commands_under_it_and_tells_its_state(calha, page):
    assert Page(calha).ask("POST", "/dados", {"maquina_id": "moinho.são"} | READING)[0] == 200
    assert page.link("moinho.são")[0] == 201
    until(lambda: not knocked(calha, "moinho.são"), "the right to its topics")
    machine = Machine(calha, "moinho.são", client_id="esp32-moinho")
    until(lambda: page.ask("POST", f"/api/machines/{quote('moinho.são')}/start", SETTINGS)[0] == 202, "its presence")
    until(lambda: machine.heard and machine.heard[0]["comando"] == "start", "start")
    (device,) = [one["key"] for one in calha.get("/api/v1/devices?limit=1000")["items"] if one["name"] == "moinho.são"]
    until(lambda: 1 in calha.values(device, "state"), "its state")
    machine.stop()


def knocked(calha, name):
    """Whether a machine of that name is refused its commands."""
    machine = Machine(calha, name, client_id="esp32-moinho")
    machine.stop()
    return machine.refused


def test_machines_that_register_themselves_at_once_are_each_one_device_and_lose_nothing(calha):
    def post(number):
        body = {"maquina_id": f"moedor_{100 + number % 4}"} | READING | {"rpm": number}
        return Page(calha).ask("POST", "/dados", body)

    with ThreadPoolExecutor(12) as threads:
        assert list(threads.map(post, range(24))) == [(200, {"status": "ok"})] * 24
    calha.until_stored()
    for number in range(4):
        assert sorted(calha.values(f"databutcher-moedor_{100 + number}", "rpm")) == list(range(number, 24, 4))


# -- status and commands


@pytest.mark.parametrize(
    "topic",
    ["maquinas/{}/status", "/maquinas/{}/status", "databutcher/{}/status", "/databutcher/{}/status"],
)
def test_a_machine_tells_its_state_on_each_of_its_topics(calha, page, code, topic):
    machine = Machine(calha, code, topic=topic)
    for state in ("iniciada", "parada"):
        machine.say(state)
        until(lambda state=state: page.status(code) == state, f"{state} on {topic}")
    machine.stop()


@pytest.mark.parametrize("qos", [0, 1])
def test_a_machine_is_started_and_stopped_and_what_it_says_verifies_the_command(calha, page, qos):
    code = register(calha)
    page.link(code)
    machine = Machine(calha, code, qos=qos)
    machine.say("parada")
    until(lambda: page.ask("POST", f"/api/machines/{code}/stop")[0] == 202, "the heartbeat")
    until(lambda: machine.heard == [{"comando": "stop"}], "stop")
    device = device_of(calha, code)
    states = lambda: [one["state"] for one in calha.get(f"/api/v1/devices/{device}/commands")["items"]]  # noqa: E731
    until(lambda: states() == ["verified"], "the verification")
    asked = page.ask("POST", f"/api/machines/{code}/start", SETTINGS)
    assert asked == (202, {"message": "Comando de início enviado. Aguardando confirmação do dispositivo."})
    until(lambda: len(machine.heard) == 2, "start")
    assert machine.heard[1] == STARTED
    assert [topic for topic, *_ in machine.raw] == [f"maquinas/{code}/comandos"] * 2
    assert {(of, retained) for _, _, of, retained in machine.raw} == {(qos, False)}
    until(lambda: page.status(code) == "iniciada", "the state")
    until(lambda: states() == ["verified", "verified"], "the verification")
    actions = [one["action"] for one in calha.get(f"/api/v1/audit?target=device%20{device}")["items"]]
    assert {"command.requested", "command.executed", "command.verified", "device.claimed"} <= set(actions)
    machine.stop()


def test_a_stop_without_a_body_is_sent_too(calha, page, code, machine):
    machine.say("iniciada")
    until(lambda: page.status(code) == "iniciada", "the state")
    path = f"/api/machines/{code}/stop"
    told = {"message": "Comando de parada enviado. Aguardando confirmação do dispositivo."}
    assert page.ask("POST", path, headers={"Content-Type": "text/plain"}) == (202, told)
    until(lambda: page.status(code) == "parada", "the stop")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"voltagem": 219}, "Voltagem fora do limite (220-380V)"),
        ({"voltagem": None}, "Voltagem fora do limite (220-380V)"),
        ({"velocidade": 3001}, "Velocidade fora do limite (500-3000 RPM)"),
        ({"velocidade": True}, "Velocidade fora do limite (500-3000 RPM)"),
        ({"temperatura": "80"}, "Temperatura fora do limite (20-120°C)"),
    ],
)
def test_a_start_outside_the_limits_is_refused_and_nothing_is_sent(page, code, machine, change, error):
    machine.say("parada")
    until(lambda: page.ask("POST", f"/api/machines/{code}/start", {})[0] == 400, "the heartbeat")
    assert page.ask("POST", f"/api/machines/{code}/start", SETTINGS | change) == (400, {"error": error})
    assert machine.heard == []


def test_a_reset_sets_the_settings_back_tells_the_machine_nothing_and_is_in_the_audit_log(calha, page, code, machine):
    machine.say("iniciada")
    until(lambda: page.status(code) == "iniciada", "the state")
    status, told = page.ask("POST", f"/api/machines/{code}/reset", {})
    settings = {"voltagem": 220, "velocidade": 500, "temperatura": 20}
    assert (status, told["message"]) == (200, "Máquina redefinida com sucesso!")
    assert told["parametros"] == {"configuracoes": settings, "status": "parada"}
    assert page.status(code) == "parada"
    device = device_of(calha, code)
    newest = calha.get(f"/api/v1/devices/{device}/commands")["items"][0]
    assert (newest["command"], newest["state"]) == ("reset", "executed")
    assert calha.send("POST", f"/api/v1/devices/{device}/commands", {"command": "start"})[0] == 201
    until(lambda: machine.heard, "a start from Calha's own app, with the settings that were reset")
    assert machine.heard == [
        {"comando": "start", "parametros": {"voltagem": 220, "velocidade": 500, "temperatura_max": 20}}
    ]


def test_the_sketch_that_never_tells_its_state_is_there_while_it_listens(calha, page):
    code = register(calha)
    page.link(code)
    offline = (409, {"error": "O dispositivo está offline ou não responde."})
    assert page.ask("POST", f"/api/machines/{code}/start", SETTINGS) == offline
    assert page.ask("POST", f"/api/machines/{code}/stop") == offline
    sketch = Machine(calha, code, obeys=False)
    assert page.ask("POST", f"/api/machines/{code}/start", SETTINGS)[0] == 202
    until(lambda: sketch.heard == [STARTED], "start")
    sketch.stop()
    until(lambda: page.ask("POST", f"/api/machines/{code}/stop") == offline, "the sketch is gone")


def test_any_other_word_only_says_that_the_machine_is_there(calha, page, code, machine):
    machine.say("iniciada")
    until(lambda: page.status(code) == "iniciada", "the state")
    before = len(calha.values(device_of(calha, code), "heartbeat"))
    machine.say("aquecendo")
    until(lambda: len(calha.values(device_of(calha, code), "heartbeat")) > before, "the heartbeat")
    assert page.status(code) == "iniciada"


def test_people_write_down_what_they_did_and_calha_shows_it(calha, page, code):
    missing = (400, {"error": "Campos maquina_id e descricao são obrigatórios"})
    assert page.ask("POST", "/api/manual-log", {"maquina_id": code}) == missing
    given = {"maquina_id": code, "descricao": "Troca da lâmina", "timestamp_local": "2026-01-01T00:00:00.000Z"}
    status, told = page.ask("POST", "/api/manual-log", given)
    assert (status, told["message"]) == (201, "Registro manual salvo com sucesso!")
    rows = page.ask("GET", f"/api/manual-log/{code}")[1]["registros"]
    kept = {"registro_id": told["registro_id"], "descricao": "Troca da lâmina", "timestamp": told["timestamp"]}
    assert kept in rows
    shown = calha.get(f"/api/v1/events?device={device_of(calha, code)}")["items"]
    assert "Troca da lâmina" in [event["text"]["pt"] for event in shown]
    assert page.ask("POST", "/api/manual-log", given | {"maquina_id": "a" * 24})[0] == 404
    assert page.ask("GET", f"/api/manual-log/{'a' * 24}")[0] == 404


# -- who comes without a credential


def test_without_a_credential_one_speaks_for_machines_that_have_none_and_for_nobody_else(calha, code):
    proven, device = register(calha), f"databutcher-{code}"
    assert calha.send("POST", f"/api/v1/devices/databutcher-{proven}/credentials", {})[0] == 201
    calha.create_device("pump-1")
    violations = lambda: sum(calha.get("/api/v1/status")["gate"]["violations"].values())  # noqa: E731
    for topic in (f"maquinas/{proven}/status", "calha/v1/pump-1/telemetry", f"calha/v1/{device}/commands"):
        before = violations()
        thief = Machine(calha, proven, topic=topic, client_id="thief")
        assert thief.refused, "it does not hear the commands of a machine that has a credential"
        thief.publish(b'{"state": "iniciada", "values": {"flow": 1}}')
        until(lambda before=before: violations() > before, f"the violation on {topic}")
        thief.stop()
    calha.until_stored()
    assert calha.values(f"databutcher-{proven}", "state") == []
    body = {"maquina_id": proven} | READING
    assert Page(calha).ask("POST", "/api/sensor-data", body) == (401, {"message": "Token está faltando!"})


def test_a_machine_that_was_connected_before_it_was_registered_hears_its_commands_once_it_is(calha, page):
    code = "c0ffee" + "0" * 18
    machine = Machine(calha, code)
    assert machine.refused
    assert calha.send("POST", "/api/v1/databutcher/machines", {"code": code, "model": "M-1"})[0] == 201
    page.link(code)
    until(lambda: page.ask("POST", f"/api/machines/{code}/stop")[0] == 202, "the subscription")
    until(lambda: machine.heard == [{"comando": "stop"}], "stop")
    machine.stop()


# -- pages of other origins


def test_a_page_of_any_origin_may_ask_with_its_token(page):
    asked = {"Origin": "http://pages.example", "Access-Control-Request-Method": "POST"}
    wanted = {"Access-Control-Request-Headers": "authorization,content-type"}
    status, _, headers = page.exchange("OPTIONS", "/api/machines", headers=asked | wanted)
    assert status == 200
    assert headers["Access-Control-Allow-Origin"] == "http://pages.example"
    assert headers["Access-Control-Allow-Credentials"] == "true"
    assert "authorization" in headers["Access-Control-Allow-Headers"]
    assert page.exchange("GET", "/api/machines", headers={"Origin": "http://pages.example"})[0] == 200


@pytest.mark.parametrize("path", ["/", "/machines"])
def test_without_the_old_pages_one_is_shown_the_way_to_calha(calha, page, path):
    status, content, headers = page.exchange("GET", path)
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert calha.address.encode() in content
