"""Sessions of browsers: of the administrator, who is created once for each Calha, and of anybody else."""

import http.client
import json
import re
import ssl
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from persons import PASSWORD
from running import Calha

ADMINISTRATOR = "maria@example.org"


def set_up_link(calha: Calha) -> str:
    """The secret of the link that Calha has printed at its start."""
    return re.findall(r"/link#(\S+)", calha.log.read_text())[-1]


@cache
def administrator(calha: Calha) -> str:
    """The session of the administrator, who is created if nobody is there yet."""
    body = {"link": set_up_link(calha), "name": "Maria Souza", "email": ADMINISTRATOR, "password": PASSWORD}
    status, session, me = ask(calha, "POST", "/api/v1/set-up", body)
    assert status == 201, me
    status, _, answer = ask(calha, "PATCH", "/api/v1/account", {"language": "en"}, session)
    assert status == 200, answer
    return session


def signed_in(calha: Calha, login: str) -> str:
    """A new session of somebody."""
    status, session, answer = ask(calha, "POST", "/api/v1/session", {"login": login, "password": PASSWORD})
    assert status == 201, answer
    return session


def cookie(calha: Calha, session: str) -> Any:
    """A session as Playwright wants it."""
    return {"name": "calha_session", "value": session, "url": calha.address, "httpOnly": True, "sameSite": "Strict"}


def ask(calha: Calha, method: str, path: str, body: Any, session: str = "") -> tuple[int, str, Any]:
    """(status, session that was opened, answer) of a request as a browser sends it."""
    connection = _connection(calha)
    headers = {"Content-Type": "application/json"}
    if session:
        headers |= {"Cookie": f"calha_session={session}"}
        headers |= {"X-CSRF-Token": _csrf_token(calha, session)} if method != "GET" else {}
    connection.request(method, path, json.dumps(body) if body is not None else None, headers)
    answer = connection.getresponse()
    content = answer.read()
    opened = re.search(r"calha_session=([^;]+)", answer.headers.get("Set-Cookie", ""))
    return answer.status, opened[1] if opened else "", json.loads(content) if content else None


def _connection(calha: Calha) -> http.client.HTTPConnection:
    place = urlsplit(calha.address)
    if place.scheme == "http":
        return http.client.HTTPConnection(place.netloc, timeout=30)
    trusted = ssl.create_default_context(cafile=calha.folder / "tls" / "ca.pem")
    return http.client.HTTPSConnection(place.netloc, timeout=30, context=trusted)


def _csrf_token(calha: Calha, session: str) -> str:
    return str(ask(calha, "GET", "/api/v1/session", None, session)[2]["csrf_token"])
