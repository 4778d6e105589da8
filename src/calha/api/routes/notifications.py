"""One's own notifications: by which channels, from which priority, at which times."""

import asyncio
from typing import Annotated

from fastapi import Path, Query

from calha.api import notify
from calha.api.access import Self
from calha.api.based import Based
from calha.api.routing import api_router
from calha.api.schemas import Page
from calha.api.schemas_notify import (
    ChannelMade,
    ChannelOfOwner,
    ChannelTest,
    DeliveryAnswer,
    NewNotifyChannel,
    NotifyChannelChange,
    NotifyPreferences,
    OwnNotifications,
    OwnPreferences,
)
from calha.api.services import Here
from calha.domain.notices import Owner
from calha.watch.notify.services import NAMES

router = api_router("notifications", "/account/notifications")

ChannelId = Annotated[int, Path(ge=1, le=2**31 - 1, examples=[4])]
Before = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Id before which to go on.", examples=[1204])]
Limit = Annotated[int, Query(ge=1, le=200)]


@router.get("")
def read_own_notifications(services: Here, caller: Self) -> OwnNotifications:
    """Preferences and channels, and what channels there can be."""
    notifier, owner = services.notifier, Owner("person", caller.person_id())
    return OwnNotifications(
        preferences=notify.own_preferences(notifier.recipients.preferences(owner)),
        channels=[notify.channel_answer(one) for one in notifier.recipients.channels(owner)],
        can_mail=notifier.channels.can_mail,
        push_key=notifier.channels.vapid.public,
        services=dict(NAMES),
    )


@router.put("/preferences")
async def write_own_preferences(body: NotifyPreferences, services: Here, caller: Self, base: Based) -> OwnPreferences:
    """From which priority on, when not, how many at most; with `If-Match`, only if nobody has changed them since (409)."""
    owner, wanted = Owner("person", caller.person_id()), notify.preferences_of(body)
    recipients = services.notifier.recipients
    before = notify.own_preferences(await asyncio.to_thread(recipients.preferences, owner))
    await base.require(before, "notify_preferences.changed", f"person {owner.id}")
    await asyncio.to_thread(recipients.set_preferences, owner, wanted)
    now = body.model_dump(mode="json", by_alias=True)
    await caller.note("notify_preferences.changed", f"person {owner.id}", before.noted(), now)
    return notify.own_preferences(wanted)


@router.post("/channels", status_code=201)
async def add_own_channel(new: NewNotifyChannel, services: Here, caller: Self) -> ChannelMade:
    """A further channel. Its address is sealed, and never told back."""
    return await notify.add_channel(services.notifier, Owner("person", caller.person_id()), new, caller)


@router.patch("/channels/{channel_id}")
async def change_own_channel(
    channel_id: ChannelId, change: NotifyChannelChange, services: Here, caller: Self
) -> ChannelOfOwner:
    """Rename it, or switch it on or off."""
    owner = Owner("person", caller.person_id())
    return await notify.change_channel(services.notifier, owner, channel_id, change, caller)


@router.delete("/channels/{channel_id}", status_code=204)
async def remove_own_channel(channel_id: ChannelId, services: Here, caller: Self) -> None:
    """Forget a channel, with its part of the log."""
    await notify.remove_channel(services.notifier, Owner("person", caller.person_id()), channel_id, caller)


@router.post("/channels/{channel_id}/test")
async def test_own_channel(channel_id: ChannelId, services: Here, caller: Self) -> ChannelTest:
    """Send a test message now, and tell what became of it."""
    return await notify.test_channel(services.notifier, Owner("person", caller.person_id()), channel_id, caller)


@router.get("/log")
def own_log(services: Here, caller: Self, before: Before = None, limit: Limit = 50) -> Page[DeliveryAnswer]:
    """What was told to oneself, newest first."""
    owner = Owner("person", caller.person_id())
    found = services.notifier.deliveries.page(owner=owner, before=before, limit=limit)
    return notify.log_page(services.notifier, found)
