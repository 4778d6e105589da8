"""Another e-mail address for oneself: it counts once a link was opened that was mailed to it.

An address is trusted: links that set a password go to it, and whom an OpenID provider knows by it is signed in. So it counts
when an administrator has entered it, or when its owner has confirmed it; nobody takes another's by typing it.
The link carries the new address, so that nothing of it is kept until then; it works once, and a newer one takes its place.
"""

import base64
import binascii
from datetime import UTC, datetime, timedelta

from calha.accounts.keyring import digest, new_secret
from calha.accounts.link_post import LinkPost
from calha.accounts.sign_in import Visitor
from calha.accounts.throttle import Patience
from calha.domain.errors import Conflict, NotFound
from calha.store.accounts import AuditLog, Links, People, PersonRow

PURPOSE = "address"
LIFETIME = timedelta(hours=24)
_LETTERS = {
    "pt-BR": (
        "Calha: confirmar o e-mail",
        """Olá, {name}.

Alguém, provavelmente você, quer usar este e-mail na conta {login} do Calha ({place}).

Abra este link em até {hours} horas para confirmar. Ele funciona uma vez só:

{link}

Se não foi você, ignore esta mensagem: nada muda.
""",
    ),
    "en": (
        "Calha: confirm your e-mail address",
        """Hello, {name}.

Somebody, probably you, wants to use this e-mail address for the account {login} of Calha ({place}).

Open this link within {hours} hours to confirm it. It works once:

{link}

If it was not you, ignore this message: nothing changes.
""",
    ),
}


class AddressChange:
    def __init__(self, people: People, links: Links, audit: AuditLog, post: LinkPost) -> None:
        self._people = people
        self._links = links
        self._audit = audit
        self._post = post
        self._patience = Patience()

    def require(self, person_id: int, email: str, visitor: Visitor) -> None:
        """Whether a link may be mailed now. Raises NotFound without a mail server, Conflict (another's), TooManyTries."""
        self._post.require("ask an administrator to change it")
        self._patience.require(person_id, visitor.address)
        self._patience.failed(person_id, visitor.address)  # each message counts, as somebody gets it
        if self._people.find(email) is not None:
            raise Conflict("somebody with that e-mail address or user name is known already", "login_taken")

    def carry_out(self, person: PersonRow, email: str, visitor: Visitor) -> None:
        """Mail the link. Raises MailFull."""
        secret, until = f"{new_secret()}.{_packed(email)}", datetime.now(UTC) + LIFETIME
        self._links.add(digest(secret), PURPOSE, person.id, until)
        hours = round(LIFETIME.total_seconds() / 3_600)
        self._post.send("address", _LETTERS, person, email, secret, until, hours=hours)
        after = {"email": email}
        self._audit.append(person.actor, "address.asked", f"person {person.id}", after=after, address=visitor.address)

    def confirm(self, secret: str, visitor: Visitor) -> PersonRow:
        """Make it his. Raises NotFound (link), Conflict when it has become somebody's meanwhile."""
        purpose, person_id = self._links.look(digest(secret)) or ("", None)
        if purpose != PURPOSE or person_id is None or not self._links.use(digest(secret)):
            raise NotFound("this link does not work any more: it was used, replaced, or is too old", "old_link")
        before = self._people.get(person_id)
        person = self._people.update(person_id, email=address_in(secret))
        changes = {"email": before.email}, {"email": person.email}
        self._audit.append(person.actor, "address.confirmed", f"person {person_id}", *changes, address=visitor.address)
        return person


def address_in(secret: str) -> str | None:
    """The address that a link of this kind would confirm."""
    try:
        return base64.urlsafe_b64decode(secret.partition(".")[2].encode() + b"==").decode() or None
    except (binascii.Error, ValueError):
        return None


def _packed(email: str) -> str:
    return base64.urlsafe_b64encode(email.strip().lower().encode()).decode().rstrip("=")
