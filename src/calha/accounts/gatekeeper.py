"""Which device is let in at the MQTT gate, and what it may do there.

A device names itself as MQTT user and proves it with its secret as password; or a key proves it that may send for that
device. It may publish its own readings and replies, and subscribe to its own commands, nothing else. A gateway gives a key
as password and any other user name: it may publish readings of all devices for which the key may send. A gateway that runs
`calha edge` links its log server, as a device with the profile `gateway` and with that device's secret.
A guest is a client of a replaced system, which keeps its user name and password, and reaches that system's topics only.
Devices of replaced systems also get the topics of their dialect; whoever comes without a proof gets them where that system
is open. Keys and people's tokens are revoked, and hold for other devices when these move: who came with one proves it anew
after PROOF_HOLDS_S, seldom enough for an outage of the registry not to shut out those who send. Nobody stays longer than
what he came with holds.
"""

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from calha.accounts.key_connections import KeyConnections
from calha.accounts.throttle import Throttle
from calha.domain import link
from calha.domain.access import Everywhere, Permission, Principal
from calha.domain.dialects import HOME, Dialect, Topics, joined
from calha.domain.directory import Directory
from calha.domain.errors import NotSignedIn
from calha.log.gate import Admission, Knock, Refusal

MAX_CLIENT_IDS = 200_000
MAX_DEVICES_OF_GATEWAY = 2_000
PROOF_HOLDS_S = {"key": 86_400, "person": 3_600}
TOPICS = "calha/v1"
ANONYMOUS = "anonymous"


class Proofs(Protocol):
    """Who somebody is by what he shows; synchronous, called in threads."""

    def by_token(self, token: str) -> Principal:
        """Raises NotSignedIn."""

    def by_certificate(self, pem: str) -> Principal | None:
        """The device that has a client certificate, until that ends."""


@dataclass(frozen=True, slots=True)
class Guest:
    """password: empty for a guest that comes with none. topics: that it may publish and subscribe."""

    name: str
    topics: tuple[str, ...]
    user: str = ""
    password: str = field(default="", repr=False)

    def is_right(self, knock: Knock) -> bool:
        if not self.password:
            return not knock.password and not knock.certificates
        return knock.user == self.user and secrets.compare_digest(knock.password.encode(), self.password.encode())


