"""An invitation by e-mail: the link with which a new person sets his first password, sent to him where a mail server is set up.

The link is the one that the administrator sees as well; a newer one takes its place, and it works once.
"""

from datetime import UTC, datetime

from calha.accounts.sign_in import LINK_LIFETIME
from calha.domain.errors import Malformed, NotFound
from calha.mail import Letter, PostOffice
from calha.store.accounts import PersonRow

_LETTERS = {
    "pt-BR": (
        "Calha: convite",
        """Olá, {name}.

{by} criou para você a conta {login} no Calha ({place}).

Abra este link em até {days} dias para definir a sua senha. Ele funciona uma vez só:

{link}

Se você não espera este convite, ignore esta mensagem: sem a senha, ninguém entra com a conta.
""",
    ),
    "en": (
        "Calha: invitation",
        """Hello, {name}.

{by} has made the account {login} of Calha ({place}) for you.

Open this link within {days} days to set your password. It works once:

{link}

If you do not expect this invitation, ignore this message: without the password nobody gets in by the account.
""",
    ),
}


class Invited:
    def __init__(self, post: PostOffice | None, public_url: str) -> None:
        """post: None where no mail server is configured. public_url: under which people reach this Calha."""
        self._post = post
        self._public_url = public_url.rstrip("/")

    def require(self, email: str | None) -> None:
        """Whether an invitation can be mailed. Raises NotFound without a mail server, Malformed without an address."""
        if self._post is None:
            raise NotFound("no mail server is configured (smtp.host); hand the link over yourself", "no_mail")
        if not email:
            raise Malformed("an invitation by e-mail needs an e-mail address", "no_email")

    def carry_out(self, person: PersonRow, secret: str, by: str) -> None:
        """Post the link to the person. by: who invites. Raises MailFull."""
        assert self._post is not None, "asked by `require`"
        assert person.email is not None, "asked by `require`"
        subject, text = _LETTERS.get(person.language, _LETTERS["en"])
        values = {"name": _line(person.name), "by": _line(by), "login": person.label, "place": self._public_url}
        link = f"{self._public_url}/link#{secret}"
        until = datetime.now(UTC) + LINK_LIFETIME
        told = text.format(**values, link=link, days=LINK_LIFETIME.days)
        self._post.post(Letter("invitation", person.email, subject, told, until))


def _line(text: str) -> str:
    return " ".join(text.split())
