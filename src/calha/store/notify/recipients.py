"""Whom notifications reach: channels and preferences of people and teams, and teams themselves."""

from collections.abc import Iterable, Sequence
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Engine, Select, delete, func, insert, select, update

from calha.domain.alarm_states import Priority
from calha.domain.errors import Conflict, NotFound
from calha.domain.notices import Owner, Preferences, QuietHours
from calha.domain.readings import Micros
from calha.store.accounts.models import Person
from calha.store.notify.models import Chain, Channel, Preference, Team, TeamMember
from calha.store.notify.rows import ChannelKind, ChannelRow, TeamRow
from calha.store.registry.writing import require_site, writing

MAX_CHANNELS = 20  # of one person or team
MAX_TEAMS = 1_000


class Recipients:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # -- channels

    def add_channel(
        self, owner: Owner, kind: ChannelKind, name: str, shown: str, sealed: str, now: Micros
    ) -> ChannelRow:
        """Raises NotFound, and Conflict when there are too many."""
        values = {"kind": kind, "name": name, "shown": shown[:200], "sealed": sealed, "enabled": True}
        with writing(self._engine) as connection:
            _require_owner(connection, owner)
            have = connection.execute(select(func.count()).where(owned_by(Channel, owner))).scalar_one()
            if have >= MAX_CHANNELS:
                raise Conflict(f"there are {MAX_CHANNELS} channels already; remove one first", "channels_full")
            key = connection.execute(
                insert(Channel).values(values | _columns(owner) | {"created_at": now})
            ).inserted_primary_key
            assert key is not None
            return channel_row(connection.execute(select(Channel.__table__).where(Channel.id == key[0])).one())

    def channel(self, channel_id: int) -> ChannelRow:
        """Raises NotFound."""
        found = self._channels(select(Channel.__table__).where(Channel.id == channel_id))
        if not found:
            raise NotFound(f"there is no channel {channel_id}", "unknown_channel_of_person")
        return found[0]

    def channels(self, owner: Owner) -> list[ChannelRow]:
        return self._channels(select(Channel.__table__).where(owned_by(Channel, owner)).order_by(Channel.id))

    def change_channel(self, owner: Owner, channel_id: int, **changes: object) -> ChannelRow:
        """Change name or enabled. Raises NotFound."""
        with writing(self._engine) as connection:
            chosen = Channel.id == channel_id, owned_by(Channel, owner)
            if not connection.execute(update(Channel).where(*chosen).values(changes)).rowcount:
                raise NotFound(f"there is no channel {channel_id}", "unknown_channel_of_person")
        return self.channel(channel_id)

    def remove_channel(self, owner: Owner, channel_id: int) -> None:
        """With its deliveries. Raises NotFound."""
        with writing(self._engine) as connection:
            chosen = Channel.id == channel_id, owned_by(Channel, owner)
            if not connection.execute(delete(Channel).where(*chosen)).rowcount:
                raise NotFound(f"there is no channel {channel_id}", "unknown_channel_of_person")

    # -- preferences

    def preferences(self, owner: Owner) -> Preferences:
        """Those of the programme where none were set."""
        with self._engine.connect() as connection:
            row = connection.execute(select(Preference.__table__).where(owned_by(Preference, owner))).first()
        return _preferences(row) if row is not None else Preferences()

    def set_preferences(self, owner: Owner, wanted: Preferences) -> None:
        """Raises NotFound."""
        quiet = wanted.quiet
        values = {
            "least": wanted.least.value,
            "urgent": wanted.urgent.value,
            "quiet_from": quiet.from_.strftime("%H:%M") if quiet is not None else "",
            "quiet_until": quiet.until.strftime("%H:%M") if quiet is not None else "",
            "zone": quiet.zone.key if quiet is not None else "",
            "digest_min": wanted.digest_min,
            "tells_end": wanted.tells_end,
            "follows": wanted.follows,
            "per_hour": wanted.per_hour,
        }
        with writing(self._engine) as connection:
            _require_owner(connection, owner)
            if connection.execute(select(Preference.id).where(owned_by(Preference, owner))).first() is None:
                connection.execute(insert(Preference).values(values | _columns(owner)))
            else:
                connection.execute(update(Preference).where(owned_by(Preference, owner)).values(values))

    def followers(self) -> list[int]:
        """Persons who want to know of everything on their sites."""
        query = select(Preference.person_id).where(Preference.follows, Preference.person_id.is_not(None))
        with self._engine.connect() as connection:
            return [person for (person,) in connection.execute(query.order_by(Preference.person_id)) if person]

    # -- teams

    def teams(self) -> list[TeamRow]:
        with self._engine.connect() as connection:
            members: dict[int, list[int]] = {}
            joined = select(TeamMember.team_id, TeamMember.person_id).order_by(TeamMember.person_id)
            for team, person in connection.execute(joined):
                members.setdefault(team, []).append(person)
            rows = connection.execute(select(Team.__table__).order_by(Team.name, Team.id))
            return [
                TeamRow(one.id, one.site_id, one.name, one.language, tuple(members.get(one.id, ()))) for one in rows
            ]

    def team(self, team_id: int) -> TeamRow:
        """Raises NotFound."""
        found = next((one for one in self.teams() if one.id == team_id), None)
        if found is None:
            raise NotFound(f"there is no team {team_id}", "unknown_team")
        return found

    def save_team(
        self, name: str, site: int | None, language: str, members: Sequence[int], team_id: int | None = None
    ) -> TeamRow:
        """A new one without an id. Raises NotFound (team, site, person), and Conflict when there are too many."""
        values = {"name": name, "site_id": site, "language": language}
        with writing(self._engine) as connection:
            require_site(connection, site)
            _require_people(connection, members)
            if team_id is None:
                if connection.execute(select(func.count(Team.id))).scalar_one() >= MAX_TEAMS:
                    raise Conflict(f"there are {MAX_TEAMS} teams already", "too_many_teams")
                key = connection.execute(insert(Team).values(values)).inserted_primary_key
                assert key is not None
                team_id = key[0]
            elif not connection.execute(select(Team.id).where(Team.id == team_id)).first():
                raise NotFound(f"there is no team {team_id}", "unknown_team")
            else:
                connection.execute(update(Team).where(Team.id == team_id).values(values))
            connection.execute(delete(TeamMember).where(TeamMember.team_id == team_id))
            for person in sorted(set(members)):
                connection.execute(insert(TeamMember).values(team_id=team_id, person_id=person))
        assert team_id is not None
        return self.team(team_id)

    def remove_team(self, team_id: int) -> None:
        """With its channels. Raises NotFound, and Conflict while a chain tells it: its step would call nobody."""
        with writing(self._engine) as connection:
            for row in connection.execute(select(Chain.name, Chain.steps).order_by(Chain.name)):
                if any(team_id in step["teams"] for step in row.steps):
                    raise Conflict(
                        f"the chain {row.name!r} tells this team; take it out there first",
                        "team_in_chain",
                        chain=row.name,
                    )
            if not connection.execute(delete(Team).where(Team.id == team_id)).rowcount:
                raise NotFound(f"there is no team {team_id}", "unknown_team")

    def _channels(self, query: Select[Any]) -> list[ChannelRow]:
        with self._engine.connect() as connection:
            return [channel_row(row) for row in connection.execute(query)]


