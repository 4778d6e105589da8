"""The pages of Hidrômetro Inteligente and its alerts: as before, for those who have signed in, computed from readings."""

import queue
import re
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import httpx
import pytest

from hidrometro_meter import Meter, PageClient, running_hidrometro, until
from persons import PASSWORD, Person

NOW = int(time.time()) - 7_200
PAGES = [
    "/dispositivos",
    "/clientes",
    "/tarifas",
    "/consumos_mensais",
    "/control",
    "/tipos_dispositivo",
    "/cliente/adicionar",
]


@pytest.fixture(scope="module")
def calha(tmp_path_factory):
    settings = {"leak_min_s": 10, "default_serial": "PADRAO"}
    with running_hidrometro(tmp_path_factory.mktemp("hidrometro") / "data", **settings) as running:
        running.admin = Person(running, "admin", {"role": "engineer"})
        running.viewer = Person(running, "viewer", {"role": "viewer"})
        running.nobody = Person(running, "nobody")
        yield running


@contextmanager
def browser(calha, person=None):
    """A browser, signed in as a person."""
    address = f"http://127.0.0.1:{calha.page_port}"
    with httpx.Client(base_url=address, timeout=60, headers={"Origin": address}) as opened:
        if person is not None:
            answer = opened.post("/login", data={"username": person.login, "password": PASSWORD})
            assert (answer.status_code, answer.headers["location"]) == (303, "/dashboard")
        yield opened


@pytest.fixture
def page(calha):
    with browser(calha, calha.admin) as opened:
        yield opened


def saves(page, path, **fields):
    """Fill in a form; where one comes to then."""
    assert page.get(path).status_code == 200
    answer = page.post(path, data=fields)
    assert answer.status_code == 303, re.findall(r'class="fault"[^>]*>([^<]*)', answer.text) or answer.text
    return answer.headers["location"]


def add_customer(page, name, tax_id=""):
    return int(re.search(r"detalhes/(\d+)", saves(page, "/cliente/adicionar", nome=name, cpf_cnpj=tax_id))[1])


def add_meter(page, serial, **fields):
    saves(page, "/dispositivo/adicionar", numero_serie=serial, status="Ativo", **fields)
    return number_of(page, serial)


def number_of(page, serial):
    listed = page.get("/dispositivos").text
    return int(re.search(rf"<td>{serial}</td>.*?leituras/(\d+)", listed, re.DOTALL)[1])


# Who may


@pytest.mark.parametrize("path", PAGES)
def test_no_page_is_open_to_whoever_has_not_signed_in(calha, path):
    with browser(calha) as stranger:
        answer = stranger.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/login?next={path}")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/alerts"),
        ("POST", "/api/alerts/1/resolve"),
        ("POST", "/api/alerts/clear-temporary"),
        ("GET", "/api/clientes/1/dispositivos/current"),
    ],
)
def test_no_alert_and_no_customer_is_told_to_strangers(calha, method, path):
    with browser(calha) as stranger:
        answer = stranger.request(method, path)
        assert (answer.status_code, answer.json()) == (401, {"error": "missing token"})


def test_what_somebody_may_only_see_he_cannot_change(calha, page):
    customer = add_customer(page, "Vista")
    meter = add_meter(page, "VISTA-1", cliente_id=str(customer))
    with browser(calha, calha.viewer) as viewer:
        assert "Vista" in viewer.get("/clientes").text
        for path in (
            "/cliente/adicionar",
            f"/cliente/excluir/{customer}",
            f"/dispositivo/editar/{meter}",
            f"/dispositivo/leitura/{meter}",
            "/tarifa/adicionar",
        ):
            assert viewer.get(path).status_code == viewer.post(path, data={"nome": "x"}).status_code == 403
    with browser(calha, calha.nobody) as nobody:
        assert nobody.get("/clientes").status_code == 403
        assert "VISTA-1" not in nobody.get("/dispositivos").text
        assert nobody.get(f"/dispositivo/leituras/{meter}").status_code == 404


def test_a_wrong_password_is_said_and_guessing_has_to_wait(calha):
    with browser(calha) as stranger:
        answer = stranger.post("/login", data={"username": "admin", "password": "admin"})
        assert answer.status_code == 401
        assert "Credenciais inválidas" in answer.text
        assert not stranger.cookies
        codes = [stranger.post("/login", data={"username": "guessed", "password": "x"}).status_code for _ in range(8)]
        assert 429 in codes


