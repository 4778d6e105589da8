"""Handing letters to a mail server (RFC 5321), with TLS unless told otherwise. Blocks: to be called in a thread.

STARTTLS is demanded, never merely tried: a server that does not offer it gets no letter.
"""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Literal

from calha.mail.letters import Letter, message_of

TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class MailServer:
    """sender: who letters come from. authority: of its certificate (PEM), where the system does not know it."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    authority: Path | None = None


class Fate(Enum):
    """What became of a letter at a mail server."""

    TAKEN = "taken"
    LATER = "later"  # the server asks to try again (4yz)
    REFUSED = "refused"  # it will never take this one (5yz)


class Unreachable(Exception):
    """The server is not there, or does not let Calha in; nothing is known of any letter."""


@contextmanager
def connected(server: MailServer) -> Iterator[smtplib.SMTP]:
    """A connection on which letters can be sent. Raises Unreachable."""
    try:
        connection = _opened(server)
    except (OSError, smtplib.SMTPException) as error:
        raise Unreachable(_said(error)) from None
    try:
        yield connection
    finally:
        connection.close()


def deliver(connection: smtplib.SMTP, server: MailServer, letter: Letter) -> tuple[Fate, str]:
    """What became of it, and what the server said. Raises Unreachable when the connection breaks."""
    try:
        message = message_of(letter, server.sender, datetime.now(UTC))
    except (OSError, ValueError) as error:  # an attachment that is gone, a subject of two lines
        return Fate.REFUSED, str(error)
    try:
        connection.send_message(message, to_addrs=[letter.to])
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        return _fate(code), _text(code, said)
    except smtplib.SMTPDataError as error:
        return _fate(error.smtp_code), _text(error.smtp_code, error.smtp_error)
    except (smtplib.SMTPNotSupportedError, ValueError) as error:  # an address that cannot be written on an envelope
        return Fate.REFUSED, str(error)
    except (OSError, smtplib.SMTPException) as error:
        raise Unreachable(_said(error)) from None
    return Fate.TAKEN, ""


def _opened(server: MailServer) -> smtplib.SMTP:
    if server.security == "tls":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=TIMEOUT_S, context=_trust(server.authority)
        )
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_S)
    try:
        if server.security == "starttls":
            connection.starttls(context=_trust(server.authority))
        if server.user:
            connection.login(server.user, server.password)
    except BaseException:
        connection.close()
        raise
    return connection


def _trust(authority: Path | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=authority)


def _fate(code: int) -> Fate:
    return Fate.REFUSED if 500 <= code < 600 else Fate.LATER


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _text(error.smtp_code, error.smtp_error)
    return str(error) or type(error).__name__


def _text(code: int, said: bytes | str) -> str:
    return f"{code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"[:500]
