"""Calha's own keys, in the data folder beside the database and never in it: who steals one has not the other.

`keys.json` (mode 0600) holds the key that signs access tokens, the one that encrypts second factors, and the local key
with which programs of this machine that may read the data folder (`calha export`, `doctor`, …) speak to the running Calha.
"""

import hmac
import json
import secrets
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Self

from cryptography.fernet import Fernet, InvalidToken

from calha.domain.errors import InvalidConfiguration
from calha.durable import write_whole

FILE_NAME = "keys.json"
LOCAL_PREFIX = "calha_local_"


@dataclass(frozen=True, slots=True)
class Keyring:
    token_key: str
    second_factor_key: str
    local_key: str

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The keys of a data folder, made at the first start. Raises InvalidConfiguration when the file is damaged."""
        path = folder / FILE_NAME
        if not path.exists():
            fresh = cls(secrets.token_hex(32), Fernet.generate_key().decode(), LOCAL_PREFIX + secrets.token_urlsafe(32))
            _write_private(path, json.dumps(asdict(fresh)))
        try:
            return cls(**json.loads(path.read_text()))
        except (ValueError, TypeError):
            raise InvalidConfiguration(
                f"{path} is damaged. Bring it back from a backup; without it second factors have to be set up again "
                "(remove the file, then let administrators reset them)"
            ) from None

    @property
    def evidence_key(self) -> bytes:
        """With which evidence is signed; as long as the keys stay, what was signed can be checked."""
        return hmac.digest(self.token_key.encode(), b"calha evidence 1", "sha256")

    def seal(self, text: str) -> str:
        """Encrypted, as it may lie in the database."""
        return Fernet(self.second_factor_key).encrypt(text.encode()).decode()

    def unseal(self, sealed: str) -> str | None:
        """None if it was sealed with another key."""
        try:
            return Fernet(self.second_factor_key).decrypt(sealed.encode()).decode()
        except InvalidToken:
            return None


def new_secret(prefix: str = "") -> str:
    """A random text of 256 bits, which nobody guesses; a prefix tells what it opens."""
    return prefix + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is stored of a random secret, and looked up by: hex of SHA-256.

    A slow hash would add nothing, as 256 random bits cannot be tried out; and looking up by digest compares nothing of
    the secret itself byte by byte.
    """
    return sha256(secret.encode()).hexdigest()


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text.encode(), mode=0o600)
