"""What devices prove themselves with: secrets and client certificates, of which several may hold for a while."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, cast

from sqlalchemy import ColumnElement, Engine, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from calha.domain.errors import Conflict, NotFound
from calha.store.accounts.models import DeviceCredential
from calha.store.registry.models import Device
from calha.store.registry.writing import device_id_of, writing

DEVICES_AT_ONCE = 500  # databases limit the parameters of a statement
CredentialKind = Literal["secret", "certificate"]


@dataclass(frozen=True, slots=True)
class CredentialRow:
    id: int
    kind: CredentialKind
    created_at: datetime
    expires_at: datetime | None
    fingerprint: str | None
    """Of a certificate; a secret has none, because whoever knows its digest could guess."""


class Credentials:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(
        self,
        device: str,
        kind: CredentialKind,
        digest: str,
        older_expire_at: datetime | None = None,
        expires_at: datetime | None = None,
    ) -> None:
        """A further credential; those of its kind that have no end yet get one, if told. Raises NotFound, Conflict."""
        with writing(self._engine) as connection:
            device_id = device_id_of(connection, device)
            if older_expire_at is not None:
                same = DeviceCredential.device_id == device_id, DeviceCredential.kind == kind
                later = or_(DeviceCredential.expires_at.is_(None), DeviceCredential.expires_at > older_expire_at)
                connection.execute(update(DeviceCredential).where(*same, later).values(expires_at=older_expire_at))
            values = {"device_id": device_id, "kind": kind, "digest": digest, "expires_at": expires_at}
            values |= {"created_at": datetime.now(UTC)}
            try:
                connection.execute(insert(DeviceCredential).values(values))
            except IntegrityError:
                raise Conflict("another device has this certificate", "certificate_taken") from None

    def add_first(self, secrets: Mapping[str, str]) -> None:
        """The secrets of many new devices, as digests by device key; those of unknown devices are left out."""
        keys, now = list(secrets), datetime.now(UTC)
        with writing(self._engine) as connection:
            for start in range(0, len(keys), DEVICES_AT_ONCE):
                query = select(Device.key, Device.id).where(Device.key.in_(keys[start : start + DEVICES_AT_ONCE]))
                rows = [
                    {"device_id": number, "kind": "secret", "digest": secrets[key], "created_at": now}
                    for key, number in connection.execute(query)
                ]
                if rows:
                    connection.execute(insert(DeviceCredential), rows)

    def of(self, device: str) -> Sequence[CredentialRow]:
        """Those that hold now. Raises NotFound."""
        with self._engine.connect() as connection:
            device_id = device_id_of(connection, device)
            query = select(DeviceCredential.__table__).where(DeviceCredential.device_id == device_id, _holds())
            return [_row(found) for found in connection.execute(query.order_by(DeviceCredential.id))]

    def remove(self, device: str, credential_id: int | None = None) -> None:
        """One, or all of a device. Raises NotFound."""
        with writing(self._engine) as connection:
            chosen = delete(DeviceCredential).where(DeviceCredential.device_id == device_id_of(connection, device))
            if credential_id is not None:
                chosen = chosen.where(DeviceCredential.id == credential_id)
            if not connection.execute(chosen).rowcount and credential_id is not None:
                raise NotFound(f"{device} has no credential {credential_id}", "unknown_credential", device=device)

    def devices_by_digest(self) -> Mapping[str, tuple[str, datetime | None]]:
        """(device key, end or None) of all credentials that hold now: what the door keeps in memory."""
        query = (
            select(DeviceCredential.digest, Device.key, DeviceCredential.expires_at)
            .join(Device, Device.id == DeviceCredential.device_id)
            .where(_holds())
        )
        with self._engine.connect() as connection:
            return {digest: (key, expires_at) for digest, key, expires_at in connection.execute(query)}


def _row(found: Any) -> CredentialRow:  # noqa: ANN401 - a row of DeviceCredential
    kind = cast(CredentialKind, found.kind)
    fingerprint = found.digest if kind == "certificate" else None
    return CredentialRow(found.id, kind, found.created_at, found.expires_at, fingerprint)


def _holds() -> ColumnElement[bool]:
    return or_(DeviceCredential.expires_at.is_(None), DeviceCredential.expires_at > datetime.now(UTC))
