"""Who is told: people as they are now, with their rights, and what teams and chains make of them.

Rule: nobody is told of a site that he may not see, whoever put him into a chain; a blocked account is told nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from calha.domain.access import Permission, Principal, Tree
from calha.domain.errors import NotFound
from calha.domain.notices import Chain, Notice, Owner, reaches
from calha.store.accounts import People
from calha.store.notify import Chains, NoticeRow, Recipients
from calha.store.notify.rows import ChainRow


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person or team, as messages need him. email: of a person's account."""

    owner: Owner
    name: str
    language: str
    email: str | None
    principal: Principal | None


class Audience:
    def __init__(self, people: People, recipients: Recipients, chains: Chains, tree: Callable[[], Tree]) -> None:
        self._people = people
        self._recipients = recipients
        self._chains = chains
        self._tree = tree

    def somebody(self, owner: Owner) -> Somebody | None:
        """None for one who is gone or blocked."""
        try:
            if owner.kind == "team":
                team = self._recipients.team(owner.id)
                return Somebody(owner, team.name, team.language, None, None)
            person = self._people.get(owner.id)
        except NotFound:
            return None
        if person.state != "active":
            return None
        grants = tuple(row.grant for row in self._people.grants(person.id))
        principal = Principal("person", person.id, person.label, grants)
        return Somebody(owner, person.name, person.language, person.email, principal)

    def told(self, owners: Iterable[Owner], notice: Notice | NoticeRow) -> Iterator[Somebody]:
        """Each of them once, a team with its members, as far as they may know of it."""
        for owner in dict.fromkeys(self._with_members(owners)):
            somebody = self.somebody(owner)
            if somebody is not None and self.may(somebody, Permission.VIEW, notice.site):
                yield somebody

    def followers(self) -> Iterator[Owner]:
        """People who want to know of everything on their sites."""
        for person in self._recipients.followers():
            yield Owner("person", person)

    def may(self, somebody: Somebody, permission: Permission, site: int | None) -> bool:
        """A team may what those may who made it: it stands for them."""
        return somebody.principal is None or somebody.principal.may(permission, site, self._tree())

    def chains_of(self, notice: Notice) -> list[ChainRow]:
        """Those that a notice sets off."""
        return [one for one in self._chains.all() if self.concerns(one.chain, notice)]

    def concerns(self, chain: Chain, notice: Notice | NoticeRow) -> bool:
        """Whether a chain is on, and for this site and priority."""
        if not chain.enabled or not reaches(notice.priority, chain.least):
            return False
        if chain.site is None:
            return True
        return notice.site is not None and notice.site in self._tree().below([chain.site])

    def _with_members(self, owners: Iterable[Owner]) -> Iterator[Owner]:
        for owner in owners:
            yield owner
            if owner.kind == "team":
                try:
                    yield from (Owner("person", one) for one in self._recipients.team(owner.id).members)
                except NotFound:
                    continue
