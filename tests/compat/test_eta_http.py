"""The clients' side of ETA flow's API: bodies, codes and messages as they are, and what failed by defect works."""

import base64
import json
import re
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from eta_client import PASSWORD, EtaClient, create_person, signed_in

ZONE = ZoneInfo("America/Sao_Paulo")
DAY = datetime.now(ZONE).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None) - timedelta(days=60)
_used_days = iter(range(40))


@pytest.fixture(scope="module")
def admin(eta):
    create_person(eta, "chefe", "administrator", 1)
    return signed_in(eta, "chefe")


@pytest.fixture(scope="module")
def common(eta):
    create_person(eta, "comum", "operator", 1)
    return signed_in(eta, "comum")


@pytest.fixture(scope="module")
def viewer(eta):
    create_person(eta, "visita", "viewer", 1)
    return signed_in(eta, "visita")


@pytest.fixture
def day():
    """A local day that no other test uses."""
    return DAY + timedelta(days=next(_used_days))


def measured(at, value, sensor=1, failed=False, kind="INST", **more):
    return {
        "sensor_id": sensor,
        "unidade_id": 5,
        "valor": value,
        "valor_str": None,
        "valor_bool": None,
        "data_hora": at.isoformat(),
        "falha": failed,
        "tipo": kind,
    } | more


def collected(at, *rows, **more):
    return {"origem": "CLP", "data_hora": at.isoformat(), "medicoes": list(rows)} | more


def new_sensor(admin, name="Sensor de teste", **more):
    status, sensor = admin.ask("POST", "/sensor", {"nome": name, "tipo": "NIVEL", "dispositivo_id": 1} | more)
    assert status == 200, sensor
    return sensor


# -- signing in


def test_the_root_says_what_it_is(eta):
    assert EtaClient(eta).ask("GET", "/") == (200, {"msg": "api do TCC"})
    assert EtaClient(eta).ask("GET", "/docs")[0] == 200
    assert EtaClient(eta).ask("GET", "/nada") == (404, {"detail": "Not Found"})


def test_the_documentation_needs_no_internet(eta):
    client = EtaClient(eta)
    page = client.get("/docs").decode()
    assert "//" not in "".join(re.findall(r'(?:src|href)="([^"]+)"', page)), "an address elsewhere"
    for script in ("/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css", "/openapi.json"):
        assert script in page
        assert client.get(script)


def test_signing_in_is_a_form_and_the_token_says_who_for_an_hour(eta, common):
    status, told = EtaClient(eta).sign_in("comum")
    assert (status, list(told), told["token_type"]) == (200, ["access_token", "token_type"], "bearer")
    claims = json.loads(base64.urlsafe_b64decode(told["access_token"].split(".")[1] + "=="))
    assert claims["sub"] == "comum"
    assert 3_500 < claims["exp"] - time.time() <= 3_600


def test_a_wrong_password_and_an_unknown_user_are_400(eta, common):
    assert EtaClient(eta).sign_in("comum", "errada") == (400, {"detail": "Usuário não encontrado."})
    assert EtaClient(eta).sign_in("ninguem", "errada") == (400, {"detail": "Usuário não encontrado."})
    assert EtaClient(eta).sign_in("comum")[0] == 200


@pytest.mark.parametrize(
    ("form", "missing"), [(b"username=x", "password"), (b"password=x", "username"), (b"", "username")]
)
def test_a_form_without_a_field_is_422(eta, form, missing):
    status, told = EtaClient(eta).ask("POST", "/auth/login", form, Content_Type="application/x-www-form-urlencoded")
    assert (status, told["detail"][0]["type"], told["detail"][0]["loc"]) == (422, "missing", ["body", missing])


PROTECTED = ["/coleta", "/medicao/all", "/medicao/historico/1?tipo=DIA", "/sensor", "/usuario/all", "/unidade-medida/5"]


@pytest.mark.parametrize("path", PROTECTED)
def test_no_token_is_403_and_a_bad_one_401(eta, path):
    assert EtaClient(eta).ask("GET", path) == (403, {"detail": "Not authenticated"})
    assert EtaClient(eta, "ruim").ask("GET", path) == (401, {"detail": "Token inválido."})
    assert EtaClient(eta, eta.key).ask("GET", path) == (401, {"detail": "Token inválido."}), "a key of Calha's is none"


