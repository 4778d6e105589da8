"""Seals of cleanings: the hash of all that a cleaning showed, signed for whoever made the report of it.

A seal is a SHA-256 and a tag of HMAC-SHA-256 over it and the name of who sealed; both in hex, in groups that can be read out.
It is checked against the cleaning as the readings tell it now, so that one that was corrected afterwards shows.

Rule 1: the same evidence gives the same seal: numbers count to SIGNIFICANT digits, which no other machine computes otherwise.
Rule 2: where a finding stands in time is not sealed: its step's evidence says it.
Rule 3: tags are compared in constant time.
"""

import hashlib
import hmac
import math
from typing import Any, Literal

import msgspec

from calha.domain.cip import Judgement
from calha.domain.errors import Malformed
from calha.domain.readings import Micros

SIGNIFICANT = 6
GROUP = 8
HASH_DIGITS, TAG_DIGITS = 64, 32

SealVerdict = Literal["holds", "changed", "forged"]


def seal(device: str, from_: Micros, until: Micros, shown: Judgement, by: str, key: bytes) -> str:
    """The seal of a cleaning of a station, by a person."""
    sha256 = _hash(device, from_, until, shown)
    digits = sha256 + _tag(sha256, by, key)
    return " ".join(digits[place : place + GROUP] for place in range(0, len(digits), GROUP))


def checked(text: str, by: str, key: bytes, device: str, from_: Micros, until: Micros, shown: Judgement) -> SealVerdict:
    """Whether a seal is ours and that person's, and the cleaning still what it was. Raises Malformed for what is no seal."""
    digits = "".join(text.split()).lower()
    if len(digits) != HASH_DIGITS + TAG_DIGITS or set(digits) - set("0123456789abcdef"):
        raise Malformed("a seal has 96 digits of 0–9 and a–f, as the report prints it", "no_seal")
    sha256, tag = digits[:HASH_DIGITS], digits[HASH_DIGITS:]
    if not hmac.compare_digest(tag, _tag(sha256, by, key)):
        return "forged"
    return "holds" if sha256 == _hash(device, from_, until, shown) else "changed"


def _tag(sha256: str, by: str, key: bytes) -> str:
    return hmac.new(key, f"{sha256}\n{by}".encode(), hashlib.sha256).hexdigest()[:TAG_DIGITS]


def _hash(device: str, from_: Micros, until: Micros, shown: Judgement) -> str:
    judgement = msgspec.to_builtins(shown)
    for finding in judgement["findings"]:
        del finding["step_from"]
    said = {"device": device, "from": from_, "until": until, "judgement": _rounded(judgement)}
    return hashlib.sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()


def _rounded(part: Any) -> Any:  # noqa: ANN401 - whatever JSON can say
    if isinstance(part, float):
        return f"{part:.{SIGNIFICANT}g}" if math.isfinite(part) else None
    if isinstance(part, dict):
        return {name: _rounded(one) for name, one in part.items()}
    return [_rounded(one) for one in part] if isinstance(part, list | tuple) else part
