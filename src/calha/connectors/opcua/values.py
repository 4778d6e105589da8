"""What a server has told of its nodes → readings of our channels. Pure: no I/O, no clock.

Rules
- Quality comes from the status code. A bad one, and one without a value, has no value (NaN), never a 0.
- Time is that of the source if it is plausible, else the server's, else that of arrival, and then the quality says so.
  A time at or before `floor` is not: until then the slot is known to have had a gap. A floor that lies ahead is of a clock
  that was wrong, and forgotten: else everything would be told as of one moment until then.
- Numbers are taken as they are. Booleans, texts and states go by the rules of every other way in (`ingest.decode`);
  what those refuse is a Fault of its node, and stops no other.
- `last` holds the newest of each node, from which it is repeated while the server says that nothing has changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from calha.connectors.opcua.wire import Changes, Strange
from calha.domain.directory import ChannelEntry
from calha.domain.errors import Malformed
from calha.domain.quality import Quality, of_status
from calha.domain.readings import Batch, Micros
from calha.domain.times import EARLIEST, MAX_AHEAD_US
from calha.ingest.decode import number_of

_OVERFLOW = 0x0480  # info bits of a status: the server's queue has dropped older values


class Slot(NamedTuple):
    """One node as it is read: its address, and the channel that it feeds."""

    node: str
    device: str
    key: str
    channel: ChannelEntry


class Fault(NamedTuple):
    """Why a value of a slot was not taken."""

    slot: int
    reason: str
    detail: str


@dataclass(slots=True)
class Readings:
    """overflowed: values of which the server says that it has dropped others before them."""

    batch: Batch
    faults: list[Fault] = field(default_factory=list)
    overflowed: int = 0


class Translator:
    """Translates for the slots of one connection; a node's handle is the place of its slot."""

    def __init__(self, slots: Sequence[Slot], floor: Sequence[Micros] = ()) -> None:
        """floor: of each slot, until when it is known to have a gap; 0 without one."""
        size = len(slots)
        self._slots = slots
        self._series = np.array([slot.channel.series for slot in slots], np.int64)
        self._is_state = np.array([slot.channel.kind == "state" for slot in slots], np.bool_)
        self._is_counter = np.array([slot.channel.kind == "counter" for slot in slots], np.bool_)
        self.last_value = np.full(size, np.nan)
        self.last_quality = np.full(size, Quality.BAD, np.uint8)
        self.last_at = np.zeros(size, np.int64)
        self.last_arrived_at = np.zeros(size, np.int64)  # 0: never
        self.floor = np.array(floor, np.int64) if len(floor) else np.zeros(size, np.int64)

    def readings(self, changes: Changes, arrived_at: Micros) -> Readings:
        """The readings in what has changed. Handles that no slot has are left out."""
        known = (changes.handle >= 0) & (changes.handle < len(self._slots))
        slot = np.where(known, changes.handle, 0)
        at, is_arrival = self._times(changes, slot, arrived_at)
        quality = _qualities(changes.status)
        np.maximum(quality, np.where(is_arrival, Quality.ARRIVAL_TIME, 0).astype(np.uint8), out=quality)
        value = changes.value.copy()
        faults, kept = self._care(changes, slot, value, quality, known)
        value[quality >= Quality.BAD] = np.nan
        quality[np.isnan(value)] = np.maximum(quality[np.isnan(value)], Quality.BAD)
        slot, at, value, quality = slot[kept], at[kept], value[kept], quality[kept]
        overflowed = int(((changes.status & _OVERFLOW) == _OVERFLOW).sum())
        self._remember(slot, at, value, quality, arrived_at)
        return Readings(self._batch(slot, at, value, quality, arrived_at), faults, overflowed)

    def repeated(self, before: Micros, at: Micros, arrived_at: Micros) -> Batch:
        """The newest of every slot that has not been heard of since `before`, as of `at`: nothing has changed until then."""
        due = (self.last_arrived_at > 0) & (self.last_arrived_at < before) & (self.last_at < at)
        slot = np.flatnonzero(due)
        times = np.full(len(slot), at, np.int64)
        value, quality = self.last_value[slot], self.last_quality[slot] & ~np.uint8(Quality.ARRIVAL_TIME)
        self._remember(slot, times, value, quality, arrived_at)
        return self._batch(slot, times, value, quality, arrived_at)

    def gap(self, arrived_at: Micros) -> Batch:
        """For every slot that had a value: that it has none from now on, as its server cannot be reached.

        All count as not heard of again, and the next readings as of later than that, whatever time they bring.
        """
        slot = np.flatnonzero((self.last_arrived_at > 0) & (self.last_quality < Quality.BAD))
        at = np.maximum(self.last_at[slot] + 1, arrived_at)
        self.floor[slot] = at
        value, quality = np.full(len(slot), np.nan), np.full(len(slot), Quality.NO_COMMUNICATION, np.uint8)
        self._remember(slot, at, value, quality, arrived_at)
        self.last_arrived_at[:] = 0
        return self._batch(slot, at, value, quality, arrived_at)

    def _times(
        self, changes: Changes, slot: NDArray[np.int64], arrived_at: Micros
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        self.floor[self.floor > arrived_at + MAX_AHEAD_US] = 0
        latest, earliest = arrived_at + MAX_AHEAD_US, np.maximum(EARLIEST, self.floor[slot] + 1)
        of_source = (changes.source_at >= earliest) & (changes.source_at <= latest)
        of_server = (changes.server_at >= earliest) & (changes.server_at <= latest)
        of_arrival = np.maximum(arrived_at, self.floor[slot] + 1)
        at = np.where(of_source, changes.source_at, np.where(of_server, changes.server_at, of_arrival))
        return at, ~(of_source | of_server)

    def _care(
        self,
        changes: Changes,
        slot: NDArray[np.int64],
        value: NDArray[np.float64],
        quality: NDArray[np.uint8],
        known: NDArray[np.bool_],
    ) -> tuple[list[Fault], NDArray[np.bool_]]:
        """Put right in `value` what is no plain number for its channel; (faults, which are kept)."""
        kept, faults = known.copy(), []
        usable = quality < Quality.BAD
        delicate = usable & (self._is_state[slot] | (changes.is_boolean & self._is_counter[slot]))
        for place in sorted({*np.flatnonzero(delicate).tolist(), *(one for one in changes.odd if usable[one])}):
            number = int(slot[place])
            try:
                found = _plain(changes, place), self._slots[number].channel, int(quality[place])
                value[place], quality[place] = _number(*found)
            except Malformed as error:
                kept[place] = False
                faults.append(Fault(number, error.reason, str(error)))
        return faults, kept

    def _remember(
        self,
        slot: NDArray[np.int64],
        at: NDArray[np.int64],
        value: NDArray[np.float64],
        quality: NDArray[np.uint8],
        arrived_at: Micros,
    ) -> None:
        self.last_value[slot], self.last_quality[slot] = value, quality
        self.last_at[slot], self.last_arrived_at[slot] = at, arrived_at

    def _batch(
        self,
        slot: NDArray[np.int64],
        at: NDArray[np.int64],
        value: NDArray[np.float64],
        quality: NDArray[np.uint8],
        arrived_at: Micros,
    ) -> Batch:
        arrived = np.full(len(slot), arrived_at, np.int64)
        return Batch(self._series[slot].astype(np.int32), at.astype(np.int64), value, quality, arrived)


def counted(translator: Translator, faulty: Mapping[int, object]) -> dict[str, int]:
    """How many nodes are good, uncertain, bad, or have not been heard of. faulty: slots whose values are not taken."""
    quality, is_known = translator.last_quality, translator.last_arrived_at > 0
    wrong = np.zeros(len(quality), np.bool_)
    wrong[list(faulty)] = True
    good = is_known & ~wrong & (quality < Quality.UNCERTAIN)
    uncertain = is_known & ~wrong & (quality >= Quality.UNCERTAIN) & (quality < Quality.BAD)
    bad = wrong | (is_known & (quality >= Quality.BAD))
    return {
        "good": int(good.sum()),
        "uncertain": int(uncertain.sum()),
        "bad": int(bad.sum()),
        "unknown": len(quality) - int(good.sum() + uncertain.sum() + bad.sum()),
    }


def _qualities(status: NDArray[np.uint32]) -> NDArray[np.uint8]:
    codes, place = np.unique(status, return_inverse=True)
    return np.array([of_status(code) for code in codes.tolist()], np.uint8)[place.reshape(-1)]


def _plain(changes: Changes, place: int) -> object:
    odd = changes.odd.get(place)
    if odd is None:
        value = float(changes.value[place])
        return bool(value) if changes.is_boolean[place] else value
    return odd


def _number(value: object, channel: ChannelEntry, quality: int) -> tuple[float, int]:
    if type(value) is Strange:
        raise Malformed(f"a value of type {value.kind} is no reading", "wrong_kind")
    return number_of(value, channel, quality)
