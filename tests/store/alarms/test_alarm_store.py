"""Alarms and their rules on each database: states with their history, all or nothing, and what was said twice."""

from dataclasses import replace

import pytest

from calha.domain.alarm_rule_reader import read_rule
from calha.domain.alarm_rules import Rationalisation, Where
from calha.domain.alarm_states import Act, Event, Priority, State
from calha.domain.errors import Conflict, Malformed, NotFound
from calha.domain.times import HOUR_US
from calha.store.alarms import AlarmStore, Change, RuleStore
from calha.store.registry.rows import Selection

NOW = 1_767_225_600_000_000
RULE = read_rule({"signal": {"kind": "value", "channel": "level"}, "limits": {"hi": 80}})
WHY = Rationalisation("valve stuck", "tank spills", "close the inlet", 600)


@pytest.fixture
def rules(registry, site):
    registry.create_device("t1", "generic", site)
    registry.create_device("t2", "generic", site)
    return RuleStore(registry.engine)


@pytest.fixture
def alarms(registry):
    return AlarmStore(registry.engine)


@pytest.fixture
def high(rules, site):
    return rules.add("High level", RULE, Where(site=site), WHY, "Ana", NOW)


@pytest.fixture
def change(high):
    return Change(high.named.id, "hi", "t1", NOW, True, 81.5, 80.0, Priority.HIGH)


def test_a_rule_is_kept_changed_by_its_version_and_removed(rules, high, site):
    assert high.named.rule == RULE
    assert high.named.rationalisation == WHY
    assert high.named.rationalisation.is_complete
    changed = rules.change(high.named.id, 1, "Higher", RULE, Where(device="t1"), WHY, "Rui", NOW + 1, enabled=False)
    assert (changed.named.version, changed.named.where, changed.named.is_enabled) == (2, Where(device="t1"), False)
    with pytest.raises(Conflict):
        rules.change(high.named.id, 1, "Again", RULE, Where(), WHY, "Ana", NOW)
    rules.remove(high.named.id, "Ana", NOW)
    with pytest.raises(NotFound):
        rules.rule(high.named.id)
    with pytest.raises(NotFound):
        rules.remove(high.named.id, "Ana", NOW)
    assert list(rules.all()) == []


@pytest.mark.parametrize("where", [Where(site=9_999), Where(device="nobody")])
def test_a_rule_for_what_does_not_exist_is_refused(rules, where):
    with pytest.raises(NotFound):
        rules.add("x", RULE, where, WHY, "Ana", NOW)


def test_rules_come_in_pages(rules, site):
    for number in range(3):
        rules.add(f"rule {number}", RULE, Where(site=site), WHY, "Ana", NOW)
    first = rules.page(limit=2)
    rest = rules.page(int(first.next), limit=2)
    assert [one.named.name for one in [*first.items, *rest.items]] == ["rule 0", "rule 1", "rule 2"]
    assert rest.next is None


def test_every_transition_is_in_the_history(alarms, change):
    raised = alarms.follow([change], NOW + 5)[0]
    assert (raised.alarm.state, raised.name, raised.device, raised.signal) == (
        State.UNACKNOWLEDGED,
        "High level",
        "t1",
        81.5,
    )
    alarms.act([raised.id], Event(Act.ACKNOWLEDGE, NOW + 10, "on my way"), "Ana")
    cleared = alarms.follow([replace(change, holds=False, at=NOW + 20, signal=70.0)], NOW + 21)
    assert [one.alarm.state for one in cleared] == [State.NORMAL]
    history = alarms.history(raised.id)
    assert [(one.act, one.before, one.after, one.author, one.note, one.at) for one in reversed(history.items)] == [
        (Act.RAISE, State.NORMAL, State.UNACKNOWLEDGED, "", "", NOW),
        (Act.ACKNOWLEDGE, State.UNACKNOWLEDGED, State.ACKNOWLEDGED, "Ana", "on my way", NOW + 10),
        (Act.CLEAR, State.ACKNOWLEDGED, State.NORMAL, "", "", NOW + 20),
    ]
    assert [one.act for one in alarms.history(raised.id, before=history.items[0].id, limit=1).items] == [
        Act.ACKNOWLEDGE
    ]


def test_what_is_said_twice_is_kept_once(alarms, change):
    raised = alarms.follow([change, change], NOW)[0]
    assert alarms.follow([change], NOW + 1) == []
    assert len(alarms.history(raised.id).items) == 1
    assert alarms.active() == {(change.rule, "hi", "t1"): True}


