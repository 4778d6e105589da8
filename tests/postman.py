"""A real mail server for the tests, on a free port, which keeps what it takes and can be told to refuse."""

import queue
import ssl
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Literal

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from ports import free_port

USER, PASSWORD = "calha@example.org", "post 4 all"


class Postman:
    """refused: addresses that are unknown to it. answers: what it says to the next messages in place of taking them."""

    def __init__(self, security: Literal["none", "starttls", "tls"] = "none", folder: Path | None = None) -> None:
        self.port = free_port()
        self.refused: set[str] = set()
        self.answers: deque[str] = deque()
        self.asked_for: queue.Queue[str] = queue.Queue()
        self._messages: queue.Queue[EmailMessage] = queue.Queue()
        self._security = security
        self._context = _certified(folder) if folder is not None else None
        self._controller: Controller | None = None

    def start(self) -> None:
        secure = {"starttls": {"tls_context": self._context, "require_starttls": True}}.get(self._security, {})
        whole = {"ssl_context": self._context} if self._security == "tls" else {}
        guarded = {"authenticator": _admits, "auth_required": True, "auth_require_tls": self._security == "starttls"}
        more = {"enable_SMTPUTF8": False, **secure, **whole, **(guarded if self._security != "none" else {})}
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, **more)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def next_message(self, within_s: float = 60.0) -> EmailMessage:
        return self._messages.get(timeout=within_s)

    @property
    def has_message(self) -> bool:
        return not self._messages.empty()

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:  # noqa: N802
        self.asked_for.put(address)
        if address in self.refused:
            return "550 no such user here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802
        if self.answers:
            return self.answers.popleft()
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self._messages.put(message)
        return "250 OK"


@contextmanager
def postman(security: Literal["none", "starttls", "tls"] = "none", folder: Path | None = None) -> Iterator[Postman]:
    """folder: where the authority of its certificate is written to (`authority.pem`)."""
    made = Postman(security, folder)
    made.start()
    try:
        yield made
    finally:
        made.stop()


def _certified(folder: Path) -> ssl.SSLContext:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "authority.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


def _admits(server, session, envelope, mechanism, data) -> AuthResult:
    is_right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=is_right, handled=False)
