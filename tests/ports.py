"""Ports for servers of tests, each given out once among all test processes of this machine.

They lie below those that the system gives to outgoing connections, as one of these may else take a port between the moment
in which it was found free and the start of the server that it was meant for.
"""

import fcntl
import os
import socket
import tempfile
from pathlib import Path

FIRST, LAST = 20_000, 32_000
LAST_GIVEN = Path(tempfile.gettempdir()) / f"calha-test-port-{os.getuid()}"


def free_port() -> int:
    with LAST_GIVEN.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        port = int(file.read() or FIRST)
        for _ in range(LAST - FIRST):
            port = port + 1 if port < LAST else FIRST
            if _is_free(port):
                file.truncate(0)
                file.write(str(port))
                return port
    raise AssertionError(f"no free port between {FIRST} and {LAST}")


def free_ports(count: int) -> list[int]:
    return [free_port() for _ in range(count)]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
