"""OPC UA Binary (Part 6 §5.2) as far as values go: notifications and answers to reads, cut into columns.

Values come in runs of one shape (same type, same fields present), and a run is cut at once with numpy; no object per
value is made. What is no plain number is kept beside the columns: a text, or a Strange with the name of its type, so that
one odd value never hides those after it. Pure: bytes in, columns out.
"""

import struct
from dataclasses import dataclass, field
from functools import cache
from typing import Final, NamedTuple

import numpy as np
from asyncua.common.utils import Buffer, NotEnoughData
from asyncua.ua import VariantType
from asyncua.ua.ua_binary import variant_from_binary
from numpy.typing import NDArray

from calha.domain.readings import Micros

DATA_CHANGE, STATUS_CHANGE = 811, 820  # type ids of notifications in binary
LOOK_AHEAD: Final = 512  # values compared at once, so that alternating shapes cost little
EPOCH_100NS: Final = 116_444_736_000_000_000  # 1601-01-01 until 1970-01-01
GOOD: Final = 0
NOTHING: Final = 0  # of a time that was not sent

_NUMBERS = {1: "u1", 2: "i1", 3: "u1", 4: "<i2", 5: "<u2", 6: "<i4", 7: "<u4", 8: "<i8", 9: "<u8", 10: "<f4", 11: "<f8"}
_NULL, _BOOLEAN, _FLOAT, _STRING = 0, 1, 10, 12
_HAS_VALUE, _HAS_STATUS, _HAS_SOURCE, _HAS_SERVER, _HAS_SOURCE_PICO, _HAS_SERVER_PICO = 1, 2, 4, 8, 16, 32
_KIND, _HAS_DIMENSIONS, _IS_ARRAY = 0x3F, 0x40, 0x80
_EXTENSION = 22
_NODE_ID_BYTES = {0: 1, 1: 3, 2: 6, 4: 18}  # behind the form; others have a namespace, and a length
_LONG_NODE_IDS = (3, 5)


class Strange(NamedTuple):
    """A value that is neither number nor text; `kind` names its type."""

    kind: str


@dataclass(slots=True)
class Changes:
    """Columns of equal length, in the order of the message.

    handle: of the monitored item, or place in the request that was answered. value: NaN where there is none, and where
    `odd` has something by place. is_boolean: whether the value was one, then 0 or 1. status: OPC UA status code.
    source_at, server_at: µs UTC, NOTHING when not sent.
    """

    handle: NDArray[np.int64]
    value: NDArray[np.float64]
    is_boolean: NDArray[np.bool_]
    status: NDArray[np.uint32]
    source_at: NDArray[np.int64]
    server_at: NDArray[np.int64]
    odd: dict[int, str | Strange] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.handle)

    def only(self, chosen: NDArray[np.bool_]) -> "Changes":
        places = np.flatnonzero(chosen)
        odd = {new: self.odd[old] for new, old in enumerate(places.tolist()) if old in self.odd} if self.odd else {}
        return Changes(
            self.handle[places],
            self.value[places],
            self.is_boolean[places],
            self.status[places],
            self.source_at[places],
            self.server_at[places],
            odd,
        )


@dataclass(slots=True)
class Published:
    """What one answer to a publish request holds. ended: status with which the server ends the subscription."""

    subscription: int
    sequence: int
    published_at: Micros
    changes: list[Changes]
    more: bool
    has_content: bool  # a message without is a sign of life only, and not acknowledged
    ended: int | None = None


def read_published(body: bytes) -> Published:
    """Read the parameters of a PublishResponse, from behind its header. Raises NotEnoughData for cut-off bytes."""
    data = _Cursor(body)
    subscription = data.u4()
    data.skip(4 * max(0, data.i4()))  # sequence numbers that the server still has
    more = bool(data.u1())
    published = Published(subscription, data.u4(), _micros(data.i8()), [], more, has_content=False)
    for _ in range(max(0, data.i4())):
        kind, content = data.extension()
        published.has_content = True
        if kind == DATA_CHANGE:
            inner = _Cursor(content)
            published.changes.append(_cut(inner, max(0, inner.i4()), with_handle=True))
        elif kind == STATUS_CHANGE:
            published.ended = _Cursor(content).u4()
    return published


