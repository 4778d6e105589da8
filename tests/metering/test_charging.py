"""Dynamic Pix codes over HTTP, with a provider that answers as the API Pix of Banco Central says."""

import base64
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from test_invoicing import AUGUST, JULY, billing, contract, hourly, today  # noqa: F401 - fixtures

from calha.domain.invoices import unseal
from calha.domain.pix import read_code
from calha.domain.pix_charges import charge_txid
from calha.metering.charging import Charging
from calha.metering.invoicing import issue
from calha.metering.pix_provider import Account, ApiPix
from calha.metering.previews import previews
from calha.reports.invoices import pix_code

KEY = "11222333000181"
NOW = datetime(2026, 9, 15, 12, tzinfo=UTC)
LATER, MUCH_LATER = (NOW + timedelta(minutes=minutes) for minutes in (20, 25))
PAID_AT = "2026-09-15T12:10:00.000Z"


@dataclass
class Provider:
    """What it keeps, and how it fails if it is told to. tokens: that it has given and still takes.

    longest: time of which it may be asked at once.
    """

    charges: dict[str, Any] = field(default_factory=dict)
    pix: list[dict[str, Any]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    given: int = 0
    fails: int | None = None
    longest: timedelta | None = None
    url: str = ""

    def answer(self, method: str, path: str, query: dict[str, list[str]], headers: Any, body: Any) -> tuple[int, Any]:
        if self.fails is not None:
            return self.fails, {"title": "told to fail"}
        if (method, path) == ("POST", "/oauth/token"):
            known = base64.b64encode(b"calha:secret").decode()
            if headers["Authorization"] != f"Basic {known}" or body != {"grant_type": "client_credentials"}:
                return 401, {"error": "invalid_client"}
            self.given += 1
            self.tokens = {f"token-{self.given}"}
            return 200, {"access_token": f"token-{self.given}", "token_type": "Bearer", "expires_in": 3600}
        if headers["Authorization"].removeprefix("Bearer ") not in self.tokens:
            return 401, {"title": "Acesso Negado"}
        if method == "GET" and path == "/v2/pix":
            asked = [datetime.fromisoformat(query[name][0]) for name in ("inicio", "fim")]
            if self.longest is not None and asked[1] - asked[0] > self.longest:
                return 400, {"title": "Período inválido"}
            page = int(query["paginacao.paginaAtual"][0])
            found = [one for one in self.pix if query["inicio"][0] <= one["horario"] <= query["fim"][0]]
            paging = {"paginaAtual": page, "itensPorPagina": 1, "quantidadeDePaginas": max(len(found), 1)}
            return 200, {"parametros": {"paginacao": paging}, "pix": found[page : page + 1]}
        txid = path.rpartition("/")[2]
        if method == "PATCH":
            self.charges[txid] |= body
            return 200, self.charges[txid]
        if float(body["valor"]["original"]) > 1_000:
            return 400, {"title": "Cobrança inválida"}
        charge = body | {"txid": txid, "status": "ATIVA", "location": f"pix.example.com/qr/v2/{txid}"}
        return 201, self.charges.setdefault(txid, charge)


@pytest.fixture
def provider() -> Iterator[Provider]:
    keeps = Provider()

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            address = urlsplit(self.path)
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length)) if length else None
            status, found = keeps.answer(self.command, address.path, parse_qs(address.query), self.headers, body)
            content = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_PATCH = _handle  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    keeps.url = f"http://127.0.0.1:{server.server_port}"
    yield keeps
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def charging(billing, provider) -> Charging:  # noqa: F811
    return Charging(billing.invoices, ApiPix(Account(provider.url, "calha", "secret", KEY)))


@pytest.fixture
def invoice(plant, billing, contract):  # noqa: F811
    """Of R$ 37.20, to the account's key."""
    fields = dict.fromkeys(("document", "address", "email", "company"), "")
    site = plant.registry.sites()[0].id
    billing.customers.set_issuer(site, name="Água Exemplo", city="Recife", pix_key=KEY, **fields)
    billing.customers.change(contract.customer_id, document="12345678909")
    hourly(plant, JULY, AUGUST, 100)
    (row,) = issue(billing, list(previews(billing, [contract], "2026-07")))
    return row


