"""JSON as strangers send it: how deep it may be nested.

Whatever walks a value goes as deep as the value, also what writes it down again to keep it in quarantine, and Python ends that
at some thousand calls with an error that no loop expects. So what is nested deeper than any reading has cause to is
refused before it is decoded.
"""

import re
from typing import Any

import msgspec
import numpy as np

from calha.domain.errors import Malformed

MAX_DEPTH = 64

_json = msgspec.json.Decoder()
_TEXTS = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def decoded(payload: bytes) -> Any:  # noqa: ANN401 - JSON holds anything
    """Raises Malformed."""
    require_shallow(payload)
    try:
        return _json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"not JSON: {error}") from None


def require_shallow(payload: bytes) -> None:
    """Raises Malformed for what is nested deeper than MAX_DEPTH levels."""
    if payload.count(b"[") + payload.count(b"{") <= MAX_DEPTH or _depth(payload) <= MAX_DEPTH:
        return
    if _depth(_TEXTS.sub(b"", payload)) > MAX_DEPTH:
        raise Malformed(f"not JSON that is taken: nested deeper than {MAX_DEPTH} levels")


def _depth(payload: bytes) -> int:
    """Of its brackets, also of those in texts."""
    brackets = np.frombuffer(payload.translate(None, _NO_BRACKETS), np.int8)
    steps = (brackets & 2) - 1  # +1 for `[` and `{`, −1 for `]` and `}`, by the bit in which they differ
    return int(np.cumsum(steps, dtype=np.int32).max(initial=0))