def test_what_is_of_an_unknown_device_or_rule_is_passed_over(alarms, change):
    assert alarms.follow([replace(change, device="gone"), replace(change, rule=9_999)], NOW) == []


def test_an_act_on_several_alarms_is_done_on_all_or_none(alarms, change):
    one, two = alarms.follow([change, replace(change, device="t2")], NOW)
    alarms.act([one.id], Event(Act.ACKNOWLEDGE, NOW), "Ana")
    with pytest.raises(Conflict):
        alarms.act([two.id, one.id], Event(Act.ACKNOWLEDGE, NOW), "Ana")
    assert [row.alarm.state for row in alarms.named([one.id, two.id])] == [State.ACKNOWLEDGED, State.UNACKNOWLEDGED]
    with pytest.raises(NotFound):
        alarms.act([two.id, 9_999], Event(Act.ACKNOWLEDGE, NOW), "Ana")
    with pytest.raises(Malformed):
        alarms.act([two.id], Event(Act.SUPPRESS, NOW), "Ana")


def test_what_is_shelved_comes_back_by_itself(alarms, change):
    one = alarms.follow([change], NOW)[0]
    alarms.act([one.id], Event(Act.SHELVE, NOW, "sensor is being changed", NOW + HOUR_US), "Ana")
    assert [row.id for row in alarms.page([State.SHELVED]).items] == [one.id]
    assert alarms.expire(NOW + HOUR_US - 1) == []
    assert [row.alarm.state for row in alarms.expire(NOW + HOUR_US)] == [State.UNACKNOWLEDGED]
    assert alarms.history(one.id).items[0].at == NOW + HOUR_US


def test_a_latching_alarm_stays_after_its_condition(alarms, change):
    latching = replace(change, latching=True)
    one = alarms.follow([latching, replace(latching, holds=False, at=NOW + 1)], NOW)[0]
    assert one.alarm.state is State.LATCHED
    alarms.act([one.id], Event(Act.ACKNOWLEDGE, NOW), "Ana")
    assert alarms.act([one.id], Event(Act.RESET, NOW), "Ana")[0].alarm.state is State.NORMAL


def test_the_first_of_a_group_in_a_site_is_marked(alarms, change):
    group = replace(change, first_out="power")
    rows = alarms.follow([group, replace(group, device="t2", at=NOW + 1)], NOW)
    assert [row.alarm.is_first_out for row in rows] == [True, False]


def test_lists_show_what_the_caller_may_see(registry, alarms, change, site):
    other = registry.create_site("Other", None, "UTC").id
    alarms.follow([change, replace(change, device="t2")], NOW)
    assert [row.device for row in alarms.page(device="t2").items] == ["t2"]
    assert alarms.page(sites=[other]).items == []
    assert [row.device for row in alarms.page(within=Selection([other], ["t1"])).items] == ["t1"]
    first = alarms.page(sites=[site], limit=1)
    assert [row.device for row in alarms.page(sites=[site], after=int(first.next)).items] == ["t2"]


def test_raisings_leave_out_what_nobody_saw(alarms, change):
    one = alarms.follow([change, replace(change, holds=False, at=NOW + 10)], NOW)[0]
    alarms.act([one.id], Event(Act.SUPPRESS, NOW + 20, "plant is stopped"), "Ana")
    alarms.follow([replace(change, at=NOW + 30)], NOW)
    assert [(row.at - NOW, row.holds) for row in alarms.raisings(NOW, NOW + 100)] == [(0, True), (10, False)]
    assert alarms.raisings(NOW + 11, NOW + 100) == []


def test_what_happened_in_a_time_is_told_of_the_sites_asked_for(registry, alarms, change, site):
    alarms.follow([change, replace(change, holds=False, at=NOW + 10)], NOW)
    other = registry.create_site("Elsewhere", None, "UTC").id
    told = alarms.happened(NOW, NOW + 10, [site], 10)
    assert [(one.transition.act, one.alarm.device, one.alarm.name) for one in told] == [(Act.RAISE, "t1", "High level")]
    assert [one.transition.act for one in alarms.happened(NOW, NOW + 11, [site, other], 10)] == [Act.RAISE, Act.CLEAR]
    assert len(alarms.happened(NOW, NOW + 11, [site], 1)) == 1
    assert alarms.happened(NOW, NOW + 11, [other], 10) == []
    assert alarms.happened(NOW, NOW + 11, [], 10) == []