def test_the_token_is_good_for_this_api_only_and_ends_with_the_session(eta, admin, common):
    client = signed_in(eta, "comum")
    status, _ = eta.send("GET", "/api/v1/devices")
    assert status == 200
    assert eta.open(eta.request("/api/v1/devices")).status == 200
    with pytest.raises(Exception, match="401"):
        eta.open(eta.request("/api/v1/devices", headers={"Authorization": f"Bearer {client.token}"}))
    person = next(one for one in admin.get("/usuario/all") if one["username"] == "comum")
    eta.send("PUT", f"/api/v1/people/{person['id']}/state", {"state": "blocked"})
    assert client.ask("GET", "/sensor/all") == (401, {"detail": "Token inválido."})
    eta.send("PUT", f"/api/v1/people/{person['id']}/state", {"state": "active"})
    assert common.sign_in("comum")[0] == 200


def test_pages_from_their_own_address_may_ask_with_a_token(eta):
    asked = {"Origin": "http://localhost:4200", "Access_Control_Request_Method": "POST"}
    status, headers, _ = EtaClient(eta).exchange(
        "OPTIONS", "/coleta", Access_Control_Request_Headers="authorization,content-type", **asked
    )
    assert (status, headers["Access-Control-Allow-Origin"]) == (200, "http://localhost:4200")
    assert headers["Access-Control-Allow-Credentials"] == "true"
    _, headers, _ = EtaClient(eta).exchange("GET", "/", Origin="http://evil.example")
    assert headers["Access-Control-Allow-Origin"] is None


# -- roles


def test_roles_are_looked_at(eta, admin, common, viewer, day):
    device = {"nome": "Outro", "tipo": "CLP", "localizacao": None}
    person = {"nome": "Intruso", "username": "intruso", "email": "i@example.org", "senha": PASSWORD, "tipo": "ADMIN"}
    for client in (common, viewer):
        for method, path, body in [
            ("POST", "/dispositivo", device),
            ("DELETE", "/sensor/1", None),
            ("POST", "/usuario", person),
            ("GET", "/usuario/all", None),
            ("DELETE", "/usuario/1", None),
            ("PUT", "/unidade-medida", {"id": 5, "denominacao": "x", "sigla": "x"}),
        ]:
            assert client.ask(method, path, body)[0] == 403, f"{method} {path}"
    assert viewer.ask("POST", "/coleta", collected(day, measured(day, 60.0)))[0] == 403
    assert viewer.ask("GET", "/sensor/all")[0] == 200
    assert common.ask("POST", "/coleta", collected(day, measured(day, 60.0)))[0] == 200


def test_a_person_without_a_role_on_the_site_sees_nothing(eta):
    _, site = eta.send("POST", "/api/v1/sites", {"name": "Longe"})
    create_person(eta, "longe", "administrator", site["id"])
    assert signed_in(eta, "longe").ask("GET", "/sensor/all")[0] == 403


# -- measurements


def test_a_collection_is_answered_with_what_was_sent_and_numbers(eta, common, day):
    at = day.replace(hour=10)
    rows = [measured(at, 61.25), measured(at, 62.5, sensor=2)]
    status, told = common.ask("POST", "/coleta", collected(at, *rows))
    assert status == 200
    assert list(told) == ["origem", "id", "data_hora", "medicoes"]
    assert (told["origem"], told["data_hora"]) == ("CLP", at.isoformat())
    keys = [
        "sensor_id",
        "unidade_id",
        "valor",
        "valor_str",
        "valor_bool",
        "falha",
        "tipo",
        "id",
        "data_hora",
        "coleta_id",
    ]
    assert [list(row) for row in told["medicoes"]] == [keys, keys]
    assert {row["coleta_id"] for row in told["medicoes"]} == {told["id"]}
    eta.until_stored()
    assert common.get(f"/coleta/{told['id']}")["medicoes"] == told["medicoes"]
    assert common.get(f"/medicao/{told['medicoes'][1]['id']}")["valor"] == 62.5


