"""Quality of a reading: one byte that travels from the device to chart, alarm, export and invoice.

The two highest bits are the severity of OPC UA (Part 4 §7.39: 00 good, 01 uncertain, 10 bad), so the worst quality of
many readings is simply the largest byte. The low bits say why. A bad reading has no value (NaN), never a 0 in its place.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final


class Quality(IntEnum):
    GOOD = 0x00
    ARRIVAL_TIME = 0x01  # the device sent no time: the time of arrival stands in
    MANUAL = 0x02  # a person has read the meter
    UNCERTAIN = 0x40
    ESTIMATED = 0x41
    SUBSTITUTED = 0x42
    OUT_OF_RANGE = 0x43  # outside the channel's plausible range
    LAST_USABLE = 0x44  # whatever should renew the value has stopped doing so
    BAD = 0x80
    NO_COMMUNICATION = 0x81  # what measures cannot be reached
    SENSOR_FAILURE = 0x82
    NOT_CONFIGURED = 0x83
    OUT_OF_SERVICE = 0x84

    @property
    def label(self) -> str:
        return self.name.lower()


def label(code: int) -> str:
    """Name of a quality byte; an unknown byte is named by its severity."""
    if code in _LABELS:
        return _LABELS[code]
    return _LABELS.get(code & 0xC0, "bad")


def of_status(status: int) -> Quality:
    """What an OPC UA status code means here: its reason where we have a word for it, else its severity."""
    known = _BY_STATUS.get(status >> 16 << 16)
    return known if known is not None else _BY_SEVERITY[status >> 30]


_LABELS: dict[int, str] = {quality.value: quality.label for quality in Quality}
BY_LABEL: dict[str, Quality] = {quality.label: quality for quality in Quality}
_BY_SEVERITY: Final = (Quality.GOOD, Quality.UNCERTAIN, Quality.BAD, Quality.BAD)
_BY_STATUS: Mapping[int, Quality] = {
    0x00960000: Quality.SUBSTITUTED,  # GoodLocalOverride: somebody has set it by hand
    0x40900000: Quality.LAST_USABLE,  # UncertainLastUsableValue
    0x40910000: Quality.SUBSTITUTED,  # UncertainSubstituteValue
    0x40940000: Quality.OUT_OF_RANGE,  # UncertainEngineeringUnitsExceeded
    0x80050000: Quality.NO_COMMUNICATION,  # BadCommunicationError
    0x80310000: Quality.NO_COMMUNICATION,  # BadNoCommunication
    0x80890000: Quality.NOT_CONFIGURED,  # BadConfigurationError
    0x808A0000: Quality.NO_COMMUNICATION,  # BadNotConnected
    0x808B0000: Quality.SENSOR_FAILURE,  # BadDeviceFailure
    0x808C0000: Quality.SENSOR_FAILURE,  # BadSensorFailure
    0x808D0000: Quality.OUT_OF_SERVICE,  # BadOutOfService
}
