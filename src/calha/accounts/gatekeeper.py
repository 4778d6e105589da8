"""Which device is let in at the MQTT gate, and what it may do there.

A device names itself as MQTT user and proves it with its secret as password; or a key proves it that may send for that
device. It may publish its own readings and replies, and subscribe to its own commands, nothing else.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable

from calha.accounts.door import Door
from calha.domain.directory import Directory
from calha.domain.errors import NotSignedIn
from calha.log.gate import Admission, Knock, Refusal

MAX_CLIENT_IDS = 200_000
ANONYMOUS = "anonymous"


class Gatekeeper:
    def __init__(self, door: Door, directory: Callable[[], Directory], anonymous: bool) -> None:
        """anonymous: whether a device without a proof may send, for any device that is registered."""
        self._door = door
        self._directory = directory
        self._anonymous = anonymous
        self._client_ids: OrderedDict[str, str] = OrderedDict()  # to the device that has it

    async def decide(self, knock: Knock) -> Admission | Refusal:
        if not knock.password and not knock.certificates:
            return self._without_proof(knock)
        device = await self._proved(knock)
        if device is None:
            return Refusal("wrong credentials")
        if not self._is_own_client_id(knock.client_id, device):
            return Refusal("client id of another device")
        topic = f"calha/v1/{device}"
        return Admission(device, (f"{topic}/telemetry", f"{topic}/commands/+/reply"), (f"{topic}/commands",), device)

    def _without_proof(self, knock: Knock) -> Admission | Refusal:
        if not self._anonymous:
            return Refusal("no credentials")
        # Not calha/v1/#: whoever could publish on the topic of a device's commands could command it.
        return Admission(ANONYMOUS, ("calha/v1/+/telemetry",), (), knock.client_id or knock.address)

    async def _proved(self, knock: Knock) -> str | None:
        """The device that somebody has proved to be, or may speak for."""
        for certificate in knock.certificates[:1]:
            device = await asyncio.to_thread(self._door.device_of_certificate, certificate)
            if device is not None and knock.user in ("", device):
                return device
        if not knock.password:
            return None
        try:
            principal = await asyncio.to_thread(self._door.by_token, knock.password)
        except NotSignedIn:
            return None
        directory, device = self._directory(), knock.user or principal.device
        if device is None or not principal.may_send(device, directory.site_of(device), directory.tree):
            return None
        return device

    def _is_own_client_id(self, client_id: str, device: str) -> bool:
        """Whoever connects with a client id throws out whoever had it, so it must not be another device's."""
        if client_id != device and client_id in self._directory().devices:
            return False
        if not client_id:
            return True
        if self._client_ids.setdefault(client_id, device) != device:
            return False
        self._client_ids.move_to_end(client_id)
        while len(self._client_ids) > MAX_CLIENT_IDS:
            self._client_ids.popitem(last=False)
        return True
