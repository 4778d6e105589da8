"""Who is let in at a gateway: the devices of its roster, which the hub tells and a file keeps while the hub is away."""

import json
import logging
import time
from collections.abc import Mapping, Sequence
from datetime import UTC
from pathlib import Path

from calha.accounts.fingerprints import fingerprint
from calha.accounts.keyring import digest
from calha.domain.access import Principal
from calha.domain.directory import DeviceEntry, Directory
from calha.domain.errors import NotSignedIn
from calha.domain.link import Roster
from calha.domain.times import SECOND_US

FILE_NAME = "roster.json"

log = logging.getLogger(__name__)


class EdgeDoor:
    """directory: of the devices of the roster, without channels."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self.fingerprint = ""
        self.directory = Directory({}, {})
        self._proofs: dict[str, tuple[str, int]] = {}
        self._read()

    def by_token(self, token: str) -> Principal:
        """Who has a secret. Raises NotSignedIn."""
        device = self._device_by(digest(token))
        if device is None:
            raise NotSignedIn("this is no secret of a device that reports through this gateway")
        return device

    def by_certificate(self, pem: str) -> Principal | None:
        """The device that has a client certificate."""
        return self._device_by(fingerprint(pem))

    def learn(self, roster: Roster) -> Sequence[str]:
        """Take over what the hub tells; the devices that have lost a proof, whose connections must be closed."""
        proofs = _by_digest(roster.devices)
        lost = {device for found, (device, _) in self._proofs.items() if found not in proofs}
        self._know(roster.fingerprint, roster.devices)
        content = {"fingerprint": roster.fingerprint, "devices": roster.devices}
        temporary = self._path.with_suffix(".new")
        temporary.unlink(missing_ok=True)
        temporary.touch(mode=0o600)
        temporary.write_text(json.dumps(content))
        temporary.replace(self._path)
        return sorted(lost)

    def _device_by(self, proof: str) -> Principal | None:
        device, expires_at = self._proofs.get(proof, (None, 0))
        if device is None or (expires_at and expires_at <= time.time_ns() // 1_000):
            return None
        return Principal("device", 0, device, device=device, until_s=expires_at // SECOND_US or None)

    def _read(self) -> None:
        try:
            content = json.loads(self._path.read_text())
            self._know(content["fingerprint"], content["devices"])
        except FileNotFoundError:
            return
        except (ValueError, KeyError, TypeError) as error:
            log.warning("%s is damaged (%s); the hub will tell it again", self._path, error)

    def _know(self, fingerprint_: str, devices: Mapping[str, Sequence[tuple[str, int]]]) -> None:
        self.fingerprint = fingerprint_
        self._proofs = _by_digest(devices)
        self.directory = Directory({key: DeviceEntry(key, UTC, {}) for key in devices}, {})


def _by_digest(devices: Mapping[str, Sequence[tuple[str, int]]]) -> dict[str, tuple[str, int]]:
    return {found: (key, expires_at) for key, proofs in devices.items() for found, expires_at in proofs}
