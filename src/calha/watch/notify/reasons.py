"""Why an alarm exists and what to do about it: who is woken by a message needs that first.

It is read when a message goes out, so that it says what the rule says by then. A notice that is of no alarm, or of one whose
rule is gone, has none.
"""

from sqlalchemy import Engine

from calha.domain.alarm_rules import Rationalisation
from calha.domain.errors import NotFound
from calha.store.alarms import AlarmStore, RuleStore
from calha.store.notify import NoticeRow

ALARM = "alarm "
"""How the source of an alarm's notice begins; the alarm's number follows."""


class Reasons:
    def __init__(self, engine: Engine) -> None:
        self._alarms = AlarmStore(engine)
        self._rules = RuleStore(engine)

    def of(self, notice: NoticeRow) -> Rationalisation:
        if not notice.source.startswith(ALARM):
            return Rationalisation()
        try:
            (alarm,) = self._alarms.named([int(notice.source.removeprefix(ALARM))])
            return self._rules.rule(alarm.rule).named.rationalisation
        except NotFound:
            return Rationalisation()
