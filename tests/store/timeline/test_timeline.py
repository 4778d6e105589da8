"""A device's timeline on each database: what all tables tell of it, merged by time, in pages that miss and repeat nothing."""

from decimal import Decimal

import pytest
from sqlalchemy import select

from calha.domain.alarm_rule_reader import read_rule
from calha.domain.alarm_rules import Rationalisation, Where
from calha.domain.alarm_states import Act, Event, Priority
from calha.domain.errors import Malformed
from calha.domain.registers import Plate, Verdict
from calha.domain.times import HOUR_US, MINUTE_US, to_datetime
from calha.domain.validation import Finding
from calha.store.alarms import AlarmStore, Change, RuleStore
from calha.store.anomalies import AnomalyStore, Found
from calha.store.metering.edits import EditStore
from calha.store.metering.findings import FindingStore
from calha.store.metering.registers import RegisterStore
from calha.store.metering.rows import DecisionRow, EditRow, ManualReadingRow, PlateRow
from calha.store.registry.models import Channel
from calha.store.timeline import Place, Timeline

NOW = 1_767_225_600_000_000
RULE = read_rule({"signal": {"kind": "difference", "channel": "total", "other": "flow"}, "limits": {"hi": 80}})
WHY = Rationalisation()


def minute(number: int) -> int:
    return NOW + number * MINUTE_US


def happen(registry, site: int) -> None:
    """One thing of each kind, a minute apart, and an alarm of another device."""
    for key in ("m1", "m2"):
        registry.create_device(key, "water_meter", site)
    with registry.engine.connect() as connection:
        series = (
            connection.execute(select(Channel.id).where(Channel.key == "total").order_by(Channel.id)).scalars().first()
        )
    rule = RuleStore(registry.engine).add("Much", RULE, Where(site=site), WHY, "Ana", NOW).named.id
    alarms = AlarmStore(registry.engine)
    changes = [Change(rule, "hi", key, minute(0), True, 81.5, 80.0, Priority.HIGH) for key in ("m1", "m2")]
    own = next(one.id for one in alarms.follow(changes, NOW) if one.device == "m1")
    alarms.act([own], Event(Act.ACKNOWLEDGE, minute(1), "on my way"), "Ana")
    anomaly = Found(
        f"{series}", series, "extreme", minute(2), None, 3, minute(2), 9.0, 0.9, 0.9, 9.0, 1.0, 2.0, 1.5, 1, 2.0
    )
    AnomalyStore(registry.engine).keep([anomaly], NOW)
    for number, kind in ((3, "command_queued"), (4, "device_silent"), (5, "leak")):
        at = to_datetime(minute(number))
        registry.add_event(kind, device="m1", text={"pt": kind, "en": kind}, data={"id": "c1"}, at=at)
    findings, registers = FindingStore(registry.engine), RegisterStore(registry.engine)
    findings.replace(series, minute(6), minute(7), [Finding("gap", minute(6), minute(7), {})], NOW)
    bounds = (minute(0), minute(5))
    EditStore(registry.engine).add(EditRow(series, bounds, (Decimal(3),), "manual", "a leak", "Rui", minute(7)))
    registers.decide(DecisionRow(series, minute(8), Verdict.EXCHANGE, None, None, None, None, "worn out", "Rui", NOW))
    registers.add_manual_reading(ManualReadingRow(series, minute(9), Decimal("12.50"), "gate closed", "Rui", NOW))
    registers.save_plate(PlateRow(series, minute(10), Plate(), "A-77", "Rui", NOW))


WHOLE = [
    ("meter", "plate", "A-77"),
    ("meter", "manual_reading", "12.50 L"),
    ("meter", "exchange", ""),
    ("validation", "edited", ""),
    ("validation", "gap", ""),
    ("record", "leak", {"pt": "leak", "en": "leak"}),
    ("connection", "device_silent", {"pt": "device_silent", "en": "device_silent"}),
    ("command", "command_queued", {"pt": "command_queued", "en": "command_queued"}),
    ("anomaly", "extreme", ""),
    ("alarm", "acknowledge", "Much"),
    ("alarm", "raise", "Much"),
]


def told(entries) -> list[tuple]:
    return [(one.kind, one.what, one.text) for one in entries]


def test_all_that_happened_to_a_device_is_told_newest_first(registry, site):
    happen(registry, site)
    timeline = Timeline(registry.engine)
    page = timeline.page("m1", NOW, NOW + HOUR_US)
    assert (told(page.items), page.next) == (WHOLE, None)
    raised, acknowledged, anomaly, command = page.items[-1], page.items[-2], page.items[-3], page.items[-4]
    assert (raised.at, raised.severity, list(raised.channels)) == (minute(0), "high", ["total", "flow"])
    assert (acknowledged.severity, acknowledged.author, acknowledged.note) == ("info", "Ana", "on my way")
    assert acknowledged.about == raised.about
    assert (anomaly.severity, anomaly.until, list(anomaly.channels)) == ("warning", None, ["total"])
    assert (command.about, command.at) == ("c1", minute(3))

    assert told(timeline.page("m1", minute(2), minute(4)).items) == WHOLE[7:9]
    assert told(timeline.page("m1", NOW, NOW + HOUR_US, ["alarm", "meter"]).items) == WHOLE[:3] + WHOLE[9:]
    assert [one.kind for one in timeline.page("m2", NOW, NOW + HOUR_US).items] == ["alarm"]


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_pages_miss_nothing_and_repeat_nothing_also_at_one_time(registry, site, limit):
    happen(registry, site)
    for kind in ("command_sent", "device_returned", "manual_log", "leak"):  # all at the time of the acknowledgement
        text = {"pt": kind, "en": kind}
        registry.add_event(kind, device="m1", text=text, at=to_datetime(minute(1)))
    timeline = Timeline(registry.engine)
    whole = timeline.page("m1", NOW, NOW + HOUR_US).items
    assert len(whole) == len(WHOLE) + 4
    found, place = [], None
    while True:
        page = timeline.page("m1", NOW, NOW + HOUR_US, after=place, limit=limit)
        found += page.items
        if page.next is None:
            break
        place = Place.read(page.next)
    assert found == whole


@pytest.mark.parametrize("text", ["", "1.2", "1.2.x", "-1.0.0", f"{10**18}.0.0", f"1.0.{2**63}"])
def test_a_place_that_is_none_is_refused(text):
    with pytest.raises(Malformed):
        Place.read(text)
