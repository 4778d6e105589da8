"""The queue of messages, which stays as the log of what was delivered, tried and given up."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Engine, Select, func, select, update

from calha.domain.access import Everywhere
from calha.domain.notices import Owner
from calha.domain.readings import Micros
from calha.store.notify.models import Channel, Delivery, Notice
from calha.store.notify.notices import notice_row
from calha.store.notify.recipients import channel_row, owned_by
from calha.store.notify.rows import ChannelKind, DeliveryRow, DeliveryState, LoggedDelivery
from calha.store.registry.rows import Page

MAX_BUNDLED = 1_000  # deliveries in one message, which tells the first of them in words


class Deliveries:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def due_channels(self, now: Micros, limit: int, kinds: Sequence[ChannelKind]) -> Sequence[int]:
        """Channels of some kinds with something to send, the longest waiting first."""
        query = select(Delivery.channel_id).where(Delivery.state == "waiting", Delivery.due_at <= now)
        query = query.join(Channel, Channel.id == Delivery.channel_id).where(Channel.kind.in_(kinds))
        query = query.group_by(Delivery.channel_id).order_by(func.min(Delivery.due_at)).limit(limit)
        with self._engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def due(self, channel: int, now: Micros) -> list[LoggedDelivery]:
        """What goes next by a channel: one message that was not held, or all that were."""
        chosen = Delivery.channel_id == channel, Delivery.state == "waiting", Delivery.due_at <= now
        found = self._logged(_joined().where(*chosen).order_by(Delivery.held, Delivery.id).limit(MAX_BUNDLED))
        if found and not found[0].delivery.held:
            return found[:1]
        return found

    def pressing(self, channel: int, now: Micros) -> list[LoggedDelivery]:
        """What is due by a channel, was never tried and goes by itself unless it is held."""
        chosen = Delivery.channel_id == channel, Delivery.state == "waiting", Delivery.due_at <= now
        fresh = Delivery.held.is_(False), Delivery.tries == 0
        return self._logged(_joined().where(*chosen, *fresh).order_by(Delivery.id).limit(MAX_BUNDLED))

    def next_bundle_at(self, channel: int) -> Micros | None:
        """When the first of what is held leaves by a channel."""
        query = select(func.min(Delivery.due_at)).where(
            Delivery.channel_id == channel, Delivery.state == "waiting", Delivery.held
        )
        with self._engine.connect() as connection:
            return connection.execute(query).scalar_one()

    def count_waiting(self) -> int:
        """What has not been sent yet: due, held back, or to be tried again."""
        query = select(func.count()).select_from(Delivery).where(Delivery.state == "waiting")
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def begin(self, ids: Iterable[int]) -> set[int]:
        """A try is made of those that still wait, which are answered: from now on somebody may have been told."""
        chosen = Delivery.id.in_(list(ids)), Delivery.state == "waiting"
        with self._writing() as connection:
            counted = update(Delivery).where(*chosen).values(tries=Delivery.tries + 1)
            connection.execute(counted.execution_options(synchronize_session=False))
            return set(connection.execute(select(Delivery.id).where(*chosen)).scalars())

    def end(self, ids: Iterable[int], state: DeliveryState, reason: str, now: Micros) -> None:
        self._update(ids, {"state": state, "reason": reason[:300], "ended_at": now})

    def try_again(self, ids: Iterable[int], reason: str, due_at: Micros) -> None:
        self._update(ids, {"reason": reason[:300], "due_at": due_at})

    def hold(self, ids: Iterable[int], due_at: Micros) -> None:
        """They wait, and go with what else waits then."""
        self._update(ids, {"held": True, "due_at": due_at})

    def sent_since(self, channel: int, since: Micros) -> list[Micros]:
        """When messages left by a channel; those of one bundle left at the same time and are one."""
        query = select(Delivery.ended_at).where(
            Delivery.channel_id == channel, Delivery.state == "sent", Delivery.ended_at > since
        )
        with self._engine.connect() as connection:
            return [at for at in connection.execute(query.distinct()).scalars() if at is not None]

    def page(
        self,
        owner: Owner | None = None,
        sites: "Everywhere | frozenset[int]" = frozenset(),
        before: int | None = None,
        limit: int = 50,
        state: DeliveryState | None = None,
    ) -> Page[LoggedDelivery]:
        """Newest first: those of an owner, else those of notices on some sites."""
        query = _joined()
        if owner is not None:
            query = query.where(owned_by(Channel, owner))
        elif not isinstance(sites, Everywhere):
            query = query.where(Notice.site_id.in_(sites))
        if before is not None:
            query = query.where(Delivery.id < before)
        if state is not None:
            query = query.where(Delivery.state == state)
        found = self._logged(query.order_by(Delivery.id.desc()).limit(limit + 1))
        return Page(found[:limit], str(found[limit - 1].delivery.id) if len(found) > limit else None)

    def _update(self, ids: Iterable[int], values: dict[str, Any]) -> None:
        with self._writing() as connection:
            connection.execute(
                update(Delivery)
                .where(Delivery.id.in_(list(ids)))
                .values(values)
                .execution_options(synchronize_session=False)
            )

    def _logged(self, query: Select[Any]) -> list[LoggedDelivery]:
        with self._engine.connect() as connection:
            return [_line(row) for row in connection.execute(query)]

    def _writing(self) -> Any:  # noqa: ANN401 - a transaction; it changes nothing that others follow
        return self._engine.execution_options(writes=True).begin()


def _joined() -> Select[Any]:
    columns = [Delivery, Notice, Channel]
    labelled = [
        column.label(f"{one.__tablename__}_{column.name}") for one in columns for column in one.__table__.columns
    ]
    query = select(*labelled).join(Notice, Notice.id == Delivery.notice_id)
    return query.join(Channel, Channel.id == Delivery.channel_id)


def _line(row: Any) -> LoggedDelivery:  # noqa: ANN401 - a row of _joined
    delivery = _part(row, "notify_delivery_")
    return LoggedDelivery(
        DeliveryRow(
            delivery.id,
            delivery.notice_id,
            delivery.channel_id,
            delivery.happening,
            delivery.state,
            delivery.made_at,
            delivery.due_at,
            delivery.held,
            delivery.tries,
            delivery.reason,
            delivery.ended_at,
        ),
        notice_row(_part(row, "notify_notice_")),
        channel_row(_part(row, "notify_channel_")),
    )


class _Part:
    """The columns of one table in a row of several."""

    def __init__(self, row: Any, prefix: str) -> None:  # noqa: ANN401
        self._columns, self._prefix = row._mapping, prefix

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return self._columns[self._prefix + name]


def _part(row: Any, prefix: str) -> _Part:  # noqa: ANN401
    return _Part(row, prefix)
