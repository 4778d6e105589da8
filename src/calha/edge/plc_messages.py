"""Readings of a PLC → messages of its device, as a device itself would send them. Pure.

`[{"ts": 1769860800000000, "values": {"flow_1": 71.4, "level": {"value": null, "quality": "sensor_failure"}}}, …]`

One record for each time, in µs; a good value stands alone, any other brings its quality, and a bad one has no value.
"""

from collections.abc import Sequence

import msgspec
import numpy as np

from calha.domain.quality import Quality, label
from calha.domain.readings import Batch
from calha.ingest.service import Message

Written = float | dict[str, float | str | None]


def message_of(device: str, channels: Sequence[str], batch: Batch, transport: str, topic: str) -> Message:
    """channels: by the number that stands for a series in the batch, which is not empty."""
    order = np.argsort(batch.at, kind="stable")
    series, at, value, quality = (one[order].tolist() for one in (batch.series, batch.at, batch.value, batch.quality))
    records: list[dict[str, object]] = []
    values: dict[str, Written] = {}
    last_at = None
    for number, moment, found, code in zip(series, at, value, quality, strict=True):
        if moment != last_at or channels[number] in values:
            values, last_at = {}, moment
            records.append({"ts": moment, "values": values})
        values[channels[number]] = found if code == Quality.GOOD else _told(found, code)
    return Message(device, msgspec.json.encode(records), int(batch.arrived_at.max()), transport, topic)


def _told(value: float, code: int) -> Written:
    return {"value": None if np.isnan(value) else value, "quality": label(code)}
