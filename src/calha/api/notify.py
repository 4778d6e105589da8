"""Notifications as the API tells and takes them."""

import asyncio
from collections.abc import Mapping
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from calha.api.access import Caller
from calha.api.schemas import Page
from calha.api.schemas_notify import (
    ChannelMade,
    ChannelOfOwner,
    ChannelTest,
    DeliveryAnswer,
    NewNotifyChannel,
    NotifyChannelChange,
    NotifyPreferences,
    OwnPreferences,
    QuietTimes,
)
from calha.domain.errors import Malformed, NotFound
from calha.domain.notices import Owner, Preferences, QuietHours
from calha.domain.times import is_zone, to_datetime
from calha.mail.smtp import Fate
from calha.store.notify import ChannelRow, LoggedDelivery
from calha.store.registry.rows import Page as Found
from calha.watch.notify.channels import Address
from calha.watch.notify.service import Notifier


def channel_answer(row: ChannelRow) -> ChannelOfOwner:
    return ChannelOfOwner(
        id=row.id,
        kind=row.kind,
        name=row.name,
        shown=row.shown,
        enabled=row.enabled,
        created_at=to_datetime(row.created_at),
    )


def preferences_answer(wanted: Preferences) -> NotifyPreferences:
    quiet = wanted.quiet
    return NotifyPreferences(
        least=wanted.least,
        urgent=wanted.urgent,
        quiet=_quiet(quiet) if quiet is not None else None,
        digest_min=wanted.digest_min,
        tells_end=wanted.tells_end,
        follows=wanted.follows,
        per_hour=wanted.per_hour,
    )


def _quiet(quiet: QuietHours) -> QuietTimes:
    given = {"from": quiet.from_.strftime("%H:%M"), "until": quiet.until.strftime("%H:%M"), "zone": quiet.zone.key}
    return QuietTimes.model_validate(given)


def own_preferences(wanted: Preferences) -> OwnPreferences:
    return OwnPreferences.model_validate(preferences_answer(wanted), from_attributes=True)


def preferences_of(body: NotifyPreferences) -> Preferences:
    """Raises Malformed."""
    quiet = None
    if body.quiet is not None:
        if not is_zone(body.quiet.zone):
            raise Malformed(f"{body.quiet.zone[:40]!r} is no IANA time zone", "unknown_zone")
        begin, end = time.fromisoformat(body.quiet.from_), time.fromisoformat(body.quiet.until)
        quiet = QuietHours(begin, end, ZoneInfo(body.quiet.zone))
    return Preferences(body.least, body.urgent, quiet, body.digest_min, body.tells_end, body.follows, body.per_hour)


async def add_channel(notifier: Notifier, owner: Owner, new: NewNotifyChannel, caller: Caller) -> ChannelMade:
    """Raises Malformed, NotFound, Conflict."""
    if (new.kind == "push") != (new.push is not None):
        raise Malformed("a push channel brings the subscription of a browser, and no other does", "bad_subscription")
    if owner.kind == "team" and new.kind == "email" and not new.address.strip():
        raise Malformed("a team has no account; write its e-mail address", "bad_email")
    if new.push is not None:
        address = Address("push", new.push.endpoint, "", new.push.keys.p256dh, new.push.keys.auth)
    else:
        address = Address(new.kind, new.address, new.secret)
    row, kept = await asyncio.to_thread(notifier.add_channel, owner, new.name, address)
    after = {"kind": row.kind, "name": row.name}
    await caller.note("notify_channel.added", f"{owner.kind} {owner.id}", after=after)
    return ChannelMade(**channel_answer(row).model_dump(), secret=kept.secret or None)


async def change_channel(
    notifier: Notifier, owner: Owner, channel_id: int, change: NotifyChannelChange, caller: Caller
) -> ChannelOfOwner:
    """Raises NotFound."""
    changes = change.model_dump(exclude_none=True)
    before = await _own(notifier, owner, channel_id)
    row = before
    if changes:
        row = await asyncio.to_thread(lambda: notifier.recipients.change_channel(owner, channel_id, **changes))
    was = {"name": before.name, "enabled": before.enabled}
    await caller.note("notify_channel.changed", f"{owner.kind} {owner.id}", was, changes)
    return channel_answer(row)


async def remove_channel(notifier: Notifier, owner: Owner, channel_id: int, caller: Caller) -> None:
    """Raises NotFound."""
    before = await _own(notifier, owner, channel_id)
    await asyncio.to_thread(notifier.recipients.remove_channel, owner, channel_id)
    was = {"kind": before.kind, "name": before.name}
    await caller.note("notify_channel.removed", f"{owner.kind} {owner.id}", was)


async def test_channel(notifier: Notifier, owner: Owner, channel_id: int, caller: Caller) -> ChannelTest:
    """Raises NotFound, TooManyTries."""
    row = await _own(notifier, owner, channel_id)
    notifier.patience.require(f"{owner.kind} {owner.id}")
    sent = await asyncio.to_thread(notifier.test, row)
    is_sent = sent.fate is Fate.TAKEN
    await caller.note("notify_channel.tested", f"{owner.kind} {owner.id}", after={"name": row.name, "sent": is_sent})
    return ChannelTest(sent=is_sent, detail=sent.said)


def log_page(notifier: Notifier, found: Found[LoggedDelivery]) -> Page[DeliveryAnswer]:
    names: dict[Owner, str] = {}
    for line in found.items:
        owner = line.channel.owner
        if owner not in names:
            somebody = notifier.audience.somebody(owner)
            names[owner] = somebody.name if somebody is not None else "–"
    return Page(items=[_delivery(line, names) for line in found.items], next=found.next)


def _delivery(line: LoggedDelivery, names: Mapping[Owner, str]) -> DeliveryAnswer:
    delivery, notice = line.delivery, line.notice
    told: dict[str, Any] = {
        name: getattr(delivery, name) for name in ("id", "happening", "state", "reason", "tries", "held")
    }
    return DeliveryAnswer(
        **told,
        made_at=to_datetime(delivery.made_at),
        due_at=to_datetime(delivery.due_at),
        ended_at=to_datetime(delivery.ended_at) if delivery.ended_at is not None else None,
        to=names[line.channel.owner],
        channel=line.channel.name,
        kind=line.channel.kind,
        notice=notice.id,
        what={"pt": notice.what.pt, "en": notice.what.en},
        where=notice.where,
        priority=notice.priority,
        notice_state=notice.state,
        acknowledged_by=notice.acknowledged_by or None,
    )


async def _own(notifier: Notifier, owner: Owner, channel_id: int) -> ChannelRow:
    row = await asyncio.to_thread(notifier.recipients.channel, channel_id)
    if row.owner != owner:
        raise NotFound(f"there is no channel {channel_id}", "unknown_channel_of_person")
    return row