def test_the_bytes_of_the_collector_are_taken_and_its_whole_batch_is_found_under_one_number(eta, common, day):
    times = [day.replace(hour=8) + timedelta(minutes=3 * step) for step in range(20)]
    rows = [measured(at, 60.0 + step, sensor) for step, at in enumerate(times) for sensor in (1, 2)]
    status, told = common.ask("POST", "/coleta", collected(times[0], *rows))
    assert (status, len(told["medicoes"])) == (200, 40)
    eta.until_stored()
    found = common.get(f"/coleta/{told['id']}")
    assert sorted(row["id"] for row in found["medicoes"]) == sorted(row["id"] for row in told["medicoes"])


def test_a_collector_with_the_addresses_of_its_documentation_works_as_well(eta, common, day):
    form = f"username=comum&password={PASSWORD.replace(' ', '+')}".encode()
    status, told = EtaClient(eta).ask("POST", "/usuarios/login", form, Content_Type="application/x-www-form-urlencoded")
    assert status == 200, told
    collector = EtaClient(eta, told["access_token"])
    status, told = collector.ask("POST", "/coletas", collected(day, measured(day, 58.5)))
    assert (status, told["medicoes"][0]["valor"]) == (200, 58.5)
    status, again = collector.ask("POST", "/coletas/batch", [collected(day, measured(day, 58.5))])
    assert (status, again[0]["id"]) == (200, told["id"])
    assert EtaClient(eta).ask("POST", "/coletas", collected(day, measured(day, 58.5)))[0] == 403


def test_the_same_batch_twice_is_stored_once_under_the_same_numbers(eta, common, day):
    body = [
        collected(day + timedelta(hours=hour), measured(day + timedelta(hours=hour), 50.0 + hour)) for hour in range(9)
    ]
    first = common.ask("POST", "/coleta/batch", body)
    before = eta.until_stored()
    assert common.ask("POST", "/coleta/batch", body) == first
    after = eta.until_stored()
    assert after["duplicate"] - before["duplicate"] == 9
    rows = common.get("/medicao/historico/1", tipo="INST", data=day.isoformat())
    assert [row["valor"] for row in rows] == [50.0 + hour for hour in range(9)]


def test_a_collection_without_measurements_is_400(common, day):
    assert common.ask("POST", "/coleta", collected(day)) == (400, {"detail": "Parâmetro não informado."})
    assert common.ask("POST", "/coleta", {"origem": "CLP"})[0] == 422


def test_a_collector_that_leaves_the_time_of_the_collection_out_is_understood(eta, common, day):
    """Every message of one generation was refused with 422, and dropped."""
    body = {"origem": "CLP", "medicoes": [measured(day.replace(hour=4), 58.0)]}
    status, told = common.ask("POST", "/coleta", body)
    assert (status, told["data_hora"]) == (200, day.replace(hour=4).isoformat())


def test_a_batch_is_taken_whole_or_not_at_all(eta, common, day):
    good = [collected(day + timedelta(hours=hour), measured(day + timedelta(hours=hour), 40.0)) for hour in range(3)]
    wrong = collected(day, measured(day, 1.0, sensor=99))
    status, told = common.ask("POST", "/coleta/batch", [*good, wrong, *good])
    assert status == 400
    assert "[3].medicoes[0].sensor_id = 99: Sensor não encontrado." in told["detail"]
    eta.until_stored()
    assert common.get("/medicao/historico/1", tipo="INST", data=day.isoformat()) == []
    kept = eta.get("/api/v1/quarantine?limit=100")["items"]
    assert any(one["transport"] == "eta" for one in kept)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"unidade_id": 77}, "Unidade não encontrada"),
        ({"data_hora": "2035-01-01T00:00:00"}, "está no futuro"),
        ({"data_hora": "1999-01-01T00:00:00"}, "anterior a 2000"),
        ({"valor": None, "valor_str": "muita"}, "não é um número"),
        ({"sensor_id": -1}, "Sensor não encontrado"),
    ],
)
def test_what_is_wrong_is_named_and_no_sql_is_told(common, day, change, words):
    status, told = common.ask("POST", "/coleta", collected(day, measured(day, 60.0) | change))
    assert status == 400
    assert words in told["detail"]
    assert not re.search(r"sql|insert|select|traceback|\(\w+\.\w+Error", told["detail"], re.IGNORECASE)