def owner_of(person_id: int | None, team_id: int | None) -> Owner:
    if person_id is not None:
        return Owner("person", person_id)
    assert team_id is not None
    return Owner("team", team_id)


def owned_by(table: type[Channel] | type[Preference], owner: Owner) -> ColumnElement[bool]:
    return (table.person_id if owner.kind == "person" else table.team_id) == owner.id


def _columns(owner: Owner) -> dict[str, int | None]:
    is_person = owner.kind == "person"
    return {"person_id": owner.id if is_person else None, "team_id": None if is_person else owner.id}


def _require_owner(connection: Connection, owner: Owner) -> None:
    if owner.kind == "person":
        _require_people(connection, [owner.id])
    elif connection.execute(select(Team.id).where(Team.id == owner.id)).first() is None:
        raise NotFound(f"there is no team {owner.id}", "unknown_team")


def _require_people(connection: Connection, people: Iterable[int]) -> None:
    wanted = set(people)
    known = set(connection.execute(select(Person.id).where(Person.id.in_(wanted))).scalars()) if wanted else set()
    if missing := sorted(wanted - known):
        raise NotFound(f"there is no person {missing[0]}", "unknown_person")


def channel_row(row: Any) -> ChannelRow:  # noqa: ANN401 - a row of Channel
    owner = owner_of(row.person_id, row.team_id)
    return ChannelRow(row.id, owner, row.kind, row.name, row.shown, row.sealed, row.enabled, row.created_at)


def _preferences(row: Any) -> Preferences:  # noqa: ANN401 - a row of Preference
    quiet = None
    if row.quiet_from:
        begin, end = time.fromisoformat(row.quiet_from), time.fromisoformat(row.quiet_until)
        quiet = QuietHours(begin, end, ZoneInfo(row.zone))
    return Preferences(
        Priority(row.least),
        Priority(row.urgent),
        quiet,
        row.digest_min,
        row.tells_end,
        row.follows,
        row.per_hour,
    )
