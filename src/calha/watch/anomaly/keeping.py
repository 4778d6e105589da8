"""What was learnt, as bytes and back: numpy's own format, columns by name, with a version and without pickle.

Bytes of another version, of another detector, damaged ones, or more than MAX_BYTES of them, are refused as Unreadable;
whoever reads them then begins anew.
"""

import io
import zipfile
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from calha.domain.errors import CalhaError

VERSION = 1
MAX_BYTES = 1 << 30
_STAMP = "stamp"

Columns = dict[str, NDArray[np.generic]]


class Unreadable(CalhaError):
    """Bytes that are not what a detector of this version has learnt."""


def pack(detector: str, columns: Mapping[str, NDArray[np.generic]]) -> bytes:
    target = io.BytesIO()
    np.savez(target, allow_pickle=False, **{_STAMP: np.array(f"{detector} {VERSION}"), **columns})
    return target.getvalue()


def unpack(detector: str, data: bytes) -> Columns:
    """What `pack` was given. Raises Unreadable."""
    if len(data) > MAX_BYTES:
        raise Unreadable(f"{len(data):,} bytes are more than what was learnt may have")
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as found:
            columns = {name: found[name] for name in found.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise Unreadable(f"what was learnt cannot be read: {error}") from error
    stamp = columns.pop(_STAMP, None)
    if stamp is None or str(stamp) != f"{detector} {VERSION}":
        raise Unreadable(f"this was learnt by {stamp}, not by {detector} {VERSION}")
    return columns