def test_another_unit_than_the_sensors_is_refused(eta, admin, common, day):
    _, unit = admin.ask("POST", "/unidade-medida", {"denominacao": "Litro por segundo", "sigla": "L/s"})
    status, told = common.ask("POST", "/coleta", collected(day, measured(day, 60.0, unidade_id=unit["id"])))
    assert status == 400
    assert "mede em m³/h, não em L/s" in told["detail"]


def test_a_single_measurement_can_be_posted(eta, common, day):
    """It was always 500, for want of a collection."""
    status, told = common.ask("POST", "/medicao", measured(day.replace(hour=5), 59.5))
    assert (status, told["valor"]) == (200, 59.5)
    eta.until_stored()
    assert common.get(f"/medicao/{told['id']}") == told
    assert common.get(f"/coleta/{told['coleta_id']}")["id"] == told["coleta_id"]


def test_values_that_are_none_are_failed_ones_and_no_history_breaks(eta, admin, common, day):
    sensor = new_sensor(admin)["id"]
    rows = [
        measured(day, None, sensor),
        measured(day.replace(hour=1), 5.0, sensor),
        measured(day.replace(hour=2), 0.0, sensor, failed=True),
        measured(day.replace(hour=3), None, sensor, valor_bool=True),
        measured(day.replace(hour=4), None, sensor, valor_str="7,5"),
    ]
    body = json.dumps(collected(day, *rows)).replace('"valor": 5.0', '"valor": NaN').encode()
    assert common.ask("POST", "/coleta", body)[0] == 200
    eta.until_stored()
    found = common.get(f"/medicao/historico/{sensor}", tipo="inst", data=day.isoformat())
    assert [row["valor"] for row in found] == [1.0, 7.5]
    stored = [row for row in common.get("/medicao/all") if row["sensor_id"] == sensor]
    assert [(row["valor"], row["falha"]) for row in stored] == [
        (None, True),
        (None, True),
        (0.0, True),
        (1.0, False),
        (7.5, False),
    ]


def test_lists_are_paged_from_the_oldest(eta, common, day):
    at = day.replace(hour=6)
    assert common.ask("POST", "/coleta", collected(at, measured(at, 1.5), measured(at, 2.5, sensor=2)))[0] == 200
    eta.until_stored()
    everything = common.get("/medicao/all")
    assert [row["id"] for row in everything] == sorted(row["id"] for row in everything)
    assert common.get("/medicao") == everything[:10]
    assert common.get("/medicao", limit=3, offset=4) == everything[4:7]
    collections = common.get("/coleta/all")
    assert common.get("/coleta", limit=2, offset=1) == collections[1:3]
    assert sum(len(one["medicoes"]) for one in collections) == len(everything)


@pytest.mark.parametrize("path", ["/medicao", "/coleta", "/sensor", "/usuario"])
def test_a_page_may_be_asked_for_that_is_longer_than_any(admin, path):
    assert admin.get(path, limit=1_000_000) == admin.get(f"{path}/all")
    assert admin.get(path, limit=5, offset=2**40) == []


def test_what_is_not_there_is_404(common):
    assert common.ask("GET", "/medicao/123") == (404, {"detail": "Medição não encontrada"})
    assert common.ask("GET", "/medicao/-1") == (404, {"detail": "Medição não encontrada"})
    assert common.ask("GET", "/coleta/123") == (404, {"detail": "Not Found"})
    assert common.ask("GET", f"/coleta/{2**60}") == (404, {"detail": "Not Found"})
    assert common.ask("GET", "/dispositivo/99") == (404, {"detail": "Dispositivo não encontrado."})
    assert common.ask("GET", "/sensor/99") == (404, {"detail": "Sensor não encontrado."})
    assert common.ask("GET", "/unidade-medida/99") == (404, {"detail": "Unidade não encontrada"})
    assert common.ask("GET", "/medicao/historico/99?tipo=DIA") == (404, {"detail": "Sensor não encontrado."})


# -- history


