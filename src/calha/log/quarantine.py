"""Messages that could not be taken, with the reason, as they came: listed, replayed, discarded by people.

Stream QUARANTINE, subject QUARANTINE.<reason>.<device>, the rest of an entry as JSON in one header. When the stream's
budget is used up a further message is not kept but counted (`overflowed`) and warned of: a flood of bad input must not
stop the good.
"""

import hashlib
import json
import logging
import re
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import NamedTuple

from calha.domain.errors import LogFull, LogUnavailable, NotFound
from calha.domain.readings import Micros
from calha.log import direct, headers, jetstream
from calha.log.connection import Connection
from calha.log.jetstream import Answer, LogRefused
from calha.log.parser import Message
from calha.log.reader import delivery_of, micros
from calha.log.streams import QUARANTINE

MAX_LISTED = 1_000
MAX_PAGE_BYTES = 16 * 1024 * 1024
MAX_TEXT = 1_000  # characters of detail, topic, device in an entry
MAX_TOKEN = 180
TIMEOUT_S = 10.0
WARN_INTERVAL_S = 60.0

_ENTRY = "Calha-Entry"
_PLAIN = re.compile(r"[A-Za-z0-9_-]")
_ESCAPED = re.compile(r"=([0-9A-F]{2})")
_NO_SUCH_MESSAGE = frozenset({jetstream.MESSAGE_NOT_FOUND, 10043, 10057})

logger = logging.getLogger("calha.log.quarantine")


@dataclass(frozen=True, slots=True)
class Entry:
    """A message and why it is here. reason: a word. device: "" when none is named. arrived_at: µs UTC.

    via: the gateway that brought it.
    """

    reason: str
    detail: str
    device: str
    transport: str
    topic: str
    arrived_at: Micros
    payload: bytes
    format: str = "json"
    via: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry and the sequence under which it is kept. at: µs UTC since when."""

    seq: int
    at: Micros
    entry: Entry


class Group(NamedTuple):
    """How many messages of one device are kept for one reason."""

    reason: str
    device: str
    messages: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What is kept, largest groups first. last_seq: of the newest message that was ever kept."""

    groups: Sequence[Group]
    last_seq: int
    messages: int
    bytes: int
    max_bytes: int


