"""Ids as MongoDB gives them: 24 hexadecimal digits, the first eight of which are a time in seconds.

Machines made here get random ones, since whoever knows the code of a free machine can claim it, and MongoDB's own can be
counted up. Machines of the first generation have a free text in place of an id (`moedor_001`, `Moinho São João`): one that can
be the key of a device is its code, any other has a code that is made from it, the same for ever.
"""

import re
import secrets
import unicodedata
from hashlib import blake2b

from calha.domain.readings import Micros
from calha.domain.times import SECOND_US

OBJECT_ID = re.compile(r"[0-9a-fA-F]{24}")
CODE = re.compile(r"[A-Za-z0-9_-]{1,52}")
MAX_TEXT_CHARS = 255


def new_id() -> str:
    return secrets.token_hex(12)


def code_of(given: object) -> str | None:
    """The code of a machine as it is kept; None for what cannot be one. That of a code is itself."""
    text = text_of(given)
    if text is None or CODE.fullmatch(text):
        return text.lower() if text is not None and OBJECT_ID.fullmatch(text) else text
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    start = re.sub(r"[^A-Za-z0-9_-]+", "-", letters).strip("-")[:43]
    return f"{start or 'maquina'}-{blake2b(text.encode(), digest_size=4).hexdigest()}"


def text_of(given: object) -> str | None:
    """What a machine calls itself, a number as its digits; None for what is no name."""
    if isinstance(given, int) and not isinstance(given, bool):
        given = str(given)
    text = unicodedata.normalize("NFC", given.strip()) if isinstance(given, str) else ""
    return text if 0 < len(text) <= MAX_TEXT_CHARS and text.isprintable() else None


def reading_id(code: str, at: Micros) -> str:
    """The id of what a machine reported at a time: the same for ever, and stored nowhere."""
    return f"{at // SECOND_US:08x}" + blake2b(f"{code}/{at}".encode(), digest_size=8).hexdigest()


def made_at(object_id: str) -> Micros | None:
    """When MongoDB made an id; None for one that it did not make."""
    return int(object_id[:8], 16) * SECOND_US if OBJECT_ID.fullmatch(object_id) else None