def test_hours_and_days_are_computed_and_never_empty(eta, common, day):
    rows = [measured(day + timedelta(minutes=20 * step), 60.0 + step) for step in range(6)]
    failed = measured(day + timedelta(minutes=130), 0.0, failed=True)
    assert common.ask("POST", "/coleta", collected(day, *rows, failed))[0] == 200
    eta.until_stored()
    hours = common.get("/medicao/historico/1", tipo="HORA", data=day.isoformat())
    assert hours == [
        {"data": day.isoformat(), "valor": 61.0, "unidade": "m³/h"},
        {"data": (day + timedelta(hours=1)).isoformat(), "valor": 64.0, "unidade": "m³/h"},
    ]
    days = common.get("/medicao/historico/1", tipo="DIA", dias=90)
    assert {"data": day.isoformat(), "valor": 62.5, "unidade": "m³/h"} in days
    assert common.get("/medicao/media-por-hora/1", data=day.isoformat()) == hours
    assert {row["data"] for row in common.get("/medicao/media-por-dia/1")} >= {day.isoformat()}


def test_a_mean_that_was_sent_stands_where_there_are_no_readings(eta, common, day):
    at = day.replace(hour=9)
    rows = [
        measured(at, 70.0, kind="HORA"),
        measured(at.replace(hour=10), 71.0, kind="HORA"),
        measured(at.replace(hour=10, minute=30), 65.0),
    ]
    assert common.ask("POST", "/coleta", collected(at, *rows))[0] == 200
    eta.until_stored()
    hours = common.get("/medicao/historico/1", tipo="HORA", data=day.isoformat())
    assert [(row["data"][11:13], row["valor"]) for row in hours] == [("09", 70.0), ("10", 65.0)]
    instants = common.get("/medicao/historico/1", tipo="INST", data=day.isoformat())
    assert [row["valor"] for row in instants] == [65.0], "a mean is no reading"
    other = day.replace(hour=3)
    assert common.ask("POST", "/coleta", collected(other, measured(other, 44.0, sensor=2, kind="HORA")))[0] == 200
    eta.until_stored()
    assert common.get("/medicao/historico/2", tipo="DIA", data=day.isoformat())[0]["valor"] == 44.0


def test_days_end_at_local_midnight_however_a_client_writes_it(eta, common, day):
    late = day.replace(hour=23, minute=57)
    assert common.ask("POST", "/coleta", collected(late, measured(late, 66.5)))[0] == 200
    eta.until_stored()
    as_pages_send_it = day.replace(tzinfo=ZONE).astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    next_day = (day + timedelta(days=1)).replace(tzinfo=ZONE).astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%SZ")
    for query in (
        {"data": as_pages_send_it},
        {"data": day.date().isoformat()},
        {"data_inicio": as_pages_send_it, "data_fim": as_pages_send_it},
        {"data_inicio": day.isoformat(), "data_fim": late.isoformat()},
    ):
        found = common.get("/medicao/historico/1", tipo="INST", **query)
        assert [(row["data"], row["valor"]) for row in found] == [(late.isoformat(), 66.5)], query
    assert common.get("/medicao/historico/1", tipo="INST", data=next_day) == []


def test_one_bound_alone_and_an_unknown_kind_are_as_before(common, day):
    everything = common.get("/medicao/historico/1", tipo="INST")
    assert common.get("/medicao/historico/1", tipo="INST", data_inicio=day.isoformat()) == everything
    assert common.get("/medicao/historico/1", tipo="MES") == []
    assert common.ask("GET", "/medicao/historico/1")[0] == 422
    assert common.ask("GET", "/medicao/historico/1?tipo=DIA&data=ontem")[0] == 422
    for query in (
        "data=9999-12-31T23:59:59Z",
        "data=0001-01-01",
        "data_inicio=0001-01-01&data_fim=9999-12-31",
        "dias=0",
    ):
        assert common.ask("GET", f"/medicao/historico/1?tipo=DIA&{query}")[0] == 200, query


# -- devices, sensors, units, people


def test_a_sensor_made_over_the_api_has_a_code_and_can_be_asked_for(eta, admin, common, day):
    _, device = admin.ask("POST", "/dispositivo", {"nome": "Raspberry 2", "tipo": "RASPBERRY", "localizacao": "Casa 2"})
    assert {"nome", "tipo", "localizacao", "id"} <= device.keys()
    sensor = new_sensor(admin, "Nível 2", dispositivo_id=device["id"], codigo=42)
    assert (sensor["dispositivo_id"], sensor["codigo"]) == (device["id"], 42)
    assert common.ask("POST", "/coleta", collected(day, measured(day, 3.25, sensor["id"])))[0] == 200
    eta.until_stored()
    found = common.get("/medicao/historico/42", tipo="INST", data=day.isoformat())
    assert found == [{"data": day.isoformat(), "valor": 3.25, "unidade": "m³/h"}]
    channels = {one["key"]: one for one in eta.get(f"/api/v1/devices/eta-{device['id']}")["channels"]}
    assert channels[f"sensor_{sensor['id']}"]["unit"] == "m³/h", "the unit of its first measurement"
    status, told = admin.ask("POST", "/sensor", {"nome": "Outro", "tipo": "NIVEL", "dispositivo_id": 1, "codigo": 42})
    assert (status, told) == (400, {"detail": "Erro ao salvar no banco. Chave duplicada ou dado inválido."})


