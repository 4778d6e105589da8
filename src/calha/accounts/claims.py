"""Claiming a device with the code on its label: what would be claimed, taking it, giving it back.

Codes are guessed by nobody in 60 bits; wrong ones are slowed down all the same, per person and per address.
"""

from dataclasses import dataclass

from calha.accounts.accounts import Accounts
from calha.accounts.sign_in import Visitor
from calha.accounts.throttle import Patience
from calha.domain.access import Principal
from calha.domain.claim_codes import plain
from calha.domain.errors import Malformed, NotFound


@dataclass(frozen=True, slots=True)
class Found:
    """A device by the code on its label."""

    code: str
    device: str


class Claims:
    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._patience = Patience()

    def look(self, typed: str, claimant: Principal, visitor: Visitor) -> Found:
        """The device that has the code. Raises NotFound, Malformed, TooManyTries."""
        with self._patience.attempt(claimant.id, visitor.address) as attempt:
            try:
                found = self._found(plain(typed))
            except (Malformed, NotFound):
                self._accounts.audit.append(claimant.actor, "claim.failed", "claim code", address=visitor.address)
                raise
            attempt.outcome = "open"  # not right: who has one label would guess on and on between tries of his own
        return found

    def take(self, found: Found, claimant: Principal, label: str) -> None:
        """Make the device his. Raises NotFound when its code was changed meanwhile, Conflict when it is somebody's."""
        self._accounts.ownerships.claim(found.code, claimant.id, label)
        self._accounts.door.forget()

    def release(self, device: str) -> None:
        """Make it nobody's, with a new code. Raises NotFound when it is nobody's."""
        self._accounts.ownerships.release(device)
        self._accounts.door.forget()

    def _found(self, code: str) -> Found:
        device = self._accounts.ownerships.device_of_code(code)
        if device is None:
            raise NotFound("no device has this claim code; compare it with the label", "unknown_code")
        return Found(code, device)