def test_a_session_is_the_browsers_own_and_ends(calha, page):
    cookie = next(one for one in page.cookies.jar if one.name == "hidrometro_session")
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert page.get("/clientes").status_code == 200
    assert page.get("/logout").headers["location"] == "/login"
    with browser(calha) as thief:
        thief.cookies.set("hidrometro_session", cookie.value)
        assert thief.get("/clientes").status_code == 303


def test_another_sites_page_cannot_use_the_session(calha, page):
    customer = add_customer(page, "Alvo")
    foreign = {"Origin": "http://elsewhere"}
    assert page.post(f"/cliente/excluir/{customer}", headers=foreign).headers["location"].startswith("/login")
    assert page.post("/api/cmd", json={"action": "reset"}, headers=foreign).status_code == 401
    assert page.get("/api/cmd?action=reset").status_code == 401, "a command with GET needs a token"
    assert page.post("/login", data={"username": "a", "password": "b"}, headers=foreign).status_code == 403
    assert "Alvo" in page.get("/clientes").text
    leads_away = page.post("/login?next=//elsewhere", data={"username": calha.admin.login, "password": PASSWORD})
    assert leads_away.headers["location"] == "/dashboard"


def test_what_people_write_is_shown_and_never_run(page):
    nasty = "<script>alert(1)</script>"
    customer = add_customer(page, nasty)
    for path in ("/clientes", f"/cliente/detalhes/{customer}", f"/cliente/{customer}/tempo-real"):
        answer = page.get(path)
        assert nasty not in answer.text
        assert "&lt;script&gt;" in answer.text
        assert "script-src" not in answer.headers["content-security-policy"]
        assert answer.headers["content-security-policy"].startswith("default-src 'self'")


# Customers and meters


def test_a_customer_is_kept_with_address_and_telephone(page):
    customer = add_customer(page, "Ana", "111.222.333-44")
    own = f"/cliente/{customer}"
    saves(
        page,
        f"{own}/endereco/adicionar",
        logradouro="Rua A",
        cidade="Campinas",
        estado="SP",
        tipo_endereco="Instalacao",
    )
    saves(page, f"{own}/telefone/adicionar", ddd="19", numero="99999-0000", tipo_telefone="Celular")
    shown = page.get(f"/cliente/detalhes/{customer}").text
    assert "Rua A" in shown
    assert "(19) 99999-0000" in shown
    saves(page, f"{own}/endereco/excluir/1")
    assert "Rua A" not in page.get(f"/cliente/detalhes/{customer}").text
    assert saves(page, f"/cliente/editar/{customer}", nome="Ana Maria").startswith(f"/cliente/detalhes/{customer}")
    again = page.post("/cliente/adicionar", data={"nome": "", "email": "nowhere"})
    assert again.status_code == 422
    assert "Preencha este campo." in again.text
    assert saves(page, f"/cliente/excluir/{customer}") == "/clientes?ok=excluido"
    assert page.get(f"/cliente/detalhes/{customer}").status_code == 404


def test_a_meter_is_added_with_its_date_of_installation(page):
    saves(page, "/tipo_dispositivo/adicionar", nome_tipo="Residencial", descricao="")
    kind = re.search(r'<option value="(\d+)"[^>]*>Residencial', page.get("/dispositivo/adicionar").text)[1]
    fields = {"modelo": "YF-S201", "tipo_dispositivo_id": kind, "data_instalacao": "2025-01-31"}
    meter = add_meter(page, "DATA-1", **fields)
    assert 'value="2025-01-31"' in page.get(f"/dispositivo/editar/{meter}").text
    twice = page.post("/dispositivo/adicionar", data={"numero_serie": " data-1", "status": "Ativo"})
    assert "Já existe um dispositivo com este número de série." in twice.text
    wrong = page.post(f"/dispositivo/editar/{meter}", data={"status": "Sonhando", "data_instalacao": "31/01/2025"})
    assert wrong.status_code == 422
    assert "Escreva uma data" in wrong.text
    saves(page, f"/dispositivo/editar/{meter}", status="Manutencao")
    assert "Manutencao" in page.get("/dispositivos").text
    assert "Ativo → Manutencao" in page.get(f"/dispositivo/leituras/{meter}").text


