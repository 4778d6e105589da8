"""Numbers of ETA flow: given once, kept for ever, on each database."""

import pytest

from calha.compat.eta import place
from calha.domain.errors import Conflict, NotFound
from calha.domain.profiles import ProfileChannel
from calha.store.eta import MAX_SENSOR, EtaNumbers


@pytest.fixture
def numbers(registry, site):
    registry.create_device("eta-1", "eta_gateway", site)
    numbers = EtaNumbers(registry.engine)
    place.give_first_numbers(numbers, registry.device("eta-1"))
    return numbers


def channel(registry, key):
    return registry.add_channel("eta-1", ProfileChannel(key, {"pt": key}))


def test_the_numbers_that_are_built_into_the_collector_are_there(numbers, registry):
    picture = numbers.picture()
    assert [(one.id, one.code, one.channel) for one in picture.sensors.values()] == [(1, 1, "flow_1"), (2, 2, "flow_2")]
    assert picture.symbol_of(picture.sensors[1]) == "m³/h"
    assert picture.sensor_of_code(2) == picture.sensors[2]
    assert picture.devices[1].device == "eta-1"
    with pytest.raises(Conflict):
        place.give_first_numbers(numbers, registry.device("eta-1"))


def test_new_ones_follow_and_imported_ones_keep_theirs(numbers, registry):
    assert numbers.add_unit("Metro", "m") == 6
    assert numbers.add_unit("Bar", "bar", 40) == 40
    assert numbers.add_unit("Volt", "V") == 41
    first = numbers.add_sensor(channel(registry, "a"), "A", "NIVEL", 1, number=500)
    second = numbers.add_sensor(channel(registry, "b"), "B", "NIVEL", 1, unit_id=6, code=1_000_000)
    assert (first, second) == (500, 501)
    assert numbers.picture().sensors[501].code == 1_000_000


def test_a_number_or_code_is_given_once(numbers, registry):
    series = channel(registry, "a")
    for wrong in ({"number": 1}, {"code": 2}, {"number": MAX_SENSOR + 1}, {"number": 0}):
        with pytest.raises(Conflict):
            numbers.add_sensor(series, "A", "NIVEL", 1, **wrong)
    with pytest.raises(NotFound):
        numbers.add_sensor(series, "A", "NIVEL", 99)
    with pytest.raises(NotFound):
        numbers.add_sensor(series, "A", "NIVEL", 1, unit_id=99)
    with pytest.raises(Conflict):
        numbers.change_sensor(1, code=2)
    with pytest.raises(Conflict):
        numbers.add_unit("x", "x", 5)


def test_what_is_referred_to_stays(numbers):
    with pytest.raises(Conflict):
        numbers.remove_unit(5)
    with pytest.raises(Conflict):
        numbers.remove_device(1)
    numbers.change_sensor(1, unit_id=None)
    numbers.remove_sensor(2)
    numbers.remove_unit(5)
    with pytest.raises(NotFound):
        numbers.remove_unit(5)


def test_a_channel_that_was_made_for_a_sensor_goes_with_it(numbers, registry):
    number = numbers.add_sensor(channel(registry, "a"), "A", "NIVEL", 1)
    numbers.remove_sensor(number)
    numbers.remove_sensor(2)
    keys = {one.key for one in registry.device("eta-1").channels}
    assert "a" not in keys
    assert "flow_2" in keys, "the profile's stays"


def test_a_device_that_is_deleted_takes_its_numbers_along(numbers, registry):
    registry.delete_device("eta-1")
    picture = numbers.picture()
    assert (picture.devices, picture.sensors) == ({}, {})


def test_a_profile_that_is_full_takes_no_more_channels(registry, site):
    registry.create_device("strict", "water_flow", site)
    with pytest.raises(Conflict):
        registry.add_channel("strict", ProfileChannel("new", {}))
    registry.create_device("open", "generic", site)
    series = registry.add_channel("open", ProfileChannel("new", {}))
    with pytest.raises(Conflict):
        registry.add_channel("open", ProfileChannel("new", {}))
    registry.remove_channel(series)
    assert registry.device("open").channels == []
