"""Letters that bring a person a link: with which a password is set, or an address confirmed."""

from collections.abc import Mapping
from datetime import datetime

from calha.domain.errors import NotFound
from calha.mail import Letter, PostOffice
from calha.store.accounts import PersonRow

Words = Mapping[str, tuple[str, str]]  # subject and text by language, English among them


class LinkPost:
    def __init__(self, post: PostOffice | None, public_url: str) -> None:
        """post: None where no mail server is configured. public_url: under which people reach this Calha."""
        self._post = post
        self._public_url = public_url.rstrip("/")

    @property
    def is_possible(self) -> bool:
        return self._post is not None

    def require(self, instead: str) -> None:
        """Raises NotFound without a mail server. instead: what to do then."""
        if self._post is None:
            raise NotFound(f"no mail server is configured (smtp.host); {instead}", "no_mail")

    def send(
        self, kind: str, words: Words, person: PersonRow, to: str, secret: str, until: datetime, **said: str | int
    ) -> None:
        """In the person's language. said: what the text names beside name, login, place and link. Raises MailFull."""
        assert self._post is not None, "asked by `require`"
        subject, text = words.get(person.language, words["en"])
        values = {"name": one_line(person.name), "login": person.label, "place": self._public_url}
        link = f"{self._public_url}/link#{secret}"
        self._post.post(Letter(kind, to, subject, text.format(**values, link=link, **said), until))


def one_line(text: str) -> str:
    return " ".join(text.split())