class Gatekeeper:
    def __init__(
        self,
        door: Proofs,
        directory: Callable[[], Directory],
        anonymous: bool,
        guests: Sequence[Guest] = (),
        dialects: Sequence[Dialect] = (),
        key_connections: KeyConnections | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """anonymous: whether a device without a proof may send, for any device that is registered."""
        self._door = door
        self._directory = directory
        self._anonymous = anonymous
        self._guests = guests
        self._dialects = dialects
        self._throttle = Throttle()  # people choose these passwords, so they can be guessed
        self._client_ids: OrderedDict[str, str] = OrderedDict()  # to the device that has it
        self._key_connections = key_connections or KeyConnections()
        self._clock = clock

    async def decide(self, knock: Knock) -> Admission | Refusal:
        if knock.protocol == "leaf":
            return await self._as_linked_log(knock)
        as_guest = await self._as_guest(knock)
        if as_guest is not None:
            return as_guest
        if not knock.password and not knock.certificates:
            return await self._without_proof(knock)
        principal = await self._proved(knock)
        if principal is None:
            return Refusal("wrong credentials")
        verdict = await self._as_device_or_gateway(principal, knock)
        if isinstance(verdict, Refusal):
            return verdict
        if principal.kind == "key":
            self._key_connections.add(principal.id, verdict.name)
        return replace(verdict, expires_at_s=self._end_of(principal))

    def _end_of(self, principal: Principal) -> int | None:
        """When whoever came as this has to come again; None for never."""
        ends = [] if principal.until_s is None else [principal.until_s]
        if principal.kind in PROOF_HOLDS_S:
            ends.append(int(self._clock()) + PROOF_HOLDS_S[principal.kind])
        return min(ends, default=None)

    async def _as_device_or_gateway(self, principal: Principal, knock: Knock) -> Admission | Refusal:
        device = self._device_of(principal, knock.user)
        if device is None:
            return self._as_gateway(principal, knock)
        if not self._is_own_client_id(knock.client_id, device):
            return Refusal("client id of another device")
        topic = f"{TOPICS}/{device}"
        own = Topics((f"{topic}/telemetry", f"{topic}/commands/+/reply"), (f"{topic}/commands",))
        spoken = joined([await dialect.of_device(device) for dialect in self._dialects])
        publish, subscribe = joined([own, spoken])
        return Admission(device, publish, subscribe, HOME if any(spoken) else device)

    async def _as_linked_log(self, knock: Knock) -> Admission | Refusal:
        """The log server of a gateway: it may speak of what is the gateway's, and hear the answers."""
        principal, entry = await self._proved(knock), self._directory().devices.get(knock.user)
        if principal is None or entry is None or principal.device != entry.key:
            return Refusal("wrong credentials")
        if entry.profile != link.PROFILE:
            return Refusal("not a gateway")
        return Admission(entry.key, (link.topic(entry.key, "+"),), (f"{link.inbox(entry.key)}/#",), entry.key)

    async def _without_proof(self, knock: Knock) -> Admission | Refusal:
        own, spoken = await self._open()
        publish, subscribe = joined([own, spoken])
        if not publish:
            return Refusal("no credentials")
        is_proved = knock.client_id in self._client_ids or knock.client_id in self._directory().devices
        if is_proved and not self._anonymous:
            return Refusal("client id of another device")
        return Admission(ANONYMOUS, publish, subscribe, HOME if any(spoken) else knock.client_id or knock.address)

    async def _open(self) -> tuple[Topics, Topics]:
        """Calha's own topics for whoever proves nothing, and those of dialects.

        Not calha/v1/#: whoever could publish on the topic of a device's commands could command it.
        """
        own = Topics((f"{TOPICS}/+/telemetry",) if self._anonymous else ())
        return own, joined([await dialect.of_anybody() for dialect in self._dialects])

    async def _as_guest(self, knock: Knock) -> Admission | Refusal | None:
        """None for who is no guest. All of one name are in one shard, so that they hear each other."""
        tried = ("guest", knock.user, knock.address)
        is_named = any(one.password and one.user == knock.user for one in self._guests)
        if is_named and self._throttle.wait_s(tried):
            return Refusal("too many tries")
        guest = next((one for one in self._guests if one.is_right(knock)), None)
        if guest is None:
            if is_named:
                self._throttle.failed(tried)
            return None
        if knock.client_id in self._directory().devices:
            return Refusal("client id of another device")
        self._throttle.succeeded(tried)
        if guest.password:
            return Admission(guest.name, guest.topics, guest.topics, guest.name)
        own, spoken = await self._open()
        publish, subscribe = joined([Topics(guest.topics, guest.topics), own, spoken])
        name, home = (ANONYMOUS, HOME) if any(spoken) else (guest.name, guest.name)
        return Admission(name, publish, subscribe, home)

    async def _proved(self, knock: Knock) -> Principal | None:
        """Who somebody has proved to be."""
        for certificate in knock.certificates[:1]:
            principal = await asyncio.to_thread(self._door.by_certificate, certificate)
            if principal is not None and knock.user in ("", principal.device):
                return principal
        if not knock.password:
            return None
        try:
            return await asyncio.to_thread(self._door.by_token, knock.password)
        except NotSignedIn:
            return None

    def _device_of(self, principal: Principal, user: str) -> str | None:
        """The device as which somebody comes in: the one that he names and may speak for, else his own."""
        directory = self._directory()
        if user in directory.devices and principal.may_send(user, directory.site_of(user), directory.tree):
            return user
        return principal.device if user in ("", principal.device) else None

    def _as_gateway(self, principal: Principal, knock: Knock) -> Admission | Refusal:
        """A key that names no device of its own speaks for all for which it may send."""
        directory = self._directory()
        if principal.kind == "device" or knock.user in directory.devices:
            return Refusal("wrong credentials")
        sites = principal.sites(Permission.SEND, directory.tree)
        if isinstance(sites, Everywhere):
            return Admission(principal.name, (f"{TOPICS}/+/telemetry",), (), knock.client_id)
        own = [key for key, entry in directory.devices.items() if entry.site in sites]
        if not own or len(own) > MAX_DEVICES_OF_GATEWAY:
            return Refusal("no devices" if not own else "too many devices for one connection")
        return Admission(principal.name, tuple(f"{TOPICS}/{key}/telemetry" for key in own), (), knock.client_id)

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
