"""Notices, how far their chains have come, and the messages that leave because of it.

Rule: what happens to a notice is written with all that follows from it, or not at all: one that stood without its messages
would be told to nobody, as it is open already.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from calha.domain.alarm_states import Priority
from calha.domain.errors import NotFound
from calha.domain.notices import Notice as NoticeValue
from calha.domain.notices import Text
from calha.domain.readings import Micros
from calha.store.notify.models import Channel, Delivery, Escalation, Notice
from calha.store.notify.recipients import channel_row
from calha.store.notify.rows import ChannelRow, NextStep, NoticeRow, Outgoing

MAX_DUE = 200


class DueStep(NamedTuple):
    """A step of a chain whose time has come."""

    notice: int
    chain: int
    step: int


class Notices:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def open(
        self, notice: NoticeValue, now: Micros, messages: Sequence[Outgoing] = (), steps: Sequence[NextStep] = ()
    ) -> NoticeRow | None:
        """The new one, with its messages and chains; None while one of its source is open."""
        values = {
            "source": notice.source,
            "open_source": notice.source,
            "state": "open",
            "what": {"pt": notice.what.pt, "en": notice.what.en},
            "place": notice.where[:200],
            "site_id": notice.site,
            "priority": notice.priority.value,
            "link": notice.link,
            "since": notice.since,
            "made_at": now,
            "acknowledged_by": "",
            "comment": "",
        }
        with self._writing() as connection:
            if connection.execute(select(Notice.id).where(Notice.open_source == notice.source)).first():
                return None
            try:
                with connection.begin_nested():
                    key = connection.execute(insert(Notice).values(values)).inserted_primary_key
            except IntegrityError:  # another process was quicker
                return None
            assert key is not None
            _queue(connection, key[0], messages, now)
            for one in steps:
                _escalate(connection, key[0], one)
        return self.get(key[0])

    def get(self, notice_id: int) -> NoticeRow:
        """Raises NotFound."""
        with self._engine.connect() as connection:
            row = connection.execute(select(Notice.__table__).where(Notice.id == notice_id)).first()
        if row is None:
            raise NotFound(f"there is no notice {notice_id}", "unknown_notice")
        return notice_row(row)

    def of_source(self, source: str) -> NoticeRow | None:
        """The one that is not over."""
        with self._engine.connect() as connection:
            row = connection.execute(select(Notice.__table__).where(Notice.open_source == source)).first()
        return notice_row(row) if row is not None else None

    def open_sources(self, begin: str) -> list[str]:
        """Sources that begin so, of which a notice is not over."""
        query = select(Notice.open_source).where(Notice.open_source.startswith(begin, autoescape=True))
        with self._engine.connect() as connection:
            return [source for source in connection.execute(query).scalars() if source is not None]

    def acknowledge(self, notice_id: int, by: str, comment: str, now: Micros) -> bool:
        """Whether nobody had done it before; its chains end, and what waits to be sent is dropped."""
        values = {
            "state": "acknowledged",
            "acknowledged_at": now,
            "acknowledged_by": by[:120],
            "comment": comment[:500],
        }
        with self._writing() as connection:
            chosen = Notice.id == notice_id, Notice.acknowledged_at.is_(None)
            is_first = bool(
                connection.execute(update(Notice).where(*chosen, Notice.state == "open").values(values)).rowcount
            )
            if not is_first:  # what is over can still be seen by somebody
                late = {name: value for name, value in values.items() if name != "state"}
                is_first = bool(connection.execute(update(Notice).where(*chosen).values(late)).rowcount)
            connection.execute(delete(Escalation).where(Escalation.notice_id == notice_id))
            if is_first:
                _drop_waiting(connection, notice_id, "acknowledged", now)
        return is_first

    def end(self, notice_id: int, now: Micros, messages: Callable[[Sequence[ChannelRow]], Sequence[Outgoing]]) -> bool:
        """Whether it was not over before; its chains end, and what waits to be sent is dropped.

        messages: what leaves instead, by channels that have told of it, or may have: what is being sent at this moment too.
        """
        with self._writing() as connection:
            chosen = Notice.id == notice_id, Notice.state != "over"
            ended = {"state": "over", "over_at": now, "open_source": None}
            is_first = bool(connection.execute(update(Notice).where(*chosen).values(ended)).rowcount)
            connection.execute(delete(Escalation).where(Escalation.notice_id == notice_id))
            if is_first:
                _drop_waiting(connection, notice_id, "over", now)  # first: what is not begun by now never will be
                _queue(connection, notice_id, messages(_told(connection, notice_id)), now)
        return is_first

    def forget(self, before: Micros, limit: int = 500) -> int:
        """Drop so many that are over, or older still, with their deliveries; how many there were."""
        query = select(Notice.id).where(Notice.made_at < before).order_by(Notice.id).limit(limit)
        with self._writing() as connection:
            old = list(connection.execute(query).scalars())
            if old:
                connection.execute(delete(Notice).where(Notice.id.in_(old)))
        return len(old)

    # -- chains under way

    def escalate(self, notice_id: int, messages: Sequence[Outgoing], following: NextStep, now: Micros) -> None:
        """Take a step of a chain, unless the notice is no longer open: its messages, and what comes next."""
        with self._writing() as connection:
            chosen = Escalation.notice_id == notice_id, Escalation.chain_id == following.chain
            if not connection.execute(delete(Escalation).where(*chosen)).rowcount:
                return  # the chain was stopped at this moment
            is_open = select(Notice.id).where(Notice.id == notice_id, Notice.state == "open")
            if connection.execute(is_open).first() is not None:
                _queue(connection, notice_id, messages, now)
                _escalate(connection, notice_id, following)

    def under_way(self, chain_id: int) -> list[NoticeRow]:
        """Open notices that a chain has still to tell of."""
        query = select(Notice.__table__).join(Escalation, Escalation.notice_id == Notice.id)
        query = query.where(Escalation.chain_id == chain_id, Notice.state == "open").order_by(Notice.id)
        with self._engine.connect() as connection:
            return [notice_row(row) for row in connection.execute(query)]

    def end_chain(self, notice_ids: Sequence[int], chain_id: int) -> None:
        with self._writing() as connection:
            for start in range(0, len(notice_ids), MAX_DUE):
                some = notice_ids[start : start + MAX_DUE]
                chosen = Escalation.notice_id.in_(some), Escalation.chain_id == chain_id
                connection.execute(delete(Escalation).where(*chosen))

    def bring_forward(self, by: Micros) -> None:
        """Chains and tries that wait go on so much sooner, as after the clock was set back."""
        with self._writing() as connection:
            connection.execute(update(Escalation).values(due_at=Escalation.due_at - by))
            retried = Delivery.state == "waiting", Delivery.held.is_(False)
            connection.execute(update(Delivery).where(*retried).values(due_at=Delivery.due_at - by))

    def due_steps(self, now: Micros) -> Sequence[DueStep]:
        query = select(Escalation.notice_id, Escalation.chain_id, Escalation.step).where(Escalation.due_at <= now)
        with self._engine.connect() as connection:
            return [DueStep(*row) for row in connection.execute(query.order_by(Escalation.due_at).limit(MAX_DUE))]

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A transaction; it changes nothing that others follow."""
        with self._engine.execution_options(writes=True).begin() as connection:
            yield connection


