"""From a proof to a principal: what a cookie, a token, an API key or a device's secret lets somebody be.

Answers are remembered for CACHE_S, so that a live page does not ask the database with each request; `forget` empties the
memory, which every change through this process does. A change by another process on the same registry holds within CACHE_S.
While the registry's database does not answer, devices are who they were before: their readings go on.
"""

import math
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from calha.accounts import tokens
from calha.accounts.fingerprints import fingerprint
from calha.accounts.keyring import LOCAL_PREFIX, Keyring, digest
from calha.domain.access import Grant, Periods, Principal
from calha.domain.errors import NotSignedIn, RegistryUnavailable
from calha.store.accounts.credentials import Credentials
from calha.store.accounts.keys import Keys
from calha.store.accounts.ownership import Ownerships
from calha.store.accounts.people import People
from calha.store.accounts.rows import SessionRow
from calha.store.accounts.sessions import Sessions

CACHE_S = 5.0
MAX_CACHED = 10_000
READ_NOTED_S = 3_600.0
SEEN_EVERY = timedelta(minutes=1)
BROWSER_IDLE = timedelta(hours=12)
KEY_PREFIX, DEVICE_PREFIX = "calha_key_", "calha_dev_"


class Door:
    def __init__(
        self,
        people: People,
        sessions: Sessions,
        keys: Keys,
        credentials: Credentials,
        ownerships: Ownerships,
        keyring: Keyring,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._people = people
        self._sessions = sessions
        self._keys = keys
        self._credentials = credentials
        self._ownerships = ownerships
        self._keyring = keyring
        self._clock = clock
        self._known: dict[str, tuple[float, Principal]] = {}
        self._owned: dict[int, tuple[float, Mapping[str, Periods]]] = {}
        self._devices: Mapping[str, tuple[str, datetime | None]] = {}
        self._devices_read_at = -CACHE_S
        self._owners: Mapping[str, int] = {}
        self._ever_owned: frozenset[str] = frozenset()
        self._owners_read_at = -CACHE_S
        self._reads: dict[tuple[str, int, str], float] = {}

    def by_token(self, token: str) -> Principal:
        """Who an `Authorization: Bearer` or `X-API-Key` is. Raises NotSignedIn."""
        return self._remembered(digest(token), lambda: self._by_token(token))

    def remembered(self, token: str) -> Principal | None:
        """Who `by_token` said that this is, if that still holds: asks nobody."""
        return self._still_known(digest(token))

    def by_cookie(self, secret: str) -> Principal:
        """Who a browser's session cookie is. Raises NotSignedIn."""
        return self._remembered("cookie " + digest(secret), lambda: self._by_cookie(secret))

    def device_proofs(self) -> Mapping[str, tuple[str, datetime | None]]:
        """(device, end) of the secrets and certificates of all devices, by digest."""
        if self._clock() - self._devices_read_at > CACHE_S:
            try:
                self._devices = self._credentials.devices_by_digest()
            except RegistryUnavailable:
                if not self._devices:
                    raise
            self._devices_read_at = self._clock()
        return self._devices

    def by_certificate(self, pem: str) -> Principal | None:
        """The device that has a client certificate, by its SHA-256 fingerprint."""
        return self._device_by(fingerprint(pem))

    def owned(self, person_id: int) -> Mapping[str, Periods]:
        """The devices that are or were a person's, with the times."""
        known = self._owned.get(person_id)
        if known is None or self._clock() - known[0] > CACHE_S:
            _bound(self._owned)
            known = self._owned[person_id] = (self._clock(), self._ownerships.of(person_id))
        return known[1]

    def owner_of(self, device: str) -> int | None:
        """The person whose device it is now."""
        self._know_owners()
        return self._owners.get(device)

    def was_ever_owned(self, device: str) -> bool:
        """Whether a device is or has been somebody's, so that some of its readings are private."""
        self._know_owners()
        return device in self._ever_owned

    def _know_owners(self) -> None:
        if self._clock() - self._owners_read_at > CACHE_S:
            self._owners, self._ever_owned = self._ownerships.owners(), self._ownerships.ever_owned()
            self._owners_read_at = self._clock()

    def is_first_read(self, reader: Principal, curve: str) -> bool:
        """Whether somebody has not asked for a curve within READ_NOTED_S. curve: of which device, and whose."""
        key, now = (reader.kind, reader.id, curve), self._clock()
        if now - self._reads.get(key, -READ_NOTED_S) < READ_NOTED_S:
            return False
        _bound(self._reads)
        self._reads[key] = now
        return True

    def forget(self) -> None:
        """Ask the database anew: something has changed."""
        self._known.clear()
        self._owned.clear()
        self._devices_read_at = self._owners_read_at = -CACHE_S

    def person(self, person_id: int, session: str | None = None) -> Principal:
        """A person as he may act. Raises NotSignedIn for one who is blocked."""
        person = self._people.get(person_id)
        if person.state != "active":
            raise NotSignedIn("this account is blocked; an administrator can open it again", "blocked")
        grants = tuple(row.grant for row in self._people.grants(person_id))
        return Principal("person", person_id, person.label, grants, session=session)

    def _still_known(self, key: str) -> Principal | None:
        asked_at, known = self._known.get(key, (-math.inf, None))
        return known if self._clock() - asked_at <= CACHE_S else None

    def _remembered(self, key: str, ask: Callable[[], Principal]) -> Principal:
        known = self._still_known(key)
        if known is None:
            _bound(self._known)
            asked_at, known = self._clock(), ask()
            self._known[key] = (asked_at, known)
        return known

    def _by_token(self, token: str) -> Principal:
        if token.startswith(LOCAL_PREFIX):
            if secrets.compare_digest(token.encode(), self._keyring.local_key.encode()):
                return Principal("local", 0, "local")
        elif token.startswith(KEY_PREFIX):
            return self._by_key(token)
        elif token.startswith(DEVICE_PREFIX):
            device = self._device_by(digest(token))
            if device is not None:
                return device
        elif token.count(".") == 2:
            access = tokens.read(self._keyring.token_key, token)
            if self._sessions.get(access.session_id) is None:
                raise NotSignedIn("this session was ended")
            return replace(self.person(access.person_id, access.session_id), until_s=access.until_s)
        raise NotSignedIn("this token or key is not valid, or not any more")

    def _device_by(self, proof: str) -> Principal | None:
        """The device that has a secret or certificate which holds now, by its digest."""
        device, expires_at = self.device_proofs().get(proof, (None, None))
        if device is None or (expires_at is not None and expires_at <= datetime.now(UTC)):
            return None
        return Principal("device", 0, device, device=device, until_s=_seconds(expires_at))

    def _by_key(self, token: str) -> Principal:
        key = self._keys.find(digest(token))
        if key is None:
            raise NotSignedIn("this API key does not exist, or has expired")
        if key.used_at is None or datetime.now(UTC) - key.used_at > SEEN_EVERY:
            self._keys.used(key.id)
        grants, until_s = (Grant(key.role, key.site_id),), _seconds(key.expires_at)
        return Principal("key", key.id, f"key {key.name}", grants, key.scopes, until_s=until_s)

    def _by_cookie(self, secret: str) -> Principal:
        session = self._sessions.find(digest(secret))
        if session is None or session.kind != "browser":
            raise NotSignedIn("sign in again: this session has ended")
        self._note_seen(session)
        return self.person(session.person_id, session.id)

    def _note_seen(self, session: SessionRow) -> None:
        now = datetime.now(UTC)
        if now - session.seen_at > SEEN_EVERY:
            self._sessions.seen(session.id, now + BROWSER_IDLE)


def _seconds(at: datetime | None) -> int | None:
    return int(at.timestamp()) if at is not None else None


def _bound(cache: dict[Any, Any]) -> None:
    if len(cache) >= MAX_CACHED:
        cache.clear()