def test_a_typed_reading_is_the_meters_and_a_heard_meter_has_its_page(calha, page):
    meter = add_meter(page, "MAO-1")
    assert saves(page, f"/dispositivo/leitura/{meter}", consumo_litros="1234,5", bateria="80", vazamento_detectado="on")
    calha.until_stored()
    assert calha.values("hidrometro-MAO-1", "total") == [1234.5]
    assert calha.values("hidrometro-MAO-1", "leak") == [1]
    assert "1.234,5" in page.get(f"/dispositivo/leituras/{meter}").text
    assert page.post(f"/dispositivo/leitura/{meter}", data={"consumo_litros": "muito"}).status_code == 422
    with Meter(calha.meter_port) as one:
        one.report(ts=NOW, totalLiters=5, flowLmin=0, numeroSerie="OUVIDO-1")
    calha.until_stored()
    assert page.get(f"/dispositivo/leituras/{number_of(page, 'OUVIDO-1')}").status_code == 200


def test_a_customers_meters_are_told_with_their_newest_reading(calha, page):
    customer = add_customer(page, "Bia")
    meter = add_meter(page, "BIA-1", cliente_id=str(customer), modelo="YF")
    add_meter(page, "BIA-2", cliente_id=str(customer))
    with Meter(calha.meter_port) as one:
        one.report(ts=NOW, totalLiters=5.5, flowLmin=0, numeroSerie="BIA-1")
    calha.until_stored()
    told = page.get(f"/api/clientes/{customer}/dispositivos/current").json()
    at = datetime.fromtimestamp(NOW, UTC).isoformat()
    reading = {"data_hora": at, "consumo_litros": 5.5, "total_liters": 5.5, "flow_lmin": 0.0}
    assert told["cliente_id"] == customer
    assert told["dispositivos"][0] == {
        "dispositivo_id": meter,
        "numero_serie": "BIA-1",
        "modelo": "YF",
        "status": "Ativo",
        "ultima_leitura": reading,
    }
    assert told["dispositivos"][1]["ultima_leitura"] is None
    missing = page.get("/api/clientes/99999/dispositivos/current")
    assert (missing.status_code, missing.json()) == (404, {"error": "cliente_not_found"})


@pytest.mark.parametrize(
    "path", ["/dashboard", "/dashboard/", "/control", "/control.html", "/dashboard?serial=ouvido-9"]
)
def test_the_moving_pages_show_one_meter(calha, page, path):
    with Meter(calha.meter_port) as one:
        one.report(ts=NOW, totalLiters=5, flowLmin=0, numeroSerie="OUVIDO-9")
    answer = page.get(path)
    assert answer.status_code == 200
    assert 'data-serial="' in answer.text


def test_pages_and_scripts_are_served_from_here_alone(page):
    for path in ("/static/live.js", "/static/style.css"):
        assert page.get(path).status_code == 200
    for path in ("/static/../frame.py", "/static/%2e%2e/frame.py", "/nothing"):
        assert page.get(path).status_code == 404
    for path in PAGES:
        assert not re.findall(r'(?:src|href)="(?:https?:)?//', page.get(path).text)


# Tariffs and months


