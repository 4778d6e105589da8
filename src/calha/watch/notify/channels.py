"""Channels: what an address of each kind has to be, what of it is told back, and sending a message by it.

Rule: an address is a secret (it carries tokens). It is sealed before it is stored, and only `shown` is ever told again.
"""

import json
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

from calha.domain.errors import Malformed
from calha.mail import Letter, MailServer
from calha.mail.smtp import Fate, Unreachable, connected, deliver
from calha.store.notify import ChannelKind
from calha.watch.notify import push, services, webhook
from calha.watch.notify.hosts import Hosts
from calha.watch.notify.messages import Message
from calha.watch.notify.posting import NotReached, post, require_url
from calha.watch.notify.push import Subscription, Vapid

_EMAIL = re.compile(r"[^@\s<>,;:\"]+@[^@\s<>,;:\"]+\.[^@\s<>,;:\"]+")
GONE = frozenset({404, 410})  # RFC 8030 §7.3: the subscription has ended


@dataclass(frozen=True, slots=True)
class Address:
    """target: e-mail address (empty: that of the person's account), Apprise URL, webhook URL, or push endpoint.

    secret: of a webhook. key, auth: of a push subscription.
    """

    kind: ChannelKind
    target: str
    secret: str = ""
    key: str = ""
    auth: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a message. said: why it was not taken. is_gone: the channel will never work again."""

    fate: Fate
    said: str = ""
    is_gone: bool = False


class Channels:
    """All kinds of channels."""

    def __init__(
        self,
        mail: MailServer | None,
        hosts: Hosts,
        vapid: Vapid,
        seal: Callable[[str], str],
        unseal: Callable[[str], str | None],
    ) -> None:
        """mail: None where none is configured."""
        self._mail = mail
        self._hosts = hosts
        self.vapid = vapid
        self._seal = seal
        self._unseal = unseal

    @property
    def can_mail(self) -> bool:
        return self._mail is not None

    def checked(self, address: Address) -> Address:
        """The same, fit for use. Raises Malformed."""
        if address.kind == "email":
            return self._checked_email(address)
        if address.kind == "apprise":
            return Address("apprise", services.require_address(address.target, self._hosts))
        if address.kind == "webhook":
            secret = webhook.require_secret(address.secret) if address.secret else webhook.new_secret()
            return Address("webhook", require_url(address.target, self._hosts), secret)
        Subscription.read(address.target, address.key, address.auth)
        return Address("push", require_url(address.target, self._hosts), "", address.key, address.auth)

    def shown(self, address: Address) -> str:
        """As much of it as may be told."""
        if address.kind == "apprise":
            return services.shown(address.target, self._hosts)
        if address.kind == "email":
            return address.target
        return urlsplit(address.target).netloc

    def sealed(self, address: Address) -> str:
        return self._seal(json.dumps(asdict(address)))

    def opened(self, sealed: str) -> Address | None:
        """None for what was sealed with another key."""
        text = self._unseal(sealed)
        return Address(**json.loads(text)) if text is not None else None

    def send(self, address: Address, message: Message) -> Sent:
        """Hand a message over. Blocks."""
        try:
            if address.kind == "email":
                return self._by_mail(address.target, message)
            if address.kind == "apprise":
                return Sent(*services.send(address.target, message.subject, message.text, self._hosts))
            if address.kind == "webhook":
                return self._by_webhook(address, message)
            return self._by_push(address, message)
        except (NotReached, Unreachable) as error:
            return Sent(Fate.LATER, str(error))
        except Malformed as error:  # what was allowed once is not any more
            return Sent(Fate.REFUSED, str(error))

    def _checked_email(self, address: Address) -> Address:
        target = address.target.strip()
        if self._mail is None:
            raise Malformed("no mail server is configured (smtp.host)", "mail_not_set_up")
        if target and not _EMAIL.fullmatch(target):
            raise Malformed(f"{target[:100]!r} is not an e-mail address", "bad_email")
        return Address("email", target)

    def _by_mail(self, to: str, message: Message) -> Sent:
        if self._mail is None:
            return Sent(Fate.REFUSED, "no mail server is configured (smtp.host)")
        with connected(self._mail) as connection:
            letter = Letter("notice", to, message.subject, message.text)
            return Sent(*deliver(connection, self._mail, letter))

    def _by_webhook(self, address: Address, message: Message) -> Sent:
        content = message.facts | {"subject": message.subject, "text": message.text}
        body, headers = webhook.signed(address.secret, message.id, int(time.time()), content)
        answer = post(address.target, body, headers, self._hosts)
        return Sent(answer.fate, answer.said)

    def _by_push(self, address: Address, message: Message) -> Sent:
        to = Subscription.read(address.target, address.key, address.auth)
        is_urgent = message.priority.value in ("high", "critical")
        body, headers = push.request(to, message.for_push(message.id), self.vapid, is_urgent=is_urgent)
        answer = post(address.target, body, headers, self._hosts)
        return Sent(answer.fate, answer.said, is_gone=answer.status in GONE)
