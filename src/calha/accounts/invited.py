"""An invitation by e-mail: the link with which a new person sets his first password, sent to him where a mail server is set up.

The link is the one that the administrator sees as well; a newer one takes its place, and it works once.
"""

from datetime import UTC, datetime

from calha.accounts.link_post import LinkPost, one_line
from calha.accounts.sign_in import LINK_LIFETIME
from calha.domain.errors import Malformed
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
    def __init__(self, post: LinkPost) -> None:
        self._post = post

    def require(self, email: str | None) -> None:
        """Whether an invitation can be mailed. Raises NotFound without a mail server, Malformed without an address."""
        self._post.require("hand the link over yourself")
        if not email:
            raise Malformed("an invitation by e-mail needs an e-mail address", "no_email")

    def carry_out(self, person: PersonRow, secret: str, by: str) -> None:
        """Post the link to the person. by: who invites. Raises MailFull."""
        assert person.email is not None, "asked by `require`"
        until, days = datetime.now(UTC) + LINK_LIFETIME, LINK_LIFETIME.days
        self._post.send("invitation", _LETTERS, person, person.email, secret, until, by=one_line(by), days=days)