def test_a_month_is_computed_from_readings_at_the_tariffs_of_each_day(calha, page):
    saves(page, "/tarifa/adicionar", nome_tarifa="Velha", valor_m3="5,25", data_inicio="2025-01-01", ativa="on")
    saves(page, "/tarifa/adicionar", nome_tarifa="Nova", valor_m3="6", data_inicio="2025-08-16", ativa="on")
    saves(page, "/tarifa/adicionar", nome_tarifa="Inativa", valor_m3="99", data_inicio="2025-08-17")
    customer = add_customer(page, "Conta")
    add_meter(page, "CONTA-1", cliente_id=str(customer))
    add_meter(page, "CONTA-2", cliente_id=str(customer))
    assert months_row(page, "2019-08", "Conta")[4] == "–", "without a tariff there is no amount"
    assert months_row(page, "2025-08", "Conta")[1:5:3] == ["0,0", "R$ 0,00"]

    def local(day, hour=12, month=8):
        return int(datetime(2025, month, day, hour, tzinfo=ZoneInfo("America/Sao_Paulo")).timestamp())

    with Meter(calha.meter_port) as one:
        for ts, total in (
            (local(31, month=7), 1_000),  # the reading before the month
            (local(10), 11_000),  # 10,000 L at 5.25
            (local(20), 13_345),  # 2,345 L at 6
            (local(20, 13), 0),  # reset
            (local(25), 1_000),  # 1,000 L at 6
            (local(1, 0, month=9), 9_000),  # September's
        ):
            one.report(ts=ts, totalLiters=total, numeroSerie="CONTA-1")
        one.report(ts=local(2), totalLiters=7, numeroSerie="CONTA-2")
        one.report(ts=local(3), totalLiters=8, numeroSerie="CONTA-2")  # 1 L at 5.25
        calha.until_stored()
        cells = months_row(page, "2025-08", "Conta")
        assert cells[1] == "13.346,0"
        assert cells[4] == "R$ 72,58"  # 10.001 × 5.25 + 3.345 × 6 = 72.57525
        assert "zerado 1×" in cells[5]
        one.report(ts=local(31, 23), totalLiters=2_000, numeroSerie="CONTA-1")  # late, and still August's
        calha.until_stored()
    assert months_row(page, "2025-08", "Conta")[1] == "14.346,0", "a late reading corrects the month"
    assert months_row(page, "2025-09", "Conta")[1] == "7.000,0"
    assert page.get("/consumos_mensais?mes=nunca").status_code == 400
    assert page.get("/consumo_mensal/adicionar").headers["location"] == "/consumos_mensais?ok=calculado"


def months_row(page, month, name):
    row = re.search(
        rf"<tr>\s*<td><a[^>]*>{name}</a></td>(.*?)</tr>", page.get(f"/consumos_mensais?mes={month}").text, re.DOTALL
    )
    return [
        name,
        *(re.sub(r"<[^>]*>", "", cell).strip() for cell in re.findall(r"<td[^>]*>(.*?)</td>", row[1], re.DOTALL)),
    ]


def test_a_tariff_that_cannot_be_is_refused_and_one_is_changed_and_deleted(page):
    fields = {"nome_tarifa": "Torta", "valor_m3": "-1", "data_inicio": "2025-02-01", "data_fim": "2025-01-01"}
    refused = page.post("/tarifa/adicionar", data=fields)
    assert refused.status_code == 422
    assert "O último dia vem antes do primeiro." in refused.text
    assert "a partir de 0" in refused.text
    saves(
        page, "/tarifa/adicionar", nome_tarifa="Curta", valor_m3="1.10", data_inicio="2020-01-01", data_fim="2020-01-31"
    )
    number = re.search(r"Curta.*?editar/(\d+)", page.get("/tarifas").text, re.DOTALL)[1]
    saves(page, f"/tarifa/editar/{number}", nome_tarifa="Longa", valor_m3="1.10", data_inicio="2020-01-01")
    assert saves(page, f"/tarifa/excluir/{number}") == "/tarifas?ok=excluido"
    assert page.get(f"/tarifa/editar/{number}").status_code == 404


# Alerts


def alerts_of(page, serial, query=""):
    return [one for one in page.get(f"/api/alerts?limit=100{query}").json()["alerts"] if one["serial"] == serial]


@pytest.mark.parametrize("unit", [1, 1_000])
def test_a_leak_is_told_after_its_time_whether_the_meter_counts_seconds_or_milliseconds(calha, page, unit):
    serial = f"LEAK-{unit}"
    with Meter(calha.meter_port) as one:
        for second in range(10):
            one.report(ts=(NOW + second) * unit, totalLiters=second, flowLmin=0.2, numeroSerie=serial)
        calha.until_stored()
        assert alerts_of(page, serial) == []
        for second in range(10, 41):
            one.report(ts=(NOW + second) * unit, totalLiters=second, flowLmin=0.5, numeroSerie=serial)
    (alert,) = until(lambda: alerts_of(page, serial))
    assert alert["message"] == "Vazamento: fluxo >= 0.2 L/min por 10 s (pico 0.5 L/min)"
    assert (alert["tipo"], alert["threshold"], alert["flow_lmin"], alert["duration_seconds"]) == (
        "leak",
        0.2,
        0.5,
        10.0,
    )
    assert alert["detected_at"] == datetime.fromtimestamp(NOW + 10, UTC).isoformat()
    assert alert["resolved_at"] is None
    events = calha.get(f"/api/v1/events?device=hidrometro-{serial}")["items"]
    assert "leak" in {one["kind"] for one in events}


