"""People for tests: invited, signed in as a program would, speaking to a running Calha in their own name."""

import itertools
import json
import urllib.error
import urllib.request
from typing import Any

from running import Calha

PASSWORD = "canoa lenta abacaxi 7"
_numbers = itertools.count(1)


class Person:
    def __init__(self, calha: Calha, name: str, *grants: dict[str, Any]) -> None:
        """grants: as in `POST /people`: {"role": …, "site_id": …}."""
        self.calha = calha
        self.login = f"{name}.{next(_numbers)}"
        body = {"name": name, "user_name": self.login, "grants": list(grants)}
        status, invited = calha.send("POST", "/api/v1/people", body)
        assert status == 201, invited
        self.id = invited["person"]["id"]
        link = invited["link"].partition("#")[2]
        assert self._call("POST", "/api/v1/links/password", {"link": link, "password": PASSWORD})[0] == 201
        status, tokens = self._call("POST", "/api/v1/tokens", {"login": self.login, "password": PASSWORD})
        assert status == 201, tokens
        self.token = tokens["access_token"]

    def send(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        """(status, answer): JSON, or bytes of another kind."""
        return self._call(method, path, body, {"Authorization": f"Bearer {self.token}"} | (headers or {}))

    def get(self, path: str) -> Any:
        status, answer = self.send("GET", path)
        assert status == 200, answer
        return answer

    def _call(self, method: str, path: str, body: Any, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        data = json.dumps(body).encode() if body is not None else None
        known = {"Content-Type": "application/json"} | (headers or {})
        request = urllib.request.Request(self.calha.address + path, data, known, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, _content(answer)
        except urllib.error.HTTPError as error:
            return error.code, _content(error)


def _content(answer: Any) -> Any:
    content = answer.read()
    return json.loads(content) if content and "json" in answer.headers["Content-Type"] else content or None
