"""A forgotten password: a link by e-mail with which its person sets another one.

Nobody learns from it whether an account exists: what is asked is answered before anything is looked up, alike for all, and
slowed down alike. The link works once, for LIFETIME, and does not stand in for a second factor.
"""

from datetime import UTC, datetime, timedelta

from calha.accounts.keyring import digest, new_secret
from calha.accounts.link_post import LinkPost
from calha.accounts.sign_in import Visitor
from calha.accounts.throttle import Patience
from calha.domain.access import Actor
from calha.store.accounts import AuditLog, Links, People

LIFETIME = timedelta(hours=1)
_LETTERS = {
    "pt-BR": (
        "Calha: definir outra senha",
        """Olá, {name}.

Alguém, provavelmente você, pediu para definir outra senha da conta {login} no Calha ({place}).

Abra este link em até {minutes} minutos. Ele funciona uma vez só:

{link}

Se não foi você, ignore esta mensagem: a senha continua a mesma.
""",
    ),
    "en": (
        "Calha: set another password",
        """Hello, {name}.

Somebody, probably you, has asked to set another password for the account {login} of Calha ({place}).

Open this link within {minutes} minutes. It works once:

{link}

If it was not you, ignore this message: the password stays as it is.
""",
    ),
}


class Forgotten:
    def __init__(self, people: People, links: Links, audit: AuditLog, post: LinkPost) -> None:
        self._people = people
        self._links = links
        self._audit = audit
        self._post = post
        self._patience = Patience()

    @property
    def is_possible(self) -> bool:
        return self._post.is_possible

    def admit(self, login: str, visitor: Visitor) -> None:
        """Whether somebody may ask now. Raises TooManyTries, and NotFound without a mail server."""
        self._post.require("ask an administrator for a link")
        name = login.strip().lower()
        self._patience.require(name, visitor.address)
        self._patience.failed(name, visitor.address)  # each time counts, whether somebody is known by that name or not

    def carry_out(self, login: str, visitor: Visitor) -> None:
        """Post the link to the person, if there is one who can be reached. Raises MailFull."""
        person = self._people.find(login)
        if not self.is_possible or person is None or person.email is None or person.state != "active":
            return
        secret, until = new_secret(), datetime.now(UTC) + LIFETIME
        self._links.add(digest(secret), "forgotten", person.id, until)
        minutes = round(LIFETIME.total_seconds() / 60)
        self._post.send("forgotten", _LETTERS, person, person.email, secret, until, minutes=minutes)
        self._audit.append(Actor(person.label), "password.forgotten", f"person {person.id}", address=visitor.address)
