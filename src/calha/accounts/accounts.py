"""Everything about accounts in one place, over one database and one keyring."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from sqlalchemy import Engine

from calha.accounts.address_change import AddressChange
from calha.accounts.door import Door
from calha.accounts.forgotten import Forgotten
from calha.accounts.invited import Invited
from calha.accounts.keyring import Keyring
from calha.accounts.link_post import LinkPost
from calha.accounts.openid import OpenId, Provider
from calha.accounts.passkeys import Passkeys
from calha.accounts.sign_in import SignIn
from calha.domain.access import Principal
from calha.mail import PostOffice
from calha.store.accounts import AuditLog, Keys, Links, People, Sessions
from calha.store.accounts.credentials import Credentials
from calha.store.accounts.ownership import Ownerships


@dataclass(frozen=True)
class Accounts:
    people: People
    sessions: Sessions
    keys: Keys
    links: Links
    audit: AuditLog
    credentials: Credentials
    ownerships: Ownerships
    keyring: Keyring
    door: Door
    sign_in: SignIn
    passkeys: Passkeys
    openid: OpenId | None
    forgotten: Forgotten
    invited: Invited
    address_change: AddressChange
    post: PostOffice | None

    @classmethod
    def open(
        cls,
        engine: Engine,
        keyring: Keyring,
        provider: Provider | None = None,
        post: PostOffice | None = None,
        public_url: str = "",
    ) -> Self:
        """public_url: under which people reach this Calha, for links that are mailed."""
        people, sessions, keys = People(engine), Sessions(engine), Keys(engine)
        links, audit = Links(engine), AuditLog(engine)
        credentials, ownerships = Credentials(engine), Ownerships(engine)
        door = Door(people, sessions, keys, credentials, ownerships, keyring)
        passkeys = Passkeys(people)
        openid = OpenId(provider, people, audit, keyring) if provider is not None else None
        sign_in = SignIn(people, sessions, links, audit, keyring, door.forget)
        link_post = LinkPost(post, public_url)
        return cls(
            people,
            sessions,
            keys,
            links,
            audit,
            credentials,
            ownerships,
            keyring,
            door,
            sign_in,
            passkeys,
            openid,
            Forgotten(people, links, audit, link_post),
            Invited(link_post),
            AddressChange(people, links, audit, link_post),
            post,
        )

    def withdraw_letters(self, addresses: Iterable[str | None]) -> None:
        """What waits to be mailed to somebody who is forgotten."""
        if self.post is not None:
            self.post.withdraw({one.lower() for one in addresses if one})

    def maker(self, principal: Principal) -> int | None:
        """The person behind somebody: himself, or who made the key, also where he did that with another key."""
        if principal.kind == "key":
            return self.keys.get(principal.id).made_by_id
        return principal.id if principal.kind == "person" else None

    def identities(self, principal: Principal) -> list[str]:
        """By kind and id who asks, and for a key who made it: nobody may approve a request of his own, by whatever way.

        Of keys from before their makers were known by id, `name …` of the maker.
        """
        asks = [f"{principal.kind} {principal.id}"]
        if principal.kind == "key":
            key = self.keys.get(principal.id)
            asks.append(f"person {key.made_by_id}" if key.made_by_id is not None else f"name {key.made_by}")
        return asks
