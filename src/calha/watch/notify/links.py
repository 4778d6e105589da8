"""Links with which a message is acknowledged: whoever has one acts for the person or team that it was sent to.

A link names notice, owner and end, and is signed; nothing of it is stored. It is short, as it also goes into SMS.
"""

import base64
import hashlib
import hmac
import struct

from calha.domain.errors import NotFound
from calha.domain.notices import Owner

_FORM = struct.Struct(">QBII")  # notice, kind of the owner, his id, end in seconds
_KINDS = ("person", "team")
_SIGNATURE_BYTES = 16


class Links:
    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), b"calha acknowledgement", hashlib.sha256)

    def token(self, notice: int, owner: Owner, until_s: int) -> str:
        content = _FORM.pack(notice, _KINDS.index(owner.kind), owner.id, until_s)
        return base64.urlsafe_b64encode(content + self._signature(content)).decode()

    def read(self, token: str, now_s: float) -> tuple[int, Owner]:
        """The notice, and who acknowledges. Raises NotFound for a link that is not of ours, or too old."""
        try:
            content = base64.b64decode(token, altchars=b"-_", validate=True)
        except ValueError:
            content = b""
        said, signature = content[: _FORM.size], content[_FORM.size :]
        if len(said) != _FORM.size or not hmac.compare_digest(signature, self._signature(said)):
            raise NotFound("this link is not whole", "bad_link")
        notice, kind, number, until_s = _FORM.unpack(said)
        if now_s > until_s:
            raise NotFound("this link is too old", "old_link")
        return notice, Owner("team" if _KINDS[kind % 2] == "team" else "person", number)

    def _signature(self, content: bytes) -> bytes:
        return hmac.digest(self._key, content, hashlib.sha256)[:_SIGNATURE_BYTES]
