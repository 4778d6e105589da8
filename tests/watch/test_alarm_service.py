"""Alarms follow the store: as readings come, late ones, after a restart, when rules change; with a real registry and store."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from calha.domain.alarm_rule_reader import read_rule
from calha.domain.alarm_rules import NamedRule, Rationalisation, Where
from calha.domain.alarm_states import Act, Event, State
from calha.domain.readings import Batch
from calha.domain.times import DAY_US, HOUR_US, MINUTE_US, SECOND_US
from calha.store.alarms import AlarmStore, RuleStore
from calha.store.registry import Registry
from calha.store.telemetry import Telemetry
from calha.watch.alarms.service import MAX_WAITING, AlarmWatch
from calha.watch.alarms.silence import Seen

START = 1_767_225_600 * SECOND_US
HI = {"signal": {"kind": "value", "channel": "level"}, "limits": {"hi": 10}}
PROFILE = """
name: tank
title: {pt: Tanque, en: Tank}
description: {pt: Tanque de teste, en: A tank for tests}
channels:
  - {key: level, name: {pt: Nível, en: Level}, unit: m}
  - {key: mode, name: {pt: Modo, en: Mode}, kind: state}
"""


@dataclass
class Plant:
    registry: Registry
    telemetry: Telemetry
    folder: Path
    site: int
    seq: int = 0
    now: int = START
    seen: dict[str, Seen] = field(default_factory=dict)

    def watch(self) -> AlarmWatch:
        """As it is after a start."""
        engine = self.registry.engine
        parts = RuleStore(engine), AlarmStore(engine), self.telemetry, self.registry.directory, lambda: self.seen
        watch = AlarmWatch(*parts, self.folder, lambda: self.now)
        watch._resume()
        return watch

    def rule(self, data=HI, where=None, name="High level"):
        rules = RuleStore(self.registry.engine)
        return rules.add(
            name, read_rule(data), where or Where(profile="tank"), Rationalisation(), "Ana", self.now
        ).named

    def send(self, watch, *readings, key="t1", channel="level") -> None:
        """(minutes, value); None for watch: it does not run."""
        series = next(one.series for one in self.registry.device(key).channels if one.key == channel)
        at = [START + round(minutes * MINUTE_US) for minutes, _ in readings]
        batch = Batch.of([series] * len(at), at, [value for _, value in readings], [0] * len(at), at)
        self.seq += 1
        self.telemetry.write(batch, self.seq)
        if watch is not None:
            watch.committed(batch, self.seq)


@pytest.fixture
def plant(tmp_path) -> Iterator[Plant]:
    registry = Registry.open(f"sqlite:///{tmp_path}/registry.sqlite")
    registry.save_profile(PROFILE)
    site = registry.create_site("Companhia", None, "America/Sao_Paulo").id
    for key in ("t1", "t2"):
        registry.create_device(key, "tank", site)
    telemetry = Telemetry.open(tmp_path / "telemetry")
    yield Plant(registry, telemetry, tmp_path, site)
    telemetry.close()
    registry.close()


def states(rows) -> list[tuple[str, State]]:
    return [(row.device, row.alarm.state) for row in rows]


def test_an_alarm_that_began_with_its_rule_is_cleared_by_a_device_whose_clock_is_behind(plant):
    watch = plant.watch()
    plant.send(watch, (0, 11))
    plant.now = START + 5 * MINUTE_US
    watch.look()
    plant.rule()
    assert states(watch.look()) == [("t1", State.UNACKNOWLEDGED)]
    plant.send(watch, (1, 5))
    plant.now += SECOND_US
    assert states(watch.look()) == [("t1", State.RETURNED)]


def test_readings_raise_and_clear_the_alarm_of_their_device(plant):
    plant.rule()
    watch = plant.watch()
    plant.send(watch, (0, 5), (1, 11))
    plant.send(watch, (0, 5), key="t2")
    (row,) = watch.look()
    assert (row.device, row.alarm.state, row.alarm.raised_at, row.signal) == (
        "t1",
        State.UNACKNOWLEDGED,
        START + MINUTE_US,
        11,
    )
    assert watch.look() == []
    plant.send(watch, (2, 9))
    assert states(watch.look()) == [("t1", State.RETURNED)]


def test_late_readings_raise_nothing_live(plant):
    plant.rule()
    watch = plant.watch()
    plant.send(watch, (10, 5))
    watch.look()
    plant.send(watch, (1, 99), (2, 99))
    assert watch.look() == []


def test_late_readings_complete_the_history_once_and_are_told_to_nobody(plant):
    plant.rule()
    watch = plant.watch()
    plant.send(watch, (0, 5), (60, 5))
    watch.look()
    for _ in range(2):  # sent twice, as a gateway may
        plant.send(watch, (10, 99), (20, 99), (30, 5))
        assert watch.look() == []
    (row,) = watch.alarms.page([State.NORMAL]).items
    history = watch.alarms.history(row.id).items
    assert [(one.act, (one.at - START) / MINUTE_US) for one in history] == [(Act.ENDED, 30), (Act.HELD, 10)]
    assert watch.transitions.since(0) == []


def test_late_readings_add_nothing_to_an_alarm_that_was_told(plant):
    plant.rule()
    watch = plant.watch()
    plant.send(watch, (0, 5), (10, 99), (30, 5))
    (row,) = {one.id for one in watch.look()}
    plant.send(watch, (15, 99), (20, 99))
    watch.look()
    assert [one.act for one in watch.alarms.history(row).items] == [Act.CLEAR, Act.RAISE]


def test_what_was_stored_while_it_was_away_is_looked_at_when_it_is_back(plant):
    plant.rule()
    watch = plant.watch()
    plant.send(watch, (0, 5))
    watch.look()
    watch._save()
    plant.send(None, (1, 11))
    again = plant.watch()
    assert states(again.look()) == [("t1", State.UNACKNOWLEDGED)]
    assert states(plant.watch().look()) == []  # told already, though read once more


def test_what_was_told_before_a_crash_is_not_told_again_though_it_went_up_and_down(plant):
    plant.rule()
    watch = plant.watch()
    plant.send(watch, (0, 5))
    watch.look()
    watch._save()
    plant.send(watch, (1, 11), (2, 5), (3, 11))
    (row,) = {one.id for one in watch.look()}
    again = plant.watch()
    assert again.look() == []
    plant.send(again, (4, 5))
    assert states(again.look()) == [("t1", State.RETURNED)]
    assert [one.act for one in again.alarms.history(row).items] == [Act.CLEAR, Act.RAISE, Act.CLEAR, Act.RAISE]


def test_a_file_that_is_damaged_is_begun_anew(plant):
    plant.rule()
    watch = plant.watch()
    plant.send(watch, (0, 11))
    watch.look()
    (plant.folder / "alarms.npz").write_bytes(b"damaged")
    again = plant.watch()
    plant.send(again, (1, 5))
    assert states(again.look()) == [("t1", State.RETURNED)]


def test_more_than_may_wait_is_read_again_from_the_store(plant):
    plant.rule()
    watch = plant.watch()
    watch.look()
    for minute in range(MAX_WAITING + 5):
        plant.send(watch, (minute, 5))
    plant.send(watch, (MAX_WAITING + 5, 11))
    assert states(watch.look()) == [("t1", State.UNACKNOWLEDGED)]


def test_a_rule_that_is_changed_or_removed_clears_what_it_raised(plant):
    named = plant.rule()
    watch = plant.watch()
    plant.send(watch, (0, 11))
    watch.look()
    rules, where = watch.rules, Where(profile="tank")
    rules.change(named.id, 1, "High", read_rule(HI | {"limits": {"hi": 20}}), where, Rationalisation(), "Ana", START)
    plant.send(watch, (1, 11))
    assert states(watch.look()) == [("t1", State.RETURNED)]
    plant.send(watch, (2, 21))
    assert states(watch.look()) == [("t1", State.UNACKNOWLEDGED)]
    rules.remove(named.id, "Ana", START)
    assert states(watch.look()) == [("t1", State.RETURNED)]


def test_a_delay_is_over_by_the_clock(plant):
    plant.rule(HI | {"on_delay_s": 60})
    watch = plant.watch()
    plant.send(watch, (0, 11))
    assert watch.look() == []
    plant.now = START + MINUTE_US + 3 * SECOND_US
    assert [row.alarm.raised_at for row in watch.look()] == [START + MINUTE_US]


def test_what_is_shelved_comes_back_though_no_reading_comes(plant):
    plant.rule()
    watch = plant.watch()
    plant.send(watch, (0, 11))
    (row,) = watch.look()
    watch.alarms.act([row.id], Event(Act.SHELVE, plant.now, "cleaning", plant.now + HOUR_US), "Ana")
    plant.now += HOUR_US
    assert states(watch.look()) == [("t1", State.UNACKNOWLEDGED)]


def test_a_silent_device_is_an_alarm(plant):
    plant.rule({"signal": {"kind": "no_data"}}, Where(site=plant.site))
    watch = plant.watch()
    plant.seen = {"t1": Seen("silent", "device", plant.site), "t2": Seen("online", None, plant.site)}
    assert states(watch.look()) == [("t1", State.UNACKNOWLEDGED)]
    assert plant.watch().look() == []
    plant.seen["t1"] = Seen("online", None, plant.site)
    plant.now += 2 * SECOND_US
    assert states(watch.look()) == [("t1", State.RETURNED)]


def test_a_rule_is_simulated_over_the_stored_past(plant):
    plant.send(None, *((minute, 20 if minute % 100 == 0 else 5) for minute in range(1, 1_000)))
    plant.now = START + DAY_US
    found = plant.watch().simulate(NamedRule(0, "", read_rule(HI), Where(profile="tank")), 2)
    assert (found.alarms, found.devices, found.nuisances) == (9, 2, 9)
    assert found.cures[0].setting == "on_delay_s"
    silent = plant.watch().simulate(NamedRule(0, "", read_rule({"signal": {"kind": "no_data"}}), Where(device="t1")), 2)
    assert np.array([one.ended_at is None for one in silent.raised]).tolist() == [True]


STOPPED = HI | {"suppress_while": {"channel": "mode", "codes": [0], "after_s": 60}}


def acts(watch, row) -> list[Act]:
    return [one.act for one in reversed(watch.alarms.history(row.id).items)]


def test_while_the_plant_stands_an_alarm_is_suppressed_and_annunciated_after_it_has_started(plant):
    plant.rule(STOPPED)
    watch = plant.watch()
    plant.send(watch, (0, 0), channel="mode")
    plant.send(watch, (1, 11))
    (row,) = watch.look()
    assert (row.alarm.state, row.alarm.is_active, acts(watch, row)) == (
        State.SUPPRESSED,
        True,
        [Act.SUPPRESS, Act.RAISE],
    )
    plant.send(watch, (2, 1), channel="mode")
    plant.now = START + 2 * MINUTE_US + 30 * SECOND_US
    assert watch.look() == [], "it has just started"
    plant.now = START + 3 * MINUTE_US + 3 * SECOND_US
    assert states(watch.look()) == [("t1", State.UNACKNOWLEDGED)]


def test_what_comes_off_the_shelf_while_the_plant_stands_is_suppressed(plant):
    plant.rule(STOPPED)
    watch = plant.watch()
    plant.send(watch, (0, 11))
    (row,) = watch.look()
    watch.alarms.act([row.id], Event(Act.SHELVE, plant.now, "cleaning", plant.now + HOUR_US), "Ana")
    plant.send(watch, (1, 0), channel="mode")
    assert watch.look() == []
    plant.now += HOUR_US
    watch.look()
    assert watch.alarms.named([row.id])[0].alarm.state is State.SUPPRESSED
    plant.send(watch, (61, 1), (63, 1), channel="mode")
    plant.now += 5 * MINUTE_US
    assert states(watch.look()) == [("t1", State.UNACKNOWLEDGED)]


def test_what_stands_when_the_plant_stops_is_suppressed_and_may_be_over_before_it_starts(plant):
    plant.rule(STOPPED)
    watch = plant.watch()
    plant.send(watch, (0, 11))
    assert states(watch.look()) == [("t1", State.UNACKNOWLEDGED)]
    plant.send(watch, (1, 0), channel="mode")
    assert states(watch.look()) == [("t1", State.SUPPRESSED)]
    plant.send(watch, (2, 5))
    watch.look()
    plant.send(watch, (3, 1), (5, 1), channel="mode")
    assert states(watch.look()) == [("t1", State.NORMAL)]


def test_in_the_moment_in_which_the_plant_stops_nothing_is_annunciated(plant):
    plant.rule(STOPPED)
    watch = plant.watch()
    plant.send(watch, (0, 1), channel="mode")
    plant.send(watch, (1, 11))
    plant.send(watch, (1, 0), channel="mode")
    watch.look()
    (row,) = watch.alarms.page().items
    assert row.alarm.state is State.SUPPRESSED


def test_late_readings_raise_nothing_live_where_the_rule_is_newer_than_the_newest(plant):
    watch = plant.watch()
    plant.send(watch, (60, 5))
    watch.look()
    plant.rule()
    assert watch.look() == []
    plant.send(watch, (1, 99))
    assert watch.look() == []


@pytest.mark.parametrize(("on_s", "off_s"), [(60, 0), (60, 60)])
def test_a_delay_that_ended_after_the_last_saving_is_not_taken_for_the_opposite_one_after_a_restart(plant, on_s, off_s):
    plant.rule(HI | {"on_delay_s": on_s, "off_delay_s": off_s})
    watch = plant.watch()
    plant.now = START + MINUTE_US // 5
    plant.send(watch, (0, 11))
    watch.look()
    watch._save()
    plant.now = watch._saved_at = START + MINUTE_US * 11 // 10
    (row,) = watch.look()
    assert row.alarm.state is State.UNACKNOWLEDGED
    again = plant.watch()
    plant.now += MINUTE_US // 2
    plant.send(again, (1.2, 11))
    assert again.look() == [], "it goes on"
    plant.send(again, (1.3, 5))
    plant.now += 10 * MINUTE_US
    assert states(again.look()) == [("t1", State.RETURNED)]


def test_a_rule_that_is_switched_on_again_raises_anew_after_its_delay(plant):
    named = plant.rule(HI | {"on_delay_s": 60})
    watch = plant.watch()
    plant.send(watch, (0, 11))
    plant.now = START + 2 * MINUTE_US
    assert states(watch.look()) == [("t1", State.UNACKNOWLEDGED)]
    for version, minute, enabled in ((1, 10, False), (2, 20, True)):
        plant.now = START + minute * MINUTE_US
        said = named.name, named.rule, named.where, Rationalisation(), "Ana", plant.now
        watch.rules.change(named.id, version, *said, enabled=enabled)
        watch.look()
    plant.now = START + 20 * MINUTE_US + MINUTE_US // 2
    assert watch.look() == [], "the delay runs from when the rule begins"
    plant.now = START + 22 * MINUTE_US
    assert states(watch.look()) == [("t1", State.UNACKNOWLEDGED)]


def test_alarms_go_on_where_there_is_no_room_for_what_they_remember(plant):
    (plant.folder / "alarms.new").mkdir()
    plant.rule()
    watch = plant.watch()
    plant.send(watch, (0, 11))
    assert states(watch.look()) == [("t1", State.UNACKNOWLEDGED)]


def test_silence_is_looked_at_also_after_the_clock_was_set_back(plant):
    plant.rule({"signal": {"kind": "no_data"}}, Where(device="t1"))
    watch = plant.watch()
    plant.now = START + 120 * MINUTE_US
    plant.seen = {"t1": Seen("online", None, plant.site)}
    watch.look()
    plant.now = START + 60 * MINUTE_US
    plant.seen = {"t1": Seen("silent", "device", plant.site)}
    assert states(watch.look()) == [("t1", State.UNACKNOWLEDGED)]


def test_silence_is_told_though_the_clock_was_set_back_behind_the_last_one(plant):
    plant.rule({"signal": {"kind": "no_data"}}, Where(device="t1"))
    silent, online = ({"t1": Seen(state, "device", plant.site)} for state in ("silent", "online"))
    watch = plant.watch()
    plant.now = START + 120 * MINUTE_US
    for plant.seen in (silent, online, silent):
        watch.look()
        plant.now += MINUTE_US
    (before,) = watch.alarms.page().items
    plant.now = START + 60 * MINUTE_US
    watch = plant.watch()
    plant.seen = online
    assert states(watch.look()) == [("t1", State.RETURNED)]
    plant.now += MINUTE_US
    plant.seen = silent
    (row,) = watch.look()
    assert row.alarm.state is State.UNACKNOWLEDGED
    assert row.alarm.raised_at == row.alarm.cleared_at == before.alarm.raised_at, "never before what is known"
    assert [one.made_at for one in watch.alarms.history(row.id).items][:2] == [plant.now, plant.now - MINUTE_US]


def test_a_rule_that_begins_after_the_clock_was_set_back_looks_at_what_stands(plant):
    named = plant.rule()
    watch = plant.watch()
    said = named.name, named.rule, named.where, Rationalisation(), "Ana", plant.now
    plant.now = START + 120 * MINUTE_US
    plant.send(watch, (120, 11))
    watch.look()
    watch.rules.change(named.id, 1, *said, enabled=False)
    assert states(watch.look()) == [("t1", State.RETURNED)]
    plant.now = START + 60 * MINUTE_US
    watch.rules.change(named.id, 2, *said, enabled=True)
    assert states(watch.look()) == [("t1", State.UNACKNOWLEDGED)]


def test_the_delay_of_silence_outlasts_other_changes_and_a_clock_that_is_set_back(plant):
    plant.rule({"signal": {"kind": "no_data"}, "on_delay_s": 600}, Where(device="t1"))
    watch = plant.watch()
    plant.now = START + 120 * MINUTE_US
    plant.seen = {"t1": Seen("silent", "device", plant.site)}
    watch.look()
    plant.now = START + 60 * MINUTE_US
    watch.look()
    plant.now += 6 * MINUTE_US
    plant.registry.update_device("t2", name="Another")
    assert watch.look() == []
    plant.now += 4 * MINUTE_US
    assert states(watch.look()) == [("t1", State.UNACKNOWLEDGED)]


def test_after_a_restart_and_when_its_rule_no_longer_says_so_what_was_suppressed_is_right(plant):
    named = plant.rule(STOPPED)
    watch = plant.watch()
    plant.send(watch, (0, 0), channel="mode")
    plant.send(watch, (1, 11))
    watch.look()
    (plant.folder / "alarms.npz").unlink()
    again = plant.watch()
    plant.send(again, (2, 12), key="t2")
    assert states(again.look()) == [("t2", State.UNACKNOWLEDGED)], "only the device that stands is suppressed"
    again.rules.change(named.id, 1, "High", read_rule(HI), Where(profile="tank"), Rationalisation(), "Ana", START)
    plant.now += MINUTE_US
    again.look()
    assert {row.device: row.alarm.state for row in again.alarms.page().items}["t1"] is State.UNACKNOWLEDGED


def test_the_simulator_counts_nothing_while_it_would_be_suppressed(plant):
    plant.send(None, (0, 0), (500, 1), channel="mode")
    plant.send(None, *((minute, 20 if minute % 100 < 30 else 5) for minute in range(1, 1_000)))
    plant.now = START + DAY_US
    asked = [NamedRule(0, "", read_rule(rule), Where(device="t1")) for rule in (HI, STOPPED)]
    assert [plant.watch().simulate(one, 2).alarms for one in asked] == [10, 5]


def test_a_new_rule_looks_at_what_stands_already(plant):
    watch = plant.watch()
    plant.send(watch, (0, 11))
    assert watch.look() == []
    plant.rule()
    assert states(watch.look()) == [("t1", State.UNACKNOWLEDGED)]


def test_transitions_are_told_once_and_in_order_from_any_number_on(plant):
    plant.rule()
    watch = plant.watch()
    plant.send(watch, (0, 11), (1, 5))
    (row,) = {one.id for one in watch.look()}
    watch.alarms.act([row], Event(Act.ACKNOWLEDGE, plant.now, "seen"), "Ana")
    told = watch.transitions.since(0)
    assert [one.transition.act for one in told] == [Act.RAISE, Act.CLEAR, Act.ACKNOWLEDGE]
    assert [one.transition.act for one in watch.transitions.since(told[0].transition.id)] == [
        Act.CLEAR,
        Act.ACKNOWLEDGE,
    ]
    assert watch.transitions.newest() == told[-1].transition.id
