"""TCP ports: a free one, and who holds a busy one."""

import errno
import os
import socket
from contextlib import suppress
from pathlib import Path

_LISTENING = "0A"


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens on right now."""
    with socket.create_server((host, 0)) as probe:
        return int(probe.getsockname()[1])


def why_not(host: str, port: int) -> str | None:
    """Why one cannot listen on a port: who holds it, or what the system says; None if one can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, port), family=family):
            return None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return f"in use by {holder(port) or 'another process'}"
        return error.strerror or str(error)


def holder(port: int) -> str | None:
    """Name and number of the process that listens on a port, where the system tells (Linux, own processes or root)."""
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    if not sockets:
        return None
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with suppress(OSError):
                if any(str(Path(link).readlink()) in sockets for link in os.scandir(process / "fd")):
                    return f"{(process / 'comm').read_text().strip()} (process {process.name})"
    return None


def _listening_inodes(port: int) -> set[str]:
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                words = line.split()
                if words[3] == _LISTENING and int(words[1].rpartition(":")[2], 16) == port:
                    inodes.add(words[9])
    return inodes