def test_a_leak_is_told_at_once_to_the_pages_that_are_open(calha):
    heard = queue.Queue()
    client = PageClient(reconnection=False)
    client.on("alert", heard.put)
    address, auth = f"http://127.0.0.1:{calha.page_port}", {"token": calha.admin.token}
    client.connect(address, auth=auth, transports=["websocket"], wait_timeout=60)
    with Meter(calha.meter_port) as one:
        for second in (0, 5, 10, 11):
            one.report(ts=NOW + second, totalLiters=second, flowLmin=0.5, numeroSerie="LEAK-LIVE")
    while (told := heard.get(timeout=60))["serial"] != "LEAK-LIVE":
        pass
    client.disconnect()
    fields = ("id", "type", "message", "serial", "flowLmin", "threshold", "duration", "totalLiters", "ts")
    assert set(told) == set(fields)
    assert (told["type"], told["serial"], told["threshold"], told["duration"]) == ("leak", "LEAK-LIVE", 0.2, 10.0)


def test_a_leak_over_http_is_one_as_well_and_water_that_stops_is_none(calha, page):
    token = {"Authorization": f"Bearer {calha.admin.token}"}
    for second in range(12):
        for serial, flow in (("LEAK-HTTP", 1), ("TAP", 0 if second == 6 else 1)):
            said = {"ts": NOW + second, "totalLiters": second, "flowLmin": flow, "serial": serial}
            assert page.post("/api/data", json=said, headers=token).status_code == 200
    assert len(until(lambda: alerts_of(page, "LEAK-HTTP"))) == 1
    assert alerts_of(page, "TAP") == []


def test_an_alert_is_resolved_by_who_operates(calha, page):
    with Meter(calha.meter_port) as one:
        for second in range(12):
            one.report(ts=NOW + second, totalLiters=second, flowLmin=1, numeroSerie="LEAK-R")
    (alert,) = until(lambda: alerts_of(page, "LEAK-R", "&unresolved=1"))
    path = f"/api/alerts/{alert['id']}/resolve"
    with browser(calha, calha.viewer) as viewer:
        assert viewer.post(path).status_code == 403
        assert viewer.post("/api/alerts/clear-temporary").status_code == 403
    with browser(calha, calha.nobody) as nobody:
        assert nobody.post(path).status_code == 404
        assert nobody.get("/api/alerts").json() == {"alerts": []}
    told = page.post(path).json()["alert"]
    assert told["resolved_at"] is not None
    assert page.post(path).json()["alert"]["resolved_at"] == told["resolved_at"]
    assert alerts_of(page, "LEAK-R", "&unresolved=1") == []
    assert page.post("/api/alerts/99999/resolve").json() == {"error": "not found"}
    assert page.post("/api/alerts/clear-temporary").json() == {"status": "cleared"}


def test_a_leak_that_goes_on_over_a_restart_is_told_once(calha, page):
    with Meter(calha.meter_port) as one:
        for second in range(12):
            one.report(ts=NOW + second, totalLiters=second, flowLmin=1, numeroSerie="LEAK-K")
        for second in range(5):
            one.report(ts=NOW + second, totalLiters=second, flowLmin=1, numeroSerie="LEAK-L")
    assert len(until(lambda: alerts_of(page, "LEAK-K"))) == 1
    calha.until_stored()
    calha.stop()
    calha.start()
    with Meter(calha.meter_port) as one:
        for serial in ("LEAK-K", "LEAK-L"):
            for second in range(12, 15):
                one.report(ts=NOW + second, totalLiters=second, flowLmin=1, numeroSerie=serial)
    assert len(until(lambda: alerts_of(page, "LEAK-L"))) == 1, "what flowed before counts"
    assert len(alerts_of(page, "LEAK-K")) == 1
