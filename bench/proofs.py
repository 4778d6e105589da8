"""Secrets of the bench's devices, which generators in other processes can make as well."""

from calha.accounts.door import DEVICE_PREFIX
from calha.accounts.keyring import digest


def secret_of(device: str) -> str:
    return f"{DEVICE_PREFIX}{digest(device)}"
