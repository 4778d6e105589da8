"""Secrets of devices."""

from datetime import UTC, datetime, timedelta

from calha.accounts.accounts import Accounts
from calha.accounts.door import DEVICE_PREFIX
from calha.accounts.keyring import digest, new_secret


def new_device_secret(accounts: Accounts, device: str, overlap_s: int = 0) -> str:
    """A new secret of a device, of which only this text will ever be told; older ones hold for `overlap_s` more.

    Raises NotFound.
    """
    secret = new_secret(DEVICE_PREFIX)
    accounts.credentials.add(device, "secret", digest(secret), datetime.now(UTC) + timedelta(seconds=overlap_s))
    accounts.door.forget()
    return secret
