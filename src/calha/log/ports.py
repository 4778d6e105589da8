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
    """Why one cannot listen on a port, and what to do; None if one can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, port), family=family):
            return None
    except OSError as error:
        return why(error, host, port)


def why(error: OSError, host: str, port: int, other: str = "another port") -> str:
    """What an error of listening means, and what to do. other: how one chooses another port."""
    match error.errno:
        case errno.EADDRINUSE:
            return f"in use by {holder(port) or 'another process'}; end that process, or choose {other}"
        case errno.EACCES:
            return f"this user may not listen there; choose {other}, 1024 or more, or allow it (CAP_NET_BIND_SERVICE)"
        case errno.EADDRNOTAVAIL:
            return f"this machine does not have the address {host}; 0.0.0.0 stands for all that it has"
        case _:
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
