"""A visitor with cookies, as a browser is: no key of this machine, only what he signs in with."""

import json
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from typing import Any


class Visitor:
    def __init__(self, calha) -> None:
        self.address = calha.address
        self.jar = CookieJar()
        self.csrf = ""
        self.headers: dict[str, str] = {}
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        known = {"Content-Type": "application/json", "X-CSRF-Token": self.csrf} | self.headers | headers
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.address}/api/v1{path}", data, known, method=method)
        try:
            with self._opener.open(request, timeout=30) as answer:
                content = answer.read()
                found = json.loads(content) if content else None
                self._note(path, found)
                return answer.status, found
        except urllib.error.HTTPError as error:
            content = error.read()
            return error.code, json.loads(content) if content else None

    def _note(self, path: str, found: Any) -> None:
        if type(found) is dict and found.get("csrf_token"):
            self.csrf = found["csrf_token"]
