"""The meters of Hidrômetro Inteligente as devices of Calha, and the way of their readings into the log.

A meter is known by its serial number: `HID-01` is the device `hidrometro-HID-01`, made when it is heard for the first time. The
firmware sends none; its readings are, in this order, those of

1. the device that the sender has proved to be,
2. the device of the chip that its client id names (`hidrometro-<chip>`), if such a device is registered,
3. the default meter, if the operator has named one, as long as nobody else speaks for it,
4. the chip's device, made now.

What fits none of these goes to quarantine. No reading ever becomes one of a device of another system, nor, without a proof, of
a meter that has a credential.
"""

import asyncio
import hashlib
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

from calha.compat.clocks import Clocks
from calha.compat.ground import Ground
from calha.compat.hidrometro.wire import Reading, Seen, read, serial_of
from calha.compat.own_devices import OwnDevices, own_site
from calha.config.compat import HidrometroSection
from calha.domain.access import Principal
from calha.domain.errors import Malformed, Refused, TooFast
from calha.domain.readings import Micros
from calha.domain.times import MINUTE_US
from calha.ingest.service import Message, Receipt
from calha.store.registry import SiteRow

PREFIX = "hidrometro-"
PROFILE = "hidrometro_meter"
SOURCE = "hidrometro"
SITE = "Hidrômetro Inteligente"
DEFAULT_IS_FREE_AFTER_US = 10 * MINUTE_US
PROVEN_S = 5.0  # within which a credential that was issued or revoked counts

