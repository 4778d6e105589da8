"""Payment providers that keep charges for dynamic Pix codes, and tell which Pix came in.

`ApiPix` speaks the API Pix of Banco Central, which every provider offers: OAuth 2.0 with client credentials over TLS in which
both sides prove themselves, then `cob` and `pix`. Another protocol is another class with the methods of `PixProvider`.

Blocks: to be called in a thread.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from calha.domain.errors import Malformed
from calha.domain.pix_charges import REMOVED, Received, read_location, read_received

TIMEOUT_S = 20.0
TOKEN_MARGIN_S = 60.0
MAX_PAGES = 1_000
MAX_SAID = 300  # characters of what a provider says that are repeated
_UNAUTHORIZED, _TOO_MANY = 401, 429


class Unreachable(Exception):
    """The provider is not there, does not let Calha in, or asks for patience; nothing is known of any charge."""


class PixProvider(Protocol):
    """key: the Pix key of the account; only invoices to it can be charged."""

    key: str

    def charge(self, txid: str, amount: Decimal, body: dict[str, Any]) -> str:
        """Have a charge kept; the same again changes nothing. Where it stands. Raises Unreachable, Malformed (refused)."""
        ...

    def remove(self, txid: str) -> None:
        """Let nobody pay a charge any more. Raises Unreachable, Malformed (refused)."""
        ...

    def received(self, from_: datetime, until: datetime) -> Iterator[Received]:
        """The Pix that came in. Raises Unreachable, Malformed."""
        ...


@dataclass(frozen=True, slots=True)
class Account:
    """url: without a path, such as https://pix-h.api.efipay.com.br. certificate: PEM with its key, that the provider gave.
    authority: of the provider's own certificate, where the system does not know it."""

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    key: str
    certificate: Path | None = None
    authority: Path | None = None


class ApiPix:
    def __init__(self, account: Account) -> None:
        import requests

        self.key = account.key
        self._account = account
        self._session = requests.Session()
        self._session.cert = str(account.certificate) if account.certificate is not None else None
        self._session.verify = str(account.authority) if account.authority is not None else True
        self._token, self._until = "", 0.0

    def charge(self, txid: str, amount: Decimal, body: dict[str, Any]) -> str:
        return read_location(self._ask("PUT", f"/v2/cob/{txid}", json=body), txid, amount)

    def remove(self, txid: str) -> None:
        self._ask("PATCH", f"/v2/cob/{txid}", json=REMOVED)

    def received(self, from_: datetime, until: datetime) -> Iterator[Received]:
        span = {"inicio": _time(from_), "fim": _time(until)}
        for number in range(MAX_PAGES):
            found, pages = read_received(self._ask("GET", "/v2/pix", params=span | {"paginacao.paginaAtual": number}))
            yield from found
            if number + 1 >= pages:
                return

    def _ask(self, method: str, path: str, **more: Any) -> Any:  # noqa: ANN401 - JSON
        if time.monotonic() >= self._until:
            self._sign_in()
        answer = self._send(method, path, headers={"Authorization": f"Bearer {self._token}"}, **more)
        if answer.status_code == _UNAUTHORIZED:  # taken back before its time
            self._sign_in()
            answer = self._send(method, path, headers={"Authorization": f"Bearer {self._token}"}, **more)
        if answer.status_code >= 500 or answer.status_code in (_UNAUTHORIZED, _TOO_MANY):
            raise Unreachable(_said(answer))
        if not answer.ok:
            raise Malformed(f"the payment provider refuses: {_said(answer)}", "pix")
        return _json(answer)

    def _sign_in(self) -> None:
        known = (self._account.client_id, self._account.client_secret)
        answer = self._send("POST", "/oauth/token", auth=known, json={"grant_type": "client_credentials"})
        token = _json(answer) if answer.ok else None
        if not isinstance(token, dict) or not isinstance(token.get("access_token"), str):
            raise Unreachable(f"it gives no token: {_said(answer)}")
        self._token = token["access_token"]
        self._until = time.monotonic() + max(float(token.get("expires_in", 0)) - TOKEN_MARGIN_S, 0.0)

    def _send(self, method: str, path: str, **more: Any) -> Any:  # noqa: ANN401 - a Response
        from requests import RequestException

        try:
            return self._session.request(method, self._account.url + path, timeout=TIMEOUT_S, **more)
        except RequestException as error:
            raise Unreachable(f"{type(error).__name__}: {error}"[:MAX_SAID]) from None


def _json(answer: Any) -> Any:  # noqa: ANN401
    try:
        return answer.json()
    except ValueError:
        raise Unreachable(f"its answer is no JSON: {_said(answer)}") from None


def _said(answer: Any) -> str:  # noqa: ANN401
    return f"{answer.status_code} {answer.text[:MAX_SAID]}"


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