def test_what_something_depends_on_cannot_be_deleted(eta, admin, common, day):
    in_use = (400, {"detail": "Não é possível excluir o registro. Há dependências associadas."})
    assert admin.ask("DELETE", "/dispositivo/1") == in_use
    assert admin.ask("DELETE", "/unidade-medida/5") == in_use
    sensor = new_sensor(admin)["id"]
    assert common.ask("POST", "/medicao", measured(day, 1.0, sensor))[0] == 200
    eta.until_stored()
    assert admin.ask("DELETE", f"/sensor/{sensor}") == in_use
    empty = new_sensor(admin)["id"]
    assert admin.ask("DELETE", f"/sensor/{empty}") == (200, True)
    assert admin.ask("DELETE", f"/sensor/{empty}")[0] == 404
    _, device = admin.ask("POST", "/dispositivo", {"nome": "Vazio", "tipo": "CLP", "localizacao": None})
    assert admin.ask("DELETE", f"/dispositivo/{device['id']}") == (200, True)


def test_devices_sensors_and_units_are_listed_and_changed(eta, admin):
    _, device = admin.ask("POST", "/dispositivo", {"nome": "Antes", "tipo": "CLP", "localizacao": None})
    path = f"/dispositivo/{device['id']}"
    status, told = admin.ask("PUT", path, {"nome": "Depois", "tipo": "RASPBERRY", "localizacao": "Sala"})
    assert (status, told) == (200, admin.get(path))
    assert (told["nome"], told["tipo"], told["localizacao"]) == ("Depois", "RASPBERRY", "Sala")
    assert told in admin.get("/dispositivo/all")
    assert admin.get("/dispositivo", limit=1, offset=0) == admin.get("/dispositivo/all")[:1]
    _, unit = admin.ask("POST", "/unidade-medida", {"denominacao": "Metro", "sigla": "m"})
    changed = {"id": unit["id"], "denominacao": "Metro de coluna", "sigla": "mca"}
    assert admin.ask("PUT", "/unidade-medida/999", changed)[1] == changed, "the number in the body counts"
    assert admin.ask("DELETE", f"/unidade-medida/{unit['id']}") == (200, True)
    sensor = new_sensor(admin)
    body = {"nome": "Com outro nome", "tipo": "PRESSAO", "dispositivo_id": device["id"]}
    status, told = admin.ask("PUT", f"/sensor/{sensor['id']}", body)
    assert (status, told["nome"], told["codigo"]) == (200, "Com outro nome", sensor["codigo"])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/dispositivo", {"nome": "ab", "tipo": "CLP", "localizacao": None}),
        ("/dispositivo", {"nome": "abc", "tipo": "CLP"}),
        ("/dispositivo", {"nome": "abc", "tipo": "PLC", "localizacao": None}),
        ("/sensor", {"nome": "x" * 256, "tipo": "VAZAO", "dispositivo_id": 1}),
        ("/sensor", {"nome": "abc", "tipo": "CHUVA", "dispositivo_id": 1}),
        ("/usuario", {"nome": "abc", "username": "abc", "email": "sem arroba", "senha": PASSWORD, "tipo": "COMUM"}),
        ("/usuario", {"nome": "abc", "username": "abc", "email": "a@b.c", "senha": PASSWORD, "tipo": "CHEFE"}),
        ("/unidade-medida", {"denominacao": "Metro"}),
        ("/coleta", {"data_hora": "2025-01-01T00:00:00", "medicoes": [{"sensor_id": 1}]}),
    ],
)
def test_what_does_not_fit_is_422(admin, path, body):
    status, told = admin.ask("POST", path, body)
    assert status == 422
    assert isinstance(told["detail"], list)


