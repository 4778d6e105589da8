"""Who may do what: roles on a part of the site tree, and the permissions that each role carries.

A grant gives a role on a site and all below it, or on the whole installation. What a principal may do somewhere is the
union of its grants there; an API key may never do more than the scopes it was made with. A customer sees no site, but the
devices that are his, each from the day on which he claimed it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, NamedTuple

from calha.domain.readings import Micros

PersonState = Literal["active", "blocked", "anonymised"]


class Role(StrEnum):
    ADMINISTRATOR = "administrator"
    ENGINEER = "engineer"
    BILLER = "biller"
    OPERATOR = "operator"
    VIEWER = "viewer"
    CUSTOMER = "customer"


class Permission(StrEnum):
    """What a route asks for."""

    VIEW = "view"  # readings, devices, events, alarms
    SEND = "send"  # readings into the log on a device's behalf
    OPERATE = "operate"  # commands, acknowledgements
    CONFIGURE = "configure"  # devices, channels, profiles, sites
    BILL = "bill"  # customers, contracts, tariffs, invoices, payments
    ADMINISTER = "administer"  # people, roles, keys, audit, backups


PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.ADMINISTRATOR: frozenset(Permission),
    Role.ENGINEER: frozenset(Permission) - {Permission.ADMINISTER},
    Role.BILLER: frozenset({Permission.VIEW, Permission.BILL}),
    Role.OPERATOR: frozenset({Permission.VIEW, Permission.OPERATE}),
    Role.VIEWER: frozenset({Permission.VIEW}),
    Role.CUSTOMER: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Grant:
    """A role on a site and all below it; site None: on the whole installation."""

    role: Role
    site: int | None = None


class Actor(NamedTuple):
    """Who did something. name: as he was called then. id: `person 7`, `key 3`; empty for who has none, or has not proved it."""

    name: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. kind: person, key (API), device, or local (a program of this machine that may read the data folder).

    id: of the person or key; name: as the audit log shows it. scopes: the most that an API key may do; None for no limit.
    device: the only device for which a device may speak; None: whoever it is, as the operator allows (anonymous).
    until_s: Unix time at which what it has proved itself with ends by itself.
    """

    kind: Literal["person", "key", "device", "local"]
    id: int
    name: str
    grants: tuple[Grant, ...] = ()
    scopes: frozenset[Permission] | None = None
    device: str | None = None
    session: str | None = None
    until_s: int | None = None

    @property
    def actor(self) -> Actor:
        return Actor(self.name, f"{self.kind} {self.id}" if self.id else "")

    def sites(self, permission: Permission, tree: "Tree") -> "Everywhere | frozenset[int]":
        """Where it may do that."""
        if self.kind == "local":
            return EVERYWHERE
        if self.scopes is not None and permission not in self.scopes:
            return frozenset()
        granted = [grant.site for grant in self.grants if permission in PERMISSIONS[grant.role]]
        return EVERYWHERE if None in granted else tree.below(site for site in granted if site is not None)

    def may(self, permission: Permission, site: int | None, tree: "Tree") -> bool:
        """Whether it may do that on a site; on the whole installation when site is None."""
        where = self.sites(permission, tree)
        return isinstance(where, Everywhere) or (site is not None and site in where)

    def may_send(self, device: str, site: int | None, tree: "Tree") -> bool:
        """Whether it may send readings of a device; site None: of one that is not registered."""
        if self.kind == "device":
            return self.device is None or self.device == device
        return self.may(Permission.SEND, site, tree)


class Everywhere:
    """Contains every site, also those to come."""

    def __contains__(self, site: int) -> bool:
        return True


EVERYWHERE = Everywhere()


@dataclass(frozen=True, slots=True)
class Tree:
    """The site tree as far as permissions need it. parents: by site id."""

    parents: Mapping[int, int | None] = field(default_factory=dict)

    def below(self, sites: Iterable[int]) -> frozenset[int]:
        """The sites and all below them."""
        children: dict[int | None, list[int]] = {}
        for site, parent in self.parents.items():
            children.setdefault(parent, []).append(site)
        found: set[int] = set()
        waiting = [site for site in sites if site in self.parents]
        while waiting:
            site = waiting.pop()
            if site not in found:
                found.add(site)
                waiting += children.get(site, [])
        return frozenset(found)

    def above(self, site: int) -> list[int]:
        """The site and those in which it stands, the nearest first."""
        found = [site]
        while (parent := self.parents.get(found[-1])) is not None and parent not in found:
            found.append(parent)
        return found


Periods = Sequence[tuple[Micros, Micros | None]]  # half-open, by time; None: still
ALWAYS: Periods = ((0, None),)


@dataclass(frozen=True, slots=True)
class Reach:
    """The devices that somebody may see: those on his sites at all times, and his own for as long as they were his."""

    sites: Everywhere | frozenset[int]
    owned: Mapping[str, Periods] = field(default_factory=dict)

    @property
    def is_everything(self) -> bool:
        return isinstance(self.sites, Everywhere)

    @property
    def is_nothing(self) -> bool:
        return not self.owned and not self.is_everything and not self.sites

    def periods(self, device: str, site: int) -> Periods:
        """The times whose readings he may see; none for a device that he may not know of."""
        return ALWAYS if site in self.sites else self.owned.get(device, ())

    def sees_from(self, device: str, site: int) -> Micros | None:
        """From which time on he may see what the device reports now; None if not at all."""
        periods = self.periods(device, site)
        return periods[-1][0] if periods and periods[-1][1] is None else None

    def sees_at(self, device: str, site: int, at: Micros) -> bool:
        """Whether he may see what happened to the device at a time."""
        return any(from_ <= at and (until is None or at < until) for from_, until in self.periods(device, site))
