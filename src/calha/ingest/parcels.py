"""Parcels of a gateway → messages, judged like those that come here directly.

Rule 1: a gateway brings only messages of devices that report through it; others go to quarantine (`Message.via`).
Rule 2: no time of arrival lies in the future, whatever the gateway's clock says.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from itertools import groupby

from calha.domain.errors import ForeignDevice, Malformed, Refused
from calha.domain.link import Parcel
from calha.domain.readings import Micros
from calha.domain.times import require_plausible
from calha.ingest import mqtt
from calha.ingest.service import Ingest, Message, format_named
from calha.log.mqtt_source import MqttMessage

QOS_1 = 1


Judge = Callable[[Sequence[MqttMessage], mqtt.Answer], Awaitable[list[Message]]]


class Customs:
    """judge: makes messages of what came over MQTT, handing replies to commands on. answer: takes those."""

    def __init__(self, ingest: Ingest, judge: Judge, answer: mqtt.Answer) -> None:
        self._ingest = ingest
        self._judge = judge
        self._answer = answer

    async def messages(self, gateway: str, parcels: Sequence[Parcel], now: Micros) -> list[Message]:
        """The messages in parcels, in their order; replies to commands are handed on."""
        found: list[Message] = []
        read = [(parcel, _fault(parcel, min(parcel.arrived_at, now))) for parcel in parcels]
        for goes_by_topic, run in groupby(read, lambda one: one[1] is None and _goes_by_topic(one[0])):
            if goes_by_topic:
                arrived = [MqttMessage(one.topic, one.payload, QOS_1, 0, min(one.arrived_at, now)) for one, _ in run]
                found += await self._judge(arrived, partial(self._answer_for, gateway))
            else:
                found += [_message(parcel, fault, now) for parcel, fault in run]
        return [message._replace(via=gateway) for message in found]

    async def _answer_for(self, gateway: str, device: str, command: str, payload: bytes, arrived_at: Micros) -> None:
        """Raises ForeignDevice, and what `answer` raises."""
        if not self._ingest.directory.reports_through(device, gateway):
            raise ForeignDevice(f"{device} does not report through the gateway {gateway}")
        await self._answer(device, command, payload, arrived_at)


def _fault(parcel: Parcel, arrived_at: Micros) -> Refused | None:
    """Why a parcel goes to quarantine unread."""
    if parcel.fault is not None:
        reason, detail = parcel.fault
        return Malformed(detail, reason)
    try:
        require_plausible(arrived_at, arrived_at)
    except Malformed as error:
        return error
    return None


def _goes_by_topic(parcel: Parcel) -> bool:
    return parcel.transport == mqtt.SOURCE or mqtt.reply_of(parcel.topic) is not None


def _message(parcel: Parcel, fault: Refused | None, now: Micros) -> Message:
    device, arrived_at, format_ = parcel.device or None, min(parcel.arrived_at, now), format_named(parcel.format)
    return Message(device, parcel.payload, arrived_at, parcel.transport, parcel.topic, format_, fault)
