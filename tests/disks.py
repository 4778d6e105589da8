"""Disks that are full soon."""

import os
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, size: str):
    if os.getuid() != 0:
        if os.environ.get("CI"):
            pytest.fail("a small disk can only be mounted by root")
        pytest.skip("a small disk can only be mounted by root")
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
