import pytest

from calha.simulate.signals import KINDS, Kind
from calha.store.registry.profiles import packaged

from .test_signals import month


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_simulated_device_has_exactly_the_channels_of_its_profile(kind: Kind):
    channels = {channel.key: channel for channel in packaged()[kind.profile].channels}
    assert set(kind.channels) == set(channels)
    assert kind.registers == {key for key, channel in channels.items() if channel.kind == "counter"}
    assert kind.states == {key for key, channel in channels.items() if channel.kind == "state"}
    assert all(kind.decimals[key] == (channel.precision or 0) for key, channel in channels.items())


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_healthy_device_stays_in_the_plausible_ranges(kind: Kind):
    _, values, _ = month(kind)
    for channel in packaged()[kind.profile].channels:
        column = values[channel.key]
        assert channel.minimum is None or column.min() >= channel.minimum
        assert channel.maximum is None or column.max() <= channel.maximum
