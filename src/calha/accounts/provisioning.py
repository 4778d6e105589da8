"""Fleets: devices that carry one common key each ask once for a credential of their own.

The common key lies in every device and will be read out of one some day. Therefore it opens little: it makes devices of one
profile in one site, so many and so long, and gives nobody the credential of a device that has one already.
"""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass

from calha.accounts.accounts import Accounts
from calha.accounts.devices import new_device_secret
from calha.accounts.keyring import digest, new_secret
from calha.accounts.sign_in import Visitor
from calha.accounts.throttle import Patience
from calha.domain.access import Actor, Tree
from calha.domain.errors import CalhaError, Conflict, Forbidden, NotSignedIn
from calha.store.accounts.provisioning import NewProvisioningKey, ProvisioningKeyRow, ProvisioningKeys
from calha.store.registry import DeviceRow, Registry

KEY_PREFIX = "calha_fleet_"
START_CHARS = len(KEY_PREFIX) + 4
MAX_KEY_TRIES = 100
_NO_KEY_LETTERS = re.compile(r"[^A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class Credential:
    """What a device gets, once. is_new: whether it was registered for it."""

    device: str
    secret: str
    is_new: bool


class Provisioning:
    def __init__(
        self,
        accounts: Accounts,
        registry: Registry,
        keys: ProvisioningKeys,
        tree: Callable[[], Tree],
        has_reported: Callable[[str], bool],
    ) -> None:
        self.keys = keys
        self._accounts = accounts
        self._registry = registry
        self._tree = tree
        self._has_reported = has_reported
        self._patience = Patience()
        self._one_at_a_time = threading.Lock()  # the same serial may ask twice at once

    def make_key(self, new: NewProvisioningKey) -> tuple[ProvisioningKeyRow, str]:
        """The key is told only here. Raises NotFound (profile, site)."""
        self._registry.profile(new.profile)
        self._registry.site(new.site_id)
        secret = new_secret(KEY_PREFIX)
        return self.keys.add(new, secret[:START_CHARS], digest(secret)), secret

    def provision(self, key: str, serial: str, visitor: Visitor) -> Credential:
        """Raises NotSignedIn (key), Conflict (it has a credential, no place left), Forbidden, TooManyTries."""
        self._patience.require(serial, visitor.address)
        known = self.keys.find(digest(key))
        if known is None or not known.holds:
            self._patience.failed(serial, visitor.address)
            self._note("unknown provisioning key", "provisioning.failed", serial, "key", visitor)
            raise NotSignedIn("this provisioning key is not valid, or not any more", "wrong_credentials")
        try:
            with self._one_at_a_time:
                made = self._provision(known, serial)
        except (Conflict, Forbidden) as error:
            self._patience.failed(serial, None)
            self._note(_actor(known), "provisioning.refused", serial, str(error), visitor)
            raise
        self._note(_actor(known), "device.provisioned", serial, made.device, visitor)
        return made

    def _provision(self, key: ProvisioningKeyRow, serial: str) -> Credential:
        found = self._registry.devices_of_serial(serial)
        if len(found) > 1:
            raise Conflict(
                f"several devices have the serial {serial!r}; change one of them first",
                "duplicate_serial",
                serial=serial,
            )
        may_again = bool(found) and self._may(key, found[0])
        if not may_again:
            self.keys.take_place(key.id)
        try:
            device = found[0].key if found else self._register(key, serial)
            secret = new_device_secret(self._accounts, device)
            self.keys.note(device)
        except CalhaError:
            if not may_again:
                self.keys.give_back(key.id)
            raise
        return Credential(device, secret, not found)

    def _may(self, key: ProvisioningKeyRow, device: DeviceRow) -> bool:
        """Whether a device asks again, as it was allowed to. Raises Conflict, Forbidden when it may not ask."""
        if device.profile != key.profile or device.site_id not in self._tree().below([key.site_id]):
            raise Forbidden(
                "this device is registered with another profile or in another site than the key is for", "other_fleet"
            )
        was, again = self.keys.state_of(device.key)
        if again:
            return True
        is_in_use = self._has_reported(device.key) and self._accounts.credentials.of(device.key)
        if was or is_in_use:
            raise Conflict(
                "this device has its credential already; an administrator can let it ask again", "provisioned_already"
            )
        return False

    def _register(self, key: ProvisioningKeyRow, serial: str) -> str:
        plain = _NO_KEY_LETTERS.sub("-", serial).strip("-")[:56] or "device"
        for number in range(1, MAX_KEY_TRIES):
            device = plain if number == 1 else f"{plain}-{number}"
            try:
                self._registry.create_device(device, key.profile, key.site_id, serial=serial)
            except Conflict:
                continue
            return device
        raise Conflict(f"there are {MAX_KEY_TRIES} devices named like {plain!r} already", "device_exists", device=plain)

    def _note(self, actor: str, action: str, serial: str, what: str, visitor: Visitor) -> None:
        after = {"serial": serial, "what": what}
        self._accounts.audit.append(Actor(actor), action, f"serial {serial}", after=after, address=visitor.address)


def _actor(key: ProvisioningKeyRow) -> str:
    return f"provisioning key {key.name}"