def test_people_are_made_changed_and_forgotten(eta, admin):
    body = {"nome": "Ana Lima", "username": "ana", "email": "ana@example.org", "senha": PASSWORD, "tipo": "COMUM"}
    status, ana = admin.ask("POST", "/usuario", body)
    assert (status, ana["tipo"]) == (200, "COMUM")
    assert "senha" not in ana
    duplicate = (400, {"detail": "Erro ao salvar no banco. Chave duplicada ou dado inválido."})
    assert admin.ask("POST", "/usuario", body) == duplicate
    client = EtaClient(eta)
    assert client.sign_in("ana", PASSWORD)[0] == 200
    assert client.ask("GET", "/usuario/all")[0] == 403
    status, told = admin.ask("PUT", f"/usuario/{ana['id']}", body | {"tipo": "ADMIN", "senha": PASSWORD + " nova"})
    assert (status, told["tipo"]) == (200, "ADMIN"), "it was 500"
    assert client.ask("GET", "/sensor/all")[0] == 401, "sessions end"
    assert client.sign_in("ana", PASSWORD)[0] == 400
    assert client.sign_in("ana", PASSWORD + " nova")[0] == 200
    assert client.ask("GET", "/usuario/all")[0] == 200
    assert client.ask("DELETE", f"/usuario/{ana['id']}")[0] == 400, "nobody removes himself"
    assert admin.ask("DELETE", f"/usuario/{ana['id']}") == (200, True)
    assert admin.ask("GET", f"/usuario/{ana['id']}") == (404, {"detail": "Usuário não encontrado."})
    assert client.ask("GET", "/sensor/all")[0] == 401
    audit = eta.get("/api/v1/audit?actor=chefe@example.org")["items"]
    assert {"person.created", "person.changed", "person.anonymised"} <= {one["action"] for one in audit}
    assert PASSWORD not in json.dumps(audit)


def test_a_name_may_be_as_long_as_ever_and_is_kept_as_far_as_it_is_shown(admin):
    body = {"nome": "n" * 255, "username": "u" * 64, "email": "longo@example.org", "senha": PASSWORD, "tipo": "COMUM"}
    status, told = admin.ask("POST", "/usuario", body)
    assert (status, told["nome"], told["username"]) == (200, "n" * 100, "u" * 64)
    assert admin.ask("PUT", f"/usuario/{told['id']}", {"nome": "m" * 255})[1]["nome"] == "m" * 100
    assert admin.ask("POST", "/usuario", body | {"nome": "n" * 256})[0] == 422
    assert admin.ask("DELETE", f"/usuario/{told['id']}") == (200, True)


@pytest.mark.parametrize("password", ["curta123", "123456789012", "senhasenhasenha"])
def test_a_new_password_is_as_good_as_everywhere(admin, password):
    body = {"nome": "Fraca", "username": "fraca", "email": "f@example.org", "senha": password, "tipo": "COMUM"}
    status, told = admin.ask("POST", "/usuario", body)
    assert status == 400
    assert "12" in told["detail"]


def test_who_has_roles_elsewhere_is_not_taken_over(eta, admin):
    owner = create_person(eta, "dona", "administrator", None)
    shown = {one["id"]: one for one in admin.get("/usuario/all")}
    assert shown[owner]["tipo"] == "ADMIN"
    change = {"senha": "outra senha bem longa 9"}
    assert admin.ask("PUT", f"/usuario/{owner}", change)[0] == 403
    assert admin.ask("DELETE", f"/usuario/{owner}")[0] == 403
    assert EtaClient(eta).sign_in("dona")[0] == 200


def test_a_body_without_end_is_refused(common):
    status, _ = common.ask("POST", "/coleta/batch", b"[" + b" " * (9 * 1024 * 1024) + b"]")
    assert status == 413


def test_numbers_survive_a_restart(eta, admin, common):
    sensor = new_sensor(admin, "Permanente", codigo=77)
    before = admin.get("/sensor/all")
    eta.stop()
    eta.start()
    assert admin.get("/sensor/all") == before
    assert new_sensor(admin, "Depois")["id"] > sensor["id"]


def test_it_is_switched_off_unless_told():
    from calha.config.settings import Settings

    assert Settings().compat.eta.enabled is False
    assert Settings().compat.eta.mqtt_anonymous is False