def code_of(billing, number: str) -> str | None:  # noqa: F811
    row = billing.invoices.get(number)
    return pix_code(unseal(billing.invoices.content(number)), row.txid, row.charge_url)


def test_an_open_invoice_gets_a_dynamic_code_and_closes_itself(billing, provider, charging, invoice):  # noqa: F811
    assert read_code(code_of(billing, invoice.number)).key == KEY, "static at first"
    charging.round(NOW)
    txid = charge_txid(invoice.txid)
    kept = provider.charges[txid]
    assert (kept["valor"], kept["chave"]) == ({"original": "37.20"}, KEY)
    assert kept["devedor"] == {"cpf": "12345678909", "nome": "Customer of m1"}
    code = read_code(code_of(billing, invoice.number))
    assert (code.url, code.key, code.amount, code.is_once) == (kept["location"], None, invoice.total, True)
    provider.pix = [
        {"endToEndId": "E0", "txid": "another", "valor": "1.00", "horario": PAID_AT},
        {"endToEndId": "E1", "txid": txid, "valor": "37.20", "horario": PAID_AT},
    ]
    charging.round(LATER)
    charging.round(MUCH_LATER)
    assert billing.invoices.get(invoice.number).state == "paid"
    assert [one.external_id for one in billing.invoices.payments()] == ["E1", "E0"], "each counts once"
    assert len(provider.charges) == 1


def test_what_is_out_of_force_can_no_longer_be_paid(billing, provider, charging, invoice):  # noqa: F811
    charging.round(NOW)
    billing.invoices.change(invoice.number, "cancel")
    charging.round(NOW)
    (kept,) = provider.charges.values()
    assert kept["status"] == "REMOVIDA_PELO_USUARIO_RECEBEDOR"
    assert billing.invoices.get(invoice.number).charge_url is None


def test_a_provider_that_is_away_is_asked_again(billing, provider, charging, invoice):  # noqa: F811
    provider.fails = 503
    charging.round(NOW)
    assert "503" in charging.counters.last_error
    assert read_code(code_of(billing, invoice.number)).key == KEY, "the static code still holds"
    provider.fails = None
    charging.round(NOW)
    assert (charging.counters.last_error, charging.counters.charged) == (None, 1)
    provider.tokens.clear()  # taken back before its time
    charging.round(NOW)
    assert (charging.counters.last_error, provider.given) == (None, 2)


def test_what_was_paid_while_calha_was_away_is_taken_after_its_start(billing, provider, charging, invoice):  # noqa: F811
    charging.round(NOW)
    provider.pix = [{"endToEndId": "E1", "txid": charge_txid(invoice.txid), "valor": "37.20", "horario": PAID_AT}]
    start = NOW + timedelta(days=50)
    again = Charging(billing.invoices, ApiPix(Account(provider.url, "calha", "secret", KEY)))
    provider.longest = timedelta(days=3)
    for minutes in range(2):
        again.round(start + timedelta(minutes=minutes))
    assert again.counters.last_error is None
    assert billing.invoices.get(invoice.number).state == "paid"


def test_a_restart_before_the_provider_is_back_forgets_nothing(billing, provider, charging, invoice):  # noqa: F811
    charging.round(NOW)
    provider.pix = [{"endToEndId": "E1", "txid": charge_txid(invoice.txid), "valor": "37.20", "horario": PAID_AT}]
    provider.fails = 503
    charging.round(LATER)
    again = Charging(billing.invoices, ApiPix(Account(provider.url, "calha", "secret", KEY)))
    again.round(NOW + timedelta(days=6))
    provider.fails = None
    again.round(NOW + timedelta(days=7))
    assert billing.invoices.get(invoice.number).state == "paid"


def test_an_invoice_to_another_key_keeps_its_static_code(billing, provider, invoice):  # noqa: F811
    other = Charging(billing.invoices, ApiPix(Account(provider.url, "calha", "secret", "ana@example.org")))
    other.round(NOW)
    assert provider.charges == {}
    wrong = Charging(billing.invoices, ApiPix(Account(provider.url, "calha", "wrong", KEY)))
    wrong.round(NOW)
    assert "no token" in wrong.counters.last_error
    assert "wrong" not in wrong.counters.last_error
