"""Alarms in the live streams: each transition becomes news of its device, for those who may see it.

A stream that was away asks for the list; the news are only what happens from now on.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

from calha.api.live_signal import LiveSignal
from calha.api.schemas_alarms import AlarmAnswer
from calha.domain.readings import Micros
from calha.domain.times import to_datetime
from calha.store.alarms import AlarmRow, ToldTransition
from calha.watch.alarms.transitions import Transitions

BEAT_S = 5.0


async def tell_alarms(transitions: Transitions, live: LiveSignal, beat: Callable[[], None]) -> None:
    """Tell every transition that comes until cancelled."""
    number = await asyncio.to_thread(transitions.newest)
    while True:
        beat()
        for one in await transitions.following(number, BEAT_S):
            live.tell("alarm", one.alarm.device, _news(one))
            number = one.transition.id


def _news(told: ToldTransition) -> dict[str, Any]:
    transition = told.transition
    return {
        "act": transition.act.value,
        "author": transition.author,
        "alarm": alarm_answer(told.alarm).model_dump(mode="json"),
    }


def alarm_answer(row: AlarmRow) -> AlarmAnswer:
    """An alarm as it is told."""
    alarm = row.alarm
    return AlarmAnswer(
        id=row.id,
        rule=row.rule,
        name=row.name,
        limit=row.limit,  # type: ignore[arg-type]
        device=row.device,
        device_name=row.device_name,
        site=row.site,
        zone=row.zone,
        priority=row.priority.value,
        state=alarm.state.value,
        is_active=alarm.is_active,
        is_acknowledged=alarm.is_acknowledged,
        is_first_out=alarm.is_first_out,
        is_latching=row.latching,
        raised_at=_at(alarm.raised_at),
        cleared_at=_at(alarm.cleared_at),
        away_until=_at(alarm.away_until),
        reason=alarm.reason,
        signal=row.signal,
        limit_value=row.limit_value,
        changed_at=to_datetime(row.changed_at),
    )


def _at(at: Micros | None) -> datetime | None:
    return to_datetime(at) if at is not None else None
