"""The queue of one channel: what goes out next, as one message or a bundle, and when it is tried again.

Rule 1: a delivery is in the database before anything is sent, and is marked as sent afterwards: after a crash a message may
        come twice, never not at all. That a try begins is written before, too: whoever may have been told hears that it is
        over.
Rule 2: what failed is tried again after FIRST_RETRY_US, then twice as long each time, MAX_TRIES times; then it is given up,
        which is told as an event.
Rule 3: nobody is rung about what is acknowledged or over: such deliveries are dropped, unless they go with a bundle. So is
        what somebody may no longer know of when its time has come.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from zoneinfo import ZoneInfo

from calha.domain.access import Permission
from calha.domain.alarm_rules import Rationalisation
from calha.domain.message_templates import Template, TemplateKind
from calha.domain.notices import limited_until
from calha.domain.readings import Micros
from calha.domain.times import HOUR_US, SECOND_US
from calha.mail.smtp import Fate
from calha.store.notify import ChannelKind, ChannelRow, Deliveries, LoggedDelivery, NoticeRow, Recipients
from calha.watch.notify import messages, samples
from calha.watch.notify.audience import Audience, Somebody
from calha.watch.notify.channels import Channels, Sent
from calha.watch.notify.links import Links
from calha.watch.notify.messages import Message, Reader
from calha.watch.notify.wording import Wording

log = logging.getLogger(__name__)

FIRST_RETRY_US = 30 * SECOND_US
LONGEST_RETRY_US = HOUR_US
MAX_TRIES = 10  # over some three hours

GivenUp = Callable[[LoggedDelivery, str], None]
Why = Callable[[NoticeRow], Rationalisation]


@dataclass
class Tally:
    """Deliveries since the start. retried: tries that failed and will be made again; failed: given up, or refused for good."""

    sent: int = 0
    retried: int = 0
    failed: int = 0


class Postman:
    def __init__(
        self,
        deliveries: Deliveries,
        recipients: Recipients,
        audience: Audience,
        channels: Channels,
        links: Links,
        zone_of: Callable[[int | None], ZoneInfo],
        base: str,
        link_hours: int,
        given_up: GivenUp,
        why: Why,
        wording: Wording,
        clock: Callable[[], Micros],
    ) -> None:
        """zone_of: of a site. base: address of the web app. given_up: hears of each delivery that failed for good."""
        self._deliveries = deliveries
        self._recipients = recipients
        self._audience = audience
        self._channels = channels
        self._links = links
        self._zone_of = zone_of
        self._base = base.rstrip("/")
        self._link_hours = link_hours
        self._given_up = given_up
        self._why = why
        self.wording = wording
        self._clock = clock
        self.tally = Tally()
        self._tallying = Lock()

    def due(self, limit: int, kinds: Sequence[ChannelKind]) -> Sequence[int]:
        """Channels of some kinds with something to send."""
        return self._deliveries.due_channels(self._clock(), limit, kinds)

    def deliver(self, channel: int) -> None:
        """Send what goes next by a channel. Blocks."""
        now = self._clock()
        lines = self._deliveries.due(channel, now)
        if not lines:
            return
        somebody = self._audience.somebody(lines[0].channel.owner)
        dropped = self._why_not(lines, somebody)
        if dropped or somebody is None:
            self._deliveries.end([one.delivery.id for one in lines], "dropped", dropped, now)
            return
        if not (lines := self._allowed(lines, somebody, now)):
            return
        if self._holds_back(lines[0], now):
            return
        begun = self._deliveries.begin([one.delivery.id for one in lines])
        if lines := [one for one in lines if one.delivery.id in begun]:
            self._note(lines, self._send(lines, somebody), lines[0].delivery.tries + 1, now)

    def stumbled(self, channel: int, error: BaseException) -> None:
        """What should have left by a channel did not, for a reason that nobody has foreseen."""
        now = self._clock()
        if lines := self._deliveries.due(channel, now):
            tries = max(1, lines[0].delivery.tries)  # is counted, where it had begun
            self._note(lines, Sent(Fate.LATER, f"{type(error).__name__}: {error}"), tries, now)

    def test(self, channel: ChannelRow, message_id: str) -> Sent:
        """Send a message that only says that the channel works. Blocks."""
        somebody = self._audience.somebody(channel.owner)
        if somebody is None:
            return Sent(Fate.REFUSED, "nobody has this channel any more")
        return self._hand_over(channel, somebody, messages.of_test(message_id, self._reader(somebody, None)))

    def preview(self, kind: TemplateKind, language: str, template: Template, notice: NoticeRow | None) -> Message:
        """What a message would say of a notice, or of a sample."""
        now = self._clock()
        shown, why = samples.sample(kind, language, now)
        if notice is not None:
            shown, why = samples.as_of(kind, notice, now), self._why(notice)
        reader = Reader(language, self._zone_of(shown.site), self._base)
        if kind == "bundle":
            return messages.bundled("preview", [shown], reader, template)
        link = f"{self._base}/a/…" if kind != "over" else None
        return messages.written("preview", shown, kind, reader, link, why, template)

    def _why_not(self, lines: Sequence[LoggedDelivery], somebody: Somebody | None) -> str:
        if somebody is None:
            return "blocked"
        if not lines[0].channel.enabled:
            return "off"
        first = lines[0]
        is_news = first.delivery.happening == "over" or first.delivery.held
        return "" if is_news or first.notice.state == "open" else first.notice.state

    def _allowed(self, lines: Sequence[LoggedDelivery], somebody: Somebody, now: Micros) -> list[LoggedDelivery]:
        """Without what he may no longer know of: a message may have waited for days."""
        seen = [one for one in lines if self._audience.may(somebody, Permission.VIEW, one.notice.site)]
        if len(seen) < len(lines):
            kept = {one.delivery.id for one in seen}
            hidden = [one.delivery.id for one in lines if one.delivery.id not in kept]
            self._deliveries.end(hidden, "dropped", "not allowed", now)
        return seen

    def _holds_back(self, line: LoggedDelivery, now: Micros) -> bool:
        """Whether the limit an hour is reached. Then whatever presses leaves as one message, with the next that is held."""
        if line.delivery.held or line.delivery.tries:
            return False
        wanted = self._recipients.preferences(line.channel.owner)
        left = self._deliveries.sent_since(line.channel.id, now - HOUR_US)
        if limited_until(wanted, line.notice.priority, now, left) <= now:
            return False
        bundle_at = self._deliveries.next_bundle_at(line.channel.id)
        together: dict[Micros, list[int]] = {}
        for one in self._deliveries.pressing(line.channel.id, now):
            until = limited_until(wanted, one.notice.priority, now, left)
            if bundle_at is not None:
                until = max(now, min(until, bundle_at))
            together.setdefault(until, []).append(one.delivery.id)
        for until, ids in together.items():
            self._deliveries.hold(ids, until)
        return True

    def _send(self, lines: Sequence[LoggedDelivery], somebody: Somebody) -> Sent:
        first = lines[0]
        reader = self._reader(somebody, first.notice.site)
        if len(lines) > 1:
            bundle = messages.of_bundle(lines, reader, self.wording.of("bundle", reader.language))
            return self._hand_over(first.channel, somebody, bundle)
        link = self._link(first, somebody) if first.delivery.happening != "over" else None
        template = self.wording.of(first.delivery.happening, reader.language)
        message = messages.of_notice(first, reader, link, self._why(first.notice), template)
        return self._hand_over(first.channel, somebody, message)

    def _hand_over(self, channel: ChannelRow, somebody: Somebody, message: Message) -> Sent:
        address = self._channels.opened(channel.sealed)
        if address is None:
            return Sent(Fate.REFUSED, "the address cannot be read: it was sealed with another key")
        if address.kind == "email" and not address.target:
            if somebody.email is None:
                return Sent(Fate.REFUSED, "the account has no e-mail address")
            address = type(address)("email", somebody.email)
        return self._channels.send(address, message)

    def _link(self, line: LoggedDelivery, somebody: Somebody) -> str | None:
        """With which it is acknowledged, for who may and while nobody has."""
        notice = line.notice
        if notice.acknowledged_at is not None or not self._audience.may(somebody, Permission.OPERATE, notice.site):
            return None
        until_s = self._clock() // SECOND_US + self._link_hours * 3600
        return f"{self._base}/a/{self._links.token(notice.id, somebody.owner, until_s)}"

    def _reader(self, somebody: Somebody, site: int | None) -> Reader:
        return Reader(somebody.language, self._zone_of(site), self._base)

    def _note(self, lines: Sequence[LoggedDelivery], sent: Sent, tries: int, now: Micros) -> None:
        ids = [one.delivery.id for one in lines]
        if sent.fate is Fate.TAKEN:
            self._deliveries.end(ids, "sent", "", self._clock())
            self._count(sent=len(ids))
            return
        if sent.is_gone:
            self._recipients.change_channel(lines[0].channel.owner, lines[0].channel.id, enabled=False)
        if sent.fate is Fate.LATER and tries < MAX_TRIES:
            pause = min(FIRST_RETRY_US * 2 ** (tries - 1), LONGEST_RETRY_US)
            self._deliveries.try_again(ids, sent.said, now + pause)
            self._count(retried=len(ids))
            return
        self._deliveries.end(ids, "failed", sent.said, self._clock())
        self._count(failed=len(ids))
        for one in lines:
            self._given_up(one, sent.said)

    def _count(self, *, sent: int = 0, retried: int = 0, failed: int = 0) -> None:
        with self._tallying:  # several channels deliver at the same time
            self.tally.sent += sent
            self.tally.retried += retried
            self.tally.failed += failed
