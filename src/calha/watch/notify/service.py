"""Notifications: takes a notice, tells who must know, and goes on to the next until somebody acknowledges.

Rule 1: a notice, its chains and its deliveries are in the database together, or none of them; a restart goes on from there.
Rule 2: the core knows nothing of alarms. Who has something to tell calls `tell`, `end` and `acknowledged`; who wants to know
        that somebody acknowledged by a link gives `listen` a function.
Rule 3: that nobody could be told, or nobody acknowledged, is an event of its own.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

from calha.domain.access import Permission
from calha.domain.errors import Conflict, Forbidden, NotFound
from calha.domain.message_templates import Template, TemplateKind
from calha.domain.notices import Chain, Happening, Notice, Owner, held_until, reaches
from calha.domain.readings import Micros
from calha.domain.times import DAY_US, MINUTE_US, SECOND_US
from calha.store.notify import ChainRow, ChannelRow, Deliveries, NextStep, NoticeRow, Notices, Outgoing, Recipients
from calha.store.notify.chains import Chains
from calha.store.notify.notices import DueStep
from calha.watch.notify.audience import Audience, Somebody
from calha.watch.notify.channels import Address, Channels, Sent
from calha.watch.notify.delivering import Postman, Tally
from calha.watch.notify.lanes import AT_ONCE, KINDS, Lane
from calha.watch.notify.links import Links
from calha.watch.notify.messages import Message
from calha.watch.notify.patience import Patience
from calha.watch.notify.wording import Wording

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0

Acknowledged = Callable[[NoticeRow, str, str], None]
Unheard = Callable[[str, NoticeRow], None]
Stopped = Callable[[NoticeRow, str, str], None]


class Notifier:
    def __init__(
        self,
        recipients: Recipients,
        chains: Chains,
        notices: Notices,
        deliveries: Deliveries,
        audience: Audience,
        channels: Channels,
        postman: Postman,
        links: Links,
        unheard: Unheard,
        clock: Callable[[], Micros],
    ) -> None:
        """unheard: hears `nobody_told` and `nobody_acknowledged`."""
        self.recipients = recipients
        self.chains = chains
        self.notices = notices
        self.deliveries = deliveries
        self.audience = audience
        self.channels = channels
        self._postman = postman
        self._links = links
        self._unheard = unheard
        self._clock = clock
        self.patience = Patience()
        self._lanes = [Lane(kinds, postman) for kinds in KINDS]
        self._looked_at: Micros = 0
        self._listeners: list[Acknowledged] = []
        self._stop_listeners: list[Stopped] = []
        self._news = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def tally(self) -> Tally:
        return self._postman.tally

    @property
    def wording(self) -> Wording:
        return self._postman.wording

    def preview(self, kind: TemplateKind, language: str, template: Template, notice_id: int | None) -> Message:
        """What a message would say of a notice, or of a sample. Raises NotFound."""
        notice = self.notices.get(notice_id) if notice_id is not None else None
        return self._postman.preview(kind, language, template, notice)

    # -- what has to be told; each in a thread

    def tell(self, notice: Notice) -> NoticeRow | None:
        """Set off whoever must know. None while a notice of this source is open."""
        if self.notices.of_source(notice.source) is not None:
            return None
        now = self._clock()
        owners = [*(Owner("person", one) for one in notice.persons), *self.audience.followers()]
        messages, steps = self._messages(owners, notice, "raised", now), []
        nobody = 0
        for row in self.audience.chains_of(notice):
            wait_min = row.chain.steps[0].wait_min
            if wait_min:
                steps.append(NextStep(row.id, 0, now + wait_min * MINUTE_US))
                continue
            told, following = self._step(row, 0, notice, now)
            messages += told
            steps.append(following)
            nobody += not told
        opened = self.notices.open(notice, now, list(dict.fromkeys(messages)), steps)
        if opened is None:
            return None
        for _ in range(nobody):
            self._unheard("nobody_told", opened)
        if not messages and not steps:
            log.info("nobody is to be told of %s", opened.source)
        self._wake()
        return opened

    def end(self, source: str, *, tells: bool = True) -> NoticeRow | None:
        """It is over: chains end, and who was told hears of it, unless told otherwise. None if none was open."""
        notice = self.notices.of_source(source)
        if notice is None:
            return None
        now = self._clock()

        def messages(told: Sequence[ChannelRow]) -> list[Outgoing]:
            return self._ends(told, notice, now) if tells else []

        if not self.notices.end(notice.id, now, messages):
            return None
        self._wake()
        return self.notices.get(notice.id)

    def acknowledged(self, source: str, by: str, comment: str = "") -> None:
        """Somebody has acknowledged it elsewhere: chains end."""
        notice = self.notices.of_source(source)
        if notice is not None:
            self.notices.acknowledge(notice.id, by, comment, self._clock())

    # -- acknowledging by a link

    def listen(self, listener: Acknowledged) -> None:
        """Tell it of each acknowledgement by a link: notice, who, comment."""
        self._listeners.append(listener)

    def linked(self, token: str) -> tuple[NoticeRow, Somebody]:
        """What a link is for, and who it was sent to. Raises NotFound, and Forbidden for who may not any more."""
        notice_id, owner = self._links.read(token, self._clock() / SECOND_US)
        notice, somebody = self.notices.get(notice_id), self.audience.somebody(owner)
        if somebody is None:
            raise NotFound("this link is too old", "old_link")
        if not self.audience.may(somebody, Permission.OPERATE, notice.site):
            raise Forbidden(f"{somebody.name} may not acknowledge there any more", "not_allowed")
        return notice, somebody

    def acknowledge(self, token: str, comment: str) -> tuple[NoticeRow, Somebody, bool]:
        """Acknowledge by a link; whether nobody had done it before. Raises NotFound, Forbidden."""
        notice, somebody = self.linked(token)
        is_first = self.notices.acknowledge(notice.id, somebody.name, comment, self._clock())
        if is_first:
            for listener in self._listeners:
                listener(notice, somebody.name, comment)
        return self.notices.get(notice.id), somebody, is_first

    # -- chains

    def change_chain(self, chain_id: int, chain: Chain, by: str) -> ChainRow:
        """Notices that it no longer concerns go no further; others go on with its new steps. Raises NotFound."""
        row = self.chains.change(chain_id, chain)
        under_way = self.notices.under_way(chain_id)
        self._stop(row, [one for one in under_way if not self.audience.concerns(row.chain, one)], by)
        return row

    def remove_chain(self, chain_id: int, by: str) -> None:
        """Its notices go no further. Raises NotFound."""
        row, under_way = self.chains.get(chain_id), self.notices.under_way(chain_id)
        self.chains.remove(chain_id)
        self._stop(row, under_way, by)

    def listen_stopped(self, listener: Stopped) -> None:
        """Tell it of each open notice of which a chain tells nobody any more: notice, name of the chain, who did it."""
        self._stop_listeners.append(listener)

    def _stop(self, row: ChainRow, notices: Sequence[NoticeRow], by: str) -> None:
        self.notices.end_chain([one.id for one in notices], row.id)
        for notice in notices:
            for listener in self._stop_listeners:
                listener(notice, row.chain.name, by)

    # -- channels

    def add_channel(self, owner: Owner, name: str, address: Address) -> tuple[ChannelRow, Address]:
        """The channel, and its address as it was checked. Raises Malformed, NotFound, Conflict."""
        checked = self.channels.checked(address)
        shown, sealed = self.channels.shown(checked), self.channels.sealed(checked)
        row = self.recipients.add_channel(owner, checked.kind, name, shown, sealed, self._clock())
        return row, checked

    def rehearse(self, notice: Notice, row: ChainRow) -> tuple[NoticeRow, int]:
        """Tell a notice through one chain only; how many messages are on their way. Raises Conflict."""
        now = self._clock()
        messages, following = self._step(row, 0, notice, now)
        opened = self.notices.open(notice, now, messages, [following])
        if opened is None:
            raise Conflict("somebody rehearses this chain at this moment", "rehearsed_now")
        if not messages:
            self._unheard("nobody_told", opened)
        self._wake()
        return opened, len(messages)

    def test(self, channel: ChannelRow) -> Sent:
        """Send a message that only says that the channel works. Blocks."""
        return self._postman.test(channel, f"calha-test-{secrets.token_hex(8)}")

    # -- running

    async def run(self, beat: Callable[[], None]) -> None:
        """Escalate and deliver until cancelled."""
        self._loop = asyncio.get_running_loop()
        while True:
            beat()
            self._news.clear()
            await asyncio.to_thread(self.escalate)
            for lane in self._lanes:
                await lane.go_on()
            await self._pause([one for lane in self._lanes for one in lane.under_way])

    async def forget(self, days: int, beat: Callable[[], None]) -> None:
        """Drop what is older, once an hour."""
        while True:
            beat()
            while await asyncio.to_thread(self.notices.forget, self._clock() - days * DAY_US):
                beat()
            for _ in range(720):
                beat()
                await asyncio.sleep(5)

    def escalate(self) -> None:
        """Take each step whose time has come; it comes no later because the clock was set back."""
        now = self._clock()
        if now < self._looked_at:
            self.notices.bring_forward(self._looked_at - now)
        self._looked_at = now
        for due in self.notices.due_steps(now):
            with suppress(NotFound):  # the chain was removed, or the notice forgotten, at this moment
                self._go_on(self.notices.get(due.notice), due, now)

    def deliver_due(self) -> int:
        """Send what is due by each channel, one message each; by how many. Blocks."""
        channels = [one for kinds in KINDS for one in self._postman.due(AT_ONCE, kinds)]
        for channel in channels:
            self._postman.deliver(channel)
        return len(channels)

    def _go_on(self, notice: NoticeRow, due: DueStep, now: Micros) -> None:
        row = self.chains.get(due.chain)
        if notice.state != "open" or due.step > row.chain.last:
            if notice.state == "open":
                self._unheard("nobody_acknowledged", notice)
            self.notices.end_chain([notice.id], due.chain)
            return
        messages, following = self._step(row, due.step, notice, now)
        if not messages:
            self._unheard("nobody_told", notice)
        self.notices.escalate(notice.id, messages, following, now)

    def _step(
        self, row: ChainRow, number: int, notice: Notice | NoticeRow, now: Micros
    ) -> tuple[list[Outgoing], NextStep]:
        """What those of a step are told, and what comes next."""
        happening: Happening = "raised" if number == 0 else "again"
        chain = row.chain
        messages = self._messages(chain.owners_of(number), notice, happening, now)
        return messages, NextStep(row.id, number + 1, now + chain.wait_after(number) * MINUTE_US)

    def _messages(
        self, owners: Iterable[Owner], notice: Notice | NoticeRow, happening: Happening, now: Micros
    ) -> list[Outgoing]:
        found = []
        for somebody in self.audience.told(owners, notice):
            wanted = self.recipients.preferences(somebody.owner)
            if reaches(notice.priority, wanted.least):
                due_at = held_until(wanted, notice.priority, now)
                found += [Outgoing(one.id, happening, due_at) for one in self._channels_of(somebody)]
        return found

    def _ends(self, told: Iterable[ChannelRow], notice: NoticeRow, now: Micros) -> list[Outgoing]:
        """That it is over, for those who were told and want to know."""
        wanted = [(one, self.recipients.preferences(one.owner)) for one in told if one.enabled]
        return [
            Outgoing(one.id, "over", held_until(wishes, notice.priority, now))
            for one, wishes in wanted
            if wishes.tells_end
        ]

    def _channels_of(self, somebody: Somebody) -> list[ChannelRow]:
        """Those that are on. A person without any is told by e-mail, as far as that can be."""
        found = self.recipients.channels(somebody.owner)
        if not found and somebody.email is not None and self.channels.can_mail:
            found = [self.add_channel(somebody.owner, "E-mail", Address("email", ""))[0]]
        return [one for one in found if one.enabled]

    def _wake(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._news.set)

    async def _pause(self, tasks: Sequence[asyncio.Future[None]]) -> None:
        """Until there is news or a message has left, at most LOOK_EVERY_S."""
        waiting = asyncio.create_task(self._news.wait())
        try:
            awaited: list[asyncio.Future[Any]] = [waiting, *tasks]
            await asyncio.wait(awaited, timeout=LOOK_EVERY_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