def read_values(body: bytes) -> Changes:
    """Read the results of a ReadResponse, from behind its header."""
    data = _Cursor(body)
    return _cut(data, max(0, data.i4()), with_handle=False)


class _Cursor:
    """A place in bytes that moves on with each thing read."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, form: struct.Struct) -> int:
        if self.at + form.size > len(self.data):
            raise NotEnoughData(f"{form.size} bytes are wanted at {self.at} of {len(self.data)}")
        found: int = form.unpack_from(self.data, self.at)[0]
        self.at += form.size
        return found

    def u1(self) -> int:
        return self.take(_U1)

    def u4(self) -> int:
        return self.take(_U4)

    def i4(self) -> int:
        return self.take(_I4)

    def i8(self) -> int:
        return self.take(_I8)

    def skip(self, count: int) -> None:
        if self.at + count > len(self.data):
            raise NotEnoughData(f"{count} bytes are wanted at {self.at} of {len(self.data)}")
        self.at += count

    def extension(self) -> tuple[int, bytes]:
        """(type id, content) of an extension object with a binary body; the content is empty for another one."""
        encoding = self.u1()
        if encoding == 0:
            kind = self.u1()
        elif encoding == 1:
            self.skip(1)
            kind = self.take(_U2)
        else:
            raise NotEnoughData(f"a notification has a type id of encoding {encoding}; 0 or 1 is expected")
        if self.u1() != 1:
            return kind, b""
        size = self.i4()
        start = self.at
        self.skip(size)
        return kind, self.data[start : self.at]


_U1, _U2, _U4 = struct.Struct("<B"), struct.Struct("<H"), struct.Struct("<I")
_I4, _I8 = struct.Struct("<i"), struct.Struct("<q")


@cache
def _shape(mask: int, kind: int | None, with_handle: bool) -> "np.dtype[np.void]":
    """One value as it lies in the message; kind: number of its type, None without a value."""
    fields: list[tuple[str, str]] = [("handle", "<u4")] if with_handle else []
    fields.append(("mask", "u1"))
    if kind is not None:
        fields += [("kind", "u1"), ("value", _NUMBERS[kind])]
    for bit, name, form in (
        (_HAS_STATUS, "status", "<u4"),
        (_HAS_SOURCE, "source", "<i8"),
        (_HAS_SOURCE_PICO, "source_pico", "<u2"),
        (_HAS_SERVER, "server", "<i8"),
        (_HAS_SERVER_PICO, "server_pico", "<u2"),
    ):
        if mask & bit:
            fields.append((name, form))
    return np.dtype(fields)


def _cut(data: _Cursor, count: int, *, with_handle: bool) -> Changes:
    """`count` data values, each behind its handle if `with_handle`."""
    if count > len(data.data):
        raise NotEnoughData(f"{len(data.data)} bytes do not hold {count} values")
    found = Changes(
        np.arange(count, dtype=np.int64),
        np.full(count, np.nan),
        np.zeros(count, np.bool_),
        np.full(count, GOOD, np.uint32),
        np.full(count, NOTHING, np.int64),
        np.full(count, NOTHING, np.int64),
    )
    place, before = 0, 4 if with_handle else 0
    while place < count:
        mask_at = data.at + before
        if mask_at + 1 >= len(data.data):
            raise NotEnoughData(f"the message ends before value {place} of {count}")
        mask, kind = data.data[mask_at], data.data[mask_at + 1]
        if not mask & _HAS_VALUE:
            place = _run(data, found, place, count, _shape(mask, None, with_handle))
        elif kind in _NUMBERS:
            place = _run(data, found, place, count, _shape(mask, kind, with_handle), kind)
        else:
            _single(data, found, place, mask, with_handle)
            place += 1
    return found


def _run(
    data: _Cursor, found: Changes, place: int, count: int, shape: "np.dtype[np.void]", kind: int | None = None
) -> int:
    """Cut the values of one shape that lie one after another, from `place` on; the place after them."""
    room = (len(data.data) - data.at) // shape.itemsize
    if not room:
        raise NotEnoughData(f"the message ends inside value {place} of {count}")
    ahead = np.frombuffer(data.data, shape, min(room, count - place, LOOK_AHEAD), data.at)
    same = ahead["mask"] == ahead["mask"][0]
    if kind is not None:
        same &= ahead["kind"] == kind
    run = ahead if same.all() else ahead[: int(same.argmin())]
    end = place + len(run)
    names = run.dtype.names or ()
    if "handle" in names:
        found.handle[place:end] = run["handle"]
    if kind is not None:
        found.value[place:end] = _decimal(run["value"]) if kind == _FLOAT else run["value"]
    if "status" in names:
        found.status[place:end] = run["status"]
    for name, column in (("source", found.source_at), ("server", found.server_at)):
        if name in names:
            column[place:end] = _all_micros(run[name])
    if kind == _BOOLEAN:
        found.is_boolean[place:end] = True
    data.skip(len(run) * shape.itemsize)
    return end


def _single(data: _Cursor, found: Changes, place: int, mask: int, with_handle: bool) -> None:
    """Cut one value of a type that has no fixed size."""
    if with_handle:
        found.handle[place] = data.u4()
    data.skip(1)
    odd = _odd_value(data)
    if odd is not None:
        found.odd[place] = odd
    if mask & _HAS_STATUS:
        found.status[place] = data.u4()
    if mask & _HAS_SOURCE:
        found.source_at[place] = _micros(data.i8())
    data.skip(2 if mask & _HAS_SOURCE_PICO else 0)
    if mask & _HAS_SERVER:
        found.server_at[place] = _micros(data.i8())
    data.skip(2 if mask & _HAS_SERVER_PICO else 0)


def _odd_value(data: _Cursor) -> str | Strange | None:
    """None for a value that is empty."""
    encoding = data.data[data.at]
    if encoding == _NULL:
        data.skip(1)
        return None
    if encoding == _STRING:
        data.skip(1)
        size = data.i4()
        start = data.at
        data.skip(max(0, size))
        return data.data[start : data.at].decode("utf-8", "replace")
    if encoding & _KIND == _EXTENSION:
        _skip_structures(data)
        return Strange(_kind_name(encoding))
    rest = Buffer(data.data, data.at)
    variant_from_binary(rest)  # to know where it ends
    data.at = len(data.data) - len(rest)
    return Strange(_kind_name(encoding))


def _skip_structures(data: _Cursor) -> None:
    """Pass by one or an array of them, whatever is inside: asyncua would decode them, and fail on what it takes for broken."""
    encoding = data.u1()
    for _ in range(data.i4() if encoding & _IS_ARRAY else 1):
        form = data.u1() & _KIND
        data.skip(_NODE_ID_BYTES.get(form, 2))
        if form in _LONG_NODE_IDS:
            data.skip(max(0, data.i4()))
        if data.u1():  # a body in binary or XML
            data.skip(max(0, data.i4()))
    if encoding & _HAS_DIMENSIONS:
        data.skip(4 * max(0, data.i4()))


def _kind_name(encoding: int) -> str:
    try:
        name = str(VariantType(encoding & _KIND).name)
    except ValueError:
        name = f"type {encoding & _KIND}"
    return f"array of {name}" if encoding & _IS_ARRAY else name


def _decimal(reals: NDArray[np.float32]) -> NDArray[np.float64]:
    """REALs as the decimal numbers of seven digits that they stand for (2.22, not 2.2200000286), where there is one."""
    exact = reals.astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        scale = 10.0 ** (6 - np.floor(np.log10(np.abs(exact))))
        short = np.round(exact * scale) / scale
        return np.where(short.astype(np.float32) == reals, short, exact)


def _micros(filetime: int) -> Micros:
    return (filetime - EPOCH_100NS) // 10 if filetime > 0 else NOTHING


def _all_micros(filetimes: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where(filetimes > 0, (filetimes - EPOCH_100NS) // 10, NOTHING)