_CHIP = re.compile(r"hidrometro-([0-9a-f]{1,16})", re.IGNORECASE)
_PLAIN_SERIAL = re.compile(r"[A-Z0-9_.-]{1,53}")  # a key has 64 letters


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who sends readings. principal: None for one without a proof. chip: the serial number that its client id names."""

    name: str
    address: str
    principal: Principal | None = None
    chip: str | None = None


class Said(NamedTuple):
    payload: bytes
    topic: str


class Heard(NamedTuple):
    """A reading that is on disk."""

    device: str
    at: Micros
    seen: Seen


class Taken(NamedTuple):
    """devices: of the readings that were understood."""

    receipt: Receipt
    devices: Sequence[str]


Watch = Callable[[Heard], Awaitable[None]]


class Meters:
    """watches: told of each reading that was taken, in the order in which they came."""

    def __init__(self, options: HidrometroSection, ground: Ground) -> None:
        self._ground = ground
        self._ingest = ground.ingest
        self.own = OwnDevices(
            PREFIX, PROFILE, options.max_devices, ground.registry, ground.ingest, ground.telemetry, SITE
        )
        self._clocks = Clocks(self._newest)
        self.watches: list[Watch] = []
        self.default = key_of(serial) if (serial := serial_of(options.default_serial)) else None
        self._default_serial = serial
        self._default_speaker = ("", 0)  # who spoke for the default meter, and when
        self._adding = asyncio.Lock()
        self._site: SiteRow | None = None
        self._serials: dict[str, str] = {}
        self._proven: frozenset[str] = frozenset()  # devices with a credential
        self._proven_at = -PROVEN_S

    async def prepare(self) -> None:
        """Have a site for the meters. Call it before anything else."""
        async with self._adding:
            self._site = await asyncio.to_thread(own_site, self._ground.registry, SITE)

    @property
    def site(self) -> SiteRow:
        assert self._site is not None, "prepare was not called"
        return self._site

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.site.zone)

    def is_known(self, device: str) -> bool:
        return device in self._ingest.directory.devices

    async def serial(self, device: str) -> str:
        """The serial number of a meter, as it is shown."""
        if device not in self._serials:
            row = await asyncio.to_thread(self._ground.registry.device, device)
            is_its = row.serial is not None and key_of(row.serial) == device
            self._serials[device] = row.serial if is_its and row.serial else device.removeprefix(PREFIX)
        return self._serials[device]

    async def take(self, said: Sequence[Said], speaker: Speaker) -> Taken:
        """Put readings on disk and what is wrong with them into quarantine. Raises LogUnavailable with nothing taken."""
        messages, heard = [], []
        for one in said:
            now = self._ground.clock()
            message, reading = await self._message(one, speaker, now)
            if message is not None:
                messages.append(message)
            if reading is not None and self.is_known(reading.device):
                heard.append(reading)
        receipt = await self._ingest.take(messages, SOURCE)
        for each in heard:
            for watch in self.watches:
                await watch(each)
        return Taken(receipt, [each.device for each in heard])

    async def _message(self, said: Said, speaker: Speaker, now: Micros) -> tuple[Message | None, Heard | None]:
        """The message, and what it reads; (None, None) for one of a sender that is not listened to any more."""
        device = ""
        try:
            reading = read(said.payload, self.zone)
            device = await self._device(reading, speaker, now)
            if not self._ingest.admits(device, now):
                raise TooFast(f"{device} sends too much")
        except Refused as error:
            if not self._ingest.admits(f"{SOURCE} from {speaker.address}", now):
                self._ingest.refuse(device, "too_fast")
                return None, None
            return Message(device, said.payload, now, SOURCE, said.topic, "json", error), None
        stamp = self._clocks.stamp(device, reading.at, now)
        seen = Seen(reading.number("total"), reading.number("flow"))
        return Message(device, stamp.record(reading.values), now, SOURCE, said.topic), Heard(device, stamp.at, seen)

    def _newest(self, device: str) -> Micros | None:
        known = self.is_known(device)
        return max(self.own.latest(device, channel)[1] for channel in ("total", "flow")) if known else None

    async def _device(self, reading: Reading, speaker: Speaker, now: Micros) -> str:
        """The device of a reading; one that is not registered when no more are taken. Raises Malformed."""
        proved = speaker.principal.device if speaker.principal is not None else None
        if reading.serial is None and proved is not None:
            return proved
        serial = reading.serial or self._of_silent(speaker, now)
        device = key_of(serial)
        await self._require_allowed(device, speaker)
        if not self.is_known(device):
            await self._add(device, serial)
        return device

    def _of_silent(self, speaker: Speaker, now: Micros) -> str:
        """The serial number of a sender that gives none. Raises Malformed."""
        chip = speaker.chip
        if chip is not None and self.is_known(key_of(chip)):
            return chip
        if self._default_serial is not None and self._may_be_default(speaker.name, now):
            return self._default_serial
        if chip is not None:
            return chip
        raise Malformed(
            "a reading without a serial number, and it is not known whose: register the meter and have it send numeroSerie, "
            f"or name it in compat.hidrometro.default_serial (sent by {speaker.name[:80]})",
            "no_serial",
        )

    def _may_be_default(self, name: str, now: Micros) -> bool:
        """Whether a sender speaks for the default meter; two at once would be one register that jumps."""
        known, spoke_at = self._default_speaker
        if known not in ("", name) and now - spoke_at < DEFAULT_IS_FREE_AFTER_US:
            return False
        self._default_speaker = (name, now)
        return True

    async def _require_allowed(self, device: str, speaker: Speaker) -> None:
        if speaker.principal is None:
            if await self._has_credential(device):
                raise Malformed(f"{device} has a credential of its own, and is not heard without it", "not_allowed")
            return
        directory = self._ingest.directory
        site = directory.site_of(device) if self.is_known(device) else self.site.id
        if not speaker.principal.may_send(device, site, directory.tree):
            raise Malformed(f"{speaker.name} may not send readings of {device}", "not_allowed")

    async def _has_credential(self, device: str) -> bool:
        now = time.monotonic()
        if now - self._proven_at > PROVEN_S:
            self._proven_at = now
            proofs = await asyncio.to_thread(self._ground.accounts.door.device_proofs)
            self._proven = frozenset(known for known, _ in proofs.values())
        return device in self._proven

    async def _add(self, device: str, serial: str) -> None:
        async with self._adding:
            if not self.is_known(device):
                await self.own.create(device, f"Hidrômetro {serial}", serial)


def key_of(serial: str) -> str:
    """The device of a serial number: two serial numbers never are one device, whatever letters they have."""
    if _PLAIN_SERIAL.fullmatch(serial):
        return PREFIX + serial
    start = re.sub(r"[^A-Z0-9_.-]+", "-", serial)[:44]
    return f"{PREFIX}{start}-{hashlib.sha256(serial.encode()).hexdigest()[:8]}"


def chip_of(client_id: str) -> str | None:
    """The chip that a client id of the firmware names."""
    found = _CHIP.fullmatch(client_id)
    return found[1].upper() if found is not None else None
