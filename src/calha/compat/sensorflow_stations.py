"""Which device a SensorFlow station is, by what it calls itself or by its address: two stations never are one.

A name that can be a key is one. Of any other, `CIP é` say, the key has what can be in one, and a digest of the name. Stations
that were registered when several names could have one key keep their devices, as long as these bear their names.
"""

import asyncio
import re
from hashlib import sha256

from calha.compat.own_devices import OwnDevices
from calha.store.registry import Registry

PREFIX = "sensorflow-"

_PLAIN = re.compile(r"[A-Za-z0-9_]|[A-Za-z0-9_][A-Za-z0-9_-]{,38}[A-Za-z0-9_]")
_IPV4 = re.compile(r"\d{1,3}([.-]\d{1,3}){3}")


class Stations:
    def __init__(self, own: OwnDevices, registry: Registry) -> None:
        self._own = own
        self._registry = registry
        self._before: dict[str, str] = {}  # names of stations that keep a device from before

    async def device_of(self, name: str, *, is_address: bool = False) -> str:
        """The key of a station's device, whether that is registered or not."""
        device = _key_of(name, is_address)
        if self._own.entry(device) is not None:
            return device
        before = self._before.get(name) or _key_before(name)
        if before == device or self._own.entry(before) is None:
            return device
        if name not in self._before:
            rows = await asyncio.to_thread(self._registry.devices_named, [before])
            if before not in rows or rows[before].name != label_of(name):
                return device
            self._before[name] = before
        return before


def name_of(device: str, label: str) -> str:
    """What a station calls itself, by its device and what that is called."""
    name = label.removeprefix(label_of(""))
    return name if name != label and not _IPV4.fullmatch(name) else device.removeprefix(PREFIX)


def label_of(name: str) -> str:
    """What a station's device is called in Calha, until somebody calls it otherwise."""
    return f"SensorFlow {name}"


def _key_of(name: str, is_address: bool) -> str:
    if is_address and _IPV4.fullmatch(name):
        return PREFIX + name.replace(".", "-")
    if _PLAIN.fullmatch(name) and not _IPV4.fullmatch(name):
        return PREFIX + name
    start = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:31]
    return f"{PREFIX}{start or 'station'}-{sha256(name.encode(errors='surrogatepass')).hexdigest()[:8]}"


def _key_before(name: str) -> str:
    """As it was made before, when several names could have one."""
    text = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:40]
    return f"{PREFIX}{text or 'station'}"
