"""From which tables a timeline is read: for each its statement, its time and number, and how a row becomes an entry.

The order of SOURCES is part of the cursors that were given out: a new one comes last.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, select

from calha.domain.alarm_rule_reader import read_rule
from calha.domain.alarm_rules import channels_of
from calha.domain.alarm_states import Act
from calha.domain.readings import Micros
from calha.domain.times import to_datetime, to_micros
from calha.store.alarms.models import AlarmRecord, AlarmRule, AlarmTransition
from calha.store.anomalies.models import Anomaly
from calha.store.metering.models import (
    ConsumptionEdit,
    ManualReading,
    RegisterDecision,
    RegisterPlate,
    ValidationException,
)
from calha.store.registry.choosing import with_own_events
from calha.store.registry.models import Channel, Device, Event
from calha.store.timeline.rows import Entry, Kind, Place

CONNECTION: Final = ("device_silent", "device_returned")
RISING: Final = (Act.RAISE.value, Act.HELD.value)
"""Acts that say that a condition began to hold."""
PLAIN_SCORE: Final = 0.6
"""Of an anomaly; about as many again are fainter, and only listed."""


def _as_it_is(at: Micros) -> Micros:
    return at


@dataclass(frozen=True)
class Source:
    """at: µs, or what `bound` makes of them. told: what else a row tells, as fields of Entry."""

    kind: Kind
    query: Select[Any]
    at: Any
    number: Any
    device: Any
    told: Callable[[Row[Any]], dict[str, Any]]
    bound: Callable[[Micros], Micros | datetime] = _as_it_is

    def page(self, device: str, from_: Micros, before: ColumnElement[bool], limit: int) -> Select[Any]:
        wanted = self.query.where(self.device == device, self.at >= self.bound(from_), before)
        return wanted.order_by(self.at.desc(), self.number.desc()).limit(limit)

    def entry(self, row: Row[Any], source: int) -> Entry:
        at = to_micros(row.at) if isinstance(row.at, datetime) else row.at
        return Entry(Place(at, source, row.number), self.kind, **_PLAIN | self.told(row))


_PLAIN: Final[dict[str, Any]] = {
    "until": None, "text": "", "channels": (), "severity": "info", "about": "", "author": "", "note": "",
}  # fmt: skip


def _of_series(model: Any, at: Any, *more: Any) -> Select[Any]:  # noqa: ANN401 - a class of a table, and its columns
    """What is about a channel, with its key, its time and its number."""
    names = Channel.key.label("channel"), at.label("at"), model.id.label("number")
    return select(*names, *more).join(Channel, Channel.id == model.series).join(Device, Device.id == Channel.device_id)


def _alarm(row: Row[Any]) -> dict[str, Any]:
    return {
        "what": row.act,
        "text": row.name,
        "channels": _channels(row.definition),
        "severity": row.priority if row.act in RISING else "info",
        "about": str(row.alarm_id),
        "author": row.author,
        "note": row.note,
    }


def _channels(definition: Any) -> Sequence[str]:  # noqa: ANN401 - a rule as it is kept
    return channels_of(read_rule(definition).signal)


def _anomaly(row: Row[Any]) -> dict[str, Any]:
    is_plain = row.score >= PLAIN_SCORE and row.verdict != "normal"
    told = {"what": row.kind, "until": row.ended_at, "channels": (row.channel,)}
    told |= {"severity": "warning" if is_plain else "info"}
    return told | {"about": str(row.number), "author": row.answered_by or "", "note": row.note}


def _event(row: Row[Any]) -> dict[str, Any]:
    about = str(row.data.get("id", "")) if row.kind.startswith("command_") else ""
    severity = "warning" if row.severity != "info" else "info"
    return {"what": row.kind, "text": row.text, "severity": severity, "about": about}


def _exception(row: Row[Any]) -> dict[str, Any]:
    severity = "warning" if row.state == "open" else "info"
    told = {"what": row.rule, "until": row.until_at, "channels": (row.channel,), "severity": severity}
    return told | {"about": str(row.number), "author": row.closed_by or "", "note": row.state}


def _edit(row: Row[Any]) -> dict[str, Any]:
    what = "edited" if row.undone_at is None else "edit_undone"
    return {
        "what": what,
        "channels": (row.channel,),
        "about": str(row.number),
        "author": row.author,
        "note": row.reason,
    }


def _decision(row: Row[Any]) -> dict[str, Any]:
    return {"what": row.verdict, "channels": (row.channel,), "author": row.author, "note": row.reason}


def _manual(row: Row[Any]) -> dict[str, Any]:
    read = f"{row.value:f} {row.unit}".strip()
    return {"what": "manual_reading", "text": read, "channels": (row.channel,), "author": row.author, "note": row.note}


def _plate(row: Row[Any]) -> dict[str, Any]:
    return {"what": "plate", "text": row.serial or "", "channels": (row.channel,), "author": row.author}


def _events(kind: Kind, *wanted: ColumnElement[bool]) -> Source:
    query = select(*Event.__table__.columns, Event.id.label("number")).where(*wanted)
    return Source(kind, with_own_events(query), Event.at, Event.id, Event.device, _event, to_datetime)


_transitions = (
    select(
        AlarmTransition.at,
        AlarmTransition.id.label("number"),
        AlarmTransition.alarm_id,
        AlarmTransition.act,
        AlarmTransition.author,
        AlarmTransition.note,
        AlarmRecord.priority,
        AlarmRule.name,
        AlarmRule.definition,
    )
    .select_from(AlarmTransition)
    .join(AlarmRecord, AlarmRecord.id == AlarmTransition.alarm_id)
    .join(AlarmRule, AlarmRule.id == AlarmRecord.rule_id)
    .join(Device, Device.id == AlarmRecord.device_id)
)
_anomalies = _of_series(
    Anomaly,
    Anomaly.started_at,
    Anomaly.kind,
    Anomaly.ended_at,
    Anomaly.score,
    Anomaly.verdict,
    Anomaly.answered_by,
    Anomaly.note,
)
_exceptions = _of_series(
    ValidationException,
    ValidationException.from_at,
    ValidationException.until_at,
    ValidationException.rule,
    ValidationException.state,
    ValidationException.closed_by,
)
_edits = _of_series(
    ConsumptionEdit,
    ConsumptionEdit.made_at,
    ConsumptionEdit.undone_at,
    ConsumptionEdit.author,
    ConsumptionEdit.reason,
)
_decisions = _of_series(
    RegisterDecision, RegisterDecision.at, RegisterDecision.verdict, RegisterDecision.author, RegisterDecision.reason
).where(RegisterDecision.undone_at.is_(None))
_manuals = _of_series(
    ManualReading, ManualReading.at, ManualReading.value, ManualReading.author, ManualReading.note, Channel.unit
).where(ManualReading.undone_at.is_(None))
_plates = _of_series(RegisterPlate, RegisterPlate.valid_from, RegisterPlate.serial, RegisterPlate.author)
_is_command = Event.kind.like("command\\_%", escape="\\")

SOURCES: Final = (
    Source("alarm", _transitions, AlarmTransition.at, AlarmTransition.id, Device.key, _alarm),
    Source("anomaly", _anomalies, Anomaly.started_at, Anomaly.id, Device.key, _anomaly),
    _events("command", _is_command),
    _events("connection", Event.kind.in_(CONNECTION)),
    _events("record", Event.kind.not_in(CONNECTION), ~_is_command),
    Source("validation", _exceptions, ValidationException.from_at, ValidationException.id, Device.key, _exception),
    Source("validation", _edits, ConsumptionEdit.made_at, ConsumptionEdit.id, Device.key, _edit),
    Source("meter", _decisions, RegisterDecision.at, RegisterDecision.id, Device.key, _decision),
    Source("meter", _manuals, ManualReading.at, ManualReading.id, Device.key, _manual),
    Source("meter", _plates, RegisterPlate.valid_from, RegisterPlate.id, Device.key, _plate),
)
