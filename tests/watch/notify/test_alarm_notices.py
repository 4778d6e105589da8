"""Alarms become notices, through restarts and whatever is deleted meanwhile: a real registry, store, watch and notifier."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from calha.domain.alarm_rule_reader import read_rule
from calha.domain.alarm_rules import Rationalisation, Where
from calha.domain.alarm_states import Act, Priority, State
from calha.domain.notices import Owner, Preferences, Step
from calha.store.alarms import AlarmStore, Change, RuleStore
from calha.store.telemetry import Telemetry
from calha.watch.alarms.service import AlarmWatch
from calha.watch.notify.alarms import FILE, AlarmNotices
from calha.watch.notify.channels import Address
from calha.watch.notify.links import Links
from house import House

HI = read_rule({"signal": {"kind": "value", "channel": "level"}, "limits": {"hi": 80}})


class Plant(House):
    """Two devices with a rule."""

    def __init__(self, folder) -> None:
        super().__init__(folder)
        self.folder = folder
        self.telemetry = Telemetry.open(folder / "telemetry")
        for key in ("t1", "t2"):
            self.registry.create_device(key, "generic", self.plant)
        rules = RuleStore(self.registry.engine)
        self.rule = rules.add("High", HI, Where(site=self.plant), Rationalisation(), "Ana", self.now).named.id

    def raise_alarm(self, device: str) -> int:
        """Its number."""
        self.now += 1
        change = Change(self.rule, "hi", device, self.now, True, 81.5, 80.0, Priority.HIGH)
        (row,) = AlarmStore(self.registry.engine).follow([change], self.now)
        return row.id

    def told(self, number: int) -> str:
        """How the last notice of an alarm stands; empty without one."""
        log = self.notifier.deliveries.page(sites=frozenset({self.plant}), limit=200).items
        return next((one.notice.state for one in log if one.notice.source == f"alarm {number}"), "")

    def clear(self, device: str) -> None:
        self.now += 1
        change = Change(self.rule, "hi", device, self.now, False, 79.0, 80.0, Priority.HIGH)
        AlarmStore(self.registry.engine).follow([change], self.now)

    def follow_until(self, condition: Callable[[], bool]) -> None:
        """Run what makes notices of alarms, as after a start, until something is so."""

        def scenario() -> None:
            until(condition)

        self.follow(scenario)

    def follow(self, scenario: Callable[[], None]) -> None:
        """Run it, as after a start, while something happens in another thread."""

        async def follow() -> None:
            engine = self.registry.engine
            stores = RuleStore(engine), AlarmStore(engine), self.telemetry, self.registry.directory, dict
            watch = AlarmWatch(*stores, self.folder, lambda: self.now)
            notices = AlarmNotices(watch, self.notifier, self.registry, self.folder, lambda: self.now)
            running = asyncio.create_task(notices.run(lambda: None))
            happening = asyncio.create_task(asyncio.to_thread(scenario))
            await asyncio.wait([running, happening], return_when=asyncio.FIRST_COMPLETED)
            running.cancel()
            await happening

        asyncio.run(follow())

    def close(self) -> None:
        self.telemetry.close()
        self.registry.close()


def until(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.01)


@pytest.fixture
def plant(tmp_path):
    made = Plant(tmp_path)
    ana = Owner("person", made.person("Ana"))
    made.notifier.recipients.set_preferences(ana, Preferences(follows=True))
    made.notifier.add_channel(ana, "hook", Address("webhook", "http://127.0.0.1:9"))
    (tmp_path / FILE).write_text("0")
    yield made
    made.close()


def test_what_is_raised_after_the_newest_alarm_was_deleted_is_told(plant):
    first = plant.raise_alarm("t2")
    plant.follow_until(lambda: plant.told(first) == "open")
    plant.registry.delete_device("t2")
    second = plant.raise_alarm("t1")
    assert second > first
    plant.follow_until(lambda: plant.told(second) == "open")


def test_the_notice_of_an_alarm_that_went_with_its_device_is_over_and_calls_nobody(plant):
    number = plant.raise_alarm("t2")
    plant.follow_until(lambda: plant.told(number) == "open")
    plant.registry.delete_device("t2")
    plant.follow_until(lambda: plant.told(number) == "over")
    (line,) = plant.notifier.deliveries.page(sites=frozenset({plant.plant})).items
    assert (line.delivery.state, line.delivery.reason) == ("dropped", "over")


def test_what_is_told_goes_on_where_numbers_have_shrunk(plant):
    (plant.folder / FILE).write_text("1000")  # as of a registry that was put back from a backup
    plant.follow_until(lambda: (plant.folder / FILE).read_text() == "0")
    number = plant.raise_alarm("t1")
    plant.follow_until(lambda: plant.told(number) == "open")


def test_alarms_are_told_also_where_there_is_no_room_to_keep_that_they_were(plant):
    (plant.folder / f"{FILE}.new").mkdir()
    numbers = [plant.raise_alarm(device) for device in ("t1", "t2")]
    plant.follow_until(lambda: [plant.told(one) for one in numbers] == ["open", "open"])


def test_the_history_of_an_alarm_says_who_switched_off_the_chain_that_told_of_it(plant):
    chain = plant.chain(Step(0, (Owner("person", 1),)), Step(5, (Owner("person", 1),)))

    def scenario() -> None:
        number = plant.raise_alarm("t1")
        until(lambda: plant.told(number) == "open")
        plant.notifier.change_chain(chain, replace(plant.notifier.chains.get(chain).chain, enabled=False), "Maria")
        newest = AlarmStore(plant.registry.engine).history(number).items[0]
        assert (newest.act, newest.author, newest.note) == (Act.UNTOLD, "Maria", "c")
        assert (newest.before, newest.after) == (State.UNACKNOWLEDGED, State.UNACKNOWLEDGED)
        plant.clear("t1")
        until(lambda: plant.told(number) == "over")

    plant.follow(scenario)


def test_the_link_of_a_notice_that_is_over_acknowledges_nothing_that_was_raised_since(plant):
    ana = Owner("person", 1)

    def scenario() -> None:
        number = plant.raise_alarm("t1")
        until(lambda: plant.told(number) == "open")
        notice = plant.notifier.notices.of_source(f"alarm {number}")
        token = Links("key").token(notice.id, ana, 2**32 - 1)
        plant.clear("t1")
        until(lambda: plant.told(number) == "over")
        plant.raise_alarm("t1")
        until(lambda: plant.told(number) == "open")
        plant.notifier.acknowledge(token, "")
        (alarm,) = AlarmStore(plant.registry.engine).named([number])
        assert alarm.alarm.state is State.UNACKNOWLEDGED
        again = plant.notifier.notices.of_source(f"alarm {number}")
        plant.notifier.acknowledge(Links("key").token(again.id, ana, 2**32 - 1), "")
        until(lambda: AlarmStore(plant.registry.engine).named([number])[0].alarm.state is State.ACKNOWLEDGED)

    plant.follow(scenario)
