"""Silence is one alarm: of the device, of the gateway instead of all behind it, of a site as a whole."""

from datetime import UTC

import pytest

from calha.domain.alarm_rule_reader import read_rule
from calha.domain.times import SECOND_US
from calha.watch.alarms.checks import Check, Key
from calha.watch.alarms.silence import Seen, Silences

DEVICES = ("gateway", "m1", "m2", "m3")


def checks(**more) -> list[Check]:
    rule = read_rule({"signal": {"kind": "no_data"}} | more)
    return [Check(Key(1, "hi", device), rule, rule.limits[0], (), UTC) for device in DEVICES]


def seen(**states) -> dict[str, Seen]:
    """state, or (state, cause), of each device; online where nothing is said."""
    given = {device: states.get(device, "online") for device in DEVICES}
    return {key: Seen(one, None, 1) if isinstance(one, str) else Seen(*one, 1) for key, one in given.items()}


def told(silences, states, at_s=0.0) -> list[tuple[str, bool]]:
    return [(check.key.device, holds) for check, _, holds in silences.look(states, round(at_s * SECOND_US))]


def test_a_dead_gateway_is_one_alarm():
    silences = Silences(checks(), {})
    behind = dict.fromkeys(DEVICES[1:], ("silent", "gateway"))
    assert told(silences, seen(gateway=("silent", "device"), **behind)) == [("gateway", True)]
    assert told(silences, seen(gateway=("silent", "device"), **behind)) == []
    assert told(silences, seen()) == [("gateway", False)]


def test_a_site_that_fell_silent_as_a_whole_is_one_alarm():
    silences = Silences(checks(), {})
    assert told(silences, seen(**dict.fromkeys(DEVICES, ("silent", "site")))) == [("gateway", True)]


def test_one_of_those_that_a_rule_watches_speaks_for_a_site_whose_first_device_none_watches():
    silences = Silences(checks()[2:], {})
    assert told(silences, seen(**dict.fromkeys(DEVICES, ("silent", "site")))) == [("m2", True)]


def test_behind_a_gateway_that_no_rule_watches_one_device_of_each_rule_speaks():
    lost = {key: Seen("silent", "gateway", 1, "gateway") for key in DEVICES[1:]} | {
        "gateway": Seen("silent", "device", 1)
    }
    silences = Silences(checks()[1:], {})
    assert told(silences, lost) == [("m1", True)]
    assert told(silences, seen()) == [("m1", False)]
    assert told(Silences(checks(), {}), lost) == [("gateway", True)]


@pytest.mark.parametrize(
    "state", ["never", "late", ("silent", "platform"), ("silent", "broker"), ("silent", "gateway")]
)
def test_what_cannot_be_known_neither_raises_nor_clears(state):
    assert told(Silences(checks(), {}), seen(m1=state)) == []
    assert told(Silences(checks(), {(1, "hi", "m1"): True}), seen(m1=state)) == []


def test_delays_count_from_when_it_is_seen():
    silences = Silences(checks(on_delay_s=10, off_delay_s=5), {})
    silent = seen(m1=("silent", "device"))
    assert [told(silences, silent, at) for at in (0, 9.9, 10)] == [[], [], [("m1", True)]]
    assert [told(silences, seen(), at) for at in (20, 24)] == [[], []]
    assert told(silences, silent, 25) == []  # the delay begins anew
    assert [told(silences, seen(), at) for at in (26, 31)] == [[], [("m1", False)]]
