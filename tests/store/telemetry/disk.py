"""Disks that are small enough to be filled."""

import os
import sys
from pathlib import Path

import pytest

needs_small_disks = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="mounting a small tmpfs needs Linux and root"
)
PIECE = 1 << 20


def fill(folder: Path, leave: int = 0) -> None:
    """Fill the disk of a folder with a file `ballast`, but for so many bytes."""
    free = os.statvfs(folder)
    wanted = free.f_bavail * free.f_frsize - leave
    file = os.open(folder / "ballast", os.O_CREAT | os.O_WRONLY)
    try:
        while wanted > 0:
            wanted -= os.write(file, bytes(min(wanted, PIECE)))
    except OSError:
        pass  # full
    finally:
        os.close(file)