class Quarantine:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._warned_at = -WARN_INTERVAL_S
        self.overflowed = 0

    async def put(self, entry: Entry) -> int:
        """Sequence under which the message is kept, on disk; 0 if there is no room (see `overflowed`).

        Raises LogUnavailable, also as LogFull when the whole log's budget is used up; TooLarge.
        """
        header = headers.encode({_ENTRY: _described(entry)})
        subject = _subject(entry.reason, entry.device)
        message = await self._connection.request(subject, entry.payload, header, timeout_s=TIMEOUT_S)
        try:
            return int(jetstream.answer_of(message, "keeping a message in quarantine")["seq"])
        except LogFull as error:
            if "maximum bytes" not in str(error):
                raise
            self._overflow()
            return 0

    async def list(
        self, reason: str | None = None, device: str | None = None, after_seq: int = 0, limit: int = 100
    ) -> list[Kept]:
        """The next entries after a sequence, oldest first; fewer than `limit` when they are large, none at the end.

        Raises LogUnavailable.
        """
        body = {
            "seq": after_seq + 1,
            "next_by_subj": _subject(reason, device),
            "batch": max(1, min(limit, MAX_LISTED)),
            "max_bytes": MAX_PAGE_BYTES,
        }
        return [_kept(message) for message in await direct.read(self._connection, QUARANTINE, body)]

    async def get(self, seq: int) -> Kept:
        """The entry kept under a sequence. Raises NotFound, LogUnavailable."""
        try:
            answer = await jetstream.call(self._connection, f"STREAM.MSG.GET.{QUARANTINE}", {"seq": seq})
        except LogRefused as error:
            if error.code in _NO_SUCH_MESSAGE:
                raise NotFound(f"nothing is kept in quarantine under {seq}") from None
            raise
        return _kept_of(answer)

    async def last(self, reason: str | None = None, device: str | None = None) -> Kept | None:
        """The newest entry of a reason, a device or both; None if there is none. Raises LogUnavailable."""
        body = {"last_by_subj": _subject(reason, device)}
        try:
            answer = await jetstream.call(self._connection, f"STREAM.MSG.GET.{QUARANTINE}", body)
        except LogRefused as error:
            if error.code in _NO_SUCH_MESSAGE:
                return None
            raise
        return _kept_of(answer)

    async def discard(self, seq: int) -> None:
        """Forget one entry. Raises NotFound, LogUnavailable."""
        try:
            await jetstream.call(self._connection, f"STREAM.MSG.DELETE.{QUARANTINE}", {"seq": seq, "no_erase": True})
        except LogRefused as error:
            if error.code in _NO_SUCH_MESSAGE:
                raise NotFound(f"nothing is kept in quarantine under {seq}") from None
            raise

    async def discard_all(self, reason: str | None = None, device: str | None = None, through_seq: int = 0) -> int:
        """Forget all entries of a reason, a device or both, up to a sequence (0 = the newest); returns how many.

        Raises LogUnavailable.
        """
        body: Answer = {"filter": _subject(reason, device)} | ({"seq": through_seq + 1} if through_seq else {})
        answer = await jetstream.call(self._connection, f"STREAM.PURGE.{QUARANTINE}", body)
        return int(answer["purged"])

    async def summary(self) -> Summary:
        """What is kept, without reading it. Raises LogUnavailable."""
        info = await jetstream.stream_info(self._connection, QUARANTINE, f"{QUARANTINE}.>")
        if info is None:
            raise LogUnavailable("the log has no stream QUARANTINE")
        state = info["state"]
        groups = [_group(subject, count) for subject, count in state.get("subjects", {}).items()]
        groups.sort(key=lambda group: -group.messages)
        return Summary(groups, state["last_seq"], state["messages"], state["bytes"], info["config"]["max_bytes"])

    # -- below: what the public part is made of

    def _overflow(self) -> None:
        self.overflowed += 1
        now = time.monotonic()
        if now - self._warned_at >= WARN_INTERVAL_S:
            self._warned_at = now
            logger.error(
                "the quarantine is full; %d messages that could not be taken were not kept: "
                "replay or discard what is in it, or raise log.quarantine_max_bytes",
                self.overflowed,
            )


def _described(entry: Entry) -> str:
    short = replace(
        entry,
        payload=b"",
        detail=entry.detail[:MAX_TEXT],
        topic=entry.topic[:MAX_TEXT],
        device=entry.device[:MAX_TEXT],
        transport=entry.transport[:MAX_TEXT],
        via=entry.via[:MAX_TEXT],
    )
    fields = asdict(short)
    del fields["payload"]
    return json.dumps(fields)


def _entry(header: bytes, payload: bytes) -> Entry:
    return Entry(payload=payload, **json.loads(headers.decode(header)[_ENTRY]))


def _kept(message: Message) -> Kept:
    fields = headers.decode(message.header)
    return Kept(int(fields[direct.SEQUENCE]), micros(fields[direct.STORED_AT]), _entry(message.header, message.payload))


def _kept_of(answer: Answer) -> Kept:
    found = delivery_of(answer["message"])
    return Kept(found.seq, found.at_us, _entry(found.header, found.payload))


def _group(subject: str, messages: int) -> Group:
    _, reason, device = subject.split(".")
    return Group(_text(reason), _text(device), messages)


def _subject(reason: str | None, device: str | None) -> str:
    parts = ("*" if part is None else _token(part) for part in (reason, device))
    return ".".join((QUARANTINE, *parts))


_NOTHING = "="  # the token of an empty text


def _token(text: str) -> str:
    """A text as one token of a subject: what is not a letter, digit, _ or - as =XX; cut, with a hash, when long."""
    token = "".join(
        chr(byte) if _PLAIN.match(chr(byte)) else f"={byte:02X}" for byte in text.encode(errors="surrogatepass")
    )
    if len(token) > MAX_TOKEN:
        return f"{token[:MAX_TOKEN]}=~{hashlib.sha256(token.encode()).hexdigest()[:16]}"
    return token or _NOTHING


def _text(token: str) -> str:
    """The text of a token; of one that was cut, its beginning."""
    if token == _NOTHING:
        return ""
    start = token.partition("=~")[0]
    raw = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), start).encode("latin-1")
    return raw.decode(errors="replace")
