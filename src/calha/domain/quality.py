"""Quality of a reading: one byte that travels from the device to chart, alarm, export and invoice.

The two highest bits are the severity of OPC UA (Part 4 §7.39: 00 good, 01 uncertain, 10 bad), so the worst quality of
many readings is simply the largest byte. The low bits say why.
"""

from enum import IntEnum


class Quality(IntEnum):
    GOOD = 0x00
    ARRIVAL_TIME = 0x01  # the device sent no time: the time of arrival stands in
    UNCERTAIN = 0x40
    ESTIMATED = 0x41
    SUBSTITUTED = 0x42
    OUT_OF_RANGE = 0x43  # outside the channel's plausible range
    BAD = 0x80

    @property
    def label(self) -> str:
        return self.name.lower()


def label(code: int) -> str:
    """Name of a quality byte; an unknown byte is named by its severity."""
    if code in _LABELS:
        return _LABELS[code]
    return _LABELS.get(code & 0xC0, "bad")


_LABELS: dict[int, str] = {quality.value: quality.label for quality in Quality}
BY_LABEL: dict[str, Quality] = {quality.label: quality for quality in Quality}
