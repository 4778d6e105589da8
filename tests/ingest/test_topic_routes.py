"""Where MQTT topics lead that are not Calha's own."""

import pytest

from calha.domain.errors import InvalidConfiguration
from calha.ingest.routes import Route, Target, finder, fits


@pytest.mark.parametrize(
    ("topic_filter", "topic", "does"),
    [
        ("eta/dados", "eta/dados", True),
        ("eta/dados", "eta/dados/x", False),
        ("eta/+", "eta/dados", True),
        ("eta/+", "eta", False),
        ("eta/+", "eta/", True),
        ("+", "/eta", False),
        ("eta/#", "eta", True),
        ("eta/#", "eta/a/b", True),
        ("#", "eta/a/b", True),
        ("#", "$SYS/broker", False),
        ("$SYS/#", "$SYS/broker", True),
        ("+/+/x", "a//x", True),
    ],
)
def test_filters_fit_as_mqtt_says(topic_filter, topic, does):
    assert fits(topic_filter, topic) is does


def test_the_first_route_that_fits_says_device_and_format():
    find = finder(
        [Route("$share/calha/eta/dados", "eta", "eta-1"), Route("plant/+/#", "json", "plant-{2}"), Route("all")]
    )
    assert find("eta/dados") == Target("eta-1", "eta")
    assert find("plant/7/telemetry") == Target("plant-7", "json")
    assert find("all") == Target(None, "json"), "each record names its device"
    assert find("other") is None


@pytest.mark.parametrize("broken", ["", "a/#/b", "a/b#", "a+/b", "$share/g/"])
def test_a_filter_that_no_broker_takes_is_refused(broken):
    with pytest.raises(InvalidConfiguration):
        finder([Route(broken)])
