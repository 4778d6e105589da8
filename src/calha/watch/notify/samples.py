"""A notice that never was, for looking at what a message would say."""

from dataclasses import replace

from calha.domain.alarm_rules import Rationalisation
from calha.domain.alarm_states import Priority
from calha.domain.message_templates import TemplateKind
from calha.domain.notices import Text
from calha.domain.readings import Micros
from calha.domain.times import MINUTE_US
from calha.store.notify import NoticeRow

LASTED_US = 42 * MINUTE_US

_WHERE = {True: "Reservatório 1 · ETA Norte", False: "Reservoir 1 · North plant"}
_WHY = {
    True: Rationalisation("Boia presa", "Transbordo", "Fechar o registro de entrada", 1_800),
    False: Rationalisation("Stuck float", "Overflow", "Close the inlet valve", 1_800),
}


def sample(kind: TemplateKind, language: str, now: Micros) -> tuple[NoticeRow, Rationalisation]:
    """One that fits the kind: over if it tells of an end."""
    is_portuguese = language.startswith("pt")
    notice = NoticeRow(
        id=0,
        source="sample",
        state="open",
        what=Text("Nível alto: 92,1 (limite 85)", "High level: 92.1 (limit 85)"),
        where=_WHERE[is_portuguese],
        site=None,
        priority=Priority.HIGH,
        link="/alarms",
        since=now - LASTED_US,
        made_at=now - LASTED_US,
        acknowledged_at=None,
        acknowledged_by="",
        comment="",
        over_at=None,
    )
    return as_of(kind, notice, now), _WHY[is_portuguese]


def as_of(kind: TemplateKind, notice: NoticeRow, now: Micros) -> NoticeRow:
    """The notice as it would be when a message of the kind leaves."""
    if kind == "over" and notice.over_at is None:
        return replace(notice, state="over", over_at=now)
    return notice
