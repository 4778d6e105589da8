"""People: who they are, what they may do, and what they prove it with."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from calha.domain.access import Role
from calha.domain.errors import Conflict, Malformed, NotFound
from calha.store.accounts.models import (
    ApiKey,
    Identity,
    Link,
    Ownership,
    Passkey,
    Person,
    RecoveryCode,
    RoleGrant,
    Session,
)
from calha.store.accounts.ownership import IS_HELD, free
from calha.store.accounts.rows import GrantRow, PasskeyRow, PersonRow, Secrets
from calha.store.accounts.signatures import blank, names_of
from calha.store.databutcher.models import DataButcherPerson
from calha.store.explore.models import SavedView
from calha.store.notify.models import Channel, Preference, TeamMember
from calha.store.registry.models import Device
from calha.store.registry.rows import Page
from calha.store.registry.writing import require_site, writing

_ACTORS = frozenset({"local", "anonymous", "nobody"})
_HIS = (RoleGrant, RecoveryCode, Passkey, Identity, Session, Link, DataButcherPerson, Channel, Preference, TeamMember)


class People:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(
        self,
        name: str,
        email: str | None,
        user_name: str | None,
        password_hash: str | None = None,
        language: str = "pt-BR",
        grants: Iterable[tuple[Role, int | None]] = (),
    ) -> PersonRow:
        """Raises Conflict if somebody has that e-mail or user name, NotFound (site)."""
        values = {
            "name": name,
            "email": _folded(email),
            "user_name": _folded(user_name),
            "password_hash": password_hash,
            "second_factor_step": 0,
            "language": language,
            "state": "active",
            "created_at": datetime.now(UTC),
        }
        with writing(self._engine) as connection:
            _require_no_others_name(connection, _folded(user_name))
            try:
                key = connection.execute(insert(Person).values(values)).inserted_primary_key
            except IntegrityError:
                raise Conflict(
                    "somebody with that e-mail address or user name is known already", "login_taken"
                ) from None
            assert key is not None
            for role, site_id in grants:
                _grant(connection, key[0], role, site_id)
            return _person(connection, key[0])

    def get(self, person_id: int) -> PersonRow:
        """Raises NotFound."""
        with self._engine.connect() as connection:
            return _person(connection, person_id)

    def find(self, login: str) -> PersonRow | None:
        """By e-mail address or user name, whatever the case."""
        folded = _folded(login)
        query = select(Person.id).where(or_(Person.email == folded, Person.user_name == folded))
        with self._engine.connect() as connection:
            found = connection.execute(query).scalar()
            return _person(connection, found) if found is not None else None

    def page(self, after: int = 0, limit: int = 100, q: str | None = None) -> Page[PersonRow]:
        query = select(Person.__table__).where(Person.id > after).order_by(Person.id).limit(limit + 1)
        if q:
            columns = (Person.name, Person.email, Person.user_name)
            query = query.where(or_(*(column.icontains(q, autoescape=True) for column in columns)))
        with self._engine.connect() as connection:
            found = [_row(one) for one in connection.execute(query)]
        return Page(found[:limit], str(found[limit - 1].id) if len(found) > limit else None)

    def with_role_on(self, sites: Sequence[int]) -> list[tuple[PersonRow, GrantRow]]:
        """Who has a role on one of these sites or on the whole installation, with each such role, by person."""
        there = or_(RoleGrant.site_id.is_(None), RoleGrant.site_id.in_(sites))
        query = select(Person.__table__, RoleGrant.id.label("grant_id"), RoleGrant.role, RoleGrant.site_id)
        query = query.join(RoleGrant, RoleGrant.person_id == Person.id).where(there, Person.state == "active")
        with self._engine.connect() as connection:
            found = connection.execute(query.order_by(Person.id, RoleGrant.id))
            return [(_row(one), GrantRow(one.grant_id, Role(one.role), one.site_id)) for one in found]

    def update(self, person_id: int, **changes: Any) -> PersonRow:  # noqa: ANN401 - columns
        """Change name, email, user_name, language or state; links to another address, or to somebody blocked, end.

        Raises NotFound, Conflict, and Malformed where neither an address nor a user name would be left.
        """
        for name in ("email", "user_name"):
            if name in changes:
                changes[name] = _folded(changes[name])
        with writing(self._engine) as connection:
            before = _person(connection, person_id)
            if "email" in changes or "user_name" in changes:
                _require_login(changes.get("email", before.email), changes.get("user_name", before.user_name))
            if changes.get("user_name", before.user_name) != before.user_name:
                _require_no_others_name(connection, changes["user_name"])
            if changes.get("email", before.email) != before.email or "state" in changes:
                connection.execute(delete(Link).where(Link.person_id == person_id))
            if changes:
                try:
                    connection.execute(update(Person).where(Person.id == person_id).values(changes))
                except IntegrityError:
                    raise Conflict(
                        "somebody with that e-mail address or user name is known already", "login_taken"
                    ) from None
            return _person(connection, person_id)

    def anonymise(self, person_id: int) -> None:
        """Forget who this was; what refers to the person, was done or is shared by him, stays, nameless.

        His devices are free, with new codes.
        Raises NotFound.
        """
        with writing(self._engine) as connection:
            _person(connection, person_id)
            blank(connection, names_of(connection, person_id), f"#{person_id}")
            for table in _HIS:
                connection.execute(delete(table).where(table.person_id == person_id))
            private = SavedView.person_id == person_id, SavedView.site_id.is_(None)
            connection.execute(delete(SavedView).where(*private))
            own = Ownership.person_id == person_id
            connection.execute(update(Ownership).where(own).values(label=""))
            for device_id in connection.execute(select(Ownership.device_id).where(own, IS_HELD)).scalars().all():
                free(connection, device_id)
            nobody = {
                "name": f"#{person_id}",
                "email": None,
                "user_name": None,
                "password_hash": None,
                "second_factor": None,
                "state": "anonymised",
            }
            connection.execute(update(Person).where(Person.id == person_id).values(nobody))

    # -- roles

    def grants(self, person_id: int) -> list[GrantRow]:
        query = select(RoleGrant.id, RoleGrant.role, RoleGrant.site_id).where(RoleGrant.person_id == person_id)
        with self._engine.connect() as connection:
            return [GrantRow(key, Role(role), site) for key, role, site in connection.execute(query)]

    def grant(self, person_id: int, role: Role, site_id: int | None) -> GrantRow:
        """Raises NotFound, Conflict if the person has it already."""
        same_site = RoleGrant.site_id.is_(None) if site_id is None else RoleGrant.site_id == site_id
        with writing(self._engine) as connection:
            _person(connection, person_id)
            same = select(RoleGrant.id).where(RoleGrant.person_id == person_id, RoleGrant.role == role, same_site)
            if connection.execute(same).first():
                raise Conflict("the person has this role there already", "role_twice")
            return _grant(connection, person_id, role, site_id)

    def revoke(self, person_id: int, grant_id: int) -> None:
        """Raises NotFound, and Conflict for the last administrator of the installation."""
        chosen = RoleGrant.id == grant_id, RoleGrant.person_id == person_id
        with writing(self._engine) as connection:
            had_one = _administrators(connection) > 0
            if not connection.execute(delete(RoleGrant).where(*chosen)).rowcount:
                raise NotFound(f"the person has no grant {grant_id}", "unknown_role")
            if had_one and not _administrators(connection):
                raise Conflict(
                    "this is the last administrator of the installation; appoint another one first",
                    "last_administrator",
                )

    def administrators(self) -> int:
        """How many active people administer the whole installation."""
        with self._engine.connect() as connection:
            return _administrators(connection)

    # -- what they prove it with

    def secrets(self, person_id: int) -> Secrets:
        columns = Person.password_hash, Person.second_factor, Person.second_factor_step
        with self._engine.connect() as connection:
            return Secrets(*connection.execute(select(*columns).where(Person.id == person_id)).one())

    def set_password(self, person_id: int, password_hash: str | None) -> None:
        """Links that would set another end."""
        with writing(self._engine) as connection:
            connection.execute(update(Person).where(Person.id == person_id).values(password_hash=password_hash))
            connection.execute(delete(Link).where(Link.person_id == person_id))

    def set_second_factor(self, person_id: int, encrypted: str | None, recovery: Sequence[str] = ()) -> None:
        """encrypted: None to go without. recovery: digests of the codes that replace the old ones."""
        with writing(self._engine) as connection:
            connection.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
            changed = update(Person).where(Person.id == person_id)
            connection.execute(changed.values(second_factor=encrypted, second_factor_step=0))
            for digest in recovery:
                connection.execute(insert(RecoveryCode).values(digest=digest, person_id=person_id))

    def use_step(self, person_id: int, step: int) -> bool:
        """Whether the code of this time step was unused; it is used now, so that nobody can repeat it."""
        unused = Person.id == person_id, Person.second_factor_step < step
        with writing(self._engine) as connection:
            return bool(connection.execute(update(Person).where(*unused).values(second_factor_step=step)).rowcount)

    def use_recovery_code(self, person_id: int, digest: str) -> bool:
        chosen = RecoveryCode.digest == digest, RecoveryCode.person_id == person_id
        with writing(self._engine) as connection:
            return bool(connection.execute(delete(RecoveryCode).where(*chosen)).rowcount)

    def recovery_codes(self, person_id: int) -> int:
        query = select(func.count()).where(RecoveryCode.person_id == person_id)
        with self._engine.connect() as connection:
            return connection.execute(query).scalar_one()

    def passkeys(self, person_id: int) -> list[PasskeyRow]:
        return self._passkeys(Passkey.person_id == person_id)

    def passkey(self, credential: str) -> PasskeyRow | None:
        return next(iter(self._passkeys(Passkey.credential == credential)), None)

    def add_passkey(self, person_id: int, credential: str, public_key: bytes, sign_count: int, name: str) -> None:
        values = {
            "person_id": person_id,
            "credential": credential,
            "public_key": public_key,
            "sign_count": sign_count,
            "name": name,
            "created_at": datetime.now(UTC),
        }
        with writing(self._engine) as connection:
            connection.execute(insert(Passkey).values(values))

    def use_passkey(self, passkey_id: int, sign_count: int) -> None:
        changed = update(Passkey).where(Passkey.id == passkey_id)
        with writing(self._engine) as connection:
            connection.execute(changed.values(sign_count=sign_count, used_at=datetime.now(UTC)))

    def remove_passkey(self, person_id: int, passkey_id: int) -> None:
        """Raises NotFound."""
        chosen = Passkey.id == passkey_id, Passkey.person_id == person_id
        with writing(self._engine) as connection:
            if not connection.execute(delete(Passkey).where(*chosen)).rowcount:
                raise NotFound(f"there is no passkey {passkey_id}", "unknown_passkey")

    def of_identity(self, issuer: str, subject: str) -> PersonRow | None:
        query = select(Identity.person_id).where(Identity.issuer == issuer, Identity.subject == subject)
        with self._engine.connect() as connection:
            found = connection.execute(query).scalar()
            return _person(connection, found) if found is not None else None

    def identities(self, person_id: int) -> list[tuple[str, str]]:
        """(issuer, subject) at the providers that sign the person in."""
        query = select(Identity.issuer, Identity.subject).where(Identity.person_id == person_id)
        with self._engine.connect() as connection:
            return [(issuer, subject) for issuer, subject in connection.execute(query)]

    def add_identity(self, person_id: int, issuer: str, subject: str) -> bool:
        """Know a person by a subject of an issuer from now on; False where he is known by another one of that issuer."""
        another = select(Identity.subject).where(Identity.person_id == person_id, Identity.issuer == issuer)
        with writing(self._engine) as connection:
            if connection.execute(another).first() is not None:
                return False
            connection.execute(insert(Identity).values(issuer=issuer, subject=subject, person_id=person_id))
        return True

    def remove_identities(self, person_id: int) -> list[tuple[str, str]]:
        """Know a person by no issuer any more; (issuer, subject) of those by which he was known. Raises NotFound."""
        self.get(person_id)
        known = self.identities(person_id)
        with writing(self._engine) as connection:
            connection.execute(delete(Identity).where(Identity.person_id == person_id))
        return known

    def _passkeys(self, condition: Any) -> list[PasskeyRow]:  # noqa: ANN401 - a condition of SQLAlchemy
        with self._engine.connect() as connection:
            found = connection.execute(select(Passkey.__table__).where(condition).order_by(Passkey.id))
            return [PasskeyRow(**row._mapping) for row in found]


def _require_login(email: str | None, user_name: str | None) -> None:
    if not email and not user_name:
        raise Malformed("an e-mail address or a user name is needed", "no_login")


def _require_no_others_name(connection: Connection, user_name: str | None) -> None:
    """Programs and devices act under their names, and what was done under a name is told to whose name it is."""
    taken = user_name in _ACTORS
    for name in (ApiKey.name, Device.key):
        taken = taken or connection.execute(select(name).where(func.lower(name) == user_name)).first() is not None
    if taken:
        raise Conflict("a program or a device goes by that name; choose another user name", "login_taken")


def _folded(text: str | None) -> str | None:
    return (text.strip().lower() or None) if text else None


def _person(connection: Connection, person_id: int) -> PersonRow:
    row = connection.execute(select(Person.__table__).where(Person.id == person_id)).first()
    if row is None:
        raise NotFound(f"there is no person {person_id}", "unknown_person")
    return _row(row)


def _row(row: Any) -> PersonRow:  # noqa: ANN401 - a row of Person
    return PersonRow(
        row.id,
        row.name,
        row.email,
        row.user_name,
        row.language,
        row.state,
        row.created_at,
        row.password_hash is not None,
        row.second_factor is not None,
    )


def _grant(connection: Connection, person_id: int, role: Role, site_id: int | None) -> GrantRow:
    require_site(connection, site_id)
    values = {"person_id": person_id, "role": role, "site_id": site_id}
    key = connection.execute(insert(RoleGrant).values(values)).inserted_primary_key
    assert key is not None
    return GrantRow(key[0], role, site_id)


def _administrators(connection: Connection) -> int:
    query = (
        select(func.count(func.distinct(Person.id)))
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(Person.state == "active", RoleGrant.role == Role.ADMINISTRATOR, RoleGrant.site_id.is_(None))
    )
    return connection.execute(query).scalar_one()
