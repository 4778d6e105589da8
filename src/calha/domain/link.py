"""What a gateway and its hub say to each other, as bytes (MessagePack). Pure: no I/O.

The gateway asks, the hub answers, each on the subject of the matter (`subject`):

hello    through where the hub has the gateway's outbox         → Known
live     a stretch of the outbox, logged when it is answered     → Taken
backlog  the same, of what had to wait; live ones go first       → Taken
report   how the gateway is doing, every few seconds             → Noted
roster   which devices stand behind the gateway, and by which digests of secrets it knows them → Roster

The outbox holds packs, each of some parcels: a parcel is one message of a device as it came, with its time of arrival.
"""

from collections.abc import Sequence
from typing import Annotated, Literal, TypeVar

import msgspec

from calha.domain.errors import Malformed, TooLarge

PROFILE = "gateway"  # of a device that is one

LaneName = Literal["live", "backlog"]
Matter = Literal["hello", "live", "backlog", "report", "roster"]

MAX_WORD_CHARS, MAX_TEXT_CHARS = 64, 1_000

Word = Annotated[str, msgspec.Meta(max_length=MAX_WORD_CHARS)]
Text = Annotated[str, msgspec.Meta(max_length=MAX_TEXT_CHARS)]
Number = Annotated[int, msgspec.Meta(ge=0, le=1 << 62)]


class Parcel(msgspec.Struct, array_like=True, frozen=True):
    """One message of a device. device "": its topic, or each record, names it. fault: (reason, detail) of one unread.

    Devices choose some of its texts, of any length, and the parcels around it are of others: so `unpack` cuts them.
    """

    device: str
    topic: str
    transport: str
    format: str
    arrived_at: Number
    payload: bytes
    fault: tuple[str, str] | None = None


class Hello(msgspec.Struct, frozen=True):
    """forget: the gateway's outbox is not the one that the hub knows; nothing of it is known."""

    forget: bool = False


class Known(msgspec.Struct, frozen=True):
    """spans: what the hub has (`Spans`). last_at: when the outbox stored the highest of them, µs UTC."""

    spans: str
    last_at: int


class Shipment(msgspec.Struct, frozen=True):
    """The packs of the outbox from `first` to `last`, by sequence; last_at: when it stored the last."""

    first: Annotated[int, msgspec.Meta(ge=1, le=1 << 62)]
    last: Annotated[int, msgspec.Meta(ge=1, le=1 << 62)]
    last_at: Number
    packs: Sequence[tuple[Number, bytes]]


class Taken(msgspec.Struct, frozen=True):
    """error "": everything of the shipment is on the hub's disk; else why not, and nothing is known of it."""

    error: str = ""


class LaneReport(msgspec.Struct, frozen=True):
    """messages: still to be sent. lag_s: age of the oldest of them."""

    messages: Number = 0
    lag_s: float = 0.0


class PlcReport(msgspec.Struct, frozen=True):
    """A PLC that the gateway reads. since, last_at (of the newest value; 0 for none): µs UTC by the gateway's clock.

    good: how many of its nodes are. waiting: readings that the outbox has not taken yet. trouble: "" while it is connected.
    """

    name: Word
    device: Word
    state: Word
    since: Number
    nodes: Number
    good: Number
    last_at: Number = 0
    waiting: Number = 0
    lost: Number = 0
    trouble: Text = ""


class Report(msgspec.Struct, frozen=True):
    """How a gateway is doing. now, started_at, oldest_at: µs UTC by its own clock; oldest_at 0 when nothing waits.

    messages, bytes: of devices, not yet at the hub. fill: share of its log's budget that is used up.
    """

    version: Word
    now: Number
    started_at: Number
    messages: Number
    bytes: Number
    oldest_at: Number
    fill: float
    live: LaneReport
    backlog: LaneReport
    refused: Number
    roster: Word = ""
    warnings: Annotated[list[Text], msgspec.Meta(max_length=20)] = []
    plcs: Annotated[list[PlcReport], msgspec.Meta(max_length=50)] = []


class Noted(msgspec.Struct, frozen=True):
    """now: by the hub's clock, µs UTC. roster: fingerprint of the roster that holds now. spans: what the hub has.

    since: when the hub's core was started; what was on its way to it before then is lost.
    """

    now: int
    since: int
    roster: str
    spans: str


class Roster(msgspec.Struct, frozen=True):
    """devices: by key the digests that prove one, each with its end (µs UTC, 0 for none)."""

    fingerprint: str
    devices: dict[str, list[tuple[str, int]]]


Any_ = TypeVar("Any_", bound=msgspec.Struct)

_encoder = msgspec.msgpack.Encoder()


def encode(content: object) -> bytes:
    return _encoder.encode(content)


def decode(data: bytes, kind: type[Any_]) -> Any_:
    """Raises Malformed for what the other side could not have meant."""
    try:
        return msgspec.msgpack.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"a {kind.__name__} cannot be read: {error}") from None


def pack(parcels: Sequence[bytes]) -> bytes:
    """Encoded parcels as one message of the outbox."""
    return _encoder.encode([msgspec.Raw(one) for one in parcels])


_packs = msgspec.msgpack.Decoder(list[Parcel])


def unpack(data: bytes) -> list[Parcel]:
    """The parcels of a pack; one whose texts are too long has them cut, and a fault that says so. Raises Malformed."""
    try:
        return [_fitting(one) for one in _packs.decode(data)]
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"a pack cannot be read: {error}") from None


def topic(gateway: str, matter: Matter | Literal["+"]) -> str:
    """Where a gateway says something, written as an MQTT topic (see `log.topics`)."""
    return f"calha-edge/{gateway}/{matter}"


def inbox(gateway: str) -> str:
    """Prefix of the subjects on which a gateway hears answers, likewise."""
    return f"_INBOX/calha-edge/{gateway}"


def _fitting(parcel: Parcel) -> Parcel:
    fault = parcel.fault or _too_long(parcel)
    if fault is None:
        return parcel
    return Parcel(
        parcel.device if len(parcel.device) <= MAX_WORD_CHARS else "",  # cut it might be another's
        parcel.topic[:MAX_TEXT_CHARS],
        parcel.transport[:MAX_WORD_CHARS],
        parcel.format[:MAX_WORD_CHARS],
        parcel.arrived_at,
        parcel.payload,
        (fault[0][:MAX_WORD_CHARS], fault[1][:MAX_TEXT_CHARS]),
    )


def _too_long(parcel: Parcel) -> tuple[str, str] | None:
    if len(parcel.topic) > MAX_TEXT_CHARS:
        return TooLarge.reason, f"the topic has {len(parcel.topic)} characters; at most {MAX_TEXT_CHARS} are taken"
    for name, word in (("device", parcel.device), ("transport", parcel.transport), ("format", parcel.format)):
        if len(word) > MAX_WORD_CHARS:
            return TooLarge.reason, f"the {name} has {len(word)} characters; at most {MAX_WORD_CHARS} are taken"
    return None
