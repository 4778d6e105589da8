"""A client of ETA flow's API as its pages, its collector and its importer are."""

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

PASSWORD = "canoa lenta abacaxi 7"


class EtaClient:
    """token: None for nobody."""

    def __init__(self, calha, token: str | None = None) -> None:
        self.calha = calha
        self.token = token

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """(status, answer): JSON, or bytes of another kind."""
        status, _, content = self.exchange(method, path, body, **headers)
        return status, content

    def exchange(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, Any]:
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        known = {"Content-Type": "application/json"} | {name.replace("_", "-"): one for name, one in headers.items()}
        if self.token is not None:
            known.setdefault("Authorization", f"Bearer {self.token}")
        request = urllib.request.Request(f"http://127.0.0.1:{self.calha.eta_port}{path}", data, known, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.headers, _content(answer)
        except urllib.error.HTTPError as error:
            return error.code, error.headers, _content(error)

    def get(self, path: str, **query: Any) -> Any:
        """The answer, which must be 200."""
        asked = f"{path}?{urllib.parse.urlencode(query)}" if query else path
        status, answer = self.ask("GET", asked)
        assert status == 200, answer
        return answer

    def sign_in(self, name: str, password: str = PASSWORD) -> tuple[int, Any]:
        """As the pages and the collector do; the token is kept."""
        form = urllib.parse.urlencode({"username": name, "password": password}).encode()
        status, answer = self.ask("POST", "/auth/login", form, Content_Type="application/x-www-form-urlencoded")
        if status == 200:
            self.token = answer["access_token"]
        return status, answer


def _content(answer: Any) -> Any:
    content = answer.read()
    return json.loads(content) if content and "json" in answer.headers.get("Content-Type", "") else content


def create_person(calha, name: str, role: str, site: int | None, password: str = PASSWORD) -> int:
    """An account of Calha with a role; its number."""
    body = {
        "name": name,
        "user_name": name,
        "email": f"{name}@example.org",
        "grants": [{"role": role, "site_id": site}],
    }
    status, invited = calha.send("POST", "/api/v1/people", body)
    assert status == 201, invited
    link = invited["link"].partition("#")[2]
    status, answer = calha.send("POST", "/api/v1/links/password", {"link": link, "password": password})
    assert status == 201, answer
    return int(invited["person"]["id"])


def signed_in(calha, name: str) -> EtaClient:
    client = EtaClient(calha)
    status, answer = client.sign_in(name)
    assert status == 200, answer
    return client