def _queue(connection: Connection, notice_id: int, messages: Sequence[Outgoing], now: Micros) -> None:
    values = [
        {
            "notice_id": notice_id,
            "channel_id": one.channel,
            "happening": one.happening,
            "state": "waiting",
            "made_at": now,
            "due_at": one.due_at,
            "held": one.due_at > now,
            "tries": 0,
            "reason": "",
        }
        for one in messages
    ]
    if values:
        connection.execute(insert(Delivery), values)


def _escalate(connection: Connection, notice_id: int, following: NextStep) -> None:
    values = {"chain_id": following.chain, "step": following.step, "due_at": following.due_at}
    connection.execute(insert(Escalation).values(notice_id=notice_id, **values))


def _drop_waiting(connection: Connection, notice_id: int, reason: str, now: Micros) -> None:
    """What need not be sent any more, except what waits for a bundle anyway."""
    chosen = Delivery.notice_id == notice_id, Delivery.state == "waiting", Delivery.held.is_(False)
    values = {"state": "dropped", "reason": reason, "ended_at": now}
    connection.execute(update(Delivery).where(*chosen, Delivery.happening != "over").values(values))


def _told(connection: Connection, notice_id: int) -> list[ChannelRow]:
    """Channels by which it was told, or is going to be, that something happens; also those of which nobody knows."""
    may_be_told = or_(
        (Delivery.tries > 0) & (Delivery.state != "failed"), (Delivery.state == "waiting") & Delivery.held
    )
    of_it = select(Delivery.channel_id).where(
        Delivery.notice_id == notice_id, Delivery.happening != "over", may_be_told
    )
    rows = connection.execute(select(Channel.__table__).where(Channel.id.in_(of_it)).order_by(Channel.id))
    return [channel_row(row) for row in rows]


def notice_row(row: Any) -> NoticeRow:  # noqa: ANN401 - a row of Notice
    return NoticeRow(
        row.id,
        row.source,
        row.state,
        Text(row.what["pt"], row.what["en"]),
        row.place,
        row.site_id,
        Priority(row.priority),
        row.link,
        row.since,
        row.made_at,
        row.acknowledged_at,
        row.acknowledged_by,
        row.comment,
        row.over_at,
    )
