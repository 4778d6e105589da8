"""The post office as the configuration wants it."""

from typing import TYPE_CHECKING

from calha.config.settings import Settings
from calha.domain.errors import InvalidConfiguration
from calha.mail import Letter, MailServer, Outbox, PostOffice

if TYPE_CHECKING:
    from calha.store.registry import Registry  # which commands that only ask for the mail server need not read

FOLDER = "outbox"


def post_office(settings: Settings, registry: "Registry") -> PostOffice | None:
    """None without a mail server. Raises InvalidConfiguration."""
    server = mail_server(settings)
    if server is None:
        return None
    outbox = Outbox(settings.data.folder / FOLDER)
    return PostOffice(server, outbox, lambda letter, why: _note_given_up(registry, letter, why))


def mail_server(settings: Settings) -> MailServer | None:
    """None where none is configured. Raises InvalidConfiguration."""
    section = settings.smtp
    if not section.host:
        return None
    if not section.sender:
        raise InvalidConfiguration("smtp.sender is missing: the address that messages come from")
    if not settings.http.public_url:
        raise InvalidConfiguration("smtp.host needs http.public_url, the address that stands in the links of messages")
    if section.user and section.security == "none":
        raise InvalidConfiguration("smtp.security = none would send smtp.password in the clear; use starttls or tls")
    if section.authority is not None and not section.authority.is_file():
        raise InvalidConfiguration(f"smtp.authority = {section.authority}: there is no such file")
    return MailServer(
        section.host,
        section.port,
        section.security,
        section.sender,
        section.user,
        section.password.get_secret_value(),
        section.authority,
    )


def _note_given_up(registry: "Registry", letter: Letter, why: str) -> None:
    to = letter.masked_to
    registry.add_event(
        "mail_given_up",
        severity="warning",
        text={
            "pt": f"Uma mensagem para {to} não pôde ser enviada: {why}",
            "en": f"A message to {to} could not be sent: {why}",
        },
        data={"kind": letter.kind, "to": to},
    )
