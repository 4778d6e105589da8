"""The pages of Hidrômetro Inteligente in a real browser: signing in, live values, commands, alerts."""

import re
import threading
import time

import pytest
from playwright.sync_api import expect

from hidrometro_meter import Meter, running_hidrometro, until
from persons import PASSWORD, Person


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    with running_hidrometro(tmp_path_factory.mktemp("hidrometro") / "data", leak_min_s=3) as running:
        running.person = Person(running, "ana", {"role": "engineer"})
        running.home = f"http://127.0.0.1:{running.page_port}"
        yield running


class Flowing:
    """A meter that reports twice a second, and obeys."""

    def __init__(self, calha, serial):
        self.meter = Meter(calha.meter_port, f"hidrometro-{abs(hash(serial)) % 16**6:x}")
        self.calha, self.key = calha, f"hidrometro-{serial}"
        self.serial = serial
        self.flow, self.total = 0.0, 1_000.0
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._report)

    def __enter__(self):
        self.meter.__enter__()
        self.meter.client.on_message = self._obey
        self._thread.start()
        until(lambda: self.key in {one["key"] for one in self.calha.get("/api/v1/devices?limit=500")["items"]})
        return self

    def __exit__(self, *_):
        self._ends.set()
        self._thread.join()
        self.meter.__exit__()

    def _obey(self, _client, _data, message):
        said = message.payload.decode()
        if '"reset"' in said:
            self.total = 0.0
        elif '"simulate"' in said or '"simSetFlow"' in said:
            self.flow = float(re.search(r'"value":([\d.]+)', said)[1])
        else:
            self.flow = 0.0

    def _report(self):
        while not self._ends.wait(0.5):
            self.total += self.flow / 120
            self.meter.say(
                {"totalLiters": self.total, "flowLmin": self.flow, "numeroSerie": self.serial, "ts": time.time()}, 0
            )


@pytest.fixture
def page(stranger, old):
    stranger.goto(f"{old.home}/dashboard")
    stranger.get_by_label("Usuário").fill(old.person.login)
    stranger.get_by_label("Senha").fill(PASSWORD)
    stranger.get_by_role("button", name="Entrar").click()
    return stranger


@pytest.mark.desktop
def test_values_move_and_commands_are_followed_until_a_reading_shows_them(page, old):
    serial = f"VIVO-{time.time_ns() % 1_000_000}"
    with Flowing(old, serial) as meter:
        page.goto(f"{old.home}/control?serial={serial}")
        expect(page.locator("#state")).to_have_text("Ao vivo", timeout=60_000)
        expect(page.locator("#total")).to_have_text(re.compile(r"^\d"), timeout=60_000)
        page.get_by_role("button", name="Iniciar simulação").click()
        expect(page.get_by_role("status")).to_contain_text("Iniciar simulação: executado, como", timeout=60_000)
        expect(page.locator("#flow")).to_have_text("8,00", timeout=60_000)
        page.on("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Resetar consumo").click()
        expect(page.get_by_role("status")).to_contain_text("Resetar consumo: executado, como", timeout=60_000)
        assert meter.total < 100
        page.goto(f"{old.home}/dashboard?serial={serial}")
        expect(page.locator("#chart polyline")).to_have_count(1, timeout=60_000)
        expect(page.locator("#age")).to_contain_text("há", timeout=60_000)
        expect(page.locator("#alerts")).to_contain_text("", timeout=60_000)


@pytest.mark.desktop
def test_a_customers_meters_and_alerts_move_too(page, old):
    page.goto(f"{old.home}/cliente/adicionar")
    name = f"Casa {time.time_ns() % 1_000_000}"
    page.get_by_label("Nome").fill(name)
    page.get_by_role("button", name="Salvar").click()
    page.wait_for_url("**/cliente/detalhes/*")
    page.goto(f"{old.home}/dispositivo/adicionar")
    serial = f"TEMPO-{time.time_ns() % 1_000_000}"
    page.get_by_label("Número de série").fill(serial)
    page.get_by_label("Cliente").select_option(label=name)
    page.get_by_role("button", name="Salvar").click()
    page.wait_for_url("**/dispositivos*")
    page.goto(f"{old.home}/clientes")
    page.get_by_role("row", name=name).get_by_role("link", name="Tempo real").click()
    with Flowing(old, serial) as meter:
        meter.flow = 0.5
        expect(page.locator("#meters")).to_contain_text("0,50", timeout=60_000)
        expect(page.locator("#alert-list")).to_contain_text("Vazamento", timeout=60_000)
        page.get_by_role("button", name="Resolver").first.click()
        expect(page.locator("#alert-list")).to_contain_text("Nenhum alerta aberto.", timeout=60_000)
    for path in ("dispositivos", "consumos_mensais", "tarifas"):
        page.goto(f"{old.home}/{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        overflows = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not overflows, path
